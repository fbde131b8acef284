//! Names of what is served by GET, for routes, page and OpenAPI description alike.

use crate::message::Event;

/// Everything hangs under each of these.
pub const BASES: [&str; 2] = ["", "/fhir"];

/// The types of our definitions: `[base]/KIND`, `[base]/KIND/{id}`.
pub const KINDS: [&str; 5] =
    ["StructureDefinition", "ValueSet", "CodeSystem", "MessageDefinition", "OperationDefinition"];

/// All definitions in FHIR's npm form.
pub const PACKAGE: &str = "/package.tgz";

/// Where an event's example is.
pub fn example(event: Event) -> String {
    format!("/examples/{}.json", event.code())
}

/// A request of the invented cast for each event, as its sender would write it.
pub fn examples(event: Event) -> &'static str {
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
