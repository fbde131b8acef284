//! Keeping on the connections of the pool, many messages to a statement.
//!
//! A message of whose patients one has another version by now, or whose Bundle was answered meanwhile, is left out and told
//! so; the others do not notice.

use std::collections::HashSet;
use std::sync::Arc;

use uuid::Uuid;

use super::error::StoreError;
use super::keep::{Keeping, Kept, Receipt, keep};
use super::pool::{Store, died_resting, explain, tries};
use super::share::Shared;
use super::unit::Units;

/// Keeps on the connections of a pool.
#[derive(Debug)]
pub(super) struct Keeps {
    pub(super) units: Units,
}

/// How long a shared statement waits for somebody else's lock, so that only those wait longer who have to.
const LOCK_TIMEOUT_MILLIS: u32 = 25;

impl Shared for Keeps {
    type Job = Arc<Keeping>;
    type Done = Kept;

    fn weight(job: &Arc<Keeping>) -> usize {
        job.record.patients.0.len()
    }

    async fn run(&self, jobs: Vec<Arc<Keeping>>) -> Vec<Result<Kept, StoreError>> {
        let mut patients = HashSet::new();
        // Of two messages that change the same patient, the second has seen what will not be so any more.
        let fits: Vec<bool> = jobs.iter().map(|job| job.claim(&mut patients)).collect();
        let together: Vec<&Keeping> =
            jobs.iter().zip(&fits).filter(|(_, fits)| **fits).map(|(job, _)| &**job).collect();
        let mut kept = self.keep_or_split(&together).await.into_iter();
        let mut of = |fits: bool| if fits { kept.next() } else { None }.unwrap_or(Ok(Kept::No));
        fits.into_iter().map(&mut of).collect()
    }
}

impl Keeps {
    /// Keeps all in one statement; when Postgres refuses that, each in a statement of its own: what one of them meets is
    /// no matter of the others.
    async fn keep_or_split(&self, together: &[&Keeping]) -> Vec<Result<Kept, StoreError>> {
        let kept = self.keep(together).await;
        let is_refused = matches!(kept, Err(sqlx::Error::Database(_)));
        if together.len() == 1 || !is_refused {
            return together.iter().map(|keeping| self.outcome(keeping, &kept)).collect();
        }
        let mut each = Vec::with_capacity(together.len());
        for keeping in together {
            each.push(self.outcome(keeping, &self.keep(&[keeping]).await));
        }
        each
    }

    /// What came of one, by what came of its statement.
    fn outcome(
        &self,
        keeping: &Keeping,
        kept: &Result<HashSet<Uuid>, sqlx::Error>,
    ) -> Result<Kept, StoreError> {
        match kept {
            Ok(kept) => Ok(keeping.among(kept)),
            Err(error) => keeping.after(error).ok_or_else(|| explain(&self.units.pool, error)),
        }
    }

    async fn keep(&self, together: &[&Keeping]) -> Result<HashSet<Uuid>, sqlx::Error> {
        let mut tries = tries(&self.units.pool);
        loop {
            let mut unit = self.units.acquire().await?;
            let kept = match keep(&mut *unit, together, Some(LOCK_TIMEOUT_MILLIS)).await {
                Ok(kept) => unit.end().await.map(|()| kept),
                Err(error) => {
                    if died_resting(&error) {
                        unit.give_up();
                    }
                    Err(error)
                }
            };
            match kept {
                // What was sent twice is recognised when it is sent again; for the rest it is too late to try once more.
                Err(error)
                    if died_resting(&error)
                        && together.iter().all(|keeping| keeping.is_recognised())
                        && tries.next().is_some() => {}
                kept => return kept,
            }
        }
    }
}

impl Keeping {
    /// Claims the patients whom it changes; `false`: one of them is claimed already.
    fn claim<'k>(&'k self, claimed: &mut HashSet<&'k str>) -> bool {
        let effect = self.receipt.as_ref().and_then(|receipt| receipt.effect.as_ref());
        let Some(effect) = effect else { return true };
        let mut phns = effect.versions.iter().map(|(phn, _)| phn.as_str());
        if phns.clone().any(|phn| claimed.contains(phn)) {
            return false;
        }
        claimed.extend(&mut phns);
        true
    }

    /// What came of it, if these messages are kept.
    fn among(&self, kept: &HashSet<Uuid>) -> Kept {
        let is_kept = |receipt: &Receipt| kept.contains(&receipt.id);
        if self.receipt.as_ref().is_none_or(is_kept) { Kept::Yes } else { Kept::No }
    }

    /// Whether trying again would find out that it was kept the first time.
    fn is_recognised(&self) -> bool {
        self.receipt.as_ref().is_none_or(|receipt| receipt.keys.is_some())
    }

    /// How to go on after its statement failed. `None`: it may be kept, and nothing would show it.
    fn after(&self, error: &sqlx::Error) -> Option<Kept> {
        // What Postgres refused is not kept; what it gave up because it went down may be.
        let went_away = matches!(StoreError::of(error), StoreError::Unavailable(_));
        let refused = matches!(error, sqlx::Error::Database(_)) && !went_away
            || matches!(error, sqlx::Error::PoolTimedOut);
        (refused || self.is_recognised()).then_some(Kept::No)
    }
}

impl Store {
    /// Keeps a message with its effect, its answer and its record, or only a record. One round trip, shared with other
    /// messages.
    ///
    /// # Errors
    /// When the database does not answer: then it may be kept or not, and the same message sent again will tell.
    pub async fn keep(&self, keeping: &Arc<Keeping>) -> Result<Kept, StoreError> {
        if keeping.receipt.as_ref().is_some_and(Receipt::is_at_the_turn_of_a_month) {
            return Ok(Kept::No);
        }
        self.keeps.ask(keeping.clone()).await
    }
}
