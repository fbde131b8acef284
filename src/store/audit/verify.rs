//! Reading the whole trail beside its seals.

use chrono::{DateTime, Utc};
use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgRow};

use crate::audit::{Finding, Hash, Seal, Verified, Verifier};

use super::super::error::StoreError;
use super::super::pool::Store;
use super::seal::seal;
use super::{PAGE, event, event_columns};

const SEALS: &str = "SELECT * FROM audit.seal WHERE number > $1 ORDER BY number LIMIT $2";
const LATE: &str = concat!(
    "SELECT number, ",
    event_columns!(),
    " FROM audit.event WHERE number = ANY ($1) AND number > $2 ORDER BY number LIMIT $3"
);
const RANGE: &str = concat!(
    "SELECT number, ",
    event_columns!(),
    " FROM audit.event WHERE number > $1 AND number <= $2 ORDER BY number LIMIT $3"
);
const TAIL: &str =
    "SELECT number, at FROM audit.event WHERE number > $1 ORDER BY number LIMIT 10000";

/// Everything is looked at as it was at one moment. Reading takes as long as it takes.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

impl Store {
    /// Walks the chain of seals and the events under each, telling every finding as it is made. The chain must hold the
    /// `expected` hashes. Memory is bounded, however long the trail.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn verify(
        &self,
        now: DateTime<Utc>,
        expected: &[Hash],
        tell: &mut (dyn FnMut(Finding) + Send),
    ) -> Result<Verified, StoreError> {
        let mut transaction =
            self.pool.begin_with(BEGIN).await.map_err(|error| self.explain(error))?;
        sqlx::query("SET LOCAL statement_timeout = 0").execute(&mut *transaction).await?;
        let mut verifier = Verifier::new(now, expected.iter().copied());
        let (mut number, mut last) = (0, 0);
        loop {
            let rows =
                sqlx::query(SEALS).bind(number).bind(PAGE).fetch_all(&mut *transaction).await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                let seal = seal(row)?;
                (number, last) = (seal.number, seal.last);
                if verifier.seal(seal.clone()) {
                    late(&mut transaction, &mut verifier, &seal).await?;
                    range(&mut transaction, &mut verifier, &seal).await?;
                }
                verifier.findings().into_iter().for_each(&mut *tell);
            }
        }
        tail(&mut transaction, &mut verifier, last).await?;
        transaction.rollback().await?;
        let (verified, findings) = verifier.finish();
        findings.into_iter().for_each(tell);
        Ok(verified)
    }
}

/// Hands a page of events to the verifier; gives the number of the last one, `None` when there is none.
fn handed(verifier: &mut Verifier, rows: &[PgRow]) -> Result<Option<i64>, StoreError> {
    let mut last = None;
    for row in rows {
        let event = event(row)?;
        last = Some(event.number);
        verifier.event(&event);
    }
    Ok(last)
}

async fn late(
    connection: &mut PgConnection,
    verifier: &mut Verifier,
    seal: &Seal,
) -> Result<(), StoreError> {
    let mut after = 0;
    while seal.late.last().is_some_and(|last| *last > after) {
        let rows = sqlx::query(LATE)
            .bind(&seal.late)
            .bind(after)
            .bind(PAGE)
            .fetch_all(&mut *connection)
            .await?;
        match handed(verifier, &rows)? {
            Some(last) => after = last,
            None => break,
        }
    }
    Ok(())
}

async fn range(
    connection: &mut PgConnection,
    verifier: &mut Verifier,
    seal: &Seal,
) -> Result<(), StoreError> {
    let mut after = seal.first - 1;
    while after < seal.last {
        let rows = sqlx::query(RANGE)
            .bind(after)
            .bind(seal.last)
            .bind(PAGE)
            .fetch_all(&mut *connection)
            .await?;
        match handed(verifier, &rows)? {
            Some(last) => after = last,
            None => break,
        }
    }
    Ok(())
}

async fn tail(
    connection: &mut PgConnection,
    verifier: &mut Verifier,
    last: i64,
) -> Result<(), StoreError> {
    let mut after = last;
    loop {
        let rows = sqlx::query(TAIL).bind(after).fetch_all(&mut *connection).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in &rows {
            after = row.try_get("number")?;
            verifier.unsealed(after, row.try_get("at")?);
        }
    }
}
