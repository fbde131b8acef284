//! Both sides of the effect broken: the connection cut at every round trip, Postgres killed under load.

use std::collections::HashMap;

use pas::sandbox::{Cluster, Options};

use crate::answer::Answer;
use crate::cluster::{self, Database};
use crate::message::{ADD, PANELS, PATIENTS, QUERY, message};
use crate::proxy::{Cut, Proxy};
use crate::server::{Server, Setup};

pub fn unavailable(answer: &Answer) {
    assert_eq!((answer.status, answer.codes()), (503, vec!["database-unavailable"]));
    assert_eq!(answer.issues()[0]["code"], "transient");
    assert!(answer.header("retry-after").parse::<u32>().is_ok());
}

/// A server with one connection to Postgres, which can be cut.
async fn one_connection(proxy: &Proxy) -> Server {
    let database = cluster::database().await;
    let through = Some(proxy.url(&database.name));
    let flags = "--connections 1".to_owned();
    Server::with(Setup { through, flags, database: Some(database), ..Setup::default() }).await
}

/// How often one of the first three patients came onto a panel.
const MOVED: &str = "SELECT count(*) FROM panel.change c JOIN panel.entry e ON e.id = c.entry_id
    WHERE e.phn IN ('9876500011', '9876500029', '9876500036') AND c.became = 'confirmed'";

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_at_any_round_trip_of_a_change_is_made_good_and_doubles_nothing() {
    let proxy = Proxy::start("cut-change");
    let server = one_connection(&proxy).await;
    for panel in PANELS {
        server.post(&message(QUERY, panel, &PATIENTS[5..])).await;
    }
    for (n, cut) in (1..=2).flat_map(|n| [Cut::Before(n), Cut::After(n)]).enumerate() {
        // Statements are prepared on the connection, so that each round trip is what it is under way.
        server.post(&message(ADD, PANELS[5], &PATIENTS[5..])).await;
        let sent = message(ADD, PANELS[n % 4], &PATIENTS[..3]);
        proxy.cut(cut);
        let first = server.post(&sent).await;
        assert!(proxy.was_cut(), "{cut:?}");
        assert_eq!((first.response(), first.statuses()), ("ok", vec!["confirmed"; 3]), "{cut:?}");
        let expected = 3 * (i64::try_from(n).expect("few") + 1);
        assert_eq!(server.database.count(MOVED).await, expected, "{cut:?}: once, not twice");
        assert_eq!(server.post(&sent).await.bytes, first.bytes, "{cut:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_while_an_unprotected_change_is_kept_is_told_and_doubles_nothing() {
    let proxy = Proxy::start("cut-unprotected");
    let server = one_connection(&proxy).await;
    for (n, cut) in [Cut::Before(2), Cut::After(2)].into_iter().enumerate() {
        let mut sent = message(ADD, PANELS[n], &PATIENTS[..3]);
        sent["entry"][0]["resource"].as_object_mut().expect("a header").remove("id");
        sent["entry"][0]["fullUrl"] = "https://emr.example/MessageHeader/1".into();
        for event in [QUERY, ADD] {
            server.post(&message(event, PANELS[n], &PATIENTS[5..])).await;
        }
        proxy.cut(cut);
        // Nothing about it would show whether it is kept, so it is not tried again.
        unavailable(&server.post(&sent).await);
        assert!(proxy.was_cut(), "{cut:?}");
        assert_eq!(server.post(&sent).await.response(), "ok");
        assert_eq!(server.database.count(MOVED).await, 3 * (i64::try_from(n).expect("few") + 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_while_a_change_has_its_turn_loses_and_doubles_nothing() {
    let proxy = Proxy::start("cut-turn");
    let server = one_connection(&proxy).await;
    let mut other = cluster::connect(&server.database.url).await;
    sqlx::raw_sql("INSERT INTO panel.patient SELECT phn FROM client_registry.patient")
        .execute(&mut other)
        .await
        .expect("known patients");
    let (mut expected, mut told_to_come_again) = (0, 0);
    // After look and keep: begin, wait, gather, look, keep, commit; and statements to be prepared.
    for (n, cut) in (3..).flat_map(|n| [Cut::Before(n), Cut::After(n)]).enumerate() {
        for event in [ADD, QUERY] {
            server.post(&message(event, PANELS[n % 4], &PATIENTS[5..])).await;
        }
        let sent = message(ADD, PANELS[n % 4], &PATIENTS[..3]);
        // Somebody else is at it: the message cannot be kept together with others, and waits for its turn.
        sqlx::raw_sql("BEGIN; SELECT 1 FROM panel.patient FOR UPDATE")
            .execute(&mut other)
            .await
            .expect("locks");
        proxy.cut(cut);
        let ask = server.request("/$process-message").body(sent.to_string().into_bytes());
        let asked = tokio::spawn(ask.send(server.address));
        while !proxy.was_cut()
            && server.database.count("SELECT count(*) FROM pg_locks WHERE NOT granted").await == 0
        {
            tokio::task::yield_now().await;
        }
        sqlx::raw_sql("ROLLBACK").execute(&mut other).await.expect("lets go");
        let first = asked.await.expect("no panic");
        if first.status == 503 {
            told_to_come_again += 1;
            unavailable(&first);
        } else {
            assert_eq!(first.response(), "ok", "{cut:?}");
            assert_eq!(server.database.count(MOVED).await, expected + 3, "{cut:?}");
        }
        let told = server.post(&sent).await;
        assert_eq!((told.response(), told.statuses()), ("ok", vec!["confirmed"; 3]), "{cut:?}");
        expected += 3;
        assert_eq!(server.database.count(MOVED).await, expected, "{cut:?}: once, not twice");
        assert_eq!(server.post(&sent).await.bytes, told.bytes, "{cut:?}");
        if !proxy.was_cut() {
            break;
        }
    }
    assert!(told_to_come_again >= 10, "{told_to_come_again} cuts within the turn");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_at_any_round_trip_of_a_query_is_made_good() {
    let proxy = Proxy::start("cut-query");
    let server = one_connection(&proxy).await;
    server.post(&message(QUERY, PANELS[0], &PATIENTS[5..])).await;
    for cut in (1..=2).flat_map(|n| [Cut::Before(n), Cut::After(n)]) {
        server.post(&message(QUERY, PANELS[5], &PATIENTS[5..])).await;
        let sent = message(QUERY, PANELS[0], &PATIENTS[..3]);
        proxy.cut(cut);
        let first = server.post(&sent).await;
        assert!(proxy.was_cut(), "{cut:?}");
        let told = (first.response(), first.statuses());
        assert_eq!(told, ("ok", vec!["not-on-panel"; 3]), "{cut:?}: another connection was tried");
        assert_eq!(server.post(&sent).await.bytes, first.bytes, "{cut:?}");
    }
}

/// A cluster whose commits are durable, with schema and cast.
pub async fn durable(data_dir: &std::path::Path) -> (Cluster, Database) {
    let options = Options {
        data_dir: data_dir.to_owned(),
        binaries: None,
        durable: true,
        max_connections: 50,
    };
    let cluster = tokio::task::spawn_blocking(move || Cluster::start(&options))
        .await
        .expect("no panic")
        .expect("starts");
    let database = Database { url: cluster.url("pas"), name: "pas".into() };
    (cluster, database)
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_killed_under_load_keeps_every_acknowledged_message() {
    cluster::cluster();
    let data_dir = cluster::folder("killed");
    let (postgres, database) = durable(&data_dir).await;
    cluster::prepare(&database.url).await;
    let setup =
        Setup { database: Some(database), flags: "--acquire-timeout 1".into(), ..Setup::default() };
    let server = Server::with(setup).await;
    let sent: Vec<_> =
        (0..120).map(|n| message(ADD, PANELS[n % 6], &PATIENTS[n % 6..n % 6 + 1])).collect();
    let mut acknowledged: HashMap<usize, Answer> = HashMap::new();
    let mut failed = 0;
    for (n, message) in sent.iter().enumerate() {
        if n == 60 {
            let killed = std::process::Command::new("kill")
                .args(["-9", &postgres.postmaster_pid().to_string()])
                .status();
            assert!(killed.is_ok_and(|status| status.success()));
        }
        let answer = server.post(message).await;
        if answer.status == 200 {
            acknowledged.insert(n, answer);
        } else {
            unavailable(&answer);
            failed += 1;
        }
        if failed == 3 {
            break;
        }
    }
    assert!(
        failed > 0 && acknowledged.len() >= 60,
        "{failed} failed, {} acknowledged",
        acknowledged.len()
    );
    let ready = server.send(server.request("/readyz").method("GET")).await;
    assert_eq!(ready.status, 503, "readiness is red while Postgres is gone");
    let _ = postgres.stop();
    let (again, database) = durable(&data_dir).await;
    for (n, message) in sent.iter().enumerate() {
        let answer = server.post(message).await;
        assert_eq!(
            (answer.status, answer.response()),
            (200, "ok"),
            "message {n}: {:?}",
            answer.codes()
        );
        if let Some(first) = acknowledged.get(&n) {
            assert_eq!(answer.bytes, first.bytes, "message {n} is answered as it was");
        }
    }
    let ready = server.send(server.request("/readyz").method("GET")).await;
    assert_eq!(ready.status, 200, "and green again");
    assert_eq!(database.count("SELECT count(*) FROM inbox.message").await, 120);
    assert_eq!(
        database.count("SELECT count(*) FROM panel.entry WHERE status = 'confirmed'").await,
        6
    );
    server.stop().await;
    again.stop().expect("stops");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_postgres_a_sound_message_is_a_503_and_a_broken_one_still_learns_its_faults() {
    let through = Some("postgres://pas@localhost/pas?host=/nowhere".to_owned());
    let server = Server::with(Setup { through, ..Setup::default() }).await;
    unavailable(&server.post(&message(ADD, PANELS[0], &PATIENTS[..1])).await);
    let mut broken = message(ADD, PANELS[0], &PATIENTS[..1]);
    broken["entry"][4]["resource"]["birthDate"] = "1984".into();
    assert_eq!(server.post(&broken).await.codes(), ["birth-date-invalid"]);
    assert_eq!(server.send(server.request("/healthz").method("GET")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_hangs_up_leaves_nothing_half_done_and_no_connection_lost() {
    let setup = Setup { flags: "--connections 1".into(), ..Setup::default() };
    let server = Server::with(setup).await;
    let mut other = cluster::connect(&server.database.url).await;
    let hold = "BEGIN; INSERT INTO panel.patient SELECT phn FROM client_registry.patient";
    sqlx::raw_sql(hold).execute(&mut other).await.expect("locks");
    let sent = message(ADD, PANELS[0], &PATIENTS[..2]);
    let ask = server.request("/$process-message").body(sent.to_string().into_bytes());
    let waiting = tokio::spawn(ask.send(server.address));
    while server.database.count("SELECT count(*) FROM pg_locks WHERE NOT granted").await == 0 {
        tokio::task::yield_now().await;
    }
    waiting.abort();
    let _ = waiting.await;
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.expect("lets go");
    let told = server.post(&sent).await;
    assert_eq!((told.response(), told.statuses()), ("ok", vec!["confirmed"; 2]));
    assert_eq!(server.database.count("SELECT count(*) FROM panel.change").await, 2);
    assert_eq!(server.database.count("SELECT count(*) FROM inbox.message").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_died_while_they_rested_are_found_out_and_nobody_notices() {
    let server = Server::start().await;
    let asks = (0..12).map(|n| message(QUERY, PANELS[n % 6], &PATIENTS));
    let asks: Vec<_> = asks
        .map(|sent| server.request("/$process-message").body(sent.to_string().into_bytes()))
        .collect();
    let tasks: Vec<_> =
        asks.into_iter().map(|ask| tokio::spawn(ask.send(server.address))).collect();
    for task in tasks {
        assert_eq!(task.await.expect("no panic").response(), "ok");
    }
    let killed = "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()) k";
    assert!(server.database.count(killed).await > 1, "several connections rested");
    assert_eq!(server.send(server.request("/readyz").method("GET")).await.status, 200);
    for event in [ADD, QUERY] {
        assert_eq!(server.post(&message(event, PANELS[0], &PATIENTS)).await.response(), "ok");
    }
}
