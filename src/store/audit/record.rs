//! Adding to the trail.

use sqlx::postgres::PgExecutor;
use sqlx::types::Json;

use crate::audit::Record;

use super::super::error::StoreError;
use super::super::pool::{Store, died_resting};

/// Adds the records of the parameter with this number, a JSON array of [`Record`]s, to the trail: a statement of its own,
/// or a part of one that does the rest as well. The second argument is a condition.
///
/// ```ignore
/// concat!("WITH kept AS (…), recorded AS (", record_sql!("10", "WHERE EXISTS (SELECT FROM kept)"), ") SELECT …")
/// ```
macro_rules! record_sql {
    ($parameter:literal) => {
        $crate::store::audit::record_sql!($parameter, "")
    };
    ($parameter:literal, $condition:literal) => {
        concat!(
            "INSERT INTO audit.event (",
            $crate::store::audit::event_columns!(),
            ") SELECT ",
            $crate::store::audit::event_columns!(),
            " FROM jsonb_populate_recordset(NULL::audit.event, $",
            $parameter,
            ") ",
            $condition
        )
    };
}

pub(in crate::store) use record_sql;

const RECORD: &str = concat!(record_sql!("1"), " ON CONFLICT ON CONSTRAINT event_id DO NOTHING");

impl Store {
    /// Adds records to the trail. Those that are in it already (by their ids) are passed over, so that it may be tried
    /// again. One round trip.
    ///
    /// # Errors
    /// When the database does not answer; then they may have been added or not.
    pub async fn record(&self, records: &[Record]) -> Result<(), StoreError> {
        let mut tries = self.tries();
        loop {
            let mut unit = self.units.acquire().await.map_err(|error| self.explain(error))?;
            match add_records(&mut *unit, records).await {
                Ok(()) => return Ok(unit.end().await?),
                Err(error) if died_resting(&error) && tries.next().is_some() => unit.give_up(),
                Err(error) => return Err(self.explain(error)),
            }
        }
    }
}

/// Adds records on a connection that is at hand.
pub(in crate::store) async fn add_records(
    executor: impl PgExecutor<'_>,
    records: &[Record],
) -> Result<(), sqlx::Error> {
    sqlx::query(RECORD).bind(Json(records)).execute(executor).await?;
    Ok(())
}
