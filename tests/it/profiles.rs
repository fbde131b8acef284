//! The profiles of a request say what reading demands: whatever they ask for is taken away from a sound message, and what is
//! left is refused.

use serde_json::{Value, json};

use crate::message::{ADD, PANELS, PATIENTS, message};
use crate::server::Server;

/// Profile and type of what is sent.
const REQUEST: [(&str, &str); 7] = [
    ("pas-request-bundle", "Bundle"),
    ("pas-request-message-header", "MessageHeader"),
    ("pas-request-group", "Group"),
    ("pas-patient", "Patient"),
    ("pas-practitioner", "Practitioner"),
    ("pas-practitioner-role", "PractitionerRole"),
    ("pas-organization", "Organization"),
];

/// A message with everything in it that a profile speaks of.
fn sound() -> Value {
    let mut message = message(ADD, PANELS[0], &PATIENTS[..1]);
    let url = |kind: &str| {
        let mut entries = message["entry"].as_array().expect("entries").iter();
        let entry = entries.find(|entry| entry["resource"]["resourceType"] == kind);
        entry.expect("an entry")["fullUrl"].clone()
    };
    let role = json!({
        "fullUrl": "urn:uuid:7d1c1f4e-0f0b-4b8e-9a51-5a0d5d6f2b11",
        "resource": {
            "resourceType": "PractitionerRole",
            "practitioner": {"reference": url("Practitioner")},
            "organization": {"reference": url("Organization")},
        },
    });
    message["entry"].as_array_mut().expect("entries").push(role);
    message
}

fn resource<'m>(message: &'m mut Value, kind: &str) -> &'m mut Value {
    if kind == "Bundle" {
        return message;
    }
    let entries = message["entry"].as_array_mut().expect("entries");
    let mut resources = entries.iter_mut().map(|entry| &mut entry["resource"]);
    resources.find(|resource| resource["resourceType"] == kind).expect("a resource")
}

/// Puts `value` at a path below every element of `parent`, or takes away what is there. Whether there was a place.
fn set(parent: &mut Value, path: &[&str], value: Option<&Value>) -> bool {
    if let Value::Array(items) = parent {
        return items.iter_mut().fold(false, |any, item| set(item, path, value) | any);
    }
    let key = if path[0] == "event[x]" { "eventCoding" } else { path[0] };
    match (path, value) {
        ([_], None) => parent.as_object_mut().is_some_and(|members| members.remove(key).is_some()),
        ([_], Some(value)) => {
            parent[key] = value.clone();
            true
        }
        ([_, rest @ ..], _) => match parent.get_mut(key) {
            Some(child) => set(child, rest, value),
            None => false,
        },
        ([], _) => false,
    }
}

async fn refused(server: &Server, broken: &Value, what: &str) {
    let answer = server.post(broken).await;
    let wrong = answer.issues().iter().any(|issue| issue["severity"] == "error");
    assert!(wrong && answer.response() != "ok", "taken all the same: {what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_profile_asks_for_is_demanded_by_the_reader() {
    let server = Server::start().await;
    assert_eq!(server.post(&sound()).await.response(), "ok");
    let mut tried = 0;
    for (id, kind) in REQUEST {
        let profile = server.get(&format!("/StructureDefinition/{id}")).await.json;
        for element in profile["differential"]["element"].as_array().expect("elements") {
            let at = element["id"].as_str().expect("an id");
            let path: Vec<&str> =
                element["path"].as_str().expect("a path").split('.').skip(1).collect();
            let within = |broken: &mut Value, value: Option<Value>| {
                set(resource(broken, kind), &path, value.as_ref())
            };
            if at.contains(':') || path.is_empty() {
                continue;
            }
            if element["min"].as_u64().is_some_and(|min| min > 0) {
                let mut broken = sound();
                assert!(within(&mut broken, None), "{at} stands in a sound message");
                refused(&server, &broken, &format!("{id} without {at}")).await;
                tried += 1;
            }
            let value = match (at.rsplit('.').next(), element["max"].as_str()) {
                (Some("modifierExtension"), Some("0")) => {
                    json!([{"url": "http://x.example", "valueString": "y"}])
                }
                (Some("implicitRules"), Some("0")) => json!("http://x.example"),
                (Some("response"), Some("0")) => json!({"identifier": "a", "code": "ok"}),
                (_, Some("0")) => panic!("{at}: not known to this test"),
                _ if element.get("patternBoolean").is_some() => {
                    json!(!element["patternBoolean"].as_bool().expect("a boolean"))
                }
                _ if element.get("patternCode").is_some() => json!("animal"),
                _ if element.get("fixedCode").is_some() => json!("collection"),
                _ => continue,
            };
            let mut broken = sound();
            resource(&mut broken, "Group")["characteristic"] =
                json!([{"code": {"text": "x"}, "valueBoolean": true, "exclude": false}]);
            assert!(within(&mut broken, Some(value)), "{at} has a place");
            refused(&server, &broken, &format!("{id} with another {at}")).await;
            tried += 1;
        }
    }
    assert!(tried > 45, "{tried} ways");
}

/// A message for which a condition does not hold, by the condition's key; `kind` is the type of its profile.
fn against(key: &str, kind: &str, message: &mut Value) {
    let mut without = |kind: &str| {
        let entries = message["entry"].as_array_mut().expect("entries");
        entries.retain(|entry| entry["resource"]["resourceType"] != kind);
    };
    match key {
        "pas-one-header" => without("MessageHeader"),
        "pas-one-group" => without("Group"),
        "pas-provider" => without("Practitioner"),
        "pas-one-clinic" => without("Organization"),
        "pas-patients" => without("Patient"),
        "pas-event" => resource(message, "MessageHeader")["eventCoding"] = json!({"code": ADD}),
        "pas-phn" => resource(message, "Patient")["identifier"][0]["system"] = json!("urn:x"),
        "pas-practitioner-id" => {
            resource(message, "Practitioner")["identifier"][0]["system"] = json!("urn:x");
        }
        "pas-facility-id" => {
            resource(message, "Organization")["identifier"][0]["system"] = json!("urn:x");
        }
        "pas-postal-code" => resource(message, "Organization")["address"] = json!([{"city": "X"}]),
        "pas-active" => resource(message, kind)["active"] = json!(false),
        "pas-full-date" => resource(message, "Patient")["birthDate"] = json!("1984-04"),
        other => panic!("{other}: not known to this test"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_against_a_condition_of_a_profile_is_refused() {
    let server = Server::start().await;
    let mut tried = 0;
    for (id, kind) in REQUEST {
        let profile = server.get(&format!("/StructureDefinition/{id}")).await.json;
        for element in profile["differential"]["element"].as_array().expect("elements") {
            for condition in element["constraint"].as_array().into_iter().flatten() {
                let key = condition["key"].as_str().expect("a key");
                let mut broken = sound();
                against(key, kind, &mut broken);
                refused(&server, &broken, key).await;
                tried += 1;
            }
        }
    }
    assert!(tried > 9, "{tried} conditions");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_is_the_base_with_the_differential_in_it() {
    let server = Server::start().await;
    for profile in server.all("StructureDefinition").await {
        let id = &profile["id"];
        let elements = profile["snapshot"]["element"].as_array().expect("elements");
        let mut ids = std::collections::BTreeSet::new();
        for element in elements {
            let own = element["id"].as_str().expect("an id");
            assert!(ids.insert(own), "{id}: {own} stands there twice");
            for key in ["path", "min", "max", "definition", "base"] {
                assert!(!element[key].is_null(), "{id}: {own} has no {key}");
            }
            if let Some((parent, _)) = own.rsplit_once('.') {
                assert!(ids.contains(parent), "{id}: {own} stands before {parent}");
            }
        }
        for said in profile["differential"]["element"].as_array().expect("elements") {
            let whole = elements.iter().find(|element| element["id"] == said["id"]);
            let whole = whole.unwrap_or_else(|| panic!("{id}: {} is in no snapshot", said["id"]));
            for (key, value) in said.as_object().expect("an element") {
                let same = match key.as_str() {
                    "constraint" => value.as_array().expect("conditions").iter().all(|condition| {
                        whole["constraint"].as_array().is_some_and(|all| all.contains(condition))
                    }),
                    _ => &whole[key] == value,
                };
                assert!(same, "{id}: {key} of {}", said["id"]);
            }
        }
    }
}
