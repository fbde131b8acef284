//! A batch of events under one hash that covers the hash before it.

use chrono::{DateTime, Utc};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::event::Event;
use super::hash::Hash;

/// The form in which this build hashes.
pub const FORM: i16 = 1;

/// Numbers without an event: from, to, both included.
pub type Missing = (i64, i64);

/// A row of `audit.seal`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// Place in the chain, from 1.
    pub number: i64,
    /// In which form it was hashed.
    pub form: i16,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// The number after the last of the seal before.
    pub first: i64,
    /// The last number that it covers.
    pub last: i64,
    /// Numbers from first to last that had no event, in order, as few ranges as there can be.
    pub missing: Vec<Missing>,
    /// Numbers below first that had none when theirs was sealed, in order.
    pub late: Vec<i64>,
    /// How many events it covers.
    pub count: i64,
    /// The events' hash.
    pub digest: Hash,
    /// The hash of the seal before.
    pub previous: Hash,
    /// The hash of all this.
    pub hash: Hash,
}

impl Seal {
    /// What `hash` must be.
    pub fn hashed(&self) -> Hash {
        let columns = json!([
            "pas-audit-seal-1",
            self.number,
            self.form,
            self.at.timestamp_micros(),
            self.first,
            self.last,
            self.missing,
            self.late,
            self.count,
            self.digest.to_string(),
            self.previous.to_string(),
        ]);
        Hash::from(<[u8; 32]>::from(Sha256::digest(columns.to_string())))
    }
}

/// The hash of events, taken one by one: of each its length in eight bytes, then itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Digest(Sha256);

impl Digest {
    pub(super) fn take(&mut self, event: &Event) {
        let bytes = event.canonical();
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    pub(super) fn finish(self) -> Hash {
        Hash::from(<[u8; 32]>::from(self.0.finalize()))
    }
}

/// A seal in the making. Events are given in order of their numbers: first the late ones, then the new ones.
#[derive(Debug)]
pub struct Sealing {
    number: i64,
    previous: Hash,
    first: i64,
    last: i64,
    missing: Vec<Missing>,
    late: Vec<i64>,
    count: i64,
    digest: Digest,
}

impl Sealing {
    /// The seal after `previous`, or the first.
    pub fn after(previous: Option<&Seal>) -> Self {
        let last = previous.map_or(0, |seal| seal.last);
        Sealing {
            number: previous.map_or(1, |seal| seal.number + 1),
            previous: previous.map_or(Hash::ZERO, |seal| seal.hash),
            first: last + 1,
            last,
            missing: Vec::new(),
            late: Vec::new(),
            count: 0,
            digest: Digest::default(),
        }
    }

    /// Takes one event under the seal.
    pub fn take(&mut self, event: &Event) {
        if event.number < self.first {
            self.late.push(event.number);
        } else {
            if event.number > self.last + 1 {
                self.missing.push((self.last + 1, event.number - 1));
            }
            self.last = event.number;
        }
        self.count += 1;
        self.digest.take(event);
    }

    /// The last number that is covered so far.
    pub fn last(&self) -> i64 {
        self.last
    }

    /// How many events were taken so far.
    pub fn count(&self) -> i64 {
        self.count
    }

    /// The seal; `None` when nothing was taken.
    pub fn finish(self, at: DateTime<Utc>) -> Option<Seal> {
        if self.count == 0 {
            return None;
        }
        let mut seal = Seal {
            number: self.number,
            form: FORM,
            at,
            first: self.first,
            last: self.last,
            missing: self.missing,
            late: self.late,
            count: self.count,
            digest: self.digest.finish(),
            previous: self.previous,
            hash: Hash::ZERO,
        };
        seal.hash = seal.hashed();
        Some(seal)
    }
}
