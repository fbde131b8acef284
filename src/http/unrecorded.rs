//! The record of a request that ends without an answer.

use crate::audit::{Origin, Outcome, Record};
use crate::clock::Clock;
use crate::fault::Code;

use super::App;

/// Leaves a record when it is dropped unanswered: the sender hung up (499), or we panicked (500).
pub(super) struct Unrecorded<'a> {
    pub(super) app: &'a App,
    pub(super) origin: Origin<'a>,
    pub(super) answered: bool,
}

impl Drop for Unrecorded<'_> {
    fn drop(&mut self) {
        if self.answered {
            return;
        }
        let (status, code) = match std::thread::panicking() {
            true => (500, Some(Code::InternalError.row().code)),
            false => (499, None),
        };
        let (id, at) = (Clock::System.id(), self.app.service.clock.now());
        let record = Record::new(id, at, self.origin, status, Outcome::Failed, code);
        self.app.trail.offer(record);
    }
}
