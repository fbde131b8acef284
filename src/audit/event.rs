//! A record that has its number, and the bytes by which it is hashed.

use serde_json::json;

use super::record::Record;

/// A row of `audit.event`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number.
    pub number: i64,
    /// What it records.
    pub record: Record,
}

impl Event {
    /// The bytes that are hashed: a JSON array of every column in the order of the table, after a word that says which
    /// form it is. Instants are microseconds since 1970 in UTC; nothing depends on how a database or a session prints.
    pub fn canonical(&self) -> Vec<u8> {
        let r = &self.record;
        let columns = json!([
            "pas-audit-event-1",
            self.number,
            r.id,
            r.at.timestamp_micros(),
            r.request_id,
            r.client,
            r.subject,
            r.address,
            r.source,
            r.event,
            r.message_id,
            r.bundle_key,
            r.header_key,
            r.on_behalf_of,
            r.facility,
            r.patients,
            r.status,
            r.outcome,
            r.codes,
            r.times,
        ]);
        columns.to_string().into_bytes()
    }
}
