//! The story of one message.
//!
//! ```text
//! 1 decode             JSON or nothing
//! 2 read               a message whose parts are sound, or every fault at once
//! 3 allowed?           by the token's scopes; then, with the first statement, by whom the caller may speak for
//! 4 seen before?       then answer the same again, and ask nobody
//! 5 gather             what the registries hold, and where the patients stand, in the same statement
//! 6 judge              every rule, none hidden behind another
//! 7 decide             what becomes of the panel
//! 8 compose            the answer, down to its bytes
//! 9 keep               message, effect, answer and audit record in one transaction, if it is all still so
//! 10 answer            and only then
//! ```
//!
//! 3 comes before 4 because a grant that was taken back holds for old answers as well; 4 before 6 because a resent
//! message must be answered as it was, though a registry has changed since; 8 before 9 because the very bytes are kept.
//! A message that was overtaken between 4 and 9 takes its turn, and goes through them again under locks.

mod panel;
mod service;
mod settle;
mod verdict;
mod work;

pub use panel::{PanelAsk, panel};
pub use service::{Answer, Service};

use std::time::Duration;

use tracing::info_span;

use crate::access::{Limiter, Scopes};
use crate::audit::Origin;

use crate::store::StoreError;
use work::Work;

/// Bodies up to this many bytes are read at once; more of them would keep other requests waiting.
pub const LIGHT: usize = 64 << 10;

/// A request to process.
#[derive(Debug, Clone, Copy)]
pub struct Post<'p> {
    /// Which request it is, from whom and from where.
    pub origin: Origin<'p>,
    /// What its sender may do.
    pub scopes: Scopes,
    /// Counts the patients of each client who do not match; `None` where nobody is counted.
    pub limiter: Option<&'p Limiter>,
    /// How far behind what a query is told may be; `None`: not at all.
    pub max_stale: Option<Duration>,
    /// What was sent.
    pub body: &'p [u8],
}

/// A span for a step that takes time, inside that of its request. Of no effect when spans are not exported.
macro_rules! step {
    ($name:literal) => {
        info_span!(target: "pas::span", $name)
    };
}
use step;

/// Processes the body of a request.
pub async fn process(service: &Service, post: Post<'_>) -> Answer {
    let bulky = post.body.len() > LIGHT;
    // Waits rather than refuses; nothing of Postgres is held meanwhile. (It is never closed, so it never fails.)
    let _permit = if bulky { service.bulky.acquire().await.ok() } else { None };
    let message = match beside(bulky, || step!("read").in_scope(|| service.read(post.body))) {
        Ok(message) => message,
        Err(unread) => return service.unread(unread, post.origin),
    };
    let work = Work { service, post: &post, message: &message, bulky };
    let answering = async {
        match message.event {
            event if !post.scopes.allow(event) => Ok(work.out_of_scope()),
            _ => work.answer().await,
        }
    };
    // A database that fell silent must not hold a sender for ever. What was not committed is rolled back.
    let late = |_| Err(StoreError::Unavailable("no answer in time".into()));
    let answer = tokio::time::timeout(service.deadline, answering).await.unwrap_or_else(late);
    let answer = answer.unwrap_or_else(|error| work.failed(error));
    Answer { event: Some(message.event), patients: message.patients.len(), ..answer }
}

/// Does work that takes long where it holds up no other request.
pub fn beside<T>(bulky: bool, work: impl FnOnce() -> T) -> T {
    if bulky { tokio::task::block_in_place(work) } else { work() }
}
