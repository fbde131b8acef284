//! The audit trail in Postgres: recording, sealing, reading.

mod queue;
mod read;
mod record;
mod seal;
mod verify;

pub use queue::{Queue, QueueBounds, Writer};
pub use read::{Trail, TrailQuestion, TrailState};
pub use seal::Sealed;

use chrono::{DateTime, Utc};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use crate::audit::{Event, Outcome, Patients, Record};

/// How many events are held at once, wherever the trail is read: each may name thousands of patients.
const PAGE: i64 = 200;

/// Columns of an event, in the order of the table.
macro_rules! event_columns {
    () => {
        "id, at, request_id, client, subject, address, source, event, message_id, bundle_key, \
         header_key, on_behalf_of, facility, patients, status, outcome, codes, times"
    };
}
pub(in crate::store) use event_columns;
pub(in crate::store) use record::{add_records, record_sql};

/// An event out of its row.
fn event(row: &PgRow) -> Result<Event, sqlx::Error> {
    let outcome: String = row.try_get("outcome")?;
    let outcome = Outcome::of(&outcome).ok_or_else(|| sqlx::Error::ColumnDecode {
        index: "outcome".into(),
        source: "no such outcome".into(),
    })?;
    let record = Record {
        id: row.try_get("id")?,
        at: row.try_get::<DateTime<Utc>, _>("at")?,
        request_id: row.try_get("request_id")?,
        client: row.try_get("client")?,
        subject: row.try_get("subject")?,
        address: row.try_get("address")?,
        source: row.try_get("source")?,
        event: row.try_get("event")?,
        message_id: row.try_get("message_id")?,
        bundle_key: row.try_get("bundle_key")?,
        header_key: row.try_get("header_key")?,
        on_behalf_of: row.try_get("on_behalf_of")?,
        facility: row.try_get("facility")?,
        patients: Patients(row.try_get("patients")?),
        status: row.try_get("status")?,
        outcome,
        codes: row.try_get("codes")?,
        times: row.try_get("times")?,
    };
    Ok(Event { number: row.try_get("number")?, record })
}
