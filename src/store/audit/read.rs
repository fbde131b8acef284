//! Reading the trail.

use chrono::{DateTime, Utc};
use sqlx::Row as _;

use crate::audit::Event;
use crate::message::Phn;

use super::super::error::StoreError;
use super::super::pool::Store;
use super::{PAGE, event, event_columns};

/// Which events to read.
#[derive(Debug, Clone, Default)]
pub struct TrailQuestion {
    /// Not before this instant.
    pub since: Option<DateTime<Utc>>,
    /// Before this instant.
    pub until: Option<DateTime<Utc>>,
    /// About this patient.
    pub patient: Option<Phn>,
    /// By this program.
    pub client: Option<String>,
}

/// How far the sealing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrailState {
    /// How many events wait for a seal, about: numbers that were rolled back are counted, and late events are not.
    pub unsealed: i64,
    /// When the first of them was recorded.
    pub waiting_since: Option<DateTime<Utc>>,
    /// When the last seal was made.
    pub sealed_at: Option<DateTime<Utc>>,
}

// A patient's events come by their own index, the others in order of their numbers; the bounds of time stand in both.
const PAGE_OF_ALL: &str = concat!(
    "SELECT number, ",
    event_columns!(),
    " FROM audit.event
     WHERE number > $1
       AND at >= coalesce($2, '-infinity') AND at < coalesce($3, 'infinity')
       AND client IS NOT DISTINCT FROM coalesce($4, client)
     ORDER BY number LIMIT $5"
);
const PAGE_OF_PATIENT: &str = concat!(
    "SELECT number, ",
    event_columns!(),
    " FROM (SELECT * FROM audit.event WHERE patients @> ARRAY[$6] OFFSET 0) AS about
     WHERE number > $1
       AND at >= coalesce($2, '-infinity') AND at < coalesce($3, 'infinity')
       AND client IS NOT DISTINCT FROM coalesce($4, client)
     ORDER BY number LIMIT $5"
);

const STATE: &str = "
WITH sealed AS (SELECT last, at FROM audit.seal ORDER BY number DESC LIMIT 1),
     passed AS (SELECT coalesce((SELECT last FROM sealed), 0) AS last)
SELECT coalesce((SELECT max(number) FROM audit.event), 0) - passed.last AS unsealed,
       (SELECT e.at FROM audit.event e WHERE e.number > passed.last ORDER BY e.number LIMIT 1) AS waiting_since,
       (SELECT at FROM sealed) AS sealed_at
  FROM passed";

impl Store {
    /// The next events that the question is about, after this number (0: from the beginning), in order of their numbers; none
    /// when there are no more. One round trip.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn trail(
        &self,
        question: &TrailQuestion,
        after: i64,
    ) -> Result<Vec<Event>, StoreError> {
        let sql = if question.patient.is_some() { PAGE_OF_PATIENT } else { PAGE_OF_ALL };
        let mut query = sqlx::query(sql)
            .bind(after)
            .bind(question.since)
            .bind(question.until)
            .bind(question.client.as_deref())
            .bind(PAGE);
        if let Some(phn) = &question.patient {
            query = query.bind(phn.as_str());
        }
        // Reading for an hour is no fault here: the limits are made for messages.
        let mut transaction = self.pool.begin().await.map_err(|error| self.explain(error))?;
        sqlx::query("SET LOCAL statement_timeout = 0").execute(&mut *transaction).await?;
        let rows = query.fetch_all(&mut *transaction).await?;
        transaction.rollback().await?;
        Ok(rows.iter().map(event).collect::<Result<_, _>>()?)
    }

    /// How far the sealing is, for a gauge. One round trip.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn trail_state(&self) -> Result<TrailState, StoreError> {
        let row = sqlx::query(STATE).fetch_one(&self.pool).await.map_err(|e| self.explain(e))?;
        Ok(TrailState {
            unsealed: row.try_get::<i64, _>("unsealed")?.max(0),
            waiting_since: row.try_get("waiting_since")?,
            sealed_at: row.try_get("sealed_at")?,
        })
    }
}
