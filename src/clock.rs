//! The one door for time and for fresh ids, so that a test can hold both still.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, FixedOffset, NaiveDate, SubsecRound, Utc};
use uuid::Uuid;

/// Where instants and new ids come from.
#[derive(Debug)]
pub enum Clock {
    /// The machine's clock and random ids.
    System,
    /// One instant for ever, and ids counted up from zero: answers become byte-exact.
    Fixed {
        /// The instant that every call returns.
        now: DateTime<Utc>,
        /// How many ids were given out.
        ids: AtomicU64,
    },
    /// An instant that whoever shares it moves, forwards or back, and random ids: a machine whose clock steps.
    Moved(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// A clock that stands still at `now`.
    pub fn fixed(now: DateTime<Utc>) -> Self {
        Clock::Fixed { now, ids: AtomicU64::new(0) }
    }

    /// The present instant, in UTC, to the millisecond (what a FHIR `instant` shows and Postgres keeps).
    #[expect(clippy::disallowed_methods, reason = "this is the one door for time")]
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Clock::System => Utc::now().trunc_subsecs(3),
            Clock::Fixed { now, .. } => *now,
            Clock::Moved(now) => *now.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Today's date in British Columbia, for periods that end on a day.
    pub fn today(&self, offset: FixedOffset) -> NaiveDate {
        Clock::day_of(self.now(), offset)
    }

    /// The day of an instant in the province.
    pub fn day_of(at: DateTime<Utc>, offset: FixedOffset) -> NaiveDate {
        at.with_timezone(&offset).date_naive()
    }

    /// The instant at which a day begins in the province; `None` for days that no calendar has.
    pub fn start_of(day: NaiveDate, offset: FixedOffset) -> Option<DateTime<Utc>> {
        let midnight = day.and_hms_opt(0, 0, 0)?.and_local_timezone(offset).single()?;
        Some(midnight.to_utc())
    }

    /// A new id (UUID version 7: sorts by time of making, which keeps indexes dense).
    #[expect(clippy::disallowed_methods, reason = "this is the one door for ids")]
    pub fn id(&self) -> Uuid {
        match self {
            Clock::System | Clock::Moved(_) => Uuid::now_v7(),
            Clock::Fixed { ids, .. } => {
                let n = ids.fetch_add(1, Ordering::Relaxed) + 1;
                Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0000 | u128::from(n))
            }
        }
    }
}

/// A span of time in seconds, rounded up: who comes again after so many does not come too soon.
pub fn whole_seconds(span: Duration) -> u64 {
    span.as_secs() + u64::from(span.subsec_nanos() > 0)
}
