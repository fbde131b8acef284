//! Judge, decide, compose: from what a message asks and what is known to the very bytes of the answer. Pure but for the
//! clock.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::access::Caller;
use crate::clock::Clock;
use crate::fault::{Code, Issue, ResponseCode, response_code};
use crate::message::{Event, Message, Patient};
use crate::panel::{Decision, Here, PanelId, answer_mrp, decide_add, decide_remove};
use crate::registry::{Identifier, Judgement, judge};
use crate::reply::{self, Body, Occasion};
use crate::store::{Effect, Known, Looked, Parties, Receipt, StoreError, client_key};

use super::{Answer, Service};

/// What becomes of a message, and the bytes that say so.
pub(super) struct Verdict {
    pub(super) receipt: Uuid,
    pub(super) at: DateTime<Utc>,
    issues: Vec<Issue>,
    /// The panel and its provider; `None` when a rule failed.
    panel: Option<(PanelId, String)>,
    decision: Decision,
    body: Body,
}

impl Verdict {
    /// What is kept of a message that was judged so.
    pub(super) fn receipt(&self, message: &Message, caller: &Caller, looked: &Looked) -> Receipt {
        Receipt {
            id: self.receipt,
            client: client_key(caller).to_owned(),
            sender: message.sender.as_str().to_owned(),
            keys: message
                .keys
                .as_ref()
                .map(|keys| (keys.bundle.as_str().to_owned(), keys.header.as_str().to_owned())),
            digest: message.digest,
            event: message.event.code(),
            at: self.at,
            ok: self.response() == ResponseCode::Ok,
            answer: self.body.clone(),
            person: caller.subject().map(|subject| subject.as_str().to_owned()),
            effect: self.effect(message, looked),
        }
    }

    pub(super) fn response(&self) -> ResponseCode {
        response_code(&self.issues)
    }

    pub(super) fn codes(&self) -> impl Iterator<Item = &'static str> {
        self.issues.iter().map(|issue| issue.code.row().code)
    }

    /// How many patients do not match the Client Registry.
    pub(super) fn unmatched(&self) -> usize {
        unmatched(&self.issues)
    }

    /// A message that asks for a change holds only if its patients still stand where it saw them, also when nothing is left to
    /// be changed; a refused one, or a query, tells what it saw.
    fn effect(&self, message: &Message, looked: &Looked) -> Option<Effect> {
        let (panel, practitioner) = self.panel.clone()?;
        let holds = message.event.changes() && self.response() == ResponseCode::Ok;
        let version = |patient: &Patient| {
            let phn = patient.phn.as_str().to_owned();
            let version = looked.versions.get(&phn).copied().unwrap_or(0);
            (phn, version)
        };
        holds.then(|| Effect {
            panel,
            practitioner,
            versions: message.patients.iter().map(version).collect(),
            changes: self.decision.changes.clone(),
        })
    }

    pub(super) fn answer(self) -> Answer {
        Answer {
            status: 200,
            response: Some(self.response()),
            codes: self.issues.iter().map(|issue| issue.code).collect(),
            body: self.body,
            event: None,
            replayed: false,
            patients: 0,
            retry_after: None,
            age: None,
            record: None,
            defect: None,
        }
    }
}

/// How many patients do not match the Client Registry, however many of their details do not. A masked record matches
/// nobody.
fn unmatched(issues: &[Issue]) -> usize {
    let differs = |issue: &&Issue| {
        matches!(
            issue.code,
            Code::PatientInClientRegistry
                | Code::PatientNotMasked
                | Code::PatientGiven
                | Code::PatientFamily
                | Code::PatientBirthDate
        )
    };
    let patient = |issue: &Issue| -> Option<String> {
        let expression = issue.expression.as_deref()?;
        Some(expression.split_once(']').map_or(expression, |(entry, _)| entry).to_owned())
    };
    issues.iter().filter(differs).map(patient).collect::<BTreeSet<_>>().len()
}

impl Service {
    /// Steps 6 to 8: judge, decide, compose.
    pub(super) fn verdict(&self, message: &Message, known: &Known) -> Result<Verdict, StoreError> {
        let at = self.clock.now();
        let receipt = self.clock.id();
        let by = Judgement { today: self.clock.today(self.offset), policy: self.judging };
        let mut issues: Vec<Issue> = message.remarks.iter().map(Issue::from).collect();
        let (panel, decided) =
            match judge(message, &known.directory.records, &known.looked.patients, by) {
                Err(failures) => {
                    issues.splice(0..0, failures.iter().map(Issue::from));
                    (None, None)
                }
                Ok(confirmed) => {
                    let practitioner = confirmed.practitioner_key.clone();
                    let sides = (confirmed.practitioner_key, confirmed.organization_key);
                    let here =
                        *known.directory.panels.get(&sides).ok_or_else(|| {
                            StoreError::Broken("a PAS role without its panel".into())
                        })?;
                    let decided = {
                        let here = Here { panel: here, practitioner_key: &practitioner };
                        self.decide(message, known, here, at, &mut issues)
                    };
                    (Some((here, practitioner)), decided)
                }
            };
        let occasion = Occasion { origin: &self.origin, clock: &self.clock, now: at, receipt };
        let naming = &self.reading.naming;
        let body = match &decided {
            Some(decision) => {
                let mrp = |panel: PanelId| {
                    known.looked.parties.get(&panel).and_then(|parties| self.emitted(parties))
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
        here: Here<'_>,
        at: DateTime<Utc>,
        issues: &mut Vec<Issue>,
    ) -> Option<Decision> {
        let phns: Vec<_> = message.patients.iter().map(|patient| patient.phn.clone()).collect();
        let decided = match message.event {
            Event::Add => decide_add(&phns, &known.looked.entries, here, at, self.deciding),
            Event::Remove => decide_remove(&phns, &known.looked.entries, here, at, self.deciding),
            Event::Query => Ok(answer_mrp(&phns, &known.looked.entries, here, |phn| {
                let record =
                    known.looked.patients.get(phn.as_str()).filter(|record| record.deceased)?;
                Some(record.deceased_on.and_then(|day| Clock::start_of(day, self.offset)))
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
    pub fn emitted(&self, parties: &Parties) -> Option<[Identifier; 2]> {
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
}
