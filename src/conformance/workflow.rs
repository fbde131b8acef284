//! The attachment workflow in the OpenAPI description: what is served under `/api`, for people who are signed in.

use serde_json::{Map, Value, json};

use super::openapi::refusal;
use super::workflow_notices::NOTICES;
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
const SENT: [u16; 4] = [400, 408, 413, 415];

/// One operation, as it is put together.
pub(super) struct Operation {
    pub(super) path: &'static str,
    pub(super) method: &'static str,
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    /// The schema of what is sent, if anything is.
    pub(super) takes: Option<&'static str>,
    /// The status of success, and the schema of its body.
    pub(super) gives: (u16, &'static str),
    /// Statuses besides those that always can be.
    pub(super) others: &'static [u16],
}

pub(super) const fn get(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    gives: &'static str,
) -> Operation {
    Operation { path, method: "get", id, summary, takes: None, gives: (200, gives), others: &[] }
}

pub(super) const fn send(
    [path, method]: [&'static str; 2],
    id: &'static str,
    summary: &'static str,
    takes: &'static str,
    gives: (u16, &'static str),
) -> Operation {
    let others = &[409, 422];
    Operation { path, method, id, summary, takes: Some(takes), gives, others }
}

const RECORDS: Operation = Operation {
    others: &[422],
    ..get(
        "/api/panels/{panel}/records",
        "records",
        "The attachment records of a panel, to bill by",
        "Records",
    )
};

const OPERATIONS: &[Operation] = &[
    get("/api/me", "me", "Who is signed in, and what they may do", "Me"),
    get("/api/panels", "panels", "The panels that somebody acts for or looks after", "Panels"),
    get("/api/panels/{panel}", "panel", "One panel", "Panel"),
    send(
        ["/api/panels/{panel}/capacity", "put"],
        "stateCapacity",
        "State what room there is, from now on",
        "Capacity",
        (200, "Panel"),
    ),
    get(
        "/api/panels/{panel}/candidates",
        "candidates",
        "The families that could be proposed, best first",
        "Candidates",
    ),
    get("/api/panels/{panel}/lists", "lists", "The lists of a panel", "Lists"),
    send(
        ["/api/panels/{panel}/lists", "post"],
        "sendList",
        "Propose families to a panel",
        "Sending",
        (201, "List"),
    ),
    RECORDS,
    Operation {
        path: "/api/panels/{panel}/records.csv",
        id: "recordsTable",
        summary: "The same as a table (RFC 4180)",
        ..RECORDS
    },
    Operation {
        others: &[422],
        ..send(
            ["/api/panels/{panel}/clean-up", "post"],
            "cleanUp",
            "Compare an EMR's list with a panel; changes nothing",
            "EmrList",
            (200, "CleanUp"),
        )
    },
    get("/api/panels/{panel}/targets", "targets", "How large it is to be by when", "Targets"),
    send(
        ["/api/panels/{panel}/targets", "post"],
        "setTarget",
        "Set how large it is to be by a day, or give that up",
        "Target",
        (200, "Targets"),
    ),
    get("/api/delegates", "delegates", "Who acts for the providers that somebody is", "Delegates"),
    send(
        ["/api/delegates/{practitioner}/{subject}", "put"],
        "giveDelegate",
        "Let somebody act for a provider",
        "Nothing",
        (200, "Delegates"),
    ),
    send(
        ["/api/delegates/{practitioner}/{subject}", "delete"],
        "takeDelegate",
        "Let somebody no longer act for a provider",
        "Nothing",
        (200, "Delegates"),
    ),
    get("/api/lists/{list}", "list", "One list", "List"),
    send(
        ["/api/lists/{list}/answers", "post"],
        "answer",
        "Answer for people on a list",
        "Answers",
        (200, "List"),
    ),
    send(
        ["/api/lists/{list}/confirmations", "post"],
        "confirm",
        "Confirm that people are on the panel",
        "Confirmations",
        (200, "List"),
    ),
    get("/api/registrations", "families", "The families that somebody registered", "Families"),
    send(
        ["/api/registrations", "post"],
        "register",
        "Register a family",
        "Registering",
        (201, "Families"),
    ),
    send(
        ["/api/families/{family}", "put"],
        "updateFamily",
        "Change what a family told, but for who they are",
        "Updating",
        (200, "Families"),
    ),
    send(
        ["/api/registrations/{registration}/reconfirm", "post"],
        "reconfirm",
        "Still looking",
        "Nothing",
        (200, "Families"),
    ),
    Operation {
        others: &[409],
        ..send(
            ["/api/registrations/{registration}/withdraw", "post"],
            "withdraw",
            "Not looking any more",
            "Nothing",
            (200, "Families"),
        )
    },
];

/// Adds the workflow to a description.
pub(super) fn describe(claims: &Claims, document: &mut Value) {
    for operation in OPERATIONS.iter().chain(NOTICES) {
        let item = &mut document["paths"][operation.path];
        item["description"] = "For people who are signed in.".into();
        item[operation.method] = operation.described(claims);
    }
    for (name, schema) in schemas() {
        document["components"]["schemas"][name] = schema;
    }
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
            operation["requestBody"] = json!({"required": true, "content": content});
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
            path("network", "The network's code", json!({"type": "string"})),
            path("practitioner", "The provider's key in PAS", json!({"type": "string"})),
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
        if self.id == "sendList" {
            done["headers"] = json!({"Location": {
                "required": true, "description": "Where the list is", "schema": {"type": "string"},
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
        401 | 408 | 413 | 429 => return refusal(status),
        400 => "It cannot be read",
        403 => "Not for a program in its own name, or the scopes do not allow it",
        404 => "It is not there, or it is somebody else's; which of the two is not told",
        409 => "Not possible as things stand",
        415 => "Of another media type",
        422 => "It can be read and makes no sense",
        _ => "Nothing of it was kept, or all of it: look before it is tried again",
    };
    let mut failed = match status {
        500 | 503 => refusal(status),
        _ => json!({"content": {}}),
    };
    if status == 503 {
        failed["headers"]["Retry-After"]["required"] = false.into();
    }
    failed["description"] = told.into();
    failed["content"][PROBLEM] = json!({"schema": reference("Problem")});
    failed
}
