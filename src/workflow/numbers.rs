//! Numbers for the public: anybody may ask, and they are about nobody.

use chrono::{DateTime, Utc};

use crate::attachment::{CommunityNumbers, Month, Numbers, Published, Tally, months_before};
use crate::clock::Clock;
use crate::process::Service;
use crate::store::StoreError;

/// Months that are told: the last whole ones.
const MONTHS: u32 = 12;

/// What happened in every community, as far as it may be told.
///
/// # Errors
/// When the database does not answer.
pub async fn numbers(service: &Service) -> Result<Numbers, StoreError> {
    let start = |month: Month| Clock::start_of(month.first(), service.offset);
    let bounds = |month: &Month| -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        start(*month).zip(start(month.next()))
    };
    let mut months = months_before(service.clock.today(service.offset), MONTHS);
    months.retain(|month| bounds(month).is_some());
    let asked: Vec<_> = months.iter().filter_map(bounds).collect();
    let tallies = service.store.tallies(&asked).await?;
    let of_month = |at: usize| -> Vec<Tally> {
        tallies.iter().filter_map(|community| community.months.get(at).copied()).collect()
    };
    let together = (0..months.len()).map(|at| Published::together(&of_month(at))).collect();
    let communities = tallies.iter().map(|community| CommunityNumbers {
        name: community.name.clone(),
        months: community.months.iter().map(Published::of).collect(),
    });
    Ok(Numbers { communities: communities.collect(), months, together })
}
