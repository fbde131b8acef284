//! Answers are kept for a stated time, by the month, and no shorter.

use chrono::{DateTime, TimeDelta, Utc};

use crate::cluster;
use crate::message::{ADD, PANELS, PATIENTS, QUERY, message};
use crate::server::Server;

/// Moves every message kept so far to another time, as if it had been received then.
async fn received(server: &Server, at: &str) {
    let mut connection = cluster::connect(&server.database.url).await;
    sqlx::query("UPDATE inbox.message SET received_at = $1::timestamptz")
        .bind(at.parse::<DateTime<Utc>>().expect("an instant"))
        .execute(&mut connection)
        .await
        .expect("moves");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_is_dropped_when_all_its_answers_were_kept_long_enough_and_not_before() {
    let server = Server::start().await;
    let keep = TimeDelta::days(90);
    let add = message(ADD, PANELS[0], &PATIENTS[..1]);
    let now: DateTime<Utc> = "2026-06-15T12:00:00Z".parse().expect("an instant");
    server
        .store
        .turn_months("2026-03-10T12:00:00Z".parse().expect("an instant"), keep)
        .await
        .expect("turns");
    let first = server.post(&add).await;
    received(&server, "2026-03-01T00:00:00Z").await;
    let stored = "SELECT count(*) FROM inbox.message_2026_03";
    assert_eq!(server.database.count(stored).await, 1, "the month was there for it");

    // Ninety days after the first of March is before the fifteenth of June, but March had not ended by then.
    let turned = server.store.turn_months(now, keep).await.expect("turns");
    assert_eq!(turned.dropped, 0);
    assert_eq!(server.post(&add).await.bytes, first.bytes, "answered as it was");

    let july: DateTime<Utc> = "2026-07-01T00:00:00Z".parse().expect("an instant");
    let turned = server.store.turn_months(july, keep).await.expect("turns");
    assert_eq!(turned.dropped, 1);
    let again = server.post(&add).await;
    assert_ne!(again.bytes, first.bytes, "forgotten, and so processed again");
    assert_eq!(again.codes(), ["processed", "already-on-panel"], "and nothing doubles");
    assert_eq!(server.database.count("SELECT count(*) FROM panel.change").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resend_is_known_across_the_turn_of_the_month_and_in_months_that_nobody_opened() {
    let server = Server::start().await;
    let messages =
        [message(ADD, PANELS[0], &PATIENTS[..1]), message(QUERY, PANELS[0], &PATIENTS[..1])];
    for earlier in ["2019-01-31T23:59:59Z", "2026-10-31T23:59:59Z"] {
        for message in &messages {
            let first = server.post(message).await;
            received(&server, earlier).await;
            assert_eq!(server.post(message).await.bytes, first.bytes, "received {earlier}");
        }
    }
    assert_eq!(server.database.count("SELECT count(*) FROM inbox.message").await, 2);
    let astray = "SELECT count(*) FROM inbox.message_other";
    assert_eq!(server.database.count(astray).await, 2);
    let october: DateTime<Utc> = "2026-10-01T00:00:00Z".parse().expect("an instant");
    server.store.turn_months(october, TimeDelta::days(3_650)).await.expect("turns");
    assert_eq!(server.database.count(astray).await, 0, "they moved to their month");
    assert_eq!(server.database.count("SELECT count(*) FROM inbox.message_2026_10").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn months_are_given_up_soon_while_a_back_up_reads_them_and_messages_go_on() {
    let server = Server::start().await;
    let add = message(ADD, PANELS[0], &PATIENTS[..1]);
    let first = server.post(&add).await;
    let long_ago = "SELECT inbox.open_months('2001-01-01', '2001-02-01')";
    let mut patient = cluster::connect(&server.database.url).await;
    sqlx::raw_sql(long_ago).execute(&mut patient).await.expect("opens");
    let mut backup = cluster::connect(&server.database.url).await;
    let reads = "BEGIN; LOCK TABLE inbox.message IN ACCESS SHARE MODE";
    sqlx::raw_sql(reads).execute(&mut backup).await.expect("reads");
    // These would wait without end, and all later messages behind them.
    sqlx::raw_sql("SET lock_timeout = 0").execute(&mut patient).await.expect("sets");
    for turn in [
        "SELECT inbox.open_months('2031-01-01', '2031-02-01')",
        "SELECT inbox.drop_months('2002-01-01')",
    ] {
        let busy = sqlx::raw_sql(turn).execute(&mut patient).await.expect_err("gives up");
        let found = busy.as_database_error().and_then(|error| error.code()).map(Into::into);
        assert_eq!(found, Some(String::from("55P03")), "{turn}");
        assert_eq!(server.post(&add).await.bytes, first.bytes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_cannot_drop_the_last_day_nor_rewrite_what_it_answered() {
    let server = Server::start().await;
    server.post(&message(ADD, PANELS[0], &PATIENTS[..1])).await;
    for (sql, code) in [
        ("SELECT inbox.drop_months('infinity')", "P0001"),
        ("UPDATE inbox.message SET answer = ''", "42501"),
        ("DELETE FROM inbox.message", "42501"),
        ("DELETE FROM panel.change", "42501"),
        ("UPDATE panel.change SET author = 'somebody else'", "42501"),
        ("DELETE FROM panel.entry", "42501"),
        ("UPDATE access.client SET facilities = '{everything}'", "42501"),
        ("INSERT INTO client_registry.patient DEFAULT VALUES", "42501"),
        ("DROP TABLE inbox.message", "42501"),
        ("ALTER TABLE panel.entry DISABLE TRIGGER ALL", "42501"),
    ] {
        let mut connection = cluster::connect(&server.database.url).await;
        sqlx::raw_sql("SET ROLE pas_server").execute(&mut connection).await.expect("becomes");
        let refused = sqlx::raw_sql(sql).execute(&mut connection).await.expect_err("not allowed");
        let found = refused.as_database_error().and_then(|error| error.code()).map(Into::into);
        assert_eq!(found, Some(String::from(code)), "{sql}");
    }
}
