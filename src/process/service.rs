//! What messages are processed with, what comes of them, and the answers that need no look at a panel.

use std::time::Duration;

use chrono::FixedOffset;

use tokio::sync::Semaphore;

use crate::clock::Clock;
use crate::fault::{Code, Issue, ResponseCode, response_code, status_alone};
use crate::fhir::{JsonLimits, decode};
use crate::message::{self, Event, Message, Unread};
use crate::reply::{self, Body, Occasion, Origin};
use crate::store::{Seen, Store, StoreError};
use crate::{panel, registry};

/// Everything that messages are processed with.
#[derive(Debug)]
pub struct Service {
    /// Postgres.
    pub store: Store,
    /// Time and ids.
    pub clock: Clock,
    /// Who answers.
    pub origin: Origin,
    /// Bounds on JSON.
    pub json: JsonLimits,
    /// How messages are read.
    pub reading: message::Policy,
    /// How rules are judged.
    pub judging: registry::Policy,
    /// How panels change.
    pub deciding: panel::Policy,
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
    /// How many patients did not match the Client Registry.
    pub unmatched: usize,
    /// For the operator: why a 5xx. Never sent.
    pub defect: Option<StoreError>,
}

impl Service {
    /// Steps 1 and 2: a sound message, or the answer that says why there is none.
    pub(super) fn read(&self, body: &[u8]) -> Result<Message, Answer> {
        let json = decode(body, &self.json)
            .map_err(|faults| self.alone(faults.iter().map(Issue::from).collect()))?;
        message::read(&json, &self.reading).map_err(|unread| self.unread(&unread))
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

    /// A body that is no sound message.
    fn unread(&self, unread: &Unread) -> Answer {
        let issues: Vec<Issue> = unread.faults.iter().map(Issue::from).collect();
        match &unread.envelope {
            Some(envelope) => self.refuse(envelope, &issues),
            None => self.alone(issues),
        }
    }

    /// A response message that refuses and is not kept.
    fn refuse(&self, envelope: &message::Envelope, issues: &[Issue]) -> Answer {
        let (now, receipt) = (self.clock.now(), self.clock.id());
        let occasion = Occasion { origin: &self.origin, clock: &self.clock, now, receipt };
        let body = reply::refusal(envelope, issues, occasion);
        Answer::of(200, body, Some(response_code(issues)), issues)
    }

    /// An OperationOutcome alone.
    pub fn alone(&self, issues: Vec<Issue>) -> Answer {
        let body = reply::outcome(&issues, &self.origin.canonical);
        Answer::of(status_alone(&issues), body, None, &issues)
    }
}

impl Answer {
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
            unmatched: 0,
            defect: None,
        }
    }
}
