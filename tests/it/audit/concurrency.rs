//! Many write, some give up, one is slow, two seal.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pas::store::{Sealed, Store};

use super::{Trail, now, record, serving};
use crate::cluster;

const INSERT: &str = "
INSERT INTO audit.event (id, at, on_behalf_of, facility, patients, status, outcome, codes, times)
SELECT gen_random_uuid(), now(), '{}', '{}', '{}', 401, 'refused', '{}', 1 FROM generate_series(1, 3)
RETURNING number";

/// Writes in transactions of its own, of which every third is rolled back.
async fn write(url: String) {
    let mut connection = cluster::connect(&url).await;
    for n in 0..40 {
        sqlx::raw_sql("BEGIN").execute(&mut connection).await.expect("begins");
        sqlx::query(INSERT).execute(&mut connection).await.expect("inserts");
        tokio::task::yield_now().await;
        let end = if n % 3 == 0 { "ROLLBACK" } else { "COMMIT" };
        sqlx::raw_sql(end).execute(&mut connection).await.expect("ends");
    }
}

/// Seals as long as it is told to; gives back how many seals it made.
async fn keep_sealing(store: Store, done: Arc<AtomicBool>) -> i64 {
    let mut seals = 0;
    while !done.load(Ordering::SeqCst) {
        if let Sealed::Yes { .. } = store.seal(now()).await.expect("seals") {
            seals += 1;
        }
        tokio::task::yield_now().await;
    }
    seals
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_sealed_exactly_once_whoever_writes_and_seals_meanwhile() {
    let trail = Trail::new().await;
    trail.record(&[record(1)]).await;
    // One that has its number and commits only when other seals have passed it.
    let mut slow = trail.owner().await;
    sqlx::raw_sql("BEGIN").execute(&mut slow).await.expect("begins");
    let late: i64 = sqlx::query_scalar(INSERT).fetch_one(&mut slow).await.expect("inserts");
    let done = Arc::new(AtomicBool::new(false));
    let sealers: Vec<_> = (0..2)
        .map(|_| tokio::spawn(keep_sealing(serving(&trail.database.url), done.clone())))
        .collect();
    let writers: Vec<_> = (0..6).map(|_| tokio::spawn(write(trail.database.url.clone()))).collect();
    while trail.database.count("SELECT count(*) FROM audit.seal WHERE first > 4").await < 3 {
        tokio::task::yield_now().await;
    }
    sqlx::raw_sql("COMMIT").execute(&mut slow).await.expect("commits");
    for writer in writers {
        writer.await.expect("no panic");
    }
    done.store(true, Ordering::SeqCst);
    let mut made = 0;
    for sealer in sealers {
        made += sealer.await.expect("no panic");
    }
    while let Sealed::Yes { .. } = trail.store.seal(now()).await.expect("seals") {
        made += 1;
    }
    assert_eq!(trail.database.count("SELECT count(*) FROM audit.seal").await, made);
    let (verified, findings) = trail.verify(&[]).await;
    assert_eq!(findings, []);
    let events = trail.database.count("SELECT count(*) FROM audit.event").await;
    // Of forty transactions fourteen were rolled back.
    assert_eq!(events, 1 + 3 + 6 * 26 * 3);
    assert_eq!((verified.events, verified.unsealed, verified.seals), (events, 0, made));
    let sealed_late = "SELECT count(*) FROM audit.seal WHERE 3 = ANY (late)";
    assert_eq!((late, trail.database.count(sealed_late).await), (2, 1));
    let counted = "SELECT sum(count)::bigint FROM audit.seal";
    assert_eq!(trail.database.count(counted).await, events, "no event under two seals");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_one_seals_another_does_not_wait_and_writers_do_neither() {
    let trail = Trail::new().await;
    trail.record(&[record(1)]).await;
    let mut other = trail.owner().await;
    let hold = "BEGIN; SELECT pg_advisory_xact_lock(1346458963, 1)";
    sqlx::raw_sql(hold).execute(&mut other).await.expect("holds");
    assert_eq!(trail.store.seal(now()).await.expect("answers"), Sealed::Elsewhere);
    trail.record(&[record(2)]).await;
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.expect("lets go");
    assert_eq!(trail.seal().await.count, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_commits_after_a_night_without_servers_is_sealed_all_the_same() {
    let trail = Trail::new().await;
    let mut slow = trail.owner().await;
    sqlx::raw_sql("BEGIN").execute(&mut slow).await.expect("begins");
    sqlx::query(INSERT).execute(&mut slow).await.expect("inserts");
    trail.record(&[record(1)]).await;
    assert_eq!(trail.seal().await.missing, [(1, 3)]);
    sqlx::raw_sql("COMMIT").execute(&mut slow).await.expect("commits");
    // The next look at the trail is long after; nothing new has come.
    let tomorrow = now() + super::hours(14);
    let Sealed::Yes { seal, more: false } = trail.store.seal(tomorrow).await.expect("seals") else {
        panic!("there was something to seal");
    };
    assert_eq!((seal.first, seal.last, &seal.late[..]), (5, 4, &[1, 2, 3][..]));
    let (verified, findings) = trail.verify_at(tomorrow, &[]).await;
    assert_eq!((verified.events, verified.unsealed, findings), (4, 0, vec![]));
    assert_eq!(trail.store.seal(tomorrow).await.expect("seals"), Sealed::Nothing);
}
