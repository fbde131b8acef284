//! One statement applies everything: the message, its effect and its answer.

use chrono::{DateTime, Utc};
use sqlx::pool::PoolConnection;
use sqlx::types::Json;
use sqlx::{Postgres, Row as _, Transaction};
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use crate::access::{Caller, ClientId, Subject};
use crate::audit::Record;
use crate::message::{Digest, Message};
use crate::panel::{Change, PanelId};

use super::error::StoreError;
use super::look::{Known, Question, Seen, client_key, look};
use super::pool::Store;
use super::steps::Steps;

/// A message as it is kept: by which keys, and what was answered.
#[derive(Debug)]
pub struct Receipt<'m> {
    /// Our own number for it.
    pub id: Uuid,
    /// The message.
    pub message: &'m Message,
    /// Who sent it.
    pub caller: &'m Caller,
    /// When it was processed.
    pub at: DateTime<Utc>,
    /// Whether the answer is `ok`; else it is `fatal-error`.
    pub ok: bool,
    /// The answer, byte for byte.
    pub answer: &'m [u8],
    /// What is recorded of it.
    pub record: &'m Record,
}

impl Receipt<'_> {
    /// Who is told to have changed something: the client, or the sender as it names itself where none proved itself.
    fn author(&self) -> &str {
        self.caller.client().map_or(self.message.sender.as_str(), ClientId::as_str)
    }
}

/// What a message does to panels.
#[derive(Debug, Default)]
pub struct Effect<'m> {
    /// The panel of the message and its provider's key in PAS; `None` when the message was refused.
    pub panel: Option<(PanelId, &'m str)>,
    /// The steps.
    pub changes: &'m [Change],
}

/// What came of keeping an answer.
#[derive(Debug)]
pub enum Kept {
    /// It is kept.
    Yes,
    /// Another delivery of the same Bundle was quicker; this is what it was answered.
    Earlier(Seen),
}

// $1-$10 the message, in the order of its columns; $11 its record.
const KEEP: &str = concat!(
    "WITH earlier AS MATERIALIZED (
    SELECT header_key, digest, answer
      FROM inbox.keep(ROW($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)::inbox.message)
), recorded AS (",
    super::audit::record_sql!("11", "WHERE NOT EXISTS (SELECT FROM earlier)"),
    ")
SELECT header_key, digest, answer FROM earlier"
);

// $1-$10 the message, in the order of its columns; $11-$13 entries that cease to be confirmed or listed, with status before
// and after; $14, $15 entries confirmed again, with status before; $16, $17 panel and patients of new entries; $18 the
// provider; $19 why each of the first ended; $20 the author, $21 the person; $22 the record.
// `ended` comes first by being counted in the other two: whoever stops being MRP must have stopped before another starts.
const APPLY: &str = concat!(
    "
WITH message AS (
    INSERT INTO inbox.message (id, client, sender, bundle_key, header_key, digest, event, received_at, outcome, answer)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
), ended AS (
    UPDATE panel.entry e
       SET status = s.became, status_at = greatest($8, e.started_at), author = $20, message_id = $1,
           ended_at = CASE WHEN s.became = 'removed' THEN greatest($8, e.started_at) END
      FROM unnest($11::bigint[], $12::text[]::panel.status[], $13::text[]::panel.status[], $19::text[])
           AS s (id, was, became, reason)
     WHERE e.id = s.id AND e.status = s.was
    RETURNING e.id, e.panel_id, s.was, s.became, s.reason
), confirmed AS (
    UPDATE panel.entry e
       SET status = 'confirmed', status_at = $8, started_at = $8, author = $20, message_id = $1
      FROM unnest($14::bigint[], $15::text[]::panel.status[]) AS s (id, was)
     WHERE e.id = s.id AND e.status = s.was AND (SELECT count(*) FROM ended) = cardinality($11::bigint[])
    RETURNING e.id, s.was
), opened AS (
    INSERT INTO panel.entry (panel_id, phn, status, started_at, status_at, author, message_id)
    SELECT $16, s.phn, 'confirmed', $8, $8, $20, $1
      FROM unnest($17::text[]) AS s (phn)
     WHERE (SELECT count(*) FROM ended) = cardinality($11::bigint[])
    RETURNING id
), step AS (
    SELECT id, was, became, reason FROM ended
    UNION ALL SELECT id, was, 'confirmed', 'confirmed-again' FROM confirmed
    UNION ALL SELECT id, NULL, 'confirmed', 'added' FROM opened
), history AS (
    INSERT INTO panel.change (entry_id, was, became, at, author, person, on_behalf_of, message_id, reason)
    SELECT id, was, became, $8, $20, $21, $18, $1, reason FROM step
), notice AS (
    INSERT INTO panel.notice (panel_id, entry_id, kind, at, message_id)
    SELECT panel_id, id, 'mrp-moved', $8, $1 FROM ended WHERE reason = 'mrp-moved'
), recorded AS (",
    super::audit::record_sql!("22"),
    ")
SELECT count(*) AS steps FROM step"
);

impl Store {
    /// Gathers everything for a message that changes nothing, in one snapshot; gives the connection to go on with. One
    /// round trip.
    ///
    /// # Errors
    /// When the database does not answer, or no connection is free in time.
    pub async fn look(&self, question: &Question<'_>) -> Result<(Session, Known), StoreError> {
        let mut tries = self.tries();
        loop {
            let waiting = self.wait();
            let mut connection = self.pool.acquire().await.map_err(|error| self.explain(error))?;
            drop(waiting);
            match look(&mut *connection, question, false).await {
                Ok(known) => return Ok((Session { connection }, known)),
                Err(error) if Store::died_resting(&error) && tries.next().is_some() => {
                    drop(connection.detach());
                }
                Err(error) => return Err(self.explain(error)),
            }
        }
    }

    /// Begins a message's turn to change something. One round trip.
    ///
    /// # Errors
    /// When the database does not answer, or no connection is free in time.
    pub async fn begin(&self) -> Result<Turn, StoreError> {
        let _waiting = self.wait();
        let permit =
            tokio::time::timeout(self.acquire_timeout, self.turns.clone().acquire_owned()).await;
        let Ok(Ok(permit)) = permit else {
            return Err(StoreError::Busy("too many changes are under way".into()));
        };
        let mut tries = self.tries();
        loop {
            match self.pool.begin().await {
                Ok(transaction) => return Ok(Turn { transaction, _permit: permit }),
                Err(error) if Store::died_resting(&error) && tries.next().is_some() => {}
                Err(error) => return Err(self.explain(error)),
            }
        }
    }
}

/// The connection of a message that changes nothing: no lock, no transaction around it.
#[derive(Debug)]
pub struct Session {
    connection: PoolConnection<Postgres>,
}

impl Session {
    /// Keeps the answer. One round trip.
    ///
    /// # Errors
    /// When the database does not answer; then nothing is kept.
    pub async fn keep(&mut self, receipt: &Receipt<'_>) -> Result<Kept, StoreError> {
        let earlier = bind_receipt(sqlx::query(KEEP), receipt)
            .bind(record(receipt))
            .fetch_optional(&mut *self.connection)
            .await?;
        let Some(row) = earlier else { return Ok(Kept::Yes) };
        Ok(Kept::Earlier(Seen {
            header_key: row.try_get("header_key")?,
            digest: Digest::from_bytes(row.try_get("digest")?),
            answer: row.try_get("answer")?,
        }))
    }
}

impl Session {
    /// Records what is answered without being kept. One round trip.
    ///
    /// # Errors
    /// When the database does not answer; then it may be recorded or not.
    pub async fn record(mut self, record: &Record) -> Result<(), StoreError> {
        let records = std::slice::from_ref(record);
        Ok(super::audit::record(&mut *self.connection, records).await?)
    }
}

/// A message's turn: one transaction, rolled back unless committed.
#[derive(Debug)]
pub struct Turn {
    transaction: Transaction<'static, Postgres>,
    _permit: OwnedSemaphorePermit,
}

impl Turn {
    /// Gathers everything, then locks the message's key and its patients and reads where they stand. One round trip.
    ///
    /// # Errors
    /// When the database does not answer, or a lock was not to be had in time.
    pub async fn look(&mut self, question: &Question<'_>) -> Result<Known, StoreError> {
        Ok(look(&mut *self.transaction, question, true).await?)
    }

    /// Writes message, effect and answer. One round trip.
    ///
    /// # Errors
    /// When the database does not answer, or when an entry was not as the decision saw it: a defect, and nothing is kept.
    pub async fn apply(
        &mut self,
        receipt: &Receipt<'_>,
        effect: &Effect<'_>,
    ) -> Result<(), StoreError> {
        let mut steps = Steps::default();
        effect.changes.iter().for_each(|change| steps.take(change));
        let row = bind_receipt(sqlx::query(APPLY), receipt)
            .bind(&steps.ended)
            .bind(&steps.ended_was)
            .bind(&steps.ended_became)
            .bind(&steps.confirmed)
            .bind(&steps.confirmed_was)
            .bind(effect.panel.map(|(PanelId(id), _)| id))
            .bind(&steps.opened)
            .bind(effect.panel.map(|(_, practitioner)| practitioner))
            .bind(&steps.ended_reason)
            .bind(receipt.author())
            .bind(receipt.caller.subject().map(Subject::as_str))
            .bind(record(receipt))
            .fetch_one(&mut *self.transaction)
            .await?;
        let taken: i64 = row.try_get("steps")?;
        if usize::try_from(taken) != Ok(effect.changes.len()) {
            let text = format!("{taken} of {} steps could be taken", effect.changes.len());
            return Err(StoreError::Broken(text));
        }
        Ok(())
    }

    /// Records what is answered without being kept, and ends the turn. Two round trips.
    ///
    /// # Errors
    /// When the database does not answer; then it may be recorded or not.
    pub async fn record(mut self, record: &Record) -> Result<(), StoreError> {
        super::audit::record(&mut *self.transaction, std::slice::from_ref(record)).await?;
        self.commit().await
    }

    /// Makes it so. One round trip.
    ///
    /// # Errors
    /// When the database does not answer: then it may be so or not, and the same message sent again will tell.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }
}

type Query<'q> = sqlx::query::Query<'q, Postgres, sqlx::postgres::PgArguments>;

fn bind_receipt<'q>(query: Query<'q>, receipt: &'q Receipt<'q>) -> Query<'q> {
    let keys = receipt.message.keys.as_ref();
    query
        .bind(receipt.id)
        .bind(client_key(receipt.caller))
        .bind(receipt.message.sender.as_str())
        .bind(keys.map(|keys| keys.bundle.as_str()))
        .bind(keys.map(|keys| keys.header.as_str()))
        .bind(receipt.message.digest.as_bytes())
        .bind(receipt.message.event.code())
        .bind(receipt.at)
        .bind(if receipt.ok { "ok" } else { "fatal-error" })
        .bind(receipt.answer)
}

fn record<'r>(receipt: &Receipt<'r>) -> Json<&'r [Record]> {
    Json(std::slice::from_ref(receipt.record))
}
