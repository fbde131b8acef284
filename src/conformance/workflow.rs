//! The attachment workflow in the OpenAPI description: what is served under `/api`, for people who are signed in.

use serde_json::{Map, Value, json};

use super::openapi::refusal;
use super::workflow_clinics::CLINICS;
use super::workflow_notices::NOTICES;
use super::workflow_operations::{OPERATIONS, Operation};
use super::workflow_papers::PAPERS;
use super::workflow_schemas::schemas;
use super::{Claims, Security};

const PROBLEM: &str = "application/problem+json";
const JSON: &str = "application/json";
const CSV: &str = "text/csv";

/// Whatever can go wrong before an act is reached.
const ALWAYS: [u16; 5] = [401, 403, 429, 500, 503];
/// Of one that is about something.
const ABOUT: [u16; 2] = [400, 404];
/// Of one to which something is sent.
const SENT: [u16; 5] = [400, 408, 413, 415, 422];

/// Adds the workflow to a description.
pub(super) fn describe(claims: &Claims, document: &mut Value) {
    for operation in OPERATIONS.iter().chain(CLINICS).chain(PAPERS).chain(NOTICES) {
        let item = &mut document["paths"][operation.path];
        item["description"] = "For people who are signed in.".into();
        item[operation.method] = operation.described(claims);
    }
    for (path, kind) in [("/numbers", "text/html"), ("/numbers.csv", "text/csv")] {
        document["paths"][path] = json!({"get": public_numbers(kind)});
    }
    for (name, schema) in schemas() {
        document["components"]["schemas"][name] = schema;
    }
}

/// A page of ours, and the same as a table. What goes wrong is told as a page.
fn public_numbers(kind: &str) -> Value {
    let told =
        "How many registered, were attached and wait, by community and month; a few are not told";
    json!({"summary": told, "responses": {
        "200": {"description": told, "content": {kind: {"schema": {"type": "string"}}}},
        "503": {"description": "Not now", "content": {"text/html": {"schema": {"type": "string"}}}},
    }})
}

fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

impl Operation {
    fn described(&self, claims: &Claims) -> Value {
        let mut operation = json!({
            "operationId": self.id,
            "summary": self.summary,
            "tags": ["attachment"],
            "responses": self.responses(),
        });
        let parameters = self.parameters();
        if !parameters.is_empty() {
            operation["parameters"] = parameters.into();
        }
        if let Some(takes) = self.takes {
            let content = match takes {
                "EmrList" => json!({
                    CSV: {"schema": {"type": "string", "description": "A header row with PHN, given, family and birth date, \
                        in common spellings, in any order; commas, semicolons or tabs; UTF-8."}},
                    "application/fhir+json": {"schema": reference("EmrBundle")},
                }),
                _ => json!({JSON: {"schema": reference(takes)}}),
            };
            operation["requestBody"] = json!({"required": takes != "Nothing", "content": content});
        }
        if matches!(claims.security, Security::Tokens { .. }) {
            operation["security"] = json!([{"token": []}]);
        }
        operation
    }

    fn parameters(&self) -> Vec<Value> {
        let path = |name: &str, told: &str, schema: Value| {
            self.path.contains(&format!("{{{name}}}")).then(|| {
                json!({"name": name, "in": "path", "required": true, "description": told, "schema": schema})
            })
        };
        let uuid = || json!({"type": "string", "format": "uuid"});
        let in_path = [
            path("panel", "The panel's number", json!({"type": "integer", "format": "int64"})),
            path("list", "The list's number", uuid()),
            path("registration", "The registration's number", uuid()),
            path("family", "The family's number", uuid()),
            path("clinic", "The clinic's key in PAS", json!({"type": "string"})),
            path("practitioner", "The provider's key in PAS", json!({"type": "string"})),
            path("network", "The network's code", json!({"type": "string"})),
            path("subject", "Who, as the issuer knows them", json!({"type": "string"})),
        ];
        let day = |name: &str, told: &str| {
            json!({"name": name, "in": "query", "required": true, "description": told,
                   "schema": {"type": "string", "format": "date"}})
        };
        let period = self
            .path
            .contains("/records")
            .then(|| [day("from", "The first day"), day("to", "The last day")]);
        in_path.into_iter().flatten().chain(period.into_iter().flatten()).collect()
    }

    fn responses(&self) -> Value {
        let (status, schema) = self.gives;
        let content = match self.id {
            "records" => json!({JSON: {"schema": reference(schema)}, CSV: {"schema": table()}}),
            "recordsTable" => json!({CSV: {"schema": table()}}),
            _ => json!({JSON: {"schema": reference(schema)}}),
        };
        let mut done = json!({"description": self.summary, "content": content});
        if status == 201 {
            done["headers"] = json!({"Location": {
                "description": "Where it is; not of a family that was registered on the phone for others", "schema": {"type": "string"},
            }});
        }
        let mut all = Map::from_iter([(status.to_string(), done)]);
        let about: &[u16] = if self.path.contains('{') { &ABOUT } else { &[] };
        let sent: &[u16] = if self.takes.is_some() { &SENT } else { &[] };
        for status in ALWAYS.iter().chain(about).chain(sent).chain(self.others) {
            all.insert(status.to_string(), failed(*status));
        }
        Value::Object(all)
    }
}

fn table() -> Value {
    json!({"type": "string", "description": "code, PHN, facility, provider, date: a header row, and one a record"})
}

/// What goes wrong at the door or with the bytes of a body is told as to an EMR; everything else as problem details.
fn failed(status: u16) -> Value {
    let told = match status {
        401 | 408 | 413 => return refusal(status),
        400 => "It is no JSON, or a part of the address or of the query is not of its kind",
        403 => "Not for a program in its own name, or the scopes do not allow it",
        404 => "It is not there, or it is somebody else's; which of the two is not told",
        409 => "Not possible as things stand",
        415 => "Of another media type",
        422 => "It is of another shape, or makes no sense",
        429 => "Too often, or too many attempts matched nobody",
        _ => "Nothing of it was kept, or all of it: look before it is tried again",
    };
    let mut failed = match status {
        429 | 500 | 503 => refusal(status),
        _ => json!({"content": {}}),
    };
    if status == 503 {
        failed["headers"]["Retry-After"]["required"] = false.into();
    }
    failed["description"] = told.into();
    failed["content"][PROBLEM] = json!({"schema": reference("Problem")});
    failed
}
