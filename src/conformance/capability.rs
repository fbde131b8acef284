//! `GET [base]/metadata`

use serde_json::{Value, json};

use super::messages::{message_url, operation_url};
use super::{Claims, DATE, KINDS, PUBLISHER, Security, VERSION};
use crate::message::Event;

/// The CapabilityStatement of this server.
pub fn capability(claims: &Claims) -> Value {
    let what = if claims.sandbox { "A sandbox of PAS: everybody in it is invented" } else { "PAS" };
    json!({
        "resourceType": "CapabilityStatement",
        "id": "pas",
        "version": VERSION,
        "name": "Pas",
        "title": "Provincial Attachment System",
        "status": "active",
        "date": DATE,
        "publisher": PUBLISHER,
        "description": "Messages that add patients to a provider's panel, remove them, or ask who their most responsible \
            provider is. JSON only: XML is refused. Messages are answered in the response to the request: asynchronous \
            processing is refused. Definitions can be read and searched, and panels (Group) searched for; nothing else can.",
        "kind": "instance",
        "software": {"name": "PAS", "version": VERSION},
        "implementation": {"description": what, "url": claims.base()},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [{
            "mode": "server",
            "documentation": "A message and a search for a Group ask for a token where a server asks for any; other GETs do not.",
            "security": security(claims),
            "resource": KINDS.map(definitions).into_iter().chain([super::panels::capability()]).collect::<Vec<_>>(),
            "operation": [{
                "name": "process-message",
                "definition": operation_url(claims),
                "documentation": "The body is the Bundle itself, as it is or with Content-Encoding gzip.",
            }],
        }],
        "messaging": [{
            "endpoint": [{
                "protocol": {
                    "system": "http://terminology.hl7.org/CodeSystem/message-transport",
                    "code": "http",
                    "display": "HTTP",
                },
                "address": claims.endpoint,
            }],
            "reliableCache": claims.reliable_cache,
            "documentation": "A message that comes again with the same ids and content, within reliableCache, gets the answer \
                of the first time and changes nothing. Events are acted on in the order in which they come.",
            "supportedMessage": Event::ALL.map(|event| json!({
                "mode": "receiver",
                "definition": message_url(claims, event),
            })),
        }],
    })
}

fn security(claims: &Claims) -> Value {
    let Security::Tokens { issuer, token_url } = &claims.security else {
        return json!({"cors": false, "description": "This server asks nobody who they are."});
    };
    let mut security = json!({
        "cors": false,
        "service": [{
            "coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                "code": "SMART-on-FHIR",
                "display": "SMART-on-FHIR",
            }],
            "text": "OAuth 2.0 with bearer tokens, as SMART on FHIR has it",
        }],
        "description": format!(
            "Messages need a bearer token of {issuer}: system/Group.read or user/Group.read to ask, system/Group.write or \
             user/Group.write to change. See /.well-known/smart-configuration."
        ),
    });
    if let Some(token_url) = token_url {
        security["extension"] = json!([{
            "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
            "extension": [{"url": "token", "valueUri": token_url}],
        }]);
    }
    security
}

/// Definitions of a type: to be read and searched.
fn definitions(kind: &str) -> Value {
    json!({
        "type": kind,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "versioning": "no-version",
        "searchParam": [
            {"name": "_id", "type": "token", "definition": "http://hl7.org/fhir/SearchParameter/Resource-id"},
            {"name": "url", "type": "uri", "definition": "http://hl7.org/fhir/SearchParameter/conformance-url"},
            {"name": "name", "type": "string", "definition": "http://hl7.org/fhir/SearchParameter/conformance-name"},
        ],
    })
}
