//! What the sender means: a Bundle read into a [`Message`] whose parts are proven sound, or every fault at once.

mod digest;
mod envelope;
mod fault;
mod ids;
mod parts;
mod people;
mod policy;
mod read;
mod reader;
mod roles;

pub use digest::Digest;
pub use envelope::{Envelope, EventEcho};
pub use fault::{MessageFault, What};
pub use ids::{BundleKey, FacilityId, HeaderKey, Phn, PhnFault, PractitionerId, Sender};
pub use policy::{Limits, Naming, PhnCheck, Policy};
pub use read::{Unread, read};
pub(crate) use reader::mentions_mask;

use chrono::NaiveDate;

use crate::fhir::Path;

/// What is asked: `MessageHeader.eventCoding.code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// `add-patient-to-panel`
    Add,
    /// `remove-patient-from-panel`
    Remove,
    /// `get-patient-mrp-status`
    Query,
}

impl Event {
    /// Every event.
    pub const ALL: [Event; 3] = [Event::Add, Event::Remove, Event::Query];

    /// The code on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Event::Add => "add-patient-to-panel",
            Event::Remove => "remove-patient-from-panel",
            Event::Query => "get-patient-mrp-status",
        }
    }

    /// Whether it changes a panel.
    pub const fn changes(self) -> bool {
        matches!(self, Event::Add | Event::Remove)
    }

    /// The event with this code.
    pub fn of(code: &str) -> Option<Event> {
        Event::ALL.into_iter().find(|event| event.code() == code)
    }
}

/// A message that is sound in shape: every part is there, refers to the others and parses.
#[derive(Debug)]
pub struct Message {
    /// What a response needs of it.
    pub envelope: Envelope,
    /// Who sent it.
    pub sender: Sender,
    /// What is asked.
    pub event: Event,
    /// What makes it recognisable when it comes again; `None`: nothing does.
    pub keys: Option<Keys>,
    /// Tells a resent message from an altered one.
    pub digest: Digest,
    /// Whose panel.
    pub provider: Provider,
    /// At which clinic.
    pub clinic: Clinic,
    /// The patients asked about, in the order of `Group.member`.
    pub patients: Vec<Patient>,
    /// What the sender should know although it stops nothing.
    pub remarks: Vec<MessageFault>,
}

/// The two keys of a message that is protected against being processed twice (R4 §2.37.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// Recognises the Bundle.
    pub bundle: BundleKey,
    /// Recognises the message in it.
    pub header: HeaderKey,
}

/// A person's name as a message or a registry gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// `HumanName.family`.
    pub family: String,
    /// `HumanName.given`, at least one.
    pub given: Vec<String>,
    /// Where the name stands.
    pub at: Path,
}

/// The provider of a message: `Group.managingEntity`.
#[derive(Debug)]
pub struct Provider {
    /// The identifiers from accepted systems, at least one.
    pub ids: Vec<PractitionerId>,
    /// The names, at least one.
    pub names: Vec<Name>,
    /// The Practitioner resource.
    pub at: Path,
}

/// The clinic of a message: its one Organization.
#[derive(Debug)]
pub struct Clinic {
    /// The facility number.
    pub id: FacilityId,
    /// It as `system|value`, by every system that it may be on record under.
    pub tokens: Vec<String>,
    /// `Organization.name`.
    pub name: String,
    /// The postal codes of its addresses, at least one, as given.
    pub postal_codes: Vec<String>,
    /// The Organization resource.
    pub at: Path,
}

/// A patient of a message: one `Group.member`.
#[derive(Debug)]
pub struct Patient {
    /// The personal health number.
    pub phn: Phn,
    /// The names, at least one.
    pub names: Vec<Name>,
    /// `Patient.birthDate`.
    pub birth_date: NaiveDate,
    /// The Patient resource.
    pub at: Path,
}
