//! What is recorded of one request.

use std::fmt;
use std::net::IpAddr;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::access::Caller;
use crate::message::{Envelope, Event, EventEcho, Message};

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A message that was judged, kept and answered `ok`.
    Ok,
    /// A message that was judged, kept and answered `fatal-error`.
    FatalError,
    /// A message that was answered before; the same answer was given again.
    Replayed,
    /// Turned away before it was judged: no token, not allowed, too many, not readable, altered. Nothing was kept of it
    /// elsewhere.
    Refused,
    /// A 5xx: it is not known to the sender whether anything was kept.
    Failed,
    /// Stands for requests that could not be recorded singly; `times` says how many.
    Overflow,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Outcome; 6] = [
        Outcome::Ok,
        Outcome::FatalError,
        Outcome::Replayed,
        Outcome::Refused,
        Outcome::Failed,
        Outcome::Overflow,
    ];

    /// The word in the table.
    pub const fn word(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::FatalError => "fatal-error",
            Outcome::Replayed => "replayed",
            Outcome::Refused => "refused",
            Outcome::Failed => "failed",
            Outcome::Overflow => "overflow",
        }
    }

    /// The outcome with this word.
    pub fn of(word: &str) -> Option<Self> {
        Outcome::ALL.into_iter().find(|outcome| outcome.word() == word)
    }
}

/// Personal health numbers, as they stand in the trail.
#[derive(Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Patients(pub Vec<String>);

/// Never the numbers: they must not reach a log by way of `{:?}`.
impl fmt::Debug for Patients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Patients({})", self.0.len())
    }
}

/// Who asked, from where, when: what is known of a request before it is read.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'r> {
    /// `X-Request-Id`.
    pub request_id: Uuid,
    /// Who called.
    pub caller: &'r Caller,
    /// The peer's address, when the connection shows one.
    pub address: Option<IpAddr>,
}

/// What is recorded of a request: a column of `audit.event` each, but for the number.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Its own id, new for every record.
    pub id: Uuid,
    /// When it was processed.
    pub at: DateTime<Utc>,
    /// `X-Request-Id`; none for [`Outcome::Overflow`].
    pub request_id: Option<Uuid>,
    /// The program that proved itself.
    pub client: Option<String>,
    /// The person signed in through it.
    pub subject: Option<String>,
    /// Where the request came from.
    pub address: Option<String>,
    /// `MessageHeader.source.endpoint`.
    pub source: Option<String>,
    /// The event, when it is one of ours.
    pub event: Option<String>,
    /// Our number of the message, when it was kept.
    pub message_id: Option<Uuid>,
    /// What the Bundle is recognised by.
    pub bundle_key: Option<String>,
    /// What the message is recognised by.
    pub header_key: Option<String>,
    /// The provider whose panel it was about, `system|value` each.
    pub on_behalf_of: Vec<String>,
    /// The clinic, `system|value` each.
    pub facility: Vec<String>,
    /// The patients it was about.
    pub patients: Patients,
    /// HTTP status of the answer.
    pub status: i32,
    /// What came of it.
    pub outcome: Outcome,
    /// Codes of the answer's issues, each once.
    pub codes: Vec<String>,
    /// How many requests it stands for.
    pub times: i64,
}

/// Which record it is and how it ended; nothing of whom it is about or who sent it.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Record { id, status, outcome, codes, patients, .. } = self;
        write!(f, "Record({id}, {status}, {}, {codes:?}, {patients:?})", outcome.word())
    }
}

impl Record {
    /// A request that was answered so. `status` is HTTP's; each code is kept once, in order.
    pub fn new<'c>(
        id: Uuid,
        at: DateTime<Utc>,
        origin: Origin<'_>,
        status: u16,
        outcome: Outcome,
        codes: impl IntoIterator<Item = &'c str>,
    ) -> Self {
        let text = |text: &str| text.to_owned();
        let mut each_once: Vec<String> = Vec::new();
        for code in codes {
            if !each_once.iter().any(|known| known == code) {
                each_once.push(text(code));
            }
        }
        Record {
            request_id: Some(origin.request_id),
            client: origin.caller.client().map(|client| text(client.as_str())),
            subject: origin.caller.subject().map(|subject| text(subject.as_str())),
            address: origin.address.map(|address| address.to_canonical().to_string()),
            codes: each_once,
            ..Record::bare(id, at, status, outcome)
        }
    }

    /// Requests that could not be recorded singly: the queue was full, or one by one they were refused by the database.
    pub fn overflow(id: Uuid, at: DateTime<Utc>, times: u64) -> Self {
        let times = i64::try_from(times).unwrap_or(i64::MAX);
        Record { times, ..Record::bare(id, at, 503, Outcome::Overflow) }
    }

    /// With what the message says: from whom, what, by which keys, for whom, about whom.
    #[must_use]
    pub fn about(self, message: &Message) -> Self {
        let keys = message.keys.as_ref();
        Record {
            source: Some(message.sender.as_str().to_owned()),
            event: Some(message.event.code().to_owned()),
            bundle_key: keys.map(|keys| keys.bundle.as_str().to_owned()),
            header_key: keys.map(|keys| keys.header.as_str().to_owned()),
            on_behalf_of: message.provider.ids.iter().map(|id| id.token()).collect(),
            facility: message.clinic.tokens.clone(),
            patients: Patients(
                message.patients.iter().map(|patient| patient.phn.as_str().to_owned()).collect(),
            ),
            ..self
        }
    }

    /// With what could be read of a message that is not sound.
    #[must_use]
    pub fn enveloped(self, envelope: &Envelope) -> Self {
        let event = match &envelope.event {
            EventEcho::Coding { code, .. } => Event::of(code),
            EventEcho::Uri(_) => None,
        };
        Record {
            source: envelope.endpoint.clone(),
            event: event.map(|event| event.code().to_owned()),
            ..self
        }
    }

    /// With our number of the message, which is kept.
    #[must_use]
    pub fn kept(self, message_id: Uuid) -> Self {
        Record { message_id: Some(message_id), ..self }
    }

    fn bare(id: Uuid, at: DateTime<Utc>, status: u16, outcome: Outcome) -> Self {
        Record {
            id,
            at,
            request_id: None,
            client: None,
            subject: None,
            address: None,
            source: None,
            event: None,
            message_id: None,
            bundle_key: None,
            header_key: None,
            on_behalf_of: Vec::new(),
            facility: Vec::new(),
            patients: Patients::default(),
            status: i32::from(status),
            outcome,
            codes: Vec::new(),
            times: 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{ClientId, Subject};

    #[test]
    fn a_record_shows_nobody_in_debug_output() {
        let client = ClientId::parse("emr-lantern").unwrap();
        let caller = Caller::User { client, subject: Subject::parse("juniper.testwell").unwrap() };
        let address = Some("192.0.2.7".parse().unwrap());
        let origin = Origin { request_id: Uuid::from_u128(1), caller: &caller, address };
        let codes = ["processed", "alias", "processed"];
        let at = DateTime::UNIX_EPOCH;
        let mut record = Record::new(Uuid::from_u128(2), at, origin, 200, Outcome::Ok, codes);
        record.patients = Patients(vec!["9876500011".into()]);
        record.on_behalf_of = vec!["msp|90101".into()];
        assert_eq!(record.codes, ["processed", "alias"]);
        let shown = format!("{record:?}");
        assert!(shown.contains("Patients(1)") && shown.contains("ok"), "{shown}");
        for word in ["9876500011", "juniper", "90101", "lantern"] {
            assert!(!shown.contains(word), "{word} in {shown}");
        }
    }

    #[test]
    fn every_outcome_is_found_by_the_word_that_is_written() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::of(outcome.word()), Some(outcome));
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.word());
        }
    }

    #[test]
    fn a_message_is_recorded_with_its_sender_keys_parties_and_patients() {
        use crate::fhir::{JsonLimits, decode};
        use crate::message::{Limits, Naming, PhnCheck, Policy, read};
        let body = include_bytes!("../../fixtures/exchanges/add-patient-to-panel/1-request.json");
        let json = decode(body, &JsonLimits::default()).unwrap();
        let limits = Limits { members: 10 };
        let policy = Policy { naming: Naming::default(), phn: PhnCheck::Digit, limits };
        let message = read(&json, &policy).unwrap();
        let origin = Origin { request_id: Uuid::nil(), caller: &Caller::Unchecked, address: None };
        let (id, at) = (Uuid::from_u128(1), DateTime::UNIX_EPOCH);
        let bare = Record::new(id, at, origin, 200, Outcome::Ok, ["processed"]);
        let record = bare.clone().about(&message).kept(Uuid::from_u128(9));
        assert_eq!(record.event.as_deref(), Some("add-patient-to-panel"));
        assert_eq!(record.source.as_deref(), Some(message.sender.as_str()));
        let keys = message.keys.as_ref().unwrap();
        assert_eq!(record.bundle_key.as_deref(), Some(keys.bundle.as_str()));
        assert_eq!(record.header_key.as_deref(), Some(keys.header.as_str()));
        assert!(record.on_behalf_of[0].ends_with("|90101"), "{:?}", record.on_behalf_of);
        assert!(record.facility[0].ends_with("|F0101"), "{:?}", record.facility);
        assert_eq!(record.patients.0, ["9876500011"]);
        assert_eq!((record.message_id, record.client), (Some(Uuid::from_u128(9)), None));
        let unread = bare.enveloped(&message.envelope);
        assert_eq!(
            (unread.event.as_deref(), unread.patients.0.len()),
            (Some("add-patient-to-panel"), 0)
        );
    }
}
