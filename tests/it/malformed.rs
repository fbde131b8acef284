//! Bodies that are hardly JSON, or not at all: `fixtures/malformed`, posted as they are.

use std::path::Path;

use crate::server::Server;

/// Name and bytes of every file, in order.
fn bodies() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/malformed");
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read(path).expect("a file"))
        })
        .collect();
    all.sort();
    all
}

/// The code that the name promises.
fn promised(name: &str) -> &str {
    let (family, rest) = name.split_once('_').expect("a family");
    match family {
        "n" => "json-invalid",
        "u" => "utf8-invalid",
        "s" => rest.split('_').next().expect("a code"),
        "y" => "not-a-bundle",
        other => panic!("{other}: no family of this test"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_malformed_body_is_refused_for_what_it_is() {
    let server = Server::start().await;
    let bodies = bodies();
    assert!(bodies.len() > 170, "{} bodies", bodies.len());
    let mut wrong = Vec::new();
    for (name, body) in bodies {
        let answer = server.send(server.request("/$process-message").body(body)).await;
        assert_eq!(answer.json["resourceType"], "OperationOutcome", "{name}");
        assert!(answer.bytes.len() < 10_000, "{name}: {} bytes", answer.bytes.len());
        if (answer.status, answer.codes()) != (400, vec![promised(&name)]) {
            wrong.push(format!("{name}: {} {:?}", answer.status, answer.codes()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Two parsers that are not ours, asked what is JSON and what is none.
#[test]
fn other_parsers_agree_about_what_is_json() {
    // serde_json is what ours stands on; fhirkit has a parser of its own.
    let mut compared = 0;
    for (name, body) in bodies() {
        let Ok(text) = std::str::from_utf8(&body) else {
            assert!(name.starts_with("u_"), "{name} is no UTF-8");
            continue;
        };
        assert!(!name.starts_with("u_"), "{name} is UTF-8");
        if name.starts_with("s_") || name.contains("_bom_first") {
            continue;
        }
        compared += 1;
        let json = name.starts_with("y_");
        let serde = serde_json::from_str::<serde_json::Value>(text).is_ok();
        assert_eq!(serde, json, "serde_json: {name}");
        assert_eq!(fhirkit::Json::parse(text).is_ok(), json, "fhirkit: {name}");
    }
    assert!(compared > 130, "{compared}");
}

/// A message cut off anywhere is never taken, and never a fault of ours.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_cut_off_anywhere_is_refused() {
    let server = Server::start().await;
    let file = "fixtures/exchanges/add-patient-to-panel/1-request.json";
    let whole = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect("a message");
    let end = whole.trim_ascii_end().len();
    for length in (0..end).step_by(7).chain([end - 1]) {
        let asked = server.request("/$process-message").body(whole[..length].to_vec());
        let answer = server.send(asked).await;
        assert_eq!((answer.status, answer.codes()), (400, vec!["json-invalid"]), "{length}");
    }
}
