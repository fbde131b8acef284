//! What a server does beside answering: each chore in its own turn, none in the way of a message.

use std::time::Duration;

use chrono::TimeDelta;
use tracing::{info, warn};

use crate::clock::Clock;
use crate::store::Store;

/// Says so when the role in DATABASE_URL owns the audit trail: then only the seals guard it against a server taken over.
pub(super) async fn warn_of_ownership(store: Store) {
    // Whatever keeps Postgres from answering is told elsewhere.
    if store.trail_is_ours_to_alter().await.unwrap_or(false) {
        warn!(
            "DATABASE_URL connects as the owner of the audit trail: see Two roles in docs/OPERATING.md"
        );
    }
}

/// How often months are looked at: often enough that a failure is made good long before a month is needed.
const MONTHS: Duration = Duration::from_secs(6 * 3_600);
/// After a failure.
const AGAIN: Duration = Duration::from_secs(60);

/// Keeps partitions of answers ahead of time and within their retention, for ever.
pub(super) async fn turn_months(store: Store, keep_days: u32) {
    let keep = TimeDelta::days(i64::from(keep_days));
    loop {
        let pause = match store.turn_months(Clock::System.now(), keep).await {
            Ok(turnover) => {
                if turnover.opened > 0 || turnover.dropped > 0 {
                    info!(turnover.opened, turnover.dropped, "months of answers");
                }
                MONTHS
            }
            Err(error) => {
                warn!(%error, "months of answers: trying again in a minute");
                AGAIN
            }
        };
        tokio::time::sleep(pause).await;
    }
}
