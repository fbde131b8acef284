//! The story of one message.
//!
//! ```text
//! 1 decode             JSON or nothing
//! 2 read               a message whose parts are sound, or every fault at once
//! 3 allowed?           by the token's scopes; then, with the first statement, by whom the caller may speak for
//! 4 seen before?       then answer the same again, and ask nobody
//! 5 gather             what the registries hold, in the same statement
//! 6 lock               the message's key, then its patients in order; after that, read where they stand
//! 7 judge              every rule, none hidden behind another
//! 8 decide             what becomes of the panel
//! 9 compose            the answer, down to its bytes
//! 10 apply, record     message, effect, answer and audit record in one statement
//! 11 commit            and only then answer
//! ```
//!
//! 3 comes before 4 because a grant that was taken back holds for old answers as well; 4 before 7 because a resent
//! message must be answered as it was, though a registry has changed since; 9 before 10 because the very bytes are kept.
//! A query takes no lock (6) and commits with its only write.

mod service;
mod verdict;

pub use service::{Answer, Service};

use std::net::IpAddr;

use tracing::{Instrument as _, info_span};
use uuid::Uuid;

use crate::access::{Authenticated, SpeakingFault, Spoken, may_speak};
use crate::fault::{Code, Issue};
use crate::message::{Event, Message};
use crate::store::{Kept, Known, Question, StoreError};
use verdict::Verdict;

/// Bodies up to this many bytes are read at once; more of them would keep other requests waiting.
const LIGHT: usize = 64 << 10;

/// A request to process.
#[derive(Debug, Clone, Copy)]
pub struct Post<'p> {
    /// Its `X-Request-Id`.
    pub id: Uuid,
    /// Where it came from, when the connection shows it.
    pub address: Option<IpAddr>,
    /// Who sent it, and what they may do.
    pub by: &'p Authenticated,
    /// What was sent.
    pub body: &'p [u8],
}

/// A span for a step that takes time, inside that of its request. Of no effect when spans are not exported.
macro_rules! step {
    ($name:literal) => {
        info_span!(target: "pas::span", $name)
    };
}

/// Processes the body of a request.
pub async fn process(service: &Service, post: Post<'_>) -> Answer {
    let bulky = post.body.len() > LIGHT;
    // Waits rather than refuses; nothing of Postgres is held meanwhile. (It is never closed, so it never fails.)
    let _permit = if bulky { service.bulky.acquire().await.ok() } else { None };
    let message = match beside(bulky, || step!("read").in_scope(|| service.read(post.body))) {
        Ok(message) => message,
        Err(answer) => return answer,
    };
    let work = Work { service, post: &post, message: &message, bulky };
    let answering = async {
        if !post.by.scopes.allow(message.event) {
            return Ok(service.alone(vec![Issue::plain(Code::ScopeMissing)]));
        }
        match message.event {
            Event::Query => work.query().await,
            Event::Add | Event::Remove => work.change().await,
        }
    };
    // A database that fell silent must not hold a sender for ever. What was not committed is rolled back.
    let late = |_| Err(StoreError::Unavailable("no answer in time".into()));
    let answer = tokio::time::timeout(service.deadline, answering).await.unwrap_or_else(late);
    let answer = answer.unwrap_or_else(|error| service.failed(error));
    Answer { event: Some(message.event), patients: message.patients.len(), ..answer }
}

/// A message under way.
struct Work<'w> {
    service: &'w Service,
    post: &'w Post<'w>,
    message: &'w Message,
    bulky: bool,
}

impl Work<'_> {
    async fn query(&self) -> Result<Answer, StoreError> {
        let (mut session, known) =
            self.service.store.look(&self.question()).instrument(step!("look")).await?;
        if let Err(fault) = self.allowed(&known) {
            return Ok(self.forbidden(fault));
        }
        if let Some(seen) = known.seen {
            return Ok(self.service.replay(self.message, seen));
        }
        let verdict = self.verdict(&known)?;
        let receipt = verdict.receipt(self.message, &self.post.by.caller);
        match session.keep(&receipt).instrument(step!("keep")).await? {
            Kept::Yes => Ok(verdict.answer()),
            Kept::Earlier(seen) => Ok(self.service.replay(self.message, seen)),
        }
    }

    async fn change(&self) -> Result<Answer, StoreError> {
        let mut turn = self.service.store.begin().instrument(step!("begin")).await?;
        let known = turn.look(&self.question()).instrument(step!("look")).await?;
        if let Err(fault) = self.allowed(&known) {
            return Ok(self.forbidden(fault));
        }
        if let Some(seen) = known.seen {
            return Ok(self.service.replay(self.message, seen));
        }
        let verdict = self.verdict(&known)?;
        let receipt = verdict.receipt(self.message, &self.post.by.caller);
        turn.apply(&receipt, &verdict.effect()).instrument(step!("apply")).await?;
        turn.commit().instrument(step!("commit")).await?;
        Ok(verdict.answer())
    }

    fn question(&self) -> Question<'_> {
        Question::about(self.message, &self.post.by.caller)
    }

    /// Step 3: whether the caller may speak for the clinic and the provider of the message.
    fn allowed(&self, known: &Known) -> Result<(), SpeakingFault> {
        let today = self.service.clock.today(self.service.offset);
        let (grant, spoken) = (known.grant.as_ref(), Spoken::of(self.message));
        may_speak(&self.post.by.caller, grant, &spoken, &known.records, today)
    }

    fn forbidden(&self, fault: SpeakingFault) -> Answer {
        self.service.alone(vec![Issue::with(Code::Forbidden, fault.text())])
    }

    fn verdict(&self, known: &Known) -> Result<Verdict, StoreError> {
        beside(self.bulky, || self.service.verdict(self.message, known))
    }
}

/// Does work that takes long where it holds up no other request.
fn beside<T>(bulky: bool, work: impl FnOnce() -> T) -> T {
    if bulky { tokio::task::block_in_place(work) } else { work() }
}
