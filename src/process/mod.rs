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

use crate::fault::{Code, Issue};
use crate::fhir::decode;
use crate::message::{self, Event, Message};
use crate::store::{Kept, Question, StoreError};

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
    let mut session = service.store.connect().await?;
    let known = session.look(&Question::about(message, &service.reading.naming)).await?;
    if let Some(seen) = known.seen {
        return Ok(service.replay(message, seen));
    }
    let verdict = service.verdict(message, &known)?;
    let receipt = verdict.receipt(message);
    match session.keep(&receipt).await? {
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
