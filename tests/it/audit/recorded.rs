//! What the server itself records: every request of a message, whatever came of it.

use std::time::Duration;

use serde_json::Value;
use sqlx::AssertSqlSafe;

use crate::cluster;
use crate::message::{ADD, PANELS, PATIENTS, QUERY, message};
use crate::patience::eventually;
use crate::server::{Server, Setup};

/// The trail in order, a JSON object an event.
async fn trail(server: &Server) -> Vec<Value> {
    let mut connection = cluster::connect(&server.database.url).await;
    let rows: Vec<String> =
        sqlx::query_scalar("SELECT to_jsonb(e)::text FROM audit.event e ORDER BY number")
            .fetch_all(&mut connection)
            .await
            .expect("the trail");
    rows.iter().map(|row| serde_json::from_str(row).expect("JSON")).collect()
}

async fn recorded(server: &Server, count: usize) -> Vec<Value> {
    eventually("everything is recorded", async || trail(server).await.len() >= count).await;
    let trail = trail(server).await;
    assert_eq!(trail.len(), count, "{trail:#?}");
    trail
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_changes_repetitions_refusals_and_failures_are_recorded_each_once() {
    let server = Server::start().await;
    let add = message(ADD, PANELS[0], &PATIENTS[..2]);
    let query = message(QUERY, PANELS[0], &PATIENTS[..1]);
    let mut wrong = message(ADD, PANELS[0], &PATIENTS[..1]);
    wrong["entry"][4]["resource"]["birthDate"] = "1900-01-01".into();
    let mut altered = query.clone();
    altered["timestamp"] = "2020-01-01T00:00:00Z".into();
    let id = "01890000-0000-7000-8000-0000000000aa";
    let first = server.request("/$process-message").header("x-request-id", id);
    server.send(first.body(add.to_string().into_bytes())).await;
    server.post(&query).await;
    server.post(&add).await;
    server.post(&query).await;
    server.post(&wrong).await;
    server.post(&altered).await;
    let mut shapeless = message(ADD, PANELS[0], &PATIENTS[..1]);
    shapeless["entry"][1]["resource"]["type"] = "animal".into();
    server.post(&shapeless).await;
    server.send(server.request("/$process-message").body(b"{".to_vec())).await;
    server.send(server.request("/$process-message").header("content-type", "text/plain")).await;

    let trail = recorded(&server, 9).await;
    let field = |name: &str| trail.iter().map(|event| event[name].clone()).collect::<Vec<_>>();
    let mut kinds: Vec<(String, Value, Value)> = trail
        .iter()
        .map(|event| {
            (
                event["outcome"].as_str().expect("a word").into(),
                event["status"].clone(),
                event["codes"].clone(),
            )
        })
        .collect();
    let (durable, queued) = kinds.split_at_mut(6);
    let outcomes: Vec<&str> = durable.iter().map(|(outcome, ..)| outcome.as_str()).collect();
    assert_eq!(outcomes, ["ok", "ok", "replayed", "replayed", "fatal-error", "refused"]);
    assert_eq!(durable[4].2, serde_json::json!(["patient-birth-date"]));
    assert_eq!(durable[5].2, serde_json::json!(["message-altered"]));
    queued.sort_by_key(|(_, status, _)| status.as_u64());
    let statuses: Vec<u64> = queued.iter().filter_map(|(_, status, _)| status.as_u64()).collect();
    assert_eq!(statuses, [200, 400, 415]);
    assert!(queued.iter().all(|(outcome, ..)| outcome == "refused"));

    assert_eq!(trail[0]["request_id"], id);
    assert_eq!(trail[0]["patients"], serde_json::json!([PATIENTS[0].phn, PATIENTS[1].phn]));
    assert_eq!(trail[0]["event"], ADD);
    assert_eq!(trail[0]["address"], "127.0.0.1");
    assert_eq!(trail[0]["source"], "https://emr.example/tests");
    assert!(trail[0]["on_behalf_of"][0].as_str().is_some_and(|token| token.ends_with("|90101")));
    assert!(trail[0]["facility"][0].as_str().is_some_and(|token| token.ends_with("|F0101")));
    assert_eq!(field("patients")[2], field("patients")[0], "a repetition tells of them again");
    for kept in [0, 1, 4] {
        let sql = format!(
            "SELECT count(*) FROM inbox.message WHERE id = '{}'",
            trail[kept]["message_id"].as_str().expect("a number")
        );
        let mut connection = cluster::connect(&server.database.url).await;
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut connection)
            .await
            .expect("a count");
        assert_eq!(count, 1, "the record names the message");
    }
    assert_eq!(field("message_id")[2], Value::Null, "nothing was kept of a repetition");
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_recorded_and_whoever_may_not_speak_is_named() {
    let flags = "--issuer https://issuer.example --audience https://pas.example \
                 --jwks fixtures/keys/issuer.jwks.json";
    let server = Server::with(Setup { flags: flags.into(), ..Setup::default() }).await;
    let add = message(ADD, PANELS[0], &PATIENTS[..1]);
    server.post(&add).await;
    let curl = include_str!("../../../fixtures/exchanges/forbidden/2-request.curl");
    let token = curl.split('"').nth(1).and_then(|header| header.strip_prefix("Authorization: "));
    let ask = server.request("/$process-message").header("authorization", token.expect("a token"));
    let answer = server.send(ask.body(add.to_string().into_bytes())).await;
    assert_eq!(answer.status, 403);
    let trail = recorded(&server, 2).await;
    let stranger = trail.iter().find(|event| event["status"] == 401).expect("the stranger");
    assert_eq!((&stranger["client"], &stranger["outcome"]), (&Value::Null, &"refused".into()));
    let other = trail.iter().find(|event| event["status"] == 403).expect("the other");
    assert_eq!(other["client"], "emr-lantern");
    assert_eq!(other["subject"], "barnaby.sampleworth");
    assert_eq!(
        other["patients"],
        serde_json::json!([PATIENTS[0].phn]),
        "about whom, though in vain"
    );
    assert_eq!(other["codes"], serde_json::json!(["forbidden"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_recorded_when_postgres_is_back_and_an_effect_never_without_its_record() {
    let server = Server::with(Setup {
        flags: "--acquire-timeout 0.5 --lock-timeout 0.2".into(),
        ..Setup::default()
    })
    .await;
    let add = message(ADD, PANELS[0], &PATIENTS[..1]);
    let mut owner = cluster::connect(&server.database.url).await;
    let away = "ALTER TABLE audit.event RENAME TO gone";
    sqlx::raw_sql(away).execute(&mut owner).await.expect("takes the trail away");
    let failed = server.post(&add).await;
    assert_eq!((failed.status, failed.codes()), (500, vec!["internal-error"]));
    for table in ["inbox.message", "panel.entry", "panel.change"] {
        let sql = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let count: i64 = sqlx::query_scalar(sql).fetch_one(&mut owner).await.expect("a count");
        assert_eq!(count, 0, "nothing in {table} without its record");
    }
    let back = "ALTER TABLE audit.gone RENAME TO event";
    sqlx::raw_sql(back).execute(&mut owner).await.expect("brings it back");
    assert_eq!(server.post(&add).await.response(), "ok");
    tokio::time::sleep(Duration::from_millis(1)).await;
    let trail = trail(&server).await;
    assert!(trail.iter().any(|event| event["outcome"] == "ok"), "{trail:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_hangs_up_before_the_answer_is_recorded() {
    let server = Server::start().await;
    let mut other = cluster::connect(&server.database.url).await;
    let held = "BEGIN; INSERT INTO panel.patient SELECT phn FROM client_registry.patient";
    sqlx::raw_sql(held).execute(&mut other).await.expect("locks");
    let add = message(ADD, PANELS[0], &PATIENTS[..1]);
    let ask = server.request("/$process-message").body(add.to_string().into_bytes());
    let address = server.address;
    let sender = tokio::spawn(async move { ask.send(address).await });
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually("the message waits", async || server.database.count(waiting).await > 0).await;
    sender.abort();
    let gone = recorded(&server, 1).await;
    assert_eq!((&gone[0]["status"], &gone[0]["outcome"]), (&499.into(), &"failed".into()));
}
