//! The edge: routes, media types, limits, probes.

use serde_json::json;

use crate::cluster;
use crate::message::{ADD, PANELS, PATIENTS, QUERY, message};
use crate::server::{Server, Setup};

#[tokio::test(flavor = "multi_thread")]
async fn the_operation_is_served_at_the_root_and_under_fhir_encoded_or_not() {
    let server = Server::start().await;
    for path in [
        "/$process-message",
        "/%24process-message",
        "/fhir/$process-message",
        "/fhir/%24process-message?_format=json",
    ] {
        let body = message(QUERY, PANELS[0], &PATIENTS[..1]).to_string().into_bytes();
        let answer = server.send(server.request(path).body(body)).await;
        assert_eq!((answer.status, answer.response()), (200, "ok"), "{path}");
        assert_eq!(answer.header("content-type"), "application/fhir+json; charset=utf-8");
        assert!(answer.header("x-request-id").parse::<uuid::Uuid>().is_ok());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_is_given_back_when_it_is_a_uuid_and_replaced_when_it_is_anything_else() {
    let server = Server::start().await;
    let own = "6f1d7f0e-5d3b-4a64-9a5e-0f6a4f1d2c3b";
    let asked = server.request("/nowhere").header("x-request-id", own);
    assert_eq!(server.send(asked).await.header("x-request-id"), own);
    let asked = server.request("/nowhere").header("x-request-id", "9876500011");
    assert_ne!(server.send(asked).await.header("x-request-id"), "9876500011");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_method_learns_the_right_one() {
    let server = Server::start().await;
    for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let answer = server.send(server.request("/fhir/$process-message").method(method)).await;
        assert_eq!(
            (answer.status, answer.codes(), answer.header("allow")),
            (405, vec!["method-not-allowed"], "POST")
        );
    }
    let answer = server.send(server.request("/healthz")).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gzip_body_is_unpacked() {
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write as _;
    let server = Server::start().await;
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(message(ADD, PANELS[0], &PATIENTS).to_string().as_bytes()).unwrap();
    let asked = server
        .request("/$process-message")
        .header("content-encoding", "gzip")
        .body(packed.finish().unwrap());
    let answer = server.send(asked).await;
    assert_eq!((answer.status, answer.statuses()), (200, vec!["confirmed"; 6]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_taken_up_to_the_limit_and_not_a_byte_beyond() {
    let body = message(QUERY, PANELS[0], &PATIENTS[..1]).to_string().into_bytes();
    let flags = format!("--max-body-bytes {}", body.len());
    let server = Server::with(Setup { flags, ..Setup::default() }).await;
    let taken = server.send(server.request("/$process-message").body(body.clone())).await;
    assert_eq!(taken.status, 200);
    let longer =
        server.send(server.request("/$process-message").body([body, b" ".to_vec()].concat())).await;
    assert_eq!((longer.status, longer.codes()), (413, vec!["body-too-large"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_members_as_the_limit_are_taken() {
    let server = Server::with(Setup { flags: "--max-members 3".into(), ..Setup::default() }).await;
    assert_eq!(server.post(&message(ADD, PANELS[0], &PATIENTS[..3])).await.response(), "ok");
    assert_eq!(
        server.post(&message(ADD, PANELS[0], &PATIENTS[..4])).await.codes(),
        ["too-many-members"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_event_is_echoed_and_none_at_all_is_answered_without_a_message() {
    let server = Server::start().await;
    let mut sent = message(ADD, PANELS[0], &PATIENTS[..1]);
    sent["entry"][0]["resource"]["eventCoding"]["code"] = json!("adopt-patient");
    let answer = server.post(&sent).await;
    assert_eq!((answer.status, answer.response()), (200, "fatal-error"));
    assert_eq!(answer.resources("MessageHeader")[0]["eventCoding"]["code"], "adopt-patient");
    sent["entry"][0]["resource"].as_object_mut().unwrap().remove("eventCoding");
    sent["entry"][4]["resource"]["birthDate"] = json!("1984");
    let answer = server.post(&sent).await;
    assert_eq!((answer.status, answer.response()), (400, "-"));
    assert_eq!(
        answer.codes(),
        ["element-missing", "birth-date-invalid"],
        "and still every fault is named"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_knows_the_schema() {
    let ready = Server::start().await;
    assert_eq!(ready.send(ready.request("/readyz").method("GET")).await.status, 200);
    let database = Some(cluster::empty(None).await);
    let bare = Server::with(Setup { database, ..Setup::default() }).await;
    let answer = bare.send(bare.request("/readyz").method("GET")).await;
    assert_eq!((answer.status, answer.codes()), (503, vec!["database-unavailable"]));
    assert_eq!(bare.send(bare.request("/healthz").method("GET")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_careless_sender_sends_never_breaks_the_server() {
    let server = Server::start().await;
    let deep = "[".repeat(100_000);
    let bodies: [&str; 14] = [
        "",
        "null",
        "[]",
        "\"\"",
        "0",
        "{}",
        "{\"resourceType\":7}",
        "{\"resourceType\":\"Bundle\"}",
        deep.as_str(),
        "{\"resourceType\":\"Bundle\",\"type\":\"message\"}",
        "{\"resourceType\":\"Bundle\",\"type\":\"message\",\"entry\":{}}",
        "{\"resourceType\":\"Bundle\",\"type\":\"message\",\"entry\":[null,7,{},{\"resource\":[]}]}",
        "{\"resourceType\":\"Bundle\",\"type\":\"message\",\"entry\":[{\"resource\":{\"resourceType\":\"MessageHeader\"}}]}",
        "{\"resourceType\":\"Bundle\",\"type\":\"message\",\"entry\":[{\"resource\":{\"resourceType\":\"MessageHeader\",\"eventCoding\":[],\"focus\":7}}]}",
    ];
    for body in bodies {
        let answer =
            server.send(server.request("/$process-message").body(body.as_bytes().to_vec())).await;
        assert_eq!(answer.status, 400, "{body:.80}");
        assert_eq!(answer.json["resourceType"], "OperationOutcome");
    }
}

/// What is taken although R4 forbids it: `null` for an absent element, and anything in elements that are not read.
fn is_tolerated(pointer: &str, replacement: &serde_json::Value) -> bool {
    let id_of_an_entry = pointer.ends_with("/resource/id") && pointer != "/entry/0/resource/id";
    replacement.is_null() || pointer == "/timestamp" || id_of_an_entry
}

/// Every element of a sound message in turn replaced by something of another type: never a 5xx, always an outcome that
/// another decoder reads; and where that decoder finds the request itself broken, in what is read, it is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_broken_anywhere_is_answered_with_its_faults() {
    let server = Server::start().await;
    let sound = message(ADD, PANELS[0], &PATIENTS[..1]);
    let mut pointers = Vec::new();
    collect(&sound, String::new(), &mut pointers);
    assert!(pointers.len() > 50);
    let mut found = 0;
    for pointer in pointers {
        for replacement in [json!(null), json!(7), json!("x"), json!([]), json!({}), json!(true)] {
            let mut broken = sound.clone();
            *broken.pointer_mut(&pointer).expect("there") = replacement.clone();
            let by_the_other = crate::house::decodes_as_r4(&broken.to_string());
            let answer = server.post(&broken).await;
            assert!(answer.status < 500, "{pointer}: {}", answer.status);
            let text = std::str::from_utf8(&answer.bytes).unwrap();
            crate::house::decodes_as_r4(text).unwrap_or_else(|why| panic!("{pointer}: {why}"));
            if let (Err(why), false) = (by_the_other, is_tolerated(&pointer, &replacement)) {
                found += 1;
                assert_ne!(answer.response(), "ok", "{pointer} as {replacement}: {why}");
            }
        }
    }
    assert!(found > 200, "{found} faults were found by the other decoder");
}

/// A few bytes that stand for much: the answer stays small and comes.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_made_to_be_costly_costs_little() {
    let server = Server::start().await;
    let many = |n: usize, item: serde_json::Value| serde_json::Value::Array(vec![item; n]);
    let mut bodies = Vec::new();
    for (pointer, value) in [
        ("/entry/4/resource/identifier", many(200_000, json!({}))),
        ("/entry/4/resource/name", many(100_000, json!({"family": "x", "given": ["y"]}))),
        ("/entry/4/resource/name/0/given", many(200_000, json!("x"))),
        ("/entry/3/resource/address", many(200_000, json!({"postalCode": 7}))),
        ("/entry/1/resource/member", many(200_000, json!({}))),
        ("/entry/4/resource/name/0/family", json!("\u{fdfa}".repeat(1_000_000))),
        (
            "/entry/0/resource/source/endpoint",
            json!("https://emr.example/".to_owned() + &"x".repeat(9_000)),
        ),
        ("/entry", many(200_000, json!({}))),
    ] {
        let mut body = message(ADD, PANELS[0], &PATIENTS[..1]);
        *body.pointer_mut(pointer).expect("there") = value;
        bodies.push((pointer, body));
    }
    let mut crossed = message(ADD, PANELS[0], &PATIENTS[..1]);
    crossed["entry"][3]["resource"]["identifier"] =
        many(40_000, json!({"system": "x", "value": "y"}));
    crossed["entry"][1]["resource"]["characteristic"] = many(
        200,
        json!({"valueReference": {"type": "Organization", "identifier": {"system": "x", "value": "y"}}}),
    );
    bodies.push(("both sides of a cross-check", crossed));
    for (what, body) in bodies {
        let answer = server
            .send(server.request("/$process-message").body(body.to_string().into_bytes()))
            .await;
        assert!([200, 400].contains(&answer.status), "{what}: {}", answer.status);
        assert_ne!(answer.response(), "ok", "{what}");
        assert!(answer.bytes.len() < 1_000_000, "{what}: {} bytes", answer.bytes.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_bundle_identifier_protects_as_a_short_one_does() {
    let server = Server::start().await;
    let mut sent = message(ADD, PANELS[0], &PATIENTS[..1]);
    sent.as_object_mut().unwrap().remove("id");
    sent["identifier"] = json!({"system": format!("https://emr.example/{}", "s".repeat(900)), "value": "v".repeat(900)});
    let first = server.post(&sent).await;
    assert_eq!((first.status, first.response()), (200, "ok"));
    assert_eq!(server.post(&sent).await.bytes, first.bytes);
}

fn collect(value: &serde_json::Value, at: String, all: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(members) => {
            members.iter().for_each(|(key, value)| collect(value, format!("{at}/{key}"), all))
        }
        serde_json::Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, value)| collect(value, format!("{at}/{i}"), all))
        }
        _ => {}
    }
    if !at.is_empty() {
        all.push(at);
    }
}
