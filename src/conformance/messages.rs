//! The operation, and the messages that it takes and gives.

use serde_json::{Value, json};

use super::terminology::words;
use super::{Artifact, Claims};
use crate::message::{Event, Naming};

/// The operation and the messages.
pub(super) fn artifacts(claims: &Claims) -> Vec<Artifact> {
    let messages =
        Event::ALL.into_iter().flat_map(|event| [request(claims, event), response(claims, event)]);
    [operation(claims)].into_iter().chain(messages).collect()
}

/// The canonical of the operation.
pub(super) fn operation_url(claims: &Claims) -> String {
    claims.own("OperationDefinition", "process-message")
}

/// The canonical of an event's message.
pub(super) fn message_url(claims: &Claims, event: Event) -> String {
    claims.own("MessageDefinition", event.code())
}

fn operation(claims: &Claims) -> Artifact {
    let description = "Takes a message Bundle as the body of a POST and gives the answer in the response. \
        Base FHIR's async and response-url are refused, as is a Parameters resource around the Bundle.";
    Artifact::new(
        claims.head("OperationDefinition", "process-message", "Process message", description),
        json!({
            "kind": "operation",
            "affectsState": true,
            "code": "process-message",
            "base": "http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message",
            "system": true,
            "type": false,
            "instance": false,
            "parameter": [
                {"name": "content", "use": "in", "min": 1, "max": "1", "type": "Bundle",
                 "documentation": format!("The message, as {} has it: the body itself.", claims.profile("pas-request-bundle"))},
                {"name": "return", "use": "out", "min": 1, "max": "1", "type": "Bundle",
                 "documentation": format!(
                     "The answer, as {} has it. Where none can be formed, an OperationOutcome with an HTTP status of 4xx or 5xx.",
                     claims.profile("pas-response-bundle"))},
            ],
        }),
    )
}

fn coding(claims: &Claims, event: Event) -> Value {
    let system = Naming::emitted(&claims.naming.event);
    json!({"system": system, "code": event.code(), "display": words(event).0})
}

fn focus(claims: &Claims, profile: &str, min: u32) -> Value {
    json!([{"code": "Group", "profile": claims.profile(profile), "min": min, "max": "1"}])
}

fn request(claims: &Claims, event: Event) -> Artifact {
    let (title, description) = words(event);
    let category = if event.changes() { "consequence" } else { "currency" };
    Artifact::new(
        claims.head("MessageDefinition", event.code(), title, description),
        json!({
            "eventCoding": coding(claims, event),
            "category": category,
            "focus": focus(claims, "pas-request-group", 1),
            "responseRequired": "always",
            "allowedResponse": [{"message": claims.own("MessageDefinition", &answer_id(event))}],
        }),
    )
}

fn response(claims: &Claims, event: Event) -> Artifact {
    let title = format!("Answer to: {}", words(event).0);
    let description = "How the message went and, when it was processed, where each patient stands.";
    Artifact::new(
        claims.head("MessageDefinition", &answer_id(event), &title, description),
        json!({
            "eventCoding": coding(claims, event),
            "category": "notification",
            "focus": focus(claims, "pas-response-group", 0),
            "responseRequired": "never",
        }),
    )
}

fn answer_id(event: Event) -> String {
    format!("{}-response", event.code())
}
