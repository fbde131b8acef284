//! The same message twice, in every way that it can come (R4 messaging, "Duplicate messages").

use serde_json::json;

use crate::cluster;
use crate::message::{ADD, PANELS, PATIENTS, QUERY, REMOVE, message};
use crate::server::{Server, Setup};

#[tokio::test(flavor = "multi_thread")]
async fn new_and_new_is_processed() {
    let server = Server::start().await;
    for _ in 0..2 {
        assert_eq!(server.post(&message(ADD, PANELS[0], &PATIENTS[..1])).await.response(), "ok");
    }
    assert_eq!(server.database.count("SELECT count(*) FROM inbox.message").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn seen_and_seen_gets_the_original_answer_byte_for_byte_whatever_happened_since() {
    let server = Server::start().await;
    let add = message(ADD, PANELS[0], &PATIENTS[..1]);
    let query = message(QUERY, PANELS[0], &PATIENTS[..1]);
    let (added, asked) = (server.post(&add).await, server.post(&query).await);
    assert_eq!(server.post(&message(REMOVE, PANELS[0], &PATIENTS[..1])).await.response(), "ok");
    assert_eq!(server.post(&add).await.bytes, added.bytes);
    assert_eq!(server.post(&query).await.bytes, asked.bytes);
    let now = server.post(&message(QUERY, PANELS[0], &PATIENTS[..1])).await;
    assert_eq!(now.statuses(), ["removed"], "answering again did nothing again");
    assert_eq!(server.database.count("SELECT count(*) FROM panel.change").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_content_in_another_spelling_is_the_same_message() {
    let server = Server::start().await;
    let add = message(ADD, PANELS[0], &PATIENTS[..1]);
    let first = server.post(&add).await;
    let pretty = serde_json::to_vec_pretty(&add).unwrap();
    let again = server.send(server.request("/fhir/%24process-message").body(pretty)).await;
    assert_eq!(again.bytes, first.bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_answered_again_as_well() {
    let server = Server::start().await;
    let mut refused = message(ADD, PANELS[0], &PATIENTS[..1]);
    refused["entry"][4]["resource"]["birthDate"] = json!("1999-01-01");
    let first = server.post(&refused).await;
    assert_eq!((first.response(), first.codes()), ("fatal-error", vec!["patient-birth-date"]));
    assert_eq!(server.post(&refused).await.bytes, first.bytes);
    assert_eq!(server.database.count("SELECT count(*) FROM panel.entry").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_bundle_around_a_seen_header_is_processed_again_and_doubles_nothing() {
    let server = Server::start().await;
    let mut add = message(ADD, PANELS[0], &PATIENTS[..1]);
    server.post(&add).await;
    add["id"] = json!("another-bundle");
    let again = server.post(&add).await;
    assert_eq!((again.response(), again.codes()), ("ok", vec!["processed", "already-on-panel"]));
    assert_eq!(server.database.count("SELECT count(*) FROM panel.entry").await, 1);
    assert_eq!(server.database.count("SELECT count(*) FROM panel.change").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seen_bundle_around_a_new_header_is_refused() {
    let server = Server::start().await;
    for event in [ADD, QUERY] {
        let mut add = message(event, PANELS[0], &PATIENTS[..1]);
        server.post(&add).await;
        add["entry"][0]["resource"]["id"] = json!("another-header");
        let refused = server.post(&add).await;
        assert_eq!(
            (refused.response(), refused.codes()),
            ("fatal-error", vec!["duplicate-message"])
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_ids_around_other_content_are_refused_and_never_answered_as_before() {
    let server = Server::start().await;
    for event in [ADD, QUERY, REMOVE] {
        let mut sent = message(event, PANELS[0], &PATIENTS[..1]);
        let first = server.post(&sent).await;
        sent["timestamp"] = json!("2026-11-22T09:00:01-08:00");
        let refused = server.post(&sent).await;
        assert_eq!((refused.response(), refused.codes()), ("fatal-error", vec!["message-altered"]));
        assert_ne!(refused.bytes, first.bytes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sender_may_use_the_same_ids() {
    let server = Server::start().await;
    let mut add = message(ADD, PANELS[0], &PATIENTS[..1]);
    server.post(&add).await;
    add["entry"][0]["resource"]["source"]["endpoint"] = json!("https://other-emr.example/tests");
    assert_eq!(server.post(&add).await.codes(), ["processed", "already-on-panel"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_header_id_the_full_url_or_the_bundle_identifier_protects() {
    let server = Server::start().await;
    let mut by_url = message(ADD, PANELS[0], &PATIENTS[..1]);
    by_url["entry"][0]["resource"].as_object_mut().unwrap().remove("id");
    let mut by_identifier = message(ADD, PANELS[0], &PATIENTS[1..2]);
    by_identifier["entry"][0]["resource"].as_object_mut().unwrap().remove("id");
    by_identifier["entry"][0]["fullUrl"] = json!("https://emr.example/MessageHeader/1");
    by_identifier.as_object_mut().unwrap().remove("id");
    by_identifier["identifier"] = json!({"system": "https://emr.example/messages", "value": "1"});
    for sent in [by_url, by_identifier] {
        let first = server.post(&sent).await;
        assert_eq!((first.response(), first.codes()), ("ok", vec!["processed"]));
        assert_eq!(server.post(&sent).await.bytes, first.bytes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_bundle_id_the_content_itself_is_recognised() {
    let server = Server::start().await;
    let mut sent = message(ADD, PANELS[0], &PATIENTS[..1]);
    sent.as_object_mut().unwrap().remove("id");
    let first = server.post(&sent).await;
    assert_eq!(server.post(&sent).await.bytes, first.bytes);
    sent["timestamp"] = json!("2026-11-22T09:00:01-08:00");
    assert_eq!(server.post(&sent).await.codes(), ["processed", "already-on-panel"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_of_them_a_message_is_processed_each_time_with_a_warning() {
    let server = Server::start().await;
    let mut sent = message(ADD, PANELS[0], &PATIENTS[..1]);
    sent["entry"][0]["resource"].as_object_mut().unwrap().remove("id");
    sent["entry"][0]["fullUrl"] = json!("https://emr.example/MessageHeader/1");
    let codes = ["processed", "unprotected-message"];
    assert_eq!(server.post(&sent).await.codes(), codes);
    assert_eq!(server.post(&sent).await.codes(), [codes[0], codes[1], "already-on-panel"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resent_message_is_answered_without_waiting_for_anybody() {
    let server =
        Server::with(Setup { flags: "--lock-timeout 0.2".into(), ..Setup::default() }).await;
    let add = message(ADD, PANELS[0], &PATIENTS[..1]);
    let first = server.post(&add).await;
    let mut other = cluster::connect(&server.database.url).await;
    let hold = "BEGIN; SELECT 1 FROM panel.patient FOR UPDATE; LOCK TABLE plr.practitioner IN ACCESS EXCLUSIVE MODE";
    sqlx::raw_sql(hold).execute(&mut other).await.expect("locks");
    let new = message(REMOVE, PANELS[0], &PATIENTS[..1]);
    assert_eq!(server.post(&new).await.codes(), ["database-busy"], "a new message has to wait");
    sqlx::raw_sql("ROLLBACK; BEGIN; SELECT 1 FROM panel.patient FOR UPDATE")
        .execute(&mut other)
        .await
        .expect("locks");
    assert_eq!(server.post(&new).await.codes(), ["database-busy"], "for the patient's row as well");
    assert_eq!(server.post(&add).await.bytes, first.bytes, "a resent one has not");
}
