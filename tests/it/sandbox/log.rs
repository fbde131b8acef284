//! The log of a whole run, as the operator finds it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::program::{Home, Running};
use crate::message::{ADD, PANELS, PATIENTS, message};

/// Every PHN and family name of the cast.
fn personal() -> BTreeSet<String> {
    let cast = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cast");
    let mut words = BTreeSet::new();
    for file in ["client-registry.ndjson", "plr.ndjson", "pas.ndjson"] {
        for line in fs::read_to_string(cast.join(file)).expect("the cast").lines() {
            let resource: Value = serde_json::from_str(line).expect("JSON");
            if resource["resourceType"] == "Patient" {
                let phn = resource["identifier"][0]["value"].as_str().expect("a PHN");
                words.insert(phn.to_owned());
            }
            let names = resource["name"].as_array().into_iter().flatten();
            words.extend(names.filter_map(|name| Some(name["family"].as_str()?.to_owned())));
        }
    }
    words
}

/// An add that is done, one that is refused, and a body that is no message.
async fn a_run(running: &Running, n: usize) {
    let add = message(ADD, PANELS[0], &PATIENTS[n..=n]);
    assert_eq!(running.post(&add).await.response(), "ok");
    assert_eq!(running.post(&add).await.response(), "ok");
    let mut refused = message(ADD, PANELS[0], &PATIENTS[n..n + 2]);
    refused["entry"][4]["resource"]["name"][0]["family"] = json!("Placeholt");
    refused["entry"][5]["resource"]["birthDate"] = json!("1999-01-01");
    assert_eq!(running.post(&refused).await.codes(), ["patient-family", "patient-birth-date"]);
    let whole = add.to_string();
    let broken = whole[..whole.len() - 20].to_owned();
    let path = "/$process-message?phn=9876500011";
    assert_eq!(running.send("POST", path, broken).await.codes(), ["json-invalid"]);
}

fn holds_nothing_of_a_person(text: &str) {
    let words = personal();
    assert!(words.len() > 60, "{} words", words.len());
    for word in words {
        let line = text.lines().find(|line| line.contains(&word));
        assert_eq!(line, None, "holds {word}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_the_log_nor_that_of_postgres_holds_anything_of_a_person() {
    let home = Home::new("log");
    for (n, format) in ["text", "json"].into_iter().enumerate() {
        let running = home.serve(&format!("--log-format {format}"));
        a_run(&running, n).await;
        let log = running.log();
        running.stop();
        assert_eq!(log.matches("/$process-message").count(), 4, "the log is there:\n{log}");
        holds_nothing_of_a_person(&log);
        assert!(!log.contains("sandbox-secret") && !log.contains("eyJ"), "no secret, no token");
    }
    let postgres = fs::read_to_string(home.data.join("postgres.log")).expect("Postgres' log");
    assert!(!postgres.is_empty());
    holds_nothing_of_a_person(&postgres);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_line_of_the_json_log_parses_and_a_request_has_all_its_fields() {
    let database = crate::cluster::database().await;
    let home = Home::with_database("log-json", &database.url);
    let running = home.serve("--log-format json");
    a_run(&running, 0).await;
    let log = running.log();
    running.stop();
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let requests: Vec<&Value> = lines.iter().filter(|line| line["message"] == "request").collect();
    let field = |name: &str| requests.iter().map(|line| line[name].clone()).collect::<Vec<_>>();
    assert_eq!(field("status"), [200, 200, 200, 400]);
    assert_eq!(field("event"), [ADD, ADD, ADD, "-"]);
    assert_eq!(field("replayed"), [false, true, false, false]);
    // What an answer given again says is told by the line of the first one.
    let first = |name: &str| [0, 2, 3].map(|n| field(name)[n].clone());
    assert_eq!(first("outcome"), ["ok", "fatal-error", "-"]);
    assert_eq!(first("codes"), ["processed", "patient-family,patient-birth-date", "json-invalid"]);
    assert_eq!(first("patients"), [1, 2, 0]);
    for line in requests {
        assert_eq!(
            (&line["method"], &line["route"]),
            (&json!("POST"), &json!("/$process-message"))
        );
        assert!(line["id"].as_str().is_some_and(|id| id.parse::<uuid::Uuid>().is_ok()), "{line}");
        let trace = line["trace"].as_str().unwrap_or_default();
        assert!(trace.len() == 32 && trace.bytes().all(|b| b.is_ascii_hexdigit()), "{line}");
        assert!(line["patients"].is_u64() && line["ms"].is_f64(), "{line}");
    }
}
