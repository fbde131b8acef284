//! Code systems made from the code's own tables, and a value set for each.

use serde_json::{Value, json};

use super::{Artifact, Claims};
use crate::fault::{Alone, Code};
use crate::message::{Event, Naming};
use crate::panel::Status;

/// The code systems and their value sets.
pub(super) fn artifacts(claims: &Claims) -> Vec<Artifact> {
    [events(claims), statuses(claims), faults(claims)].into_iter().flatten().collect()
}

/// A code system and the value set of all its codes.
fn pair(
    claims: &Claims,
    id: &str,
    told: [&str; 2],
    url: &str,
    concepts: Vec<Value>,
    property: Value,
) -> [Artifact; 2] {
    let value_set = claims.own("ValueSet", id);
    let mut head = claims.head("CodeSystem", id, told[0], told[1]);
    head.insert("url".into(), url.into());
    let mut body = json!({
        "caseSensitive": true,
        "valueSet": value_set,
        "content": "complete",
        "count": concepts.len(),
        "concept": concepts,
    });
    if property.is_array() {
        body["property"] = property;
    }
    let of = format!("All codes: {}", told[1]);
    let all = json!({"compose": {"include": [{"system": url}]}});
    [Artifact::new(head, body), Artifact::new(claims.head("ValueSet", id, told[0], &of), all)]
}

fn events(claims: &Claims) -> [Artifact; 2] {
    let concepts = Event::ALL.into_iter().map(|event| {
        let (display, definition) = words(event);
        json!({"code": event.code(), "display": display, "definition": definition})
    });
    let told = ["PAS message events", "What a message asks of PAS."];
    let url = Naming::emitted(&claims.naming.event);
    pair(claims, "message-event-code", told, url, concepts.collect(), Value::Null)
}

/// An event for people: its name, and what it asks.
pub fn words(event: Event) -> (&'static str, &'static str) {
    match event {
        Event::Add => (
            "Add Patient to Provider Panel",
            "The provider becomes the patients' most responsible provider at the clinic.",
        ),
        Event::Remove => (
            "Remove Patient from Provider Panel",
            "The patients are taken off the provider's panel at the clinic.",
        ),
        Event::Query => (
            "Querying MRP Status",
            "Where do the patients stand on the provider's panel, and who is their most responsible provider? Changes nothing.",
        ),
    }
}

fn statuses(claims: &Claims) -> [Artifact; 2] {
    let concepts = Status::ALL.into_iter().map(|status| {
        let definition = match status {
            Status::Confirmed => {
                "Attached: the provider of this panel is the patient's most responsible provider."
            }
            Status::Pending => "Accepted through the attachment workflow, not yet confirmed.",
            Status::NotMrp => "Listed on this panel, but attached to another one since.",
            Status::Deceased => {
                "Listed on this panel; according to the Client Registry the patient has died."
            }
            Status::Removed => "Was on this panel and was taken off.",
            Status::NotOnPanel => "Never was on this panel.",
        };
        json!({"code": status.code(), "display": status.display(), "definition": definition})
    });
    let told =
        ["PAS MRP status", "Where a patient stands in relation to a provider's panel at a clinic."];
    let url = claims.own("CodeSystem", "pas-mrp-status");
    pair(claims, "pas-mrp-status", told, &url, concepts.collect(), Value::Null)
}

fn faults(claims: &Claims) -> [Artifact; 2] {
    let concepts = Code::ALL.iter().map(|code| {
        let row = code.row();
        let status = match row.alone {
            Alone::Status(status) => status,
            Alone::InMessage => 200,
        };
        json!({
            "code": row.code,
            "display": sentence(row.code),
            "definition": row.text,
            "property": [
                {"code": "http-status", "valueInteger": status},
                {"code": "severity", "valueCode": row.severity.code()},
                {"code": "issue-type", "valueCode": row.issue.code()},
                {"code": "sender", "valueString": row.sender},
            ],
        })
    });
    let told = [
        "PAS faults and remarks",
        "Every way in which a message can fail, and every remark, as answers have them in issue.details.",
    ];
    let property = json!([
        {"code": "http-status", "type": "integer",
         "description": "HTTP status of the answer: 200 with a response message, else an OperationOutcome alone"},
        {"code": "severity", "type": "code", "description": "OperationOutcome.issue.severity"},
        {"code": "issue-type", "type": "code", "description": "OperationOutcome.issue.code"},
        {"code": "sender", "type": "string", "description": "What the sender does about it"},
    ]);
    let url = claims.own("CodeSystem", "pas-fault");
    pair(claims, "pas-fault", told, &url, concepts.collect(), property)
}

/// `not-found` as `Not found`.
fn sentence(code: &str) -> String {
    let text = code.replace('-', " ");
    let (first, rest) = text.split_at(text.len().min(1));
    first.to_ascii_uppercase() + rest
}
