//! Queries read from a replica, when their sender accepts that it lags behind ([`super::watch`] knows by how much).
//!
//! Only looking is done there. Whatever is the matter with the replica, there is nothing to be told about it: the primary
//! is asked instead.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use tracing::{info, warn};

use super::directory::About;
use super::error::StoreError;
use super::keep::{NEAR, a_month_turns};
use super::look::{Known, Look, Looked, look};
use super::pool::{Store, died_resting, tries};
use super::question::Question;
use super::share::{Lanes, Shared};
use super::unit::{Unit, Units};
use super::watch::{INTERVAL, OLDEST, Watch, primary, standby};

/// How long the replica may take before the primary is asked.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// A replica, and what is known of it.
#[derive(Debug, Clone)]
pub(super) struct Replica {
    pub(super) reads: Lanes<Reads>,
    pub(super) source: Source,
}

/// The connections to a replica.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) units: Units,
    pub(super) watch: Arc<Watch>,
}

/// Reads on these connections, for many messages with one statement.
#[derive(Debug)]
pub(super) struct Reads(pub(super) Source);

/// A message's part in a read.
#[derive(Debug)]
pub(super) struct Read {
    look: Look,
    /// How old it may be.
    accepted: Duration,
}

impl Shared for Reads {
    type Job = Read;
    /// What was found, and since when something may be missing of it; `None`: the replica is no help.
    type Done = Option<(Instant, Looked)>;

    fn weight(job: &Read) -> usize {
        job.look.phns.len()
    }

    async fn run(&self, jobs: Vec<Read>) -> Vec<Result<Self::Done, StoreError>> {
        let accepted = jobs.iter().map(|job| job.accepted).max().unwrap_or_default();
        let looks: Vec<Look> = jobs.into_iter().map(|job| job.look).collect();
        match self.0.read(&looks, accepted).await {
            Ok(Some((since, looked))) => {
                looked.into_iter().map(|looked| Ok(Some((since, looked)))).collect()
            }
            Ok(None) => looks.iter().map(|_| Ok(None)).collect(),
            Err(error) => {
                self.0.tell(Some(&error));
                looks.iter().map(|_| Ok(None)).collect()
            }
        }
    }
}

type Found = Option<(Instant, Vec<Looked>)>;

impl Source {
    /// Two round trips; one when it is older than accepted.
    async fn read(&self, looks: &[Look], accepted: Duration) -> Result<Found, sqlx::Error> {
        let mut tries = tries(&self.units.pool);
        loop {
            let mut unit = self.units.acquire().await?;
            match tokio::time::timeout(PATIENCE, self.read_on(&mut unit, looks, accepted)).await {
                Ok(Ok(found)) => return unit.end().await.map(|()| found),
                Ok(Err(error)) => {
                    let died = died_resting(&error) && tries.next().is_some();
                    unit.give_up();
                    if !died {
                        return Err(error);
                    }
                }
                Err(_) => {
                    unit.give_up();
                    return Err(sqlx::Error::PoolTimedOut);
                }
            }
        }
    }

    /// First how far it has come, then what it holds: the other way round it might hold less than it says.
    async fn read_on(
        &self,
        unit: &mut Unit,
        looks: &[Look],
        accepted: Duration,
    ) -> Result<Found, sqlx::Error> {
        let since = standby(&mut **unit).await?.and_then(|place| self.watch.since(&place));
        let Some(since) = since.filter(|since| since.elapsed() <= accepted) else {
            return Ok(None);
        };
        Ok(Some((since, look(&mut **unit, looks).await?)))
    }

    /// Whether it answers at all, for the watch and the log.
    fn tell(&self, error: Option<&sqlx::Error>) {
        if !self.watch.replica_answers(error.is_none()) {
            return;
        }
        match error.map(StoreError::of) {
            Some(why) => warn!(%why, "the replica does not answer: the primary is asked instead"),
            None => info!("the replica answers"),
        }
    }
}

impl Store {
    /// Gathers for a query what the replica holds, where there is one, if it is no older than `accepted`; `now` is the time. `None`:
    /// the primary is to be asked. Two round trips, shared with other queries.
    pub async fn look_at_replica(
        &self,
        question: &Question<'_>,
        accepted: Duration,
        now: DateTime<Utc>,
    ) -> Option<Known> {
        let replica = self.replica.as_ref().filter(|_| !accepted.is_zero())?;
        let directory = self.directories.find(&About::of(question))?;
        if is_near_the_turn_of_a_month(now) || !replica.source.watch.may_ask(directory.edition) {
            return None;
        }
        let read = Read { look: Look::new(question, &directory), accepted };
        let (since, looked) = replica.reads.ask(read).await.ok().flatten()?;
        let holds = looked.edition == directory.edition && since.elapsed() <= accepted;
        holds.then_some(Known { directory, looked, since: Some(since) })
    }

    /// Watches primary and replica for as long as the server runs, so that it is known how old is what the replica tells; ends at
    /// once where there is none. The primary is asked on connections of `beside`.
    pub async fn watch_replica(self, beside: Store) {
        let Some(Replica { source, .. }) = self.replica else { return };
        let mut ticks = tokio::time::interval(INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let asked = Instant::now();
            // Without a mark the replica is soon not asked any more. That the primary is away shows elsewhere.
            if let Ok(Ok((place, edition))) = tokio::time::timeout(PATIENCE, beside.place()).await {
                source.watch.mark(asked, place, edition);
            }
            let read = source.read(&[], OLDEST).await;
            source.tell(read.as_ref().err());
        }
    }

    /// How far the primary has come, and in which edition its directory is.
    async fn place(&self) -> Result<(super::watch::Place, i64), sqlx::Error> {
        let mut unit = self.units.acquire().await?;
        match primary(&mut *unit).await {
            Ok(told) => unit.end().await.map(|()| told),
            Err(error) => {
                unit.give_up();
                Err(error)
            }
        }
    }
}

/// A Bundle that was answered in the month before is found by looking, and not by the index of this month. A replica may not have
/// that answer yet.
fn is_near_the_turn_of_a_month(now: DateTime<Utc>) -> bool {
    let behind = TimeDelta::from_std(OLDEST).unwrap_or(TimeDelta::MAX);
    a_month_turns(now - behind - NEAR, now + NEAR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_turn_of_a_month_is_near_for_as_long_as_a_replica_may_be_behind() {
        for (at, near) in [
            ("2026-11-30T23:57:59Z", false),
            ("2026-11-30T23:58:00Z", true),
            ("2026-12-01T00:00:00Z", true),
            ("2026-12-01T00:11:59Z", true),
            ("2026-12-01T00:12:00Z", false),
            ("2026-12-15T12:00:00Z", false),
        ] {
            assert_eq!(is_near_the_turn_of_a_month(at.parse().unwrap()), near, "{at}");
        }
    }
}
