//! The story of one message.
//!
//! ```text
//! 1 decode             JSON or nothing
//! 2 read               a message whose parts are sound, or every fault at once
//! 3 seen before?       then answer the same again, and ask nobody
//! 4 gather             what the registries hold, in the same statement
//! 5 lock               the message's key, then its patients in order; after that, read where they stand
//! 6 judge              every rule, none hidden behind another
//! 7 decide             what becomes of the panel
//! 8 compose            the answer, down to its bytes
//! 9 apply, record      message, effect and answer in one statement
//! 10 commit            and only then answer
//! ```
//!
//! 3 comes before 6 because a resent message must be answered as it was, though a registry has changed since; 8 comes
//! before 9 because the very bytes are kept. A query takes no lock (5) and commits with its only write.

use chrono::{DateTime, FixedOffset, Utc};

use crate::clock::Clock;
use crate::fault::{Code, Issue, ResponseCode, response_code, status_alone};
use crate::fhir::{JsonLimits, decode};
use crate::message::{self, Event, Message, Unread};
use crate::panel::{self, Decision, PanelId, answer_mrp, decide_add, decide_remove};
use crate::registry::{self, Identifier, Judgement, judge};
use crate::reply::{self, Body, Occasion, Origin};
use crate::store::{Effect, Kept, Known, Parties, Question, Receipt, Seen, Store, StoreError};

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
    /// For the operator: why a 5xx. Never sent.
    pub defect: Option<StoreError>,
}

/// Processes the body of a request.
pub async fn process(service: &Service, body: &[u8]) -> Answer {
    let json = match decode(body, &service.json) {
        Ok(json) => json,
        Err(faults) => return service.alone(faults.iter().map(Issue::from).collect()),
    };
    let message = match message::read(&json, &service.reading) {
        Ok(message) => message,
        Err(unread) => return service.unread(&unread),
    };
    let answered = match message.event {
        Event::Query => query(service, &message).await,
        Event::Add | Event::Remove => change(service, &message).await,
    };
    match answered {
        Ok(answer) => {
            Answer { event: Some(message.event), patients: message.patients.len(), ..answer }
        }
        Err(error) => {
            let failed = service.alone(vec![Issue::plain(Code::from(&error))]);
            Answer { event: Some(message.event), defect: Some(error), ..failed }
        }
    }
}

async fn query(service: &Service, message: &Message) -> Result<Answer, StoreError> {
    let known = service.store.look(&Question::about(message, &service.reading.naming)).await?;
    if let Some(seen) = known.seen {
        return Ok(service.replay(message, seen));
    }
    let verdict = service.verdict(message, &known)?;
    let receipt = verdict.receipt(message);
    match service.store.keep(&receipt).await? {
        Kept::Yes => Ok(verdict.answer()),
        Kept::Earlier(seen) => Ok(service.replay(message, seen)),
    }
}

async fn change(service: &Service, message: &Message) -> Result<Answer, StoreError> {
    let mut turn = service.store.begin().await?;
    let known = turn.look(&Question::about(message, &service.reading.naming)).await?;
    if let Some(seen) = known.seen {
        return Ok(service.replay(message, seen));
    }
    let verdict = service.verdict(message, &known)?;
    turn.apply(&verdict.receipt(message), &verdict.effect()).await?;
    turn.commit().await?;
    Ok(verdict.answer())
}

/// What becomes of a message, and the bytes that say so.
struct Verdict {
    receipt: uuid::Uuid,
    at: DateTime<Utc>,
    issues: Vec<Issue>,
    /// The panel and its provider; `None` when a rule failed.
    panel: Option<(PanelId, String)>,
    decision: Decision,
    body: Body,
}

impl Verdict {
    fn receipt<'v>(&'v self, message: &'v Message) -> Receipt<'v> {
        let ok = response_code(&self.issues) == ResponseCode::Ok;
        Receipt { id: self.receipt, message, at: self.at, ok, answer: &self.body }
    }

    fn effect(&self) -> Effect<'_> {
        let panel = self.panel.as_ref().map(|(id, practitioner)| (*id, practitioner.as_str()));
        Effect { panel, changes: &self.decision.changes }
    }

    fn answer(self) -> Answer {
        Answer {
            status: 200,
            response: Some(response_code(&self.issues)),
            codes: self.issues.iter().map(|issue| issue.code).collect(),
            body: self.body,
            event: None,
            replayed: false,
            patients: 0,
            defect: None,
        }
    }
}

impl Service {
    /// Steps 6 to 8: judge, decide, compose.
    fn verdict(&self, message: &Message, known: &Known) -> Result<Verdict, StoreError> {
        let at = self.clock.now();
        let receipt = self.clock.id();
        let by = Judgement { today: self.clock.today(self.offset), policy: self.judging };
        let mut issues: Vec<Issue> = message.remarks.iter().map(Issue::from).collect();
        let (panel, decided) = match judge(message, &known.records, by) {
            Err(failures) => {
                issues.splice(0..0, failures.iter().map(Issue::from));
                (None, None)
            }
            Ok(confirmed) => {
                let practitioner = confirmed.practitioner_key.clone();
                let here =
                    known.panels.get(&(confirmed.practitioner_key, confirmed.organization_key));
                let here = *here
                    .ok_or_else(|| StoreError::Broken("a PAS role without its panel".into()))?;
                (Some((here, practitioner)), self.decide(message, known, here, at, &mut issues))
            }
        };
        let occasion = Occasion { origin: &self.origin, clock: &self.clock, now: at, receipt };
        let naming = &self.reading.naming;
        let body = match &decided {
            Some(decision) => {
                let mrp = |panel: PanelId| {
                    known.parties.get(&panel).and_then(|parties| self.emitted(parties))
                };
                reply::answer(message, decision, &issues, &mrp, naming, occasion)
            }
            None => reply::refusal(&message.envelope, &issues, occasion),
        };
        Ok(Verdict { receipt, at, issues, panel, decision: decided.unwrap_or_default(), body })
    }

    /// Step 7. `None`: refused, and `issues` say why.
    fn decide(
        &self,
        message: &Message,
        known: &Known,
        here: PanelId,
        at: DateTime<Utc>,
        issues: &mut Vec<Issue>,
    ) -> Option<Decision> {
        let phns: Vec<_> = message.patients.iter().map(|patient| patient.phn.clone()).collect();
        let decided = match message.event {
            Event::Add => decide_add(&phns, &known.entries, here, at, self.deciding),
            Event::Remove => decide_remove(&phns, &known.entries, here, at, self.deciding),
            Event::Query => Ok(answer_mrp(&phns, &known.entries, here, |phn| {
                let record =
                    known.records.patients.get(phn.as_str()).filter(|record| record.deceased)?;
                let midnight = record.deceased_on.and_then(|day| day.and_hms_opt(0, 0, 0));
                Some(
                    midnight
                        .and_then(|time| time.and_local_timezone(self.offset).single())
                        .map(|at| at.to_utc()),
                )
            })),
        };
        let about = |place: usize, issue: Issue| match message.patients.get(place) {
            Some(patient) => issue.at(patient.at),
            None => issue,
        };
        match decided {
            Ok(decision) => {
                issues.extend(
                    decision
                        .notices
                        .iter()
                        .map(|(place, notice)| about(*place, Issue::from(*notice))),
                );
                issues.insert(0, Issue::plain(Code::Processed));
                Some(decision)
            }
            Err(refusals) => {
                let refusals =
                    refusals.into_iter().map(|(place, refusal)| about(place, Issue::from(refusal)));
                issues.splice(0..0, refusals);
                None
            }
        }
    }

    /// The identifiers by which a panel's provider and clinic are named: of the first accepted system, current ones first.
    fn emitted(&self, parties: &Parties) -> Option<[Identifier; 2]> {
        let naming = &self.reading.naming;
        let today = self.clock.today(self.offset);
        let pick = |systems: &[String], identifiers: &[Identifier]| {
            let rank = |id: &&Identifier| {
                let system =
                    systems.iter().position(|system| *system == id.system).unwrap_or(systems.len());
                (!id.period.holds(today), system)
            };
            identifiers.iter().min_by_key(rank).cloned()
        };
        Some([
            pick(&naming.practitioner, &parties.practitioner)?,
            pick(&naming.facility, &parties.organization)?,
        ])
    }

    /// Step 3, when the Bundle was answered before.
    fn replay(&self, message: &Message, seen: Seen) -> Answer {
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
            defect: None,
        }
    }
}
