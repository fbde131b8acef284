//! The search for a provider's whole panel, as CapabilityStatement and OpenAPI tell it.

use serde_json::{Value, json};

use super::openapi::{FHIR_JSON, resource, responses};
use super::{Claims, Security};

/// In the CapabilityStatement.
pub(super) fn capability() -> Value {
    json!({
        "type": "Group",
        "interaction": [{"code": "search-type"}],
        "versioning": "no-version",
        "documentation": "A provider's panel at a clinic, for whoever may send messages in the provider's name. managing-entity:identifier and \
            facility are both asked for. Members come in pages (_count, at most as many as a message may have; the link next): nobody who was \
            there when the first page was read is left out or comes twice. With _since, or _lastUpdated=ge, only those to whom something has \
            happened on this panel since, removed ones included; without it, those who are on the panel. Take meta.lastUpdated of the first \
            page for the next _since, less a minute for what was still under way. A death that the Client Registry tells of is shown, and is no change.",
        "searchParam": [
            {
                "name": "managing-entity",
                "type": "reference",
                "definition": "http://hl7.org/fhir/SearchParameter/Group-managing-entity",
                "documentation": "With :identifier, the provider's number as system|value.",
            },
            {"name": "facility", "type": "token", "documentation": "The clinic's number as system|value."},
            {
                "name": "_lastUpdated",
                "type": "date",
                "definition": "http://hl7.org/fhir/SearchParameter/Resource-lastUpdated",
                "documentation": "Of members, with ge.",
            },
        ],
    })
}

/// In the OpenAPI description.
pub(super) fn search(claims: &Claims) -> Value {
    let parameter = |name: &str, required: bool, told: &str| json!({"name": name, "in": "query", "required": required, "description": told, "schema": {"type": "string"}});
    let mut get = json!({
        "operationId": "panel",
        "summary": "A provider's panel at a clinic",
        "parameters": [
            parameter("managing-entity:identifier", true, "The provider's number, system|value"),
            parameter("facility", true, "The clinic's number, system|value"),
            parameter("_since", false, "Only members to whom something has happened since this instant"),
            parameter("_lastUpdated", false, "The same, as geINSTANT"),
            parameter("_count", false, "Members of a page at most"),
            parameter("page", false, "From the link next, as it is"),
        ],
        "responses": responses("A searchset with one Group, or none", FHIR_JSON, resource("Resource"), [400, 401, 403, 406, 429, 503]),
    });
    if matches!(claims.security, Security::Tokens { .. }) {
        get["security"] = json!([{"token": []}]);
    }
    get
}
