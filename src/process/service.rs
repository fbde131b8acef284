//! What messages are processed with, what comes of them, and the answers that need no look at a panel.

use std::time::Duration;

use chrono::FixedOffset;

use tokio::sync::Semaphore;

use crate::access::{Subject, Turnstile};
use crate::audit::{Origin, Outcome, Record};
use crate::clock::Clock;
use crate::fault::{Code, Issue, ResponseCode, response_code, status_alone};
use crate::fhir::{JsonLimits, decode};
use crate::message::{self, Envelope, Event, Message};
use crate::reply::{self, Body, Occasion};
use crate::store::{Seen, Store, StoreError};
use crate::{attachment, panel, registry};

/// Everything that messages are processed with.
#[derive(Debug)]
pub struct Service {
    /// Postgres.
    pub store: Store,
    /// Time and ids.
    pub clock: Clock,
    /// Who answers.
    pub origin: reply::Origin,
    /// Bounds on JSON.
    pub json: JsonLimits,
    /// How messages are read.
    pub reading: message::Policy,
    /// How rules are judged.
    pub judging: registry::Policy,
    /// How panels change.
    pub deciding: panel::Policy,
    /// How people come onto panels who wait for a provider.
    pub attaching: attachment::Policy,
    /// How often each person who signs in may try to name people whom they do not know.
    pub attempts: Turnstile<Subject>,
    /// How many large bodies are worked on at once: each takes memory by the megabyte.
    pub bulky: Semaphore,
    /// How long Postgres may take over one message, in all.
    pub deadline: Duration,
    /// The province's clock against UTC: which day it is, for periods that end on a day.
    pub offset: FixedOffset,
}

/// An answer, and what the log may say of it.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// What is sent.
    pub body: Body,
    /// The event, when it was known.
    pub event: Option<Event>,
    /// `MessageHeader.response.code`; `None` for an OperationOutcome alone and for an answer given again.
    pub response: Option<ResponseCode>,
    /// The fault codes of the answer.
    pub codes: Vec<Code>,
    /// Whether this is an earlier answer, given again.
    pub replayed: bool,
    /// How many patients the message was about.
    pub patients: usize,
    /// Seconds after which it may be tried again, where that is known.
    pub retry_after: Option<u64>,
    /// Seconds by which it may be behind, rounded up, where it was read from a replica.
    pub age: Option<u64>,
    /// What is to be recorded of it and is not yet; `None` when it was recorded with what it did.
    pub record: Option<Box<Record>>,
    /// For the operator: why a 5xx. Never sent.
    pub defect: Option<StoreError>,
}

/// A body that is no sound message.
pub(super) struct Unsound {
    issues: Vec<Issue>,
    envelope: Option<Envelope>,
}

impl Service {
    /// Steps 1 and 2: a sound message, or every fault and what could be made out all the same.
    pub(super) fn read(&self, body: &[u8]) -> Result<Message, Unsound> {
        let json = decode(body, &self.json).map_err(|faults| Unsound {
            envelope: None,
            issues: faults.iter().map(Issue::from).collect(),
        })?;
        message::read(&json, &self.reading).map_err(|unread| Unsound {
            issues: unread.faults.iter().map(Issue::from).collect(),
            envelope: unread.envelope,
        })
    }

    /// A body that is no sound message.
    pub(super) fn unread(&self, unsound: Unsound, origin: Origin<'_>) -> Answer {
        let answer = match &unsound.envelope {
            Some(envelope) => self.refuse(envelope, &unsound.issues),
            None => self.alone(unsound.issues),
        };
        let record = self.record(&answer, Outcome::Refused, origin);
        let record = match &unsound.envelope {
            Some(envelope) => record.enveloped(envelope),
            None => record,
        };
        answer.with_record(record)
    }

    /// What is recorded of an answer that was not kept.
    pub fn record(&self, answer: &Answer, outcome: Outcome, origin: Origin<'_>) -> Record {
        let codes = answer.codes.iter().map(|code| code.row().code);
        Record::new(Clock::System.id(), self.clock.now(), origin, answer.status, outcome, codes)
    }

    /// An answer for when the store failed; why, is for the log alone.
    pub(super) fn failed(&self, error: StoreError) -> Answer {
        let answer = self.alone(vec![Issue::plain(Code::from(&error))]);
        Answer { defect: Some(error), ..answer }
    }

    /// Step 4, when the Bundle was answered before.
    pub(super) fn replay(&self, message: &Message, seen: Seen) -> Answer {
        let same_header =
            message.keys.as_ref().is_some_and(|keys| keys.header.as_str() == seen.header_key);
        if same_header && seen.digest == Some(message.digest) {
            return Answer { replayed: true, ..Answer::of(200, seen.answer, None, &[]) };
        }
        let code = if same_header { Code::MessageAltered } else { Code::DuplicateMessage };
        self.refuse(&message.envelope, &[Issue::plain(code)])
    }

    /// A response message that refuses and is not kept.
    fn refuse(&self, envelope: &Envelope, issues: &[Issue]) -> Answer {
        let (now, receipt) = (self.clock.now(), self.clock.id());
        let occasion = Occasion { origin: &self.origin, clock: &self.clock, now, receipt };
        let body = reply::refusal(envelope, issues, occasion);
        Answer::of(200, body, Some(response_code(issues)), issues)
    }

    /// What a search found; it was recorded.
    pub(super) fn found(&self, body: Body) -> Answer {
        Answer::of(200, body, None, &[])
    }

    /// An OperationOutcome alone.
    pub fn alone(&self, issues: Vec<Issue>) -> Answer {
        let body = reply::outcome(&issues, &self.origin.canonical);
        Answer::of(status_alone(&issues), body, None, &issues)
    }
}

impl Answer {
    /// The same, with what is still to be recorded of it.
    #[must_use]
    pub fn with_record(self, record: Record) -> Self {
        Answer { record: Some(Box::new(record)), ..self }
    }

    fn of(status: u16, body: Body, response: Option<ResponseCode>, issues: &[Issue]) -> Self {
        let codes = issues.iter().map(|issue| issue.code).collect();
        Answer {
            status,
            body,
            event: None,
            response,
            codes,
            replayed: false,
            patients: 0,
            retry_after: None,
            age: None,
            record: None,
            defect: None,
        }
    }
}
