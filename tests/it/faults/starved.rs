//! Every connection that changes may have is waiting for somebody else's locks.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::cluster;
use crate::faults::{come_again, deliver, is_whole, post};
use crate::message::{ADD, PANELS, PATIENTS, QUERY, message};
use crate::server::{Server, Setup};

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_starved_by_locks_from_outside_says_so_serves_queries_and_recovers() {
    let flags = "--connections 4 --lock-timeout 1 --acquire-timeout 0.5".to_owned();
    let server = Server::with(Setup { flags, ..Setup::default() }).await;
    let mut other = cluster::connect(&server.database.url).await;
    let hold = "BEGIN; INSERT INTO panel.patient SELECT phn FROM client_registry.patient";
    sqlx::raw_sql(hold).execute(&mut other).await.expect("locks");
    let sent: Vec<_> = (0..12).map(|n| message(ADD, PANELS[n % 5], &PATIENTS[..1])).collect();
    let asks: Vec<_> =
        sent.iter().map(|sent| tokio::spawn(post(sent).try_send(server.address))).collect();
    let mut queries = 0;
    while queries == 0 || !asks.iter().all(tokio::task::JoinHandle::is_finished) {
        let answer = server.post(&message(QUERY, PANELS[0], &PATIENTS)).await;
        assert_eq!((answer.response(), answer.statuses()), ("ok", vec!["not-on-panel"; 6]));
        queries += 1;
    }
    for ask in asks {
        let answer = ask.await.expect("no panic").expect("an answer");
        come_again(&answer);
        assert_eq!(answer.codes(), ["database-busy"]);
    }
    assert_eq!(server.send(server.request("/readyz").method("GET")).await.status, 200);
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.expect("lets go");
    let refused = AtomicUsize::new(0);
    for sent in &sent {
        deliver(sent, server.address, &refused).await.expect("the server is there");
    }
    assert_eq!(refused.load(Ordering::SeqCst), 0, "as soon as the locks are gone");
    assert_eq!(
        server
            .database
            .count("SELECT count(*) FROM inbox.message WHERE event <> 'get-patient-mrp-status'")
            .await,
        12
    );
    is_whole(&server.database).await;
}
