//! Composing what is sent back: a response message, or an OperationOutcome alone. Pure: the same values give the same bytes.

mod panel;
mod wire;

use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;

use crate::clock::Clock;
use crate::fault::{Issue, response_code};
use crate::message::{Envelope, Event, EventEcho, Message, Naming};
use crate::panel::{Decision, PanelId, Standing};
use crate::registry::Identifier;
pub use panel::{PanelPage, panel_page};
use wire::{
    Bundle, Coding, Destination, Details, Entry, Extension, IdentifierOut, IssueOut, Member,
    Period, Reference, Resource, Response, Source,
};

/// Who answers.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Base of our own canonicals: extension and code systems hang under it. No slash at the end.
    pub canonical: String,
    /// Our own address for messages.
    pub endpoint: String,
}

/// A body to be sent, always `application/fhir+json`.
pub type Body = Vec<u8>;

/// Bytes of an answer about one patient, which most are.
const ONE_PATIENT: usize = 4 << 10;

/// What a response message is composed of besides the request.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'o> {
    /// Who answers.
    pub origin: &'o Origin,
    /// Gives the new ids.
    pub clock: &'o Clock,
    /// When.
    pub now: DateTime<Utc>,
    /// Our own number of the message: stands in for a request id that there is none of.
    pub receipt: Uuid,
}

/// An OperationOutcome alone, for when no response message can be formed.
pub fn outcome(issues: &[Issue], canonical: &str) -> Body {
    encode(&outcome_resource(None, issues, canonical))
}

/// A response message that refuses: MessageHeader and OperationOutcome.
pub fn refusal(envelope: &Envelope, issues: &[Issue], occasion: Occasion<'_>) -> Body {
    let mut entries = Entries::new(occasion);
    entries.head(envelope, issues, None);
    entries.bundle()
}

/// The answer to a message that was processed: who stands where.
pub fn answer(
    message: &Message,
    decision: &Decision,
    issues: &[Issue],
    mrp: &dyn Fn(PanelId) -> Option<[Identifier; 2]>,
    naming: &Naming,
    occasion: Occasion<'_>,
) -> Body {
    let mut entries = Entries::new(occasion);
    let group = occasion.clock.id();
    entries.head(&message.envelope, issues, Some(group));
    let provider = occasion.clock.id();
    let clinic = occasion.clock.id();
    let patients: Vec<Uuid> = decision.standings.iter().map(|_| occasion.clock.id()).collect();
    let members = decision
        .standings
        .iter()
        .zip(&patients)
        .map(|(standing, id)| member(standing, Reference::to(*id), &occasion.origin.canonical))
        .collect();
    entries.push(
        group,
        Resource::Group {
            id: group,
            r#type: "person",
            actual: true,
            managing_entity: Reference::to(provider),
            member: members,
        },
    );
    let provider_ids =
        message.provider.ids.iter().map(|id| IdentifierOut::new(&id.system, &id.value));
    entries.push(
        provider,
        Resource::Practitioner { id: provider, identifier: provider_ids.collect() },
    );
    let facility =
        IdentifierOut::new(Naming::emitted(&naming.facility), message.clinic.id.as_str());
    entries.push(clinic, Resource::Organization { id: clinic, identifier: vec![facility] });
    let mut roles: Vec<(PanelId, Uuid)> = Vec::new();
    for (standing, id) in decision.standings.iter().zip(&patients) {
        let panel = standing.mrp.filter(|_| message.event == Event::Query);
        let role = panel.and_then(|panel| entries.role(panel, &mut roles, mrp));
        entries.push(
            *id,
            Resource::Patient {
                id: *id,
                identifier: vec![IdentifierOut::new(
                    Naming::emitted(&naming.phn),
                    standing.phn.as_str(),
                )],
                general_practitioner: role.map(Reference::to).into_iter().collect(),
            },
        );
    }
    entries.bundle()
}

fn member(standing: &Standing, patient: Reference, canonical: &str) -> Member {
    let period = Period { start: standing.start.map(instant), end: standing.end.map(instant) };
    let coding = Coding {
        system: Some(format!("{canonical}/CodeSystem/pas-mrp-status")),
        code: standing.status.code().to_owned(),
        display: Some(standing.status.display()),
    };
    Member {
        extension: [Extension {
            url: format!("{canonical}/StructureDefinition/pas-mrp-status"),
            value_coding: coding,
        }],
        entity: patient,
        period: Some(period).filter(|period| period.start.is_some() || period.end.is_some()),
        inactive: !standing.status.is_member(),
    }
}

/// The entries of a response, as they come together.
struct Entries<'o> {
    occasion: Occasion<'o>,
    entries: Vec<Entry>,
    bundle: Uuid,
}

impl<'o> Entries<'o> {
    fn new(occasion: Occasion<'o>) -> Self {
        Entries { occasion, entries: Vec::new(), bundle: occasion.clock.id() }
    }

    fn push(&mut self, id: Uuid, resource: Resource) {
        self.entries.push(Entry { full_url: urn(id), resource });
    }

    /// MessageHeader and OperationOutcome, which every response message has.
    fn head(&mut self, envelope: &Envelope, issues: &[Issue], focus: Option<Uuid>) {
        let (header, outcome) = (self.occasion.clock.id(), self.occasion.clock.id());
        let (event_coding, event_uri) = match &envelope.event {
            EventEcho::Coding { system, code } => {
                (Some(Coding { system: system.clone(), code: code.clone(), display: None }), None)
            }
            EventEcho::Uri(uri) => (None, Some(uri.clone())),
        };
        let identifier =
            envelope.header_id.clone().unwrap_or_else(|| self.occasion.receipt.to_string());
        self.push(
            header,
            Resource::MessageHeader {
                id: header,
                event_coding,
                event_uri,
                destination: envelope
                    .endpoint
                    .clone()
                    .map(|endpoint| Destination { endpoint })
                    .into_iter()
                    .collect(),
                source: Source {
                    name: "PAS",
                    software: "pas",
                    endpoint: self.occasion.origin.endpoint.clone(),
                },
                response: Response {
                    identifier,
                    code: response_code(issues).code(),
                    details: Reference::to(outcome),
                },
                focus: focus.map(Reference::to).into_iter().collect(),
            },
        );
        self.push(
            outcome,
            outcome_resource(Some(outcome), issues, &self.occasion.origin.canonical),
        );
    }

    /// The entry of the role that makes a panel's provider MRP; one an MRP, however many patients.
    fn role(
        &mut self,
        panel: PanelId,
        known: &mut Vec<(PanelId, Uuid)>,
        mrp: &dyn Fn(PanelId) -> Option<[Identifier; 2]>,
    ) -> Option<Uuid> {
        if let Some((_, id)) = known.iter().find(|(other, _)| *other == panel) {
            return Some(*id);
        }
        let [practitioner, organization] = mrp(panel)?;
        let id = self.occasion.clock.id();
        known.push((panel, id));
        self.push(
            id,
            Resource::PractitionerRole {
                id,
                practitioner: Reference::named("Practitioner", &practitioner),
                organization: Reference::named("Organization", &organization),
            },
        );
        Some(id)
    }

    fn bundle(self) -> Body {
        encode(&Bundle {
            resource_type: "Bundle",
            id: self.bundle,
            r#type: "message",
            timestamp: instant(self.occasion.now),
            entry: self.entries,
        })
    }
}

fn outcome_resource(id: Option<Uuid>, issues: &[Issue], canonical: &str) -> Resource {
    let issue = issues.iter().map(|issue| {
        let row = issue.code.row();
        IssueOut {
            severity: row.severity.code(),
            code: row.issue.code(),
            details: Details {
                coding: [Coding {
                    system: Some(format!("{canonical}/CodeSystem/pas-fault")),
                    code: row.code.to_owned(),
                    display: None,
                }],
                text: issue.text.clone(),
            },
            expression: issue.expression.clone().into_iter().collect(),
        }
    });
    Resource::OperationOutcome { id, issue: issue.collect() }
}

fn urn(id: Uuid) -> String {
    id.urn().encode_lower(&mut Uuid::encode_buffer()).to_owned()
}

/// A FHIR `instant` in UTC.
fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn encode<T: serde::Serialize>(value: &T) -> Body {
    let mut body = Vec::with_capacity(ONE_PATIENT);
    // Strings, booleans and lists only: there is nothing in them that could fail to become JSON.
    let _ = serde_json::to_writer(&mut body, value);
    body
}
