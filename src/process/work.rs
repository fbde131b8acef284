//! Steps 3 to 10 for one message that was read: with Postgres, and with the audit trail.

use std::sync::Arc;
use std::time::Instant;

use tracing::{Instrument as _, info_span};

use crate::access::{ClientId, Limiter, Spoken, may_speak};
use crate::audit::{Outcome, Record};
use crate::clock::whole_seconds;
use crate::fault::{Code, Issue, ResponseCode};
use crate::message::{Event, Message};
use crate::store::{Keeping, Kept, Known, Question, Seen, StoreError};

use super::settle::Registered;
use super::verdict::Verdict;
use super::{Answer, Post, Service, beside, step};

/// Whether patients who do not match are still to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counting {
    /// They are.
    Counts,
    /// They were, when the message looked for the first time.
    Counted,
}

/// A message under way.
pub(super) struct Work<'w> {
    pub(super) service: &'w Service,
    pub(super) post: &'w Post<'w>,
    pub(super) message: &'w Message,
    pub(super) bulky: bool,
}

impl Work<'_> {
    /// The way of nearly every message: look, judge, and keep what holds if it still holds.
    pub(super) async fn answer(&self) -> Result<Answer, StoreError> {
        let known = self.look().instrument(step!("look")).await?;
        if self.message.event.changes() && !known.looked.registered.is_empty() {
            return self.in_turn(Counting::Counts).await;
        }
        let since = known.since;
        let (answer, keeping) = self.judge(known, Counting::Counts)?;
        // An answer that is given again is as old as it is, whoever remembered it.
        let since = since.filter(|_| keeping.receipt.is_some());
        let keeping = Arc::new(keeping);
        match self.service.store.keep(&keeping).instrument(step!("keep")).await? {
            Kept::Yes => {
                Ok(Answer { age: since.map(|since| whole_seconds(since.elapsed())), ..answer })
            }
            // Also what the replica had not heard of: that the Bundle was answered.
            Kept::No => self.in_turn(Counting::Counted).await,
        }
    }

    /// A query may be told what the replica holds, if its sender accepts that.
    async fn look(&self) -> Result<Known, StoreError> {
        let (store, question) = (&self.service.store, self.question());
        if let (Some(accepted), Event::Query) = (self.post.max_stale, self.message.event) {
            let now = self.service.clock.now();
            if let Some(known) = store.look_at_replica(&question, accepted, now).await {
                return Ok(known);
            }
        }
        store.look(&question).await
    }

    /// The way of a message that met another, or that is about somebody whom the attachment workflow knows: it takes its turn,
    /// looks again, and then nobody can come between.
    async fn in_turn(&self, counting: Counting) -> Result<Answer, StoreError> {
        let mut turn = self.service.store.begin().instrument(step!("begin")).await?;
        let changes = self.message.event.changes();
        let known = turn.look(&self.question(), changes).instrument(step!("look")).await?;
        let registered = Registered::of(&known.looked);
        let (answer, keeping) = self.judge(known, counting)?;
        turn.keep(&keeping).instrument(step!("keep")).await?;
        if let Some(receipt) = &keeping.receipt {
            registered.settle(&mut turn, receipt, self.service).instrument(step!("settle")).await?;
        }
        turn.commit().instrument(step!("commit")).await?;
        Ok(answer)
    }

    /// Steps 3 to 8: the answer, and what is to be kept before it goes out.
    fn judge(&self, mut known: Known, counting: Counting) -> Result<(Answer, Keeping), StoreError> {
        if let Some((answer, record)) = self.settled(&mut known) {
            return Ok((answer, Keeping { record, receipt: None }));
        }
        let verdict = beside(self.bulky, || self.service.verdict(self.message, &known))?;
        // Whoever guesses has many patients who do not match; they are counted here and not with the answer, since a sender can
        // hang up on that, and then ask for it by sending the same again.
        if let Some((limiter, client)) = self.counted().filter(|_| counting == Counting::Counts) {
            limiter.charge_failed_matches(client, verdict.unmatched(), Instant::now());
        }
        let record = self.judged(&verdict);
        let receipt = verdict.receipt(self.message, self.post.origin.caller, &known.looked);
        Ok((verdict.answer(), Keeping { record, receipt: Some(receipt) }))
    }

    /// Step 3, by the token: not a thing to ask Postgres about.
    pub(super) fn out_of_scope(&self) -> Answer {
        let answer = self.service.alone(vec![Issue::plain(Code::ScopeMissing)]);
        let (answer, record) = self.noted(answer, Outcome::Refused);
        answer.with_record(record)
    }

    /// An answer for when the store failed.
    pub(super) fn failed(&self, error: StoreError) -> Answer {
        let (answer, record) = self.noted(self.service.failed(error), Outcome::Failed);
        answer.with_record(record)
    }

    fn question(&self) -> Question<'_> {
        Question::about(self.message, self.post.origin.caller)
    }

    fn counted(&self) -> Option<(&Limiter, &ClientId)> {
        Some((self.post.limiter?, self.post.origin.caller.client()?))
    }

    /// Steps 3 and 4: whether the caller may speak for the clinic and the provider; and if so, whether the message was
    /// answered before; and if not, whether too many of the caller's patients did not match, in messages that were let in with
    /// this one. `None`: it is to be judged. The record goes to the trail before the answer goes out: whatever tells
    /// of a patient, or was asked about one in vain, is there.
    fn settled(&self, known: &mut Known) -> Option<(Answer, Record)> {
        let today = self.service.clock.today(self.service.offset);
        let directory = &known.directory;
        let (grant, spoken) = (directory.grant.as_ref(), Spoken::of(self.message));
        let caller = self.post.origin.caller;
        if let Err(fault) = may_speak(caller, grant, &spoken, &directory.records, today) {
            let answer = self.service.alone(vec![Issue::with(Code::Forbidden, fault.text())]);
            return Some(self.noted(answer, Outcome::Refused));
        }
        if let Some(seen) = known.looked.seen.take() {
            return Some(self.answered_before(seen));
        }
        let (limiter, client) = self.counted()?;
        let often = limiter.may_match(client, Instant::now()).err()?;
        let answer = self.service.alone(vec![Issue::plain(Code::TooManyFailedMatches)]);
        let answer = Answer { retry_after: Some(often.seconds), ..answer };
        Some(self.noted(answer, Outcome::Refused))
    }

    fn answered_before(&self, seen: Seen) -> (Answer, Record) {
        let answer = self.service.replay(self.message, seen);
        let outcome = if answer.replayed { Outcome::Replayed } else { Outcome::Refused };
        self.noted(answer, outcome)
    }

    /// The record of a message that is kept; it commits with the message, or neither does.
    fn judged(&self, verdict: &Verdict) -> Record {
        let outcome = match verdict.response() {
            ResponseCode::Ok => Outcome::Ok,
            ResponseCode::FatalError => Outcome::FatalError,
        };
        let (id, at) = (verdict.receipt, verdict.at);
        let record = Record::new(id, at, self.post.origin, 200, outcome, verdict.codes());
        record.about(self.message).kept(id)
    }

    /// An answer that is not kept, and its record.
    fn noted(&self, answer: Answer, outcome: Outcome) -> (Answer, Record) {
        let record = self.service.record(&answer, outcome, self.post.origin).about(self.message);
        (answer, record)
    }
}
