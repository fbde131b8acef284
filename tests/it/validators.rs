//! The crate `fhirkit` beside the two validators of `tests/third-party`: the same broken messages, each broken in one way.

use std::path::Path;

use serde_json::Value;

use crate::message::{PANELS, QUERY, message as message_of_its_own};

const ME: &str = "fhirkit";

fn read(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("JSON")
}

/// The sound message, broken as a row of `broken.json` says.
fn broken(sound: &Value, row: &Value) -> Value {
    let mut message = sound.clone();
    let at = row["at"].as_str().expect("a place");
    let (parent, last) = at.rsplit_once('/').expect("a place below the root");
    let parent = message.pointer_mut(parent).unwrap_or_else(|| panic!("{at} is not there"));
    match (parent, row.get("put")) {
        (Value::Object(members), Some(put)) => {
            members.insert(last.to_owned(), put.clone());
        }
        (Value::Object(members), None) => {
            members.remove(last).unwrap_or_else(|| panic!("{at} is not there"));
        }
        (Value::Array(items), put) => {
            let index: usize = last.parse().expect("an index");
            match put {
                Some(put) => items[index] = put.clone(),
                None => drop(items.remove(index)),
            }
        }
        (other, _) => panic!("{at}: {other} has no parts"),
    }
    message
}

#[test]
fn the_independent_decoder_rejects_the_broken_messages_that_it_is_known_to_reject() {
    let table = read("tests/third-party/broken.json");
    let sound = read(table["of"].as_str().expect("a file"));
    assert_eq!(crate::house::decodes_as_r4(&sound.to_string()), Ok(()));
    let (mut all, mut caught, mut differ) = (0, 0, Vec::new());
    for row in table["base"].as_array().expect("rows") {
        let known = row["caught_by"].as_array().expect("validators").contains(&ME.into());
        let rejected = crate::house::decodes_as_r4(&broken(&sound, row).to_string()).is_err();
        (all, caught) = (all + 1, caught + usize::from(rejected));
        if known != rejected {
            differ.push(row["what"].clone());
        }
    }
    assert!(differ.is_empty(), "{caught} of {all} rejected, not as broken.json has it: {differ:?}");
    assert!(caught > 20, "{caught} of {all}");
}

/// No fault of base R4, and none of our profiles, gets past the server: what a validator rejects, it refuses.
#[tokio::test(flavor = "multi_thread")]
async fn the_server_refuses_the_broken_messages_wherever_it_reads_them() {
    let server = crate::server::Server::start().await;
    let table = read("tests/third-party/broken.json");
    let sound = read(table["of"].as_str().expect("a file"));
    let mut taken = Vec::new();
    for row in ["base", "profiles"].iter().flat_map(|kind| table[*kind].as_array().expect("rows")) {
        let mut message = broken(&sound, row);
        // An id of its own, where that is not what was broken: no message may pass for another sent again.
        if message["id"] == sound["id"] {
            message["id"] = message_of_its_own(QUERY, PANELS[0], &[])["id"].clone();
        }
        let answer = server.post(&message).await;
        assert!(answer.status < 500, "{row}: {}", answer.status);
        if answer.response() == "ok" {
            taken.push(row["what"].as_str().expect("words").to_owned());
        }
    }
    let known: Vec<String> = table["taken"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|what| what.as_str().expect("words").to_owned())
        .collect();
    assert_eq!(taken, known, "what is taken all the same is named in broken.json");
}
