//! The resources that we write, with the elements that we write, in FHIR's order.

use serde::Serialize;
use uuid::Uuid;

use crate::registry::Identifier;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bundle {
    pub(super) resource_type: &'static str,
    pub(super) id: Uuid,
    pub(super) r#type: &'static str,
    pub(super) timestamp: String,
    pub(super) entry: Vec<Entry>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    pub(super) full_url: String,
    pub(super) resource: Resource,
}

#[derive(Serialize)]
#[serde(tag = "resourceType", rename_all_fields = "camelCase")]
pub(super) enum Resource {
    MessageHeader {
        id: Uuid,
        #[serde(skip_serializing_if = "Option::is_none")]
        event_coding: Option<Coding>,
        #[serde(skip_serializing_if = "Option::is_none")]
        event_uri: Option<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        destination: Vec<Destination>,
        source: Source,
        response: Response,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        focus: Vec<Reference>,
    },
    OperationOutcome {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<Uuid>,
        issue: Vec<IssueOut>,
    },
    Group {
        id: Uuid,
        r#type: &'static str,
        actual: bool,
        managing_entity: Reference,
        member: Vec<Member>,
    },
    Practitioner {
        id: Uuid,
        identifier: Vec<IdentifierOut>,
    },
    Organization {
        id: Uuid,
        identifier: Vec<IdentifierOut>,
    },
    Patient {
        id: Uuid,
        identifier: Vec<IdentifierOut>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        general_practitioner: Vec<Reference>,
    },
    PractitionerRole {
        id: Uuid,
        practitioner: Reference,
        organization: Reference,
    },
}

#[derive(Serialize)]
pub(super) struct Coding {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) system: Option<String>,
    pub(super) code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) display: Option<&'static str>,
}

#[derive(Serialize)]
pub(super) struct Destination {
    pub(super) endpoint: String,
}

#[derive(Serialize)]
pub(super) struct Source {
    pub(super) name: &'static str,
    pub(super) software: &'static str,
    pub(super) endpoint: String,
}

#[derive(Serialize)]
pub(super) struct Response {
    pub(super) identifier: String,
    pub(super) code: &'static str,
    pub(super) details: Reference,
}

#[derive(Serialize)]
pub(super) struct IssueOut {
    pub(super) severity: &'static str,
    pub(super) code: &'static str,
    pub(super) details: Details,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) expression: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Details {
    pub(super) coding: [Coding; 1],
    pub(super) text: String,
}

#[derive(Serialize)]
pub(super) struct Member {
    pub(super) extension: [Extension; 1],
    pub(super) entity: Reference,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) period: Option<Period>,
    pub(super) inactive: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Extension {
    pub(super) url: String,
    pub(super) value_coding: Coding,
}

#[derive(Serialize)]
pub(super) struct Period {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) start: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end: Option<String>,
}

#[derive(Serialize)]
pub(super) struct IdentifierOut {
    system: String,
    value: String,
}

impl IdentifierOut {
    pub(super) fn new(system: &str, value: &str) -> Self {
        IdentifierOut { system: system.to_owned(), value: value.to_owned() }
    }
}

/// A reference to an entry of the same Bundle, or by type and identifier to something outside it.
#[derive(Serialize)]
pub(super) struct Reference {
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identifier: Option<IdentifierOut>,
}

impl Reference {
    pub(super) fn to(id: Uuid) -> Self {
        Reference { reference: Some(super::urn(id)), r#type: None, identifier: None }
    }

    pub(super) fn named(kind: &'static str, identifier: &Identifier) -> Self {
        let identifier = IdentifierOut::new(&identifier.system, &identifier.value);
        Reference { reference: None, r#type: Some(kind), identifier: Some(identifier) }
    }
}
