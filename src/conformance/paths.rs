//! Names of what is served by GET, for routes, page and OpenAPI description alike.

use serde_json::Value;
use uuid::Uuid;

use crate::message::Event;

/// Everything hangs under each of these.
pub const BASES: [&str; 2] = ["", "/fhir"];

/// The types of our definitions: `[base]/KIND`, `[base]/KIND/{id}`.
pub const KINDS: [&str; 5] =
    ["StructureDefinition", "ValueSet", "CodeSystem", "MessageDefinition", "OperationDefinition"];

/// All definitions in FHIR's npm form.
pub const PACKAGE: &str = "/package.tgz";

/// Our base URL, under which everything hangs: the endpoint for messages without the operation.
pub fn base(endpoint: &str) -> &str {
    let operation = ["/$process-message", "/%24process-message"];
    let base = operation.iter().find_map(|last| endpoint.strip_suffix(last));
    base.unwrap_or(endpoint).trim_end_matches('/')
}

/// Where an event's example is.
pub fn example(event: Event) -> String {
    format!("/examples/{}.json", event.code())
}

/// An event's example as a message of its own: the same again would only get the first answer again.
pub fn fresh_example(event: Event, bundle: Uuid, header: Uuid) -> String {
    let text = example_body(event);
    // A file of this program, and a test reads every one: it cannot fail to be JSON.
    let known: Value = serde_json::from_str(text).unwrap_or_default();
    let ids = [(&known["id"], bundle), (&known["entry"][0]["resource"]["id"], header)];
    ids.into_iter().fold(text.to_owned(), |text, (id, fresh)| match id.as_str() {
        Some(id) => text.replace(id, &fresh.to_string()),
        None => text,
    })
}

/// A request of the invented cast for each event, as its sender would write it.
pub fn example_body(event: Event) -> &'static str {
    match event {
        Event::Add => {
            include_str!("../../fixtures/exchanges/add-patient-to-panel/1-request.json")
        }
        Event::Remove => {
            include_str!("../../fixtures/exchanges/remove-patient-from-panel/2-request.json")
        }
        Event::Query => {
            include_str!("../../fixtures/exchanges/get-patient-mrp-status/2-request.json")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_is_the_endpoint_without_its_operation() {
        assert_eq!(base("https://pas.example/fhir/$process-message"), "https://pas.example/fhir");
        assert_eq!(base("https://pas.example/%24process-message"), "https://pas.example");
        assert_eq!(base("https://pas.example/elsewhere/"), "https://pas.example/elsewhere");
    }
}
