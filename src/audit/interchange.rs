//! An event as a FHIR R4 AuditEvent, with the elements in FHIR's order.

use chrono::SecondsFormat;
use serde::Serialize;
use uuid::Uuid;

use crate::message::{Event as MessageEvent, Naming};

use super::event::Event;
use super::record::{Outcome, Record};

/// One line of JSON: the event as an AuditEvent. `naming` says under which systems numbers and events stand.
pub fn audit_event(event: &Event, naming: &Naming) -> String {
    let record = &event.record;
    let resource = AuditEvent {
        resource_type: "AuditEvent",
        id: record.id,
        r#type: kind(record.event.as_deref()),
        subtype: subtype(record, naming),
        action: action(record.event.as_deref()),
        recorded: record.at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        outcome: outcome(record.outcome),
        outcome_desc: description(record),
        agent: agents(record),
        source: Source {
            observer: Who { r#type: Some("Device"), identifier: Identifier::bare("pas") },
            r#type: [Coding::new(SOURCE_TYPE, "4", Some("Application Server"))],
        },
        entity: entities(event, naming),
    };
    // Strings, numbers, booleans and lists only: there is nothing in them that could fail to become JSON.
    serde_json::to_string(&resource).unwrap_or_default()
}

const AUDIT_EVENT_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-event-type";
const INTERACTION: &str = "http://hl7.org/fhir/restful-interaction";
const SOURCE_TYPE: &str = "http://terminology.hl7.org/CodeSystem/security-source-type";
const ENTITY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const ENTITY_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const PERSONS: &str = "http://terminology.hl7.org/CodeSystem/extra-security-role-type";
const URI: &str = "urn:ietf:rfc:3986";

/// Whoever comes or goes proves who they are; everything else is asked of an interface.
fn kind(event: Option<&str>) -> Coding {
    match event {
        Some("signed-in" | "signed-out") => {
            Coding::new(DICOM, "110114", Some("User Authentication"))
        }
        _ => Coding::new(AUDIT_EVENT_TYPE, "rest", Some("RESTful Operation")),
    }
}

/// The operation, and the event it was asked for.
fn subtype(record: &Record, naming: &Naming) -> Vec<Coding> {
    let operation = match record.event.as_deref() {
        Some("signed-in") => Coding::new(DICOM, "110122", Some("Login")),
        Some("signed-out") => Coding::new(DICOM, "110123", Some("Logout")),
        _ => Coding::new(INTERACTION, "operation", Some("operation")),
    };
    let event =
        record.event.as_deref().map(|code| Coding::new(Naming::emitted(&naming.event), code, None));
    std::iter::once(operation).chain(event).collect()
}

/// What only looks reads, registering creates, whoever comes or goes changes nothing, every other act updates; of what named no event, or came to nothing, only the attempt is
/// known.
fn action(event: Option<&str>) -> &'static str {
    let Some(word) = event else { return "E" };
    match (MessageEvent::of(word), word) {
        (Some(MessageEvent::Query), _) | (None, "get-panel" | "clean-up" | "find-family") => "R",
        (None, word) if word.starts_with("see-") => "R",
        (None, "register-no-match" | "signed-in" | "signed-out") => "E",
        (None, "register") => "C",
        _ => "U",
    }
}

/// 0 success, 4 the request's own failure, 8 ours.
fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok | Outcome::Replayed => "0",
        Outcome::FatalError | Outcome::Refused => "4",
        Outcome::Failed | Outcome::Overflow => "8",
    }
}

fn description(record: &Record) -> String {
    let Record { outcome, status, codes, times, .. } = record;
    match outcome {
        Outcome::Overflow => format!("{times} requests that were not recorded singly"),
        _ if codes.is_empty() => format!("{}, HTTP {status}", outcome.word()),
        _ => format!("{}, HTTP {status}: {}", outcome.word(), codes.join(", ")),
    }
}

/// Person, program, provider, clinic. The requestor is the person, or else the program, whether it proved itself or not.
fn agents(record: &Record) -> Vec<Agent> {
    let mut agents = Vec::new();
    if let Some(subject) = &record.subject {
        agents.push(Agent {
            r#type: Concept::coded(PERSONS, "humanuser", "human user"),
            who: Some(Who { r#type: None, identifier: Identifier::bare(subject) }),
            name: None,
            requestor: true,
            network: None,
        });
    }
    let nobody = record.client.is_none().then_some("not identified");
    agents.push(Agent {
        r#type: Concept::coded(DICOM, "110150", "Application"),
        who: record
            .client
            .as_deref()
            .map(|client| Who { r#type: Some("Device"), identifier: Identifier::bare(client) }),
        name: nobody,
        requestor: record.subject.is_none(),
        network: record.address.clone().map(|address| Network { address, r#type: "2" }),
    });
    let named = |what: &'static str, resource: &'static str, token: &str| Agent {
        r#type: Concept::text(what),
        who: Some(Who { r#type: Some(resource), identifier: Identifier::of_token(token) }),
        name: None,
        requestor: false,
        network: None,
    };
    agents.extend(record.on_behalf_of.iter().map(|t| named("on behalf of", "Practitioner", t)));
    agents.extend(record.facility.iter().map(|token| named("clinic", "Organization", token)));
    agents
}

/// The request with what it is known by, then each patient.
fn entities(event: &Event, naming: &Naming) -> Vec<Entity> {
    let record = &event.record;
    let urn = |id: Uuid| Some(format!("urn:uuid:{id}"));
    let details = [
        ("number", Some(event.number.to_string())),
        ("request-id", record.request_id.and_then(urn)),
        ("message-id", record.message_id.and_then(urn)),
        ("bundle", record.bundle_key.clone()),
        ("message-header", record.header_key.clone()),
        ("source-endpoint", record.source.clone()),
    ];
    let detail = details.into_iter().filter_map(|(r#type, value)| {
        Some(Detail { r#type, value_string: value.filter(|value| !value.trim().is_empty())? })
    });
    let known_by = record.message_id.or(record.request_id).unwrap_or(record.id);
    let request = Entity {
        what: Who {
            r#type: None,
            identifier: Identifier {
                system: Some(URI.to_owned()),
                value: format!("urn:uuid:{known_by}"),
            },
        },
        r#type: Coding::new(ENTITY_TYPE, "2", Some("System Object")),
        role: Coding::new(ENTITY_ROLE, "4", Some("Domain Resource")),
        detail: detail.collect(),
    };
    let patients = record.patients.0.iter().map(|phn| Entity {
        what: Who {
            r#type: Some("Patient"),
            identifier: Identifier {
                system: Some(Naming::emitted(&naming.phn).to_owned()),
                value: phn.clone(),
            },
        },
        r#type: Coding::new(ENTITY_TYPE, "1", Some("Person")),
        role: Coding::new(ENTITY_ROLE, "1", Some("Patient")),
        detail: Vec::new(),
    });
    std::iter::once(request).chain(patients).collect()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuditEvent {
    resource_type: &'static str,
    id: Uuid,
    r#type: Coding,
    subtype: Vec<Coding>,
    action: &'static str,
    recorded: String,
    outcome: &'static str,
    outcome_desc: String,
    agent: Vec<Agent>,
    source: Source,
    entity: Vec<Entity>,
}

#[derive(Serialize)]
struct Coding {
    system: String,
    code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    display: Option<&'static str>,
}

impl Coding {
    fn new(system: &str, code: &str, display: Option<&'static str>) -> Self {
        Coding { system: system.to_owned(), code: code.to_owned(), display }
    }
}

#[derive(Serialize)]
struct Concept {
    #[serde(skip_serializing_if = "Option::is_none")]
    coding: Option<[Coding; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'static str>,
}

impl Concept {
    fn coded(system: &str, code: &str, display: &'static str) -> Self {
        Concept { coding: Some([Coding::new(system, code, Some(display))]), text: None }
    }

    fn text(text: &'static str) -> Self {
        Concept { coding: None, text: Some(text) }
    }
}

#[derive(Serialize)]
struct Identifier {
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<String>,
    value: String,
}

impl Identifier {
    fn bare(value: &str) -> Self {
        Identifier { system: None, value: value.to_owned() }
    }

    fn of_token(token: &str) -> Self {
        match token.split_once('|') {
            Some((system, value)) => {
                Identifier { system: Some(system.to_owned()), value: value.to_owned() }
            }
            None => Identifier::bare(token),
        }
    }
}

#[derive(Serialize)]
struct Who {
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
    identifier: Identifier,
}

#[derive(Serialize)]
struct Agent {
    r#type: Concept,
    #[serde(skip_serializing_if = "Option::is_none")]
    who: Option<Who>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
    requestor: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<Network>,
}

#[derive(Serialize)]
struct Network {
    address: String,
    r#type: &'static str,
}

#[derive(Serialize)]
struct Source {
    observer: Who,
    r#type: [Coding; 1],
}

#[derive(Serialize)]
struct Entity {
    what: Who,
    r#type: Coding,
    role: Coding,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    detail: Vec<Detail>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    r#type: &'static str,
    value_string: String,
}

#[cfg(test)]
mod tests {
    use super::{action, kind};

    #[test]
    fn whoever_comes_or_goes_proves_who_they_are_and_nothing_else_does() {
        for (event, expected) in
            [("signed-in", "110114"), ("signed-out", "110114"), ("see-list", "rest")]
        {
            assert_eq!(kind(Some(event)).code, expected, "{event}");
        }
    }

    #[test]
    fn what_only_looks_reads_and_what_changes_something_does_not() {
        for (event, expected) in [
            (None, "E"),
            (Some("get-patient-mrp-status"), "R"),
            (Some("add-patient-to-panel"), "U"),
            (Some("get-panel"), "R"),
            (Some("see-list"), "R"),
            (Some("clean-up"), "R"),
            (Some("register-no-match"), "E"),
            (Some("find-family"), "R"),
            (Some("signed-in"), "E"),
            (Some("signed-out"), "E"),
            (Some("register"), "C"),
            (Some("answer-list"), "U"),
            (Some("withdrawn"), "U"),
        ] {
            assert_eq!(action(event), expected, "{event:?}");
        }
    }
}
