//! How long answers are kept: a partition a month, made ahead and dropped as a whole.

use chrono::{DateTime, Months, TimeDelta, Utc};

use super::error::StoreError;
use super::pool::Store;

/// Months that are made ahead.
const AHEAD: Months = Months::new(2);

/// What was done about months.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turnover {
    /// Partitions made.
    pub opened: i32,
    /// Partitions dropped, with every answer in them.
    pub dropped: i32,
}

impl Store {
    /// Makes the partitions of this month and the next ones, and drops those whose answers have all been kept for `keep`.
    ///
    /// # Errors
    /// When the database does not answer, or somebody reads a month that is to be dropped; the next turn makes up for it.
    pub async fn turn_months(
        &self,
        now: DateTime<Utc>,
        keep: TimeDelta,
    ) -> Result<Turnover, StoreError> {
        let until = now.checked_add_months(AHEAD).unwrap_or(now);
        let mut unit = self.units.acquire().await?;
        let opened = sqlx::query_scalar("SELECT inbox.open_months($1, $2)")
            .bind(now)
            .bind(until)
            .fetch_one(&mut *unit)
            .await?;
        unit.end().await?;
        let before = now.checked_sub_signed(keep).unwrap_or(DateTime::<Utc>::MIN_UTC);
        let mut unit = self.units.acquire().await?;
        let dropped = sqlx::query_scalar("SELECT inbox.drop_months($1)")
            .bind(before)
            .fetch_one(&mut *unit)
            .await?;
        unit.end().await?;
        Ok(Turnover { opened, dropped })
    }
}
