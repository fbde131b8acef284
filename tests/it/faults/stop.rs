//! The server is told to stop while messages are under way.

use nix::sys::signal::Signal;

use crate::cluster;
use crate::faults::{Load, SOME, is_whole, post};
use crate::message::{ADD, PANELS, PATIENTS, message};
use crate::patience::{eventually, in_time};
use crate::sandbox::ends::{halfway_of, nobody_listens};
use crate::sandbox::program::Home;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_posts_under_way_at_the_signal_are_all_answered_and_kept() {
    let database = cluster::database().await;
    let home = Home::with_database("fifty", &database.url);
    let running = home.serve("--acquire-timeout 60 --lock-timeout 60 --body-timeout 86400");
    let mut under_way = Vec::new();
    for n in 0..50 {
        let sent = message(ADD, PANELS[n % 5], &PATIENTS[n % 6..=n % 6]);
        under_way.push(halfway_of(&running, sent.to_string()).await);
    }
    running.signal(Signal::SIGTERM);
    tokio::task::block_in_place(|| nobody_listens(&running));
    let answers: Vec<_> = under_way.into_iter().map(|half| tokio::spawn(half.answer())).collect();
    for answer in answers {
        let answer = in_time("an answer", answer).await.expect("no panic");
        assert_eq!((answer.status, answer.response()), (200, "ok"));
    }
    assert_eq!(tokio::task::block_in_place(|| running.end()), 0);
    assert_eq!(database.count("SELECT count(*) FROM inbox.message").await, 50);
    is_whole(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_under_load_it_keeps_what_it_answered_and_the_rest_can_be_sent_again() {
    let database = cluster::database().await;
    let home = Home::with_database("stop-load", &database.url);
    let running = home.serve("");
    let load = Load::start(running.address, 16, SOME);
    eventually("messages under way", async || load.answered() >= 60).await;
    tokio::task::block_in_place(|| running.stop());
    // Senders find out by themselves that nobody answers any more.
    let told = in_time("the senders", load.told()).await;
    assert_eq!(told.iter().filter(|(_, answer)| answer.is_none()).count(), 16);
    let again = home.serve("");
    for (sent, first) in &told {
        let answer = post(sent).send(again.address).await;
        assert_eq!((answer.status, answer.response()), (200, "ok"));
        if let Some(first) = first {
            assert_eq!(answer.bytes, first.bytes, "answered as it was");
        }
    }
    let count = i64::try_from(told.len()).expect("a count");
    assert_eq!(database.count("SELECT count(*) FROM inbox.message").await, count);
    is_whole(&database).await;
    tokio::task::block_in_place(|| again.stop());
}
