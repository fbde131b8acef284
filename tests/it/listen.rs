//! Connections: slow ones, half ones, too many of them, TLS, and what becomes of them when the server stops.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::cluster;
use crate::message::{ADD, PANELS, PATIENTS, QUERY, message};
use crate::patience::in_time;
use crate::server::{Server, Setup};

mod tls;

async fn with(flags: &str) -> Server {
    Server::with(Setup { flags: flags.into(), ..Setup::default() }).await
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.expect("connects")
}

/// The head of a post of so many bytes.
fn head(bytes: usize) -> String {
    format!(
        "POST /$process-message HTTP/1.1\r\nHost: pas.test\r\nContent-Type: application/fhir+json\r\n\
         Content-Length: {bytes}\r\n\r\n"
    )
}

/// What the server still says until it closes the connection, by whichever way.
async fn rest(stream: &mut TcpStream) -> String {
    let mut said = Vec::new();
    let read = in_time("the end of the connection", stream.read_to_end(&mut said)).await;
    // A connection that is reset has ended as well.
    drop(read);
    String::from_utf8(said).expect("UTF-8")
}

/// One answer with its body, on a connection that goes on.
async fn answer(stream: &mut TcpStream) -> String {
    let mut said = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&said).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.expect("a length").parse().expect("a number") {
                return text;
            }
        }
        let mut more = [0; 4_096];
        let read = in_time("an answer", stream.read(&mut more)).await.expect("an answer");
        assert!(read > 0, "closed after: {text}");
        said.extend_from_slice(&more[..read]);
    }
}

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: pas.test\r\n\r\n";

async fn others_are_served(server: &Server) {
    let sent = message(QUERY, PANELS[0], &PATIENTS[..1]);
    assert_eq!(in_time("another's answer", server.post(&sent)).await.response(), "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_never_ends_is_hung_up_on_and_others_are_served_meanwhile() {
    let server = with("--head-timeout 0.5").await;
    let mut slow = connect(server.address).await;
    let (mut from, mut to) = slow.split();
    let dripping = async {
        to.write_all(b"POST /$process-message HTTP/1.1\r\nX-Slow: ").await.expect("takes it");
        // A letter now and then, for as long as the server bears it.
        while to.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let mut said = Vec::new();
    tokio::select! {
        () = dripping => {}
        _ = in_time("the end of a head that has none", from.read_to_end(&mut said)) => {}
        () = async { loop { others_are_served(&server).await } } => {}
    }
    assert_eq!(said, b"", "nothing was asked, so nothing is answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_asks_nothing_is_let_go() {
    let server = with("--head-timeout 0.2").await;
    let mut silent = connect(server.address).await;
    assert_eq!(rest(&mut silent).await, "");
    let mut resting = connect(server.address).await;
    resting.write_all(HEALTH.as_bytes()).await.expect("asks");
    let said = rest(&mut resting).await;
    assert!(said.starts_with("HTTP/1.1 200") && said.ends_with("{\"status\":\"ok\"}"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_stalls_is_a_408_and_others_are_served_meanwhile() {
    let server = with("--body-timeout 0.5").await;
    let body = message(ADD, PANELS[0], &PATIENTS[..1]).to_string();
    let mut stalled = connect(server.address).await;
    let half = head(body.len()) + &body[..body.len() / 2];
    stalled.write_all(half.as_bytes()).await.expect("takes half of it");
    let said = tokio::select! {
        said = rest(&mut stalled) => said,
        () = async { loop { others_are_served(&server).await } } => unreachable!(),
    };
    assert!(said.starts_with("HTTP/1.1 408") && said.contains("request-timeout"), "{said}");
    assert_eq!(server.database.count("SELECT count(*) FROM panel.entry").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_no_answers_is_let_go() {
    // With one place only, the end of the one is what the other waits for.
    let server = with("--max-connections 1 --body-timeout 0.5").await;
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4_096).expect("a small buffer");
    let mut deaf = socket.connect(server.address).await.expect("connects");
    let many = HEALTH.repeat(1_000);
    let asking = async {
        // Until nothing is taken any more, and then until the server has had enough.
        while deaf.write_all(many.as_bytes()).await.is_ok() {}
    };
    in_time("the server's patience to end", asking).await;
    others_are_served(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_too_many_waits_until_another_ends() {
    let server = with("--max-connections 2").await;
    let mut both = [connect(server.address).await, connect(server.address).await];
    for held in &mut both {
        held.write_all(HEALTH.as_bytes()).await.expect("asks");
        assert!(answer(held).await.starts_with("HTTP/1.1 200"));
    }
    let mut third = connect(server.address).await;
    third.write_all(HEALTH.as_bytes()).await.expect("is taken by the system");
    let mut byte = [0];
    tokio::select! {
        biased;
        _ = third.read(&mut byte) => panic!("it was not to be served yet"),
        // Long enough for the others to be served, again and again.
        () = async {
            for _ in 0..20 {
                for held in &mut both {
                    held.write_all(HEALTH.as_bytes()).await.expect("asks");
                    answer(held).await;
                }
            }
        } => {}
    }
    drop(both);
    assert!(answer(&mut third).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_larger_than_any_is_refused() {
    let server = with("").await;
    let mut large = connect(server.address).await;
    let head =
        format!("GET /healthz HTTP/1.1\r\nHost: pas.test\r\nX-Large: {}", "a".repeat(65_000));
    // It may be refused before it was sent to its end.
    let _ = large.write_all(head.as_bytes()).await;
    let mut said = [0; 12];
    in_time("an answer", large.read_exact(&mut said)).await.expect("an answer");
    assert_eq!(&said, b"HTTP/1.1 431");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_for_which_there_is_no_memory_are_told_to_come_again_and_then_are_taken() {
    let sent = message(ADD, PANELS[0], &PATIENTS);
    let body = sent.to_string();
    // Room for two bodies of this length, and not for four halves and a whole one.
    let flags = format!("--max-body-bytes {0} --max-bodies-bytes {0}", body.len());
    let server = with(&flags).await;
    let mut halves = Vec::new();
    for _ in 0..3 {
        let mut stream = connect(server.address).await;
        let head = head(body.len()).replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
        stream.write_all(head.as_bytes()).await.expect("takes the head");
        let mut go_on = [0; 25];
        in_time("leave to go on", stream.read_exact(&mut go_on)).await.expect("an interim answer");
        stream.write_all(&body.as_bytes()[..body.len() - 1]).await.expect("takes most of it");
        halves.push(stream);
    }
    // One of the three found no room; the other two are held, and hold all that there is.
    let mut refused = None;
    in_time("a refusal", async {
        while refused.is_none() {
            for (n, stream) in halves.iter_mut().enumerate() {
                let mut said = vec![0; 4_096];
                let Ok(Ok(read)) =
                    tokio::time::timeout(Duration::from_millis(20), stream.read(&mut said)).await
                else {
                    continue;
                };
                refused = Some((n, String::from_utf8_lossy(&said[..read]).into_owned()));
                break;
            }
        }
    })
    .await;
    let (n, said) = refused.expect("a refusal");
    assert!(said.starts_with("HTTP/1.1 503") && said.contains("database-busy"), "{said}");
    assert!(said.contains("retry-after: 5"), "{said}");
    assert_eq!(server.post(&sent).await.status, 503, "there is still no room");
    assert_eq!(server.send(server.request("/healthz").method("GET")).await.status, 200);
    halves.remove(n);
    for stream in &mut halves {
        stream.write_all(&body.as_bytes()[body.len() - 1..]).await.expect("takes the last byte");
        assert!(answer(stream).await.contains("confirmed"));
    }
    assert_eq!(server.post(&sent).await.response(), "ok", "and now there is");
    assert_eq!(server.database.count("SELECT count(*) FROM panel.change").await, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rests_or_has_half_a_head_ends_at_once_when_the_server_stops() {
    // Nothing of this may be what ends them.
    let server = with("--head-timeout 86400 --body-timeout 86400").await;
    let mut silent = connect(server.address).await;
    let mut half = connect(server.address).await;
    half.write_all(b"POST /$process-message HT").await.expect("takes half a head");
    let mut resting = connect(server.address).await;
    resting.write_all(HEALTH.as_bytes()).await.expect("asks");
    answer(&mut resting).await;
    let mut second = connect(server.address).await;
    second.write_all(HEALTH.as_bytes()).await.expect("asks");
    answer(&mut second).await;
    second.write_all(b"POST /$process-message HT").await.expect("takes half a head");
    others_are_served(&server).await;
    let (address, database) = (server.address, server.stop().await);
    for stream in [&mut silent, &mut half, &mut resting, &mut second] {
        assert_eq!(rest(stream).await, "");
    }
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens");
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_under_way_when_the_server_stops_is_answered_and_kept() {
    let server = with("").await;
    let mut other = cluster::connect(&server.database.url).await;
    let hold = "BEGIN; INSERT INTO panel.patient SELECT phn FROM client_registry.patient";
    sqlx::raw_sql(hold).execute(&mut other).await.expect("locks");
    let body = message(ADD, PANELS[0], &PATIENTS[..2]).to_string();
    let mut under_way = connect(server.address).await;
    under_way.write_all((head(body.len()) + &body).as_bytes()).await.expect("posts");
    in_time("a message that waits for a lock", async {
        while server.database.count("SELECT count(*) FROM pg_locks WHERE NOT granted").await == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let address = server.address;
    server.stop.send(true).expect("it listens to that");
    in_time("refused connections", async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.expect("lets go");
    let said = rest(&mut under_way).await;
    assert!(said.starts_with("HTTP/1.1 200") && said.contains("connection: close"), "{said}");
    assert_eq!(
        server.database.count("SELECT count(*) FROM panel.entry WHERE status = 'confirmed'").await,
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_does_not_keep_a_half_sent_head_for_its_drain_time() {
    use crate::sandbox::program::Home;
    let home = Home::with_database("half-head", &cluster::database().await.url);
    // With these only a signal that is heeded at once ends it before the test gives up.
    let running = home.serve("--head-timeout 86400 --drain-timeout 86400");
    let mut half = connect(running.address).await;
    half.write_all(b"POST /$process-message HT").await.expect("takes half a head");
    running.get("/healthz").await;
    running.stop();
    assert_eq!(rest(&mut half).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn handlers_learn_from_where_a_request_came() {
    use axum::extract::ConnectInfo;
    let told = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() };
    let router = axum::Router::new().route("/", axum::routing::get(told));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("listens");
    let address = listener.local_addr().expect("an address");
    let (_tell, stop) = tokio::sync::watch::channel(false);
    let limits = pas::config::listen_limits(&crate::server::flags(""));
    tokio::spawn(pas::http::serve(listener, router, limits, None, stop));
    let mut asks = connect(address).await;
    asks.write_all(b"GET / HTTP/1.1\r\nHost: pas.test\r\n\r\n").await.expect("asks");
    let said = answer(&mut asks).await;
    assert!(said.ends_with(&asks.local_addr().expect("an address").to_string()), "{said}");
}
