//! What this server claims, as FHIR resources made from the code's own tables: events, fault codes, status words, naming
//! systems and limits. Pure: the same settings give the same bytes.
//!
//! Profiles are written down once, as what they ask beyond base R4 (`requests`, `answers`); their snapshots are computed from
//! HL7's definitions, of which `base.json` holds the few that we constrain (`base.py` writes it).

mod answers;
mod base;
mod capability;
mod messages;
mod openapi;
mod package;
mod panels;
mod paths;
mod profile;
mod requests;
mod sections;
mod shapes;
mod snapshot;
mod terminology;
mod workflow;
mod workflow_clinics;
mod workflow_notices;
mod workflow_operations;
mod workflow_papers;
mod workflow_schemas;
mod write;

pub use capability::capability;
pub use openapi::openapi;
pub use package::package;
pub use paths::{BASES, KINDS, PACKAGE, base, example, example_body, fresh_example};
pub use sections::{Section, Sections, sections};
pub use terminology::words;
pub use write::written;

use serde_json::{Map, Value, json};

use crate::message::{Limits, Naming};

/// Version of everything that is published: that of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// When the claims were last changed in substance.
const DATE: &str = "2026-11-22";
/// Who publishes.
const PUBLISHER: &str = "PAS, an open implementation of BC's Provincial Attachment System";
/// Where HL7's own definitions hang.
const HL7: &str = "http://hl7.org/fhir/StructureDefinition";

/// What the claims depend on.
#[derive(Debug, Clone)]
pub struct Claims {
    /// Base of our own canonicals. No slash at the end.
    pub canonical: String,
    /// Our own address for messages.
    pub endpoint: String,
    /// The systems that are accepted.
    pub naming: Naming,
    /// Bounds on a message.
    pub limits: Limits,
    /// For how long an answer is kept and given again, in minutes (`CapabilityStatement.messaging.reliableCache`).
    pub reliable_cache: u32,
    /// Whom senders have to convince.
    pub security: Security,
    /// Whether the people and clinics here are invented.
    pub sandbox: bool,
}

/// Whom senders have to convince of who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Security {
    /// Nobody is asked.
    Open,
    /// Bearer tokens of an issuer.
    Tokens {
        /// `iss` of the tokens.
        issuer: String,
        /// Where tokens are given out, when that is known.
        token_url: Option<String>,
    },
}

impl Claims {
    /// Our base URL.
    pub fn base(&self) -> &str {
        base(&self.endpoint)
    }

    /// A canonical of our own.
    fn own(&self, kind: &str, id: &str) -> String {
        format!("{}/{kind}/{id}", self.canonical)
    }

    /// A profile of our own.
    fn profile(&self, id: &str) -> String {
        self.own("StructureDefinition", id)
    }

    /// The head that every one of our definitions has.
    fn head(&self, kind: &str, id: &str, title: &str, description: &str) -> Map<String, Value> {
        let head = json!({
            "resourceType": kind,
            "id": id,
            "text": {"status": "generated", "div": narrative(title, description)},
            "url": self.own(kind, id),
            "version": VERSION,
            "name": camel(id),
            "title": title,
            "status": "active",
            "date": DATE,
            "publisher": PUBLISHER,
            "description": description,
            "jurisdiction": [{"coding": [
                {"system": "urn:iso:std:iso:3166:-2", "code": "CA-BC", "display": "British Columbia"}
            ]}],
        });
        match head {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }
}

/// A definition of ours, as it is published.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// The resource.
    pub resource: Value,
    /// The same as it is sent.
    pub bytes: Vec<u8>,
}

impl Artifact {
    /// A resource with these members.
    fn new(head: Map<String, Value>, rest: Value) -> Self {
        let mut members = head;
        if let Value::Object(rest) = rest {
            members.extend(rest);
        }
        let resource = Value::Object(members);
        let bytes = written(&resource);
        Artifact { resource, bytes }
    }

    fn text(&self, key: &str) -> &str {
        self.resource.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    /// `resourceType`
    pub fn kind(&self) -> &str {
        self.text("resourceType")
    }

    /// `id`
    pub fn id(&self) -> &str {
        self.text("id")
    }

    /// `url`
    pub fn url(&self) -> &str {
        self.text("url")
    }

    /// `name`
    pub fn name(&self) -> &str {
        self.text("name")
    }
}

/// Every definition of ours.
pub fn artifacts(claims: &Claims) -> Vec<Artifact> {
    let profiles = requests::profiles(claims).into_iter().chain(answers::profiles(claims));
    let base = base::Base::read();
    let mut all: Vec<Artifact> = profiles.map(|profile| profile.artifact(&base, claims)).collect();
    all.extend(terminology::artifacts(claims));
    all.extend(messages::artifacts(claims));
    all
}

/// `pas-request-bundle` as `PasRequestBundle`, which may be the name of a class.
fn camel(id: &str) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    };
    id.split('-').map(word).collect()
}

fn narrative(title: &str, description: &str) -> String {
    let (title, description) = (escaped(title), escaped(description));
    format!(
        "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p><b>{title}</b></p><p>{description}</p></div>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
