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

use tracing::{Instrument as _, info_span};

use crate::message::{Event, Message};
use crate::store::{Kept, Question, StoreError};

/// Bodies up to this many bytes are read at once; more of them would keep other requests waiting.
const LIGHT: usize = 64 << 10;

/// A span for a step that takes time, inside that of its request. Of no effect when spans are not exported.
macro_rules! step {
    ($name:literal) => {
        info_span!(target: "pas::span", $name)
    };
}

/// Processes the body of a request.
pub async fn process(service: &Service, body: &[u8]) -> Answer {
    let bulky = body.len() > LIGHT;
    // Waits rather than refuses; nothing of Postgres is held meanwhile. (It is never closed, so it never fails.)
    let _permit = if bulky { service.bulky.acquire().await.ok() } else { None };
    let message = match beside(bulky, || step!("read").in_scope(|| service.read(body))) {
        Ok(message) => message,
        Err(answer) => return answer,
    };
    let answering = async {
        match message.event {
            Event::Query => query(service, &message, bulky).await,
            Event::Add | Event::Remove => change(service, &message, bulky).await,
        }
    };
    // A database that fell silent must not hold a sender for ever. What was not committed is rolled back.
    let late = |_| Err(StoreError::Unavailable("no answer in time".into()));
    let answer = tokio::time::timeout(service.deadline, answering).await.unwrap_or_else(late);
    let answer = answer.unwrap_or_else(|error| service.failed(error));
    Answer { event: Some(message.event), patients: message.patients.len(), ..answer }
}

async fn query(service: &Service, message: &Message, bulky: bool) -> Result<Answer, StoreError> {
    let (mut session, known) =
        service.store.look(&Question::about(message)).instrument(step!("look")).await?;
    if let Some(seen) = known.seen {
        return Ok(service.replay(message, seen));
    }
    let verdict = beside(bulky, || service.verdict(message, &known))?;
    match session.keep(&verdict.receipt(message)).instrument(step!("keep")).await? {
        Kept::Yes => Ok(verdict.answer()),
        Kept::Earlier(seen) => Ok(service.replay(message, seen)),
    }
}

async fn change(service: &Service, message: &Message, bulky: bool) -> Result<Answer, StoreError> {
    let mut turn = service.store.begin().instrument(step!("begin")).await?;
    let known = turn.look(&Question::about(message)).instrument(step!("look")).await?;
    if let Some(seen) = known.seen {
        return Ok(service.replay(message, seen));
    }
    let verdict = beside(bulky, || service.verdict(message, &known))?;
    let (receipt, effect) = (verdict.receipt(message), verdict.effect());
    match turn.apply(&receipt, &effect).instrument(step!("apply")).await {
        // A query takes no turns: one around the same ids came between. It is answered, so look once more.
        Err(StoreError::Overtaken) => drop(turn),
        applied => {
            applied?;
            turn.commit().instrument(step!("commit")).await?;
            return Ok(verdict.answer());
        }
    }
    let (_, known) =
        service.store.look(&Question::about(message)).instrument(step!("look")).await?;
    known.seen.map(|seen| service.replay(message, seen)).ok_or(StoreError::Overtaken)
}

/// Does work that takes long where it holds up no other request.
fn beside<T>(bulky: bool, work: impl FnOnce() -> T) -> T {
    if bulky { tokio::task::block_in_place(work) } else { work() }
}
