//! Sealing what was recorded, off the path of every message.

use chrono::{DateTime, Utc};
use sqlx::Row as _;
use sqlx::postgres::types::PgRange;
use sqlx::postgres::{PgConnection, PgRow};

use crate::audit::{Hash, Missing, Seal, Sealing};

use super::super::error::StoreError;
use super::super::pool::Store;
use super::{PAGE, event, event_columns};

/// How many events one seal covers at most, late ones not counted.
const BATCH: i64 = 10_000;

/// What came of sealing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sealed {
    /// A seal was made. `more`: there is enough left for another one at once.
    Yes {
        /// The seal.
        seal: Box<Seal>,
        /// Whether more is left.
        more: bool,
    },
    /// Nothing has come since the last one.
    Nothing,
    /// Another server is at it.
    Elsewhere,
}

// Two numbers, so that it cannot meet the locks of messages, which are one. What follows is short, whatever its estimates.
const TURN: &str =
    "SELECT pg_try_advisory_xact_lock(1346458963, 1) AS ours, set_config('jit', 'off', true)";

const LAST: &str = "SELECT * FROM audit.seal ORDER BY number DESC LIMIT 1";

// Numbers that were missing from one of the last thousand seals (at one every five seconds: from the last hour and more;
// counted, because a count knows no clock that is set and no night without a server) and are there now.
// No transaction of a server stays open for that long.
// (A search of its own in each gap, so that it goes by the numbers' index, however long the trail.)
const TURNED_UP: &str = "
SELECT e.number
  FROM (SELECT unnest(missing) AS gap FROM audit.seal WHERE number > $1 - 1000) s
 CROSS JOIN LATERAL (
       SELECT number FROM audit.event
        WHERE number >= lower(s.gap) AND number < upper(s.gap)
        ORDER BY number LIMIT $2) e
EXCEPT
SELECT unnest(late) FROM audit.seal WHERE number > $1 - 1000
ORDER BY number LIMIT $2";

const LATE: &str = concat!(
    "SELECT number, ",
    event_columns!(),
    " FROM audit.event WHERE number = ANY ($1) ORDER BY number"
);

const NEW: &str = concat!(
    "SELECT number, ",
    event_columns!(),
    " FROM audit.event WHERE number > $1 ORDER BY number LIMIT $2"
);

const ADD: &str = "
INSERT INTO audit.seal (number, form, at, first, last, missing, late, count, digest, previous, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

impl Store {
    /// Seals what was recorded since the last seal, and what turned up late, and enters its patients into their index. One of
    /// several servers does it; it makes nobody wait.
    ///
    /// # Errors
    /// When the database does not answer; then nothing is sealed.
    pub async fn seal(&self, at: DateTime<Utc>) -> Result<Sealed, StoreError> {
        let mut transaction = self.units.begin().await.map_err(|error| self.explain(error))?;
        let ours: bool = sqlx::query(TURN).fetch_one(&mut *transaction).await?.try_get("ours")?;
        if !ours {
            transaction.rollback().await?;
            return Ok(Sealed::Elsewhere);
        }
        // Statements from here on see what the last holder of the lock committed.
        let last = sqlx::query(LAST).fetch_optional(&mut *transaction).await?;
        let last = last.as_ref().map(seal).transpose()?;
        let mut sealing = Sealing::after(last.as_ref());
        if let Some(last) = &last {
            take_late(&mut transaction, &mut sealing, last.number).await?;
        }
        let late = sealing.count();
        while sealing.count() - late < BATCH {
            let rows = sqlx::query(NEW)
                .bind(sealing.last())
                .bind(PAGE)
                .fetch_all(&mut *transaction)
                .await?;
            for row in &rows {
                sealing.take(&event(row)?);
            }
            if rows.len() < usize::try_from(PAGE).unwrap_or(usize::MAX) {
                break;
            }
        }
        let more = sealing.count() - late >= BATCH;
        let Some(seal) = sealing.finish(at) else {
            transaction.rollback().await?;
            return Ok(Sealed::Nothing);
        };
        add(&mut transaction, &seal).await?;
        sqlx::query("SELECT audit.enter_pending()").execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(Sealed::Yes { seal: Box::new(seal), more })
    }
}

async fn take_late(
    connection: &mut PgConnection,
    sealing: &mut Sealing,
    last_seal: i64,
) -> Result<(), StoreError> {
    let rows =
        sqlx::query(TURNED_UP).bind(last_seal).bind(BATCH).fetch_all(&mut *connection).await?;
    let numbers: Vec<i64> =
        rows.iter().map(|row| row.try_get("number")).collect::<Result<_, _>>()?;
    for some in numbers.chunks(usize::try_from(PAGE).unwrap_or(usize::MAX)) {
        for row in &sqlx::query(LATE).bind(some).fetch_all(&mut *connection).await? {
            sealing.take(&event(row)?);
        }
    }
    Ok(())
}

async fn add(connection: &mut PgConnection, seal: &Seal) -> Result<(), StoreError> {
    let missing: Vec<PgRange<i64>> =
        seal.missing.iter().map(|(from, to)| PgRange::from(*from..*to + 1)).collect();
    sqlx::query(ADD)
        .bind(seal.number)
        .bind(seal.form)
        .bind(seal.at)
        .bind(seal.first)
        .bind(seal.last)
        .bind(missing)
        .bind(&seal.late)
        .bind(seal.count)
        .bind(seal.digest.as_bytes())
        .bind(seal.previous.as_bytes())
        .bind(seal.hash.as_bytes())
        .execute(connection)
        .await?;
    Ok(())
}

/// A seal out of its row.
pub(super) fn seal(row: &PgRow) -> Result<Seal, sqlx::Error> {
    let hash = |column: &str| {
        let bytes: &[u8] = row.try_get(column)?;
        Hash::from_bytes(bytes).ok_or_else(|| sqlx::Error::ColumnDecode {
            index: column.into(),
            source: "no SHA-256".into(),
        })
    };
    let missing: Vec<PgRange<i64>> = row.try_get("missing")?;
    Ok(Seal {
        number: row.try_get("number")?,
        form: row.try_get("form")?,
        at: row.try_get("at")?,
        first: row.try_get("first")?,
        last: row.try_get("last")?,
        missing: missing.iter().map(gap).collect(),
        late: row.try_get("late")?,
        count: row.try_get("count")?,
        digest: hash("digest")?,
        previous: hash("previous")?,
        hash: hash("hash")?,
    })
}

/// A range as from, to, both included. Postgres keeps them as from, to, of which the second is not; a range that has no
/// bounds was not written by us, and becomes one that does not fit its hash.
fn gap(range: &PgRange<i64>) -> Missing {
    use std::ops::Bound;
    let from = match range.start {
        Bound::Included(from) => from,
        Bound::Excluded(before) => before.saturating_add(1),
        Bound::Unbounded => i64::MIN,
    };
    let to = match range.end {
        Bound::Included(to) => to,
        Bound::Excluded(after) => after.saturating_sub(1),
        Bound::Unbounded => i64::MAX,
    };
    (from, to)
}
