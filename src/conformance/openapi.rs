//! The HTTP surface as an OpenAPI 3.1 description. Statuses are those of the fault table.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::terminology::words;
use super::{Claims, KINDS, PACKAGE, Security, VERSION, example};
use crate::fault::{Alone, Code};
use crate::message::{Event, Naming};

pub(super) const FHIR_JSON: &str = "application/fhir+json";

/// The OpenAPI description of everything that this server answers to.
pub fn openapi(claims: &Claims) -> Value {
    let mut paths = Map::new();
    paths.insert("/$process-message".into(), both(json!({"post": process(claims)})));
    paths.insert("/Group".into(), both(json!({"get": super::panels::search(claims)})));
    paths
        .insert("/metadata".into(), both(json!({"get": fhir("CapabilityStatement", &[304, 406])})));
    for kind in KINDS {
        paths.insert(format!("/{kind}"), both(json!({"get": search(kind)})));
        paths.insert(format!("/{kind}/{{id}}"), both(json!({"get": read(kind)})));
    }
    for event in Event::ALL {
        let mut get = fhir("Bundle", &[]);
        get["summary"] =
            format!("A request to try, with new ids each time: {}", words(event).0).into();
        paths.insert(example(event), both(json!({"get": get})));
    }
    let package = plain("All definitions in FHIR's npm form", "application/gzip", &[304]);
    paths.insert(PACKAGE.into(), both(json!({"get": package})));
    let own = plain("This description", "application/json", &[304]);
    paths.insert("/openapi.json".into(), both(json!({"get": own})));
    paths.insert("/".into(), both(json!({"get": plain("A page for people", "text/html", &[304])})));
    let alive = plain("Whether the process answers", "application/json", &[]);
    paths.insert("/healthz".into(), both(json!({"get": alive})));
    let ready = plain("Whether messages can be processed", "application/json", &[503]);
    paths.insert("/readyz".into(), both(json!({"get": ready})));
    tokens(claims, &mut paths);
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Provincial Attachment System",
            "version": VERSION,
            "summary": "FHIR R4 messages in, panels kept.",
            "description": "What the resources mean is said by /metadata and the definitions it names, not here.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": claims.base()}],
        "paths": paths,
        "components": components(claims),
    });
    super::workflow::describe(claims, &mut document);
    document
}

/// A path that is served under both bases.
fn both(mut item: Value) -> Value {
    item["description"] = "Also below /fhir.".into();
    item
}

/// Every status by which an OperationOutcome can come alone, by the table; 404 and 405 are answers of other addresses and methods.
fn statuses() -> BTreeSet<u16> {
    let alone = Code::ALL.iter().filter_map(|code| match code.row().alone {
        Alone::Status(status) => Some(status),
        Alone::InMessage => None,
    });
    alone.filter(|status| !matches!(status, 404 | 405)).collect()
}

/// What an OperationOutcome with this status may say, by the codes of the table.
pub(super) fn refusal(status: u16) -> Value {
    let codes: Vec<String> = Code::ALL
        .iter()
        .map(|code| code.row())
        .filter(|row| row.alone == Alone::Status(status))
        .map(|row| format!("`{}`", row.code))
        .collect();
    let mut refusal = json!({
        "description": format!("Refused. Codes: {}.", codes.join(", ")),
        "content": {FHIR_JSON: {"schema": {"$ref": "#/components/schemas/OperationOutcome"}}},
    });
    let header = match status {
        401 => {
            Some(("WWW-Authenticate", "string", "Which kind of token is asked for (RFC 6750 §3)"))
        }
        429 | 503 => Some(("Retry-After", "integer", "Seconds after which it may be tried again")),
        _ => None,
    };
    if let Some((name, kind, told)) = header {
        refusal["headers"] = json!({name: {
            "required": true, "description": told, "schema": {"type": kind},
        }});
    }
    refusal
}

/// Responses: what is asked for, with 200, and these statuses besides. A panic is a 500 everywhere.
pub(super) fn responses(
    told: &str,
    kind: &str,
    schema: Value,
    others: impl IntoIterator<Item = u16>,
) -> Value {
    let mut all = Map::new();
    all.insert("200".into(), json!({"description": told, "content": {kind: {"schema": schema}}}));
    for status in others.into_iter().chain([500]) {
        let response = match status {
            304 => json!({"description": "Not changed since If-None-Match"}),
            status => refusal(status),
        };
        all.insert(status.to_string(), response);
    }
    Value::Object(all)
}

pub(super) fn resource(kind: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{kind}")})
}

fn process(claims: &Claims) -> Value {
    let told =
        "A response message, whose MessageHeader.response.code says whether it was done as asked";
    let mut operation = json!({
        "operationId": "processMessage",
        "summary": "Process a message",
        "parameters": [{
            "name": "Cache-Control", "in": "header", "schema": {"type": "string"},
            "description": "`max-stale=SECONDS`: a query may be answered by a replica that is behind by so much; the answer's Age says by how much.",
        }],
        "requestBody": {
            "required": true,
            "content": {
                FHIR_JSON: {"schema": resource("Message")},
                "application/json": {"schema": resource("Message")},
            },
        },
        "responses": responses(told, FHIR_JSON, resource("Answer"), statuses()),
    });
    if matches!(claims.security, Security::Tokens { .. }) {
        operation["security"] = json!([{"token": []}]);
    }
    operation
}

fn fhir(kind: &str, others: &[u16]) -> Value {
    json!({
        "summary": format!("The {kind}"),
        "responses": responses(kind, FHIR_JSON, resource("Resource"), others.iter().copied()),
    })
}

fn plain(summary: &str, kind: &str, others: &[u16]) -> Value {
    let responses = responses(summary, kind, json!({}), others.iter().copied());
    json!({"summary": summary, "responses": responses})
}

fn read(kind: &str) -> Value {
    let mut get = fhir(kind, &[304, 404, 406]);
    get["summary"] = format!("A {kind} by its id").into();
    get["parameters"] =
        json!([{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}]);
    get
}

fn search(kind: &str) -> Value {
    let parameter = |name: &str, told: &str| json!({"name": name, "in": "query", "description": told, "schema": {"type": "string"}});
    let mut get = fhir("Bundle", &[304, 406]);
    get["summary"] = format!("The {kind}s that fit; all of them without parameters").into();
    get["parameters"] = json!([
        parameter("url", "The canonical, with or without |version"),
        parameter("_id", "The id"),
        parameter("name", "How the name begins"),
    ]);
    get
}

/// What belongs to tokens, where this server asks for them.
fn tokens(claims: &Claims, paths: &mut Map<String, Value>) {
    if claims.security == Security::Open {
        return;
    }
    let smart = plain("Where tokens come from (SMART on FHIR)", "application/json", &[304]);
    paths.insert("/.well-known/smart-configuration".into(), both(json!({"get": smart})));
    if !claims.sandbox {
        return;
    }
    let keys = plain("The keys that the sandbox signs with", "application/json", &[304]);
    paths.insert("/auth/jwks".into(), both(json!({"get": keys})));
    let error = |told: &str| {
        let schema = json!({"type": "object", "required": ["error"]});
        json!({"description": told, "content": {"application/json": {"schema": schema}}})
    };
    let schema =
        json!({"type": "object", "required": ["access_token", "token_type", "expires_in"]});
    let mut answers = responses("A token", "application/json", schema, statuses());
    answers["400"] = error("The request cannot be granted (RFC 6749 §5.2)");
    answers["401"] = error("Nobody we know, or a wrong secret (RFC 6749 §5.2)");
    let form = json!({
        "type": "object",
        "required": ["grant_type"],
        "properties": {
            "grant_type": {"const": "client_credentials"},
            "client_id": {"type": "string"},
            "client_secret": {"type": "string"},
            "scope": {"type": "string"},
            "requested_subject": {"type": "string"},
        },
    });
    paths.insert(
        "/auth/token".into(),
        both(json!({"post": {
            "summary": "A token of the sandbox, for an invented client",
            "requestBody": {
                "required": true,
                "content": {"application/x-www-form-urlencoded": {"schema": form}},
            },
            "responses": answers,
        }})),
    );
}

fn components(claims: &Claims) -> Value {
    let mut components = json!({"schemas": {
        "Resource": {
            "type": "object",
            "required": ["resourceType"],
            "properties": {"resourceType": {"type": "string"}},
        },
        "OperationOutcome": {
            "type": "object",
            "required": ["resourceType", "issue"],
            "properties": {
                "resourceType": {"const": "OperationOutcome"},
                "issue": {"type": "array", "minItems": 1, "items": {
                    "type": "object",
                    "required": ["severity", "code", "details"],
                }},
            },
        },
        "Message": message(claims),
        "Answer": {
            "type": "object",
            "required": ["resourceType", "id", "type", "timestamp", "entry"],
            "properties": {
                "resourceType": {"const": "Bundle"},
                "type": {"const": "message"},
                "entry": {"type": "array", "minItems": 2},
            },
        },
    }});
    if let Security::Tokens { token_url, .. } = &claims.security {
        components["securitySchemes"] = json!({"token": match token_url {
            None => json!({"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}),
            Some(url) => json!({"type": "oauth2", "flows": {"clientCredentials": {
                "tokenUrl": url,
                "scopes": {"system/Group.read": "Ask", "system/Group.write": "Add and remove"},
            }}}),
        }});
    }
    components
}

/// A Bundle that is answered by a message, whatever else is wrong with it: its header comes first and names an event.
fn message(claims: &Claims) -> Value {
    json!({
        "type": "object",
        "required": ["resourceType", "type", "entry"],
        "properties": {
            "resourceType": {"const": "Bundle"},
            "id": {"type": "string", "pattern": "^[A-Za-z0-9.-]{1,64}$"},
            "type": {"const": "message"},
            "entry": {"type": "array", "minItems": 1, "prefixItems": [{
                "type": "object",
                "required": ["resource"],
                "properties": {"resource": {
                    "type": "object",
                    "required": ["resourceType", "eventCoding", "source", "focus"],
                    "properties": {
                        "resourceType": {"const": "MessageHeader"},
                        "eventCoding": {
                            "type": "object",
                            "required": ["system", "code"],
                            "properties": {
                                "system": {"const": Naming::emitted(&claims.naming.event)},
                                "code": {"enum": Event::ALL.map(Event::code)},
                            },
                        },
                        "source": {"type": "object", "required": ["endpoint"]},
                        "focus": {"type": "array", "minItems": 1},
                    },
                }},
            }], "items": {"type": "object", "required": ["resource"]}},
        },
    })
}
