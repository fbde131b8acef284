//! Refusals on their way to the trail, and Postgres away.

use std::time::Duration;

use pas::audit::Record;
use pas::clock::Clock;
use pas::store::{Queue, QueueBounds};

use super::{refusal, serving};
use crate::cluster;

const BOUNDS: QueueBounds = QueueBounds {
    waiting: 8,
    batch: 4,
    linger: Duration::from_millis(5),
    patience: Duration::from_millis(50),
    strangers: 1_000_000,
};

/// More than a test should ever need.
const LONG: Duration = Duration::from_secs(60);

const COUNTED: &str = "SELECT coalesce(sum(times), 0)::bigint FROM audit.event";

async fn rename(from: &str, to: &str) {
    let sql = format!("ALTER DATABASE {from} RENAME TO {to}");
    let mut admin = cluster::connect(&cluster::cluster().url("postgres")).await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut admin).await.expect("renames");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_written_in_the_background_and_all_of_them_at_the_end() {
    let database = cluster::database().await;
    let bounds = QueueBounds { waiting: 1_000, ..BOUNDS };
    let (queue, writer) = Queue::start(serving(&database.url), Clock::System, bounds);
    queue.offer(refusal(0));
    while database.count(COUNTED).await < 1 {
        tokio::task::yield_now().await;
    }
    (1..100).for_each(|n| queue.offer(refusal(n)));
    assert_eq!(writer.finish(LONG).await, 0, "none was lost");
    assert_eq!(database.count("SELECT count(*) FROM audit.event WHERE times = 1").await, 100);
    let refused = "SELECT count(*) FROM audit.event
                    WHERE status = 401 AND outcome = 'refused' AND codes = '{token-missing}'";
    assert_eq!(database.count(refused).await, 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_postgres_is_away_refusals_wait_and_those_for_whom_there_is_no_room_are_counted() {
    let database = cluster::database().await;
    let away = format!("{}_away", database.name);
    rename(&database.name, &away).await;
    let (queue, writer) = Queue::start(serving(&database.url), Clock::System, BOUNDS);
    (0..100).for_each(|n| queue.offer(refusal(n)));
    rename(&away, &database.name).await;
    while database.count(COUNTED).await < 100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(writer.finish(LONG).await, 0);
    assert_eq!(database.count(COUNTED).await, 100, "each is recorded, or counted, once");
    let overflow = "SELECT count(*) FROM audit.event WHERE outcome = 'overflow' AND times > 1";
    assert!(database.count(overflow).await >= 1);
    let single = "SELECT count(*) FROM audit.event WHERE outcome = 'refused'";
    assert!(database.count(single).await >= 8, "what had room was kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_postgres_away_until_the_end_the_end_comes_all_the_same_and_says_what_was_lost() {
    let nowhere = serving("postgres://pas@localhost/pas?host=/nowhere");
    let (queue, writer) = Queue::start(nowhere, Clock::System, BOUNDS);
    (0..100).for_each(|n| queue.offer(refusal(n)));
    let lost = writer.finish(Duration::from_millis(20)).await;
    assert_eq!((lost, queue.waiting()), (100, 100));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_the_database_refuses_keeps_no_other_from_being_recorded() {
    let database = cluster::database().await;
    let (queue, writer) = Queue::start(serving(&database.url), Clock::System, BOUNDS);
    queue.offer(refusal(1));
    queue.offer(Record { status: 7, ..refusal(2) });
    queue.offer(refusal(3));
    assert_eq!(writer.finish(LONG).await, 0);
    let outcomes = "SELECT count(*) FROM audit.event WHERE outcome = 'refused' AND times = 1";
    assert_eq!(database.count(outcomes).await, 2);
    assert_eq!(database.count(COUNTED).await, 3, "the third is counted");
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_beyond_their_share_are_counted_and_clients_are_not_hindered() {
    let database = cluster::database().await;
    let bounds = QueueBounds { waiting: 1_000, strangers: 5, ..BOUNDS };
    let (queue, writer) = Queue::start(serving(&database.url), Clock::System, bounds);
    for n in 0..50 {
        queue.offer(Record { client: None, subject: None, ..refusal(n) });
    }
    queue.offer(Record { client: Some("emr-lantern".into()), ..refusal(50) });
    assert_eq!(writer.finish(LONG).await, 0, "none was lost");
    assert_eq!(database.count(COUNTED).await, 51);
    let singly = "SELECT count(*) FROM audit.event WHERE outcome <> 'overflow' AND client IS NULL";
    assert_eq!(database.count(singly).await, 5);
    let client = "SELECT count(*) FROM audit.event WHERE client = 'emr-lantern'";
    assert_eq!(database.count(client).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_counted_only_is_recorded_though_nothing_comes_after_it() {
    let database = cluster::database().await;
    let bounds = QueueBounds { strangers: 0, ..BOUNDS };
    let (queue, _writer) = Queue::start(serving(&database.url), Clock::System, bounds);
    for n in 0..3 {
        queue.offer(Record { client: None, subject: None, ..refusal(n) });
    }
    let counted = async {
        while database.count(COUNTED).await < 3 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, counted).await.expect("is recorded");
    assert_eq!(
        database.count("SELECT count(*) FROM audit.event WHERE outcome = 'refused'").await,
        0
    );
}
