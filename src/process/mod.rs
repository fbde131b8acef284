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

mod service;
mod verdict;

pub use service::{Answer, Service};

use crate::access::Caller;
use crate::message::{Event, Message};
use crate::store::{Kept, Known, Question, StoreError};
use verdict::Verdict;

/// Bodies up to this many bytes are read at once; more of them would keep other requests waiting.
const LIGHT: usize = 64 << 10;

/// A request to process.
#[derive(Debug, Clone, Copy)]
pub struct Post<'p> {
    /// Who sent it.
    pub caller: &'p Caller,
    /// What was sent.
    pub body: &'p [u8],
}

/// Processes the body of a request.
pub async fn process(service: &Service, post: Post<'_>) -> Answer {
    let bulky = post.body.len() > LIGHT;
    // Waits rather than refuses; nothing of Postgres is held meanwhile. (It is never closed, so it never fails.)
    let _permit = if bulky { service.bulky.acquire().await.ok() } else { None };
    let message = match beside(bulky, || service.read(post.body)) {
        Ok(message) => message,
        Err(answer) => return answer,
    };
    let work = Work { service, caller: post.caller, message: &message, bulky };
    let answering = async {
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
    caller: &'w Caller,
    message: &'w Message,
    bulky: bool,
}

impl Work<'_> {
    async fn query(&self) -> Result<Answer, StoreError> {
        let (mut session, known) = self.service.store.look(&self.question()).await?;
        if let Some(seen) = known.seen {
            return Ok(self.service.replay(self.message, seen));
        }
        let verdict = self.verdict(&known)?;
        match session.keep(&verdict.receipt(self.message, self.caller)).await? {
            Kept::Yes => Ok(verdict.answer()),
            Kept::Earlier(seen) => Ok(self.service.replay(self.message, seen)),
        }
    }

    async fn change(&self) -> Result<Answer, StoreError> {
        let mut turn = self.service.store.begin().await?;
        let known = turn.look(&self.question()).await?;
        if let Some(seen) = known.seen {
            return Ok(self.service.replay(self.message, seen));
        }
        let verdict = self.verdict(&known)?;
        turn.apply(&verdict.receipt(self.message, self.caller), &verdict.effect()).await?;
        turn.commit().await?;
        Ok(verdict.answer())
    }

    fn question(&self) -> Question<'_> {
        Question::about(self.message, self.caller)
    }

    fn verdict(&self, known: &Known) -> Result<Verdict, StoreError> {
        beside(self.bulky, || self.service.verdict(self.message, known))
    }
}

/// Does work that takes long where it holds up no other request.
fn beside<T>(bulky: bool, work: impl FnOnce() -> T) -> T {
    if bulky { tokio::task::block_in_place(work) } else { work() }
}
