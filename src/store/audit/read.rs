//! Reading the trail.

use chrono::{DateTime, Utc};
use sqlx::{Postgres, Row as _, Transaction};

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

// The numbers between which the events of a time lie, by the index on time: numbers follow time but for moments. (OFFSET 0
// keeps Postgres from looking for the least number from the beginning of the trail on.)
const BOUNDS: &str = "
SELECT min(number) AS first, max(number) AS last
  FROM (SELECT number FROM audit.event
         WHERE at >= coalesce($1, '-infinity') AND at < coalesce($2, 'infinity') OFFSET 0) AS timed";

// A patient's events come by their own index, the others in order of their numbers; the bounds of time stand in both.
const PAGE_OF_ALL: &str = concat!(
    "SELECT number, ",
    event_columns!(),
    " FROM audit.event
     WHERE number > $1 AND number <= $6
       AND at >= coalesce($2, '-infinity') AND at < coalesce($3, 'infinity')
       AND client IS NOT DISTINCT FROM coalesce($4, client)
     ORDER BY number LIMIT $5"
);
const PAGE_OF_PATIENT: &str = concat!(
    "SELECT number, ",
    event_columns!(),
    " FROM (SELECT * FROM audit.event WHERE patients @> ARRAY[$7] OFFSET 0) AS about
     WHERE number > $1 AND number <= $6
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

/// Events that a question is about, read page by page in order of their numbers.
#[derive(Debug)]
pub struct Trail<'q> {
    store: &'q Store,
    question: &'q TrailQuestion,
    after: i64,
    to: i64,
}

impl Trail<'_> {
    /// The next events; none when there are no more. What is held at once is bounded.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn page(&mut self) -> Result<Vec<Event>, StoreError> {
        let question = self.question;
        let sql = if question.patient.is_some() { PAGE_OF_PATIENT } else { PAGE_OF_ALL };
        let mut query = sqlx::query(sql)
            .bind(self.after)
            .bind(question.since)
            .bind(question.until)
            .bind(question.client.as_deref())
            .bind(PAGE)
            .bind(self.to);
        if let Some(phn) = &question.patient {
            query = query.bind(phn.as_str());
        }
        let mut transaction = self.store.begin_reading().await?;
        let rows = query.fetch_all(&mut *transaction).await?;
        transaction.rollback().await?;
        let events = rows.iter().map(event).collect::<Result<Vec<_>, _>>()?;
        self.after = events.last().map_or(self.to, |event| event.number);
        Ok(events)
    }
}

impl Store {
    /// Begins to read the events that a question is about.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn trail<'q>(&'q self, question: &'q TrailQuestion) -> Result<Trail<'q>, StoreError> {
        let mut trail = Trail { store: self, question, after: 0, to: i64::MAX };
        let timed = question.since.is_some() || question.until.is_some();
        if timed && question.patient.is_none() {
            let mut transaction = self.begin_reading().await?;
            let row = sqlx::query(BOUNDS)
                .bind(question.since)
                .bind(question.until)
                .fetch_one(&mut *transaction)
                .await?;
            transaction.rollback().await?;
            trail.after = row.try_get::<Option<i64>, _>("first")?.unwrap_or(1) - 1;
            trail.to = row.try_get::<Option<i64>, _>("last")?.unwrap_or(0);
        }
        Ok(trail)
    }

    /// Reading for an hour is no fault: the limits are made for messages.
    async fn begin_reading(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        let mut transaction = self.pool.begin().await.map_err(|error| self.explain(error))?;
        sqlx::query("SET LOCAL statement_timeout = 0").execute(&mut *transaction).await?;
        Ok(transaction)
    }

    /// Whether whoever we connect as could take the trail's trigger away, whatever role we work as. One round trip.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn trail_is_ours_to_alter(&self) -> Result<bool, StoreError> {
        const OWNS: &str = "
            SELECT pg_has_role(session_user, relowner, 'MEMBER') FROM pg_class WHERE oid = 'audit.event'::regclass";
        let mut unit = self.units.acquire().await?;
        let owns = sqlx::query_scalar(OWNS).fetch_one(&mut *unit).await?;
        unit.end().await?;
        Ok(owns)
    }

    /// How far the sealing is, for a gauge. One round trip.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn trail_state(&self) -> Result<TrailState, StoreError> {
        let mut unit = self.units.acquire().await.map_err(|error| self.explain(error))?;
        let row = sqlx::query(STATE).fetch_one(&mut *unit).await?;
        unit.end().await?;
        Ok(TrailState {
            unsealed: row.try_get::<i64, _>("unsealed")?.max(0),
            waiting_since: row.try_get("waiting_since")?,
            sealed_at: row.try_get("sealed_at")?,
        })
    }
}
