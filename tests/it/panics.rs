//! A panic behind a route, which no message is known to bring about, under the very layers of the real routes.

use axum::Router;
use axum::routing::get;
use pas::http::layered;
use tokio::net::TcpListener;

use crate::server::Server;

async fn stumble() {
    panic!("over Marigold Exampleton, 9876500011");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_a_500_that_says_nothing_and_one_line_at_error() {
    let server = Server::start().await;
    let routes = layered(Router::new().route("/stumble", get(stumble)), server.app.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, routes).await.expect("serves") });
    let asked = server.request("/stumble").method("GET");
    for _ in 0..2 {
        let answer = asked.clone().send(address).await;
        assert_eq!((answer.status, answer.codes()), (500, vec!["internal-error"]));
        assert!(!String::from_utf8_lossy(&answer.bytes).contains("Marigold"));
        let (log, id) = (crate::privacy::log(), format!("id={}", answer.header("x-request-id")));
        let lines: Vec<&str> = log.lines().filter(|line| line.contains(&id)).collect();
        let [line] = lines[..] else { panic!("one line: {lines:?}") };
        assert!(line.contains(" ERROR ") && line.contains("status=500"), "{line}");
        assert!(line.contains("route=\"/stumble\"") && !line.contains("defect"), "{line}");
    }
    // And the server goes on.
    assert_eq!(server.send(server.request("/healthz").method("GET")).await.status, 200);
}
