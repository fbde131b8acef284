//! One statement keeps messages, their effects, their answers and their records, if nothing has changed since they looked.
//!
//! It is one transaction. Messages that come at the same time share it ([`super::keeps`]); one that has its turn has it for itself
//! ([`super::turn`]).

use std::collections::HashSet;

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use sqlx::postgres::{PgArguments, PgExecutor};
use sqlx::query::Query;
use sqlx::types::Json;
use sqlx::{Postgres, Row as _};
use uuid::Uuid;

use crate::audit::Record;
use crate::message::Digest;
use crate::panel::{Change, PanelId};

use super::statements::{NOTE, OPEN, TURN};
use super::steps::Steps;

/// What is to be kept: a record, and with it mostly the message that it is of.
#[derive(Debug)]
pub struct Keeping {
    /// What is recorded.
    pub record: Record,
    /// The message; `None`: it is recorded and not kept.
    pub receipt: Option<Receipt>,
}

/// A message as it is kept: by which keys, what was answered, and what it does to panels.
#[derive(Debug)]
pub struct Receipt {
    /// Our own number for it.
    pub id: Uuid,
    /// The client that sent it; empty when no token was asked for.
    pub client: String,
    /// The sender as it names itself.
    pub sender: String,
    /// What Bundle and message are recognised by; `None`: nothing.
    pub keys: Option<(String, String)>,
    /// Its content's digest.
    pub digest: Digest,
    /// The event's code.
    pub event: &'static str,
    /// When it was processed.
    pub at: DateTime<Utc>,
    /// Whether the answer is `ok`; else it is `fatal-error`.
    pub ok: bool,
    /// The answer, byte for byte.
    pub answer: Vec<u8>,
    /// The person signed in through the client.
    pub person: Option<String>,
    /// What it does; `None`: nothing.
    pub effect: Option<Effect>,
}

/// What a message does to a panel.
#[derive(Debug)]
pub struct Effect {
    /// The panel.
    pub panel: PanelId,
    /// Its provider's key in PAS.
    pub practitioner: String,
    /// The patients whose standing it was decided by, each with the version that was seen; 0: none yet.
    pub versions: Vec<(String, i64)>,
    /// The steps.
    pub changes: Vec<Change>,
}

/// What came of keeping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// All of it is kept.
    Yes,
    /// Nothing is: something has changed since the message looked, or the statement failed. It has to take its turn.
    No,
}

impl Receipt {
    /// Who is told to have changed something: the client, or the sender as it names itself where none proved itself.
    pub fn author(&self) -> &str {
        if self.client.is_empty() { &self.sender } else { &self.client }
    }

    /// Within a month, an index sees to it that a Bundle is answered once. Where another delivery of it may fall into the next month,
    /// or the one before, that takes a lock.
    pub(super) fn is_at_the_turn_of_a_month(&self) -> bool {
        self.keys.is_some() && a_month_turns(self.at - NEAR, self.at + NEAR)
    }

    fn bundle_key(&self) -> Option<&str> {
        self.keys.as_ref().map(|(bundle, _)| bundle.as_str())
    }

    fn header_key(&self) -> Option<&str> {
        self.keys.as_ref().map(|(_, header)| header.as_str())
    }
}

/// As far apart as the clocks of two servers may be, and two deliveries of one Bundle that do not see each other.
pub(super) const NEAR: TimeDelta = TimeDelta::minutes(2);

/// Whether two instants are in different months, and so in different partitions of `inbox.message`.
pub(super) fn a_month_turns(from: DateTime<Utc>, until: DateTime<Utc>) -> bool {
    (from.year(), from.month()) != (until.year(), until.month())
}

/// Which statement does it: with everything, or with the parts that these messages need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    /// Messages that change nothing.
    Note,
    /// … and patients who come onto a panel for the first time.
    Open,
    /// … and any other step.
    Turn,
}

impl Form {
    fn of(keeping: &Keeping) -> Self {
        match keeping.receipt.as_ref().and_then(|receipt| receipt.effect.as_ref()) {
            None => Form::Note,
            Some(effect) if effect.is_first() => Form::Open,
            Some(_) => Form::Turn,
        }
    }
}

impl Effect {
    /// Whether every patient comes onto a panel for the first time.
    fn is_first(&self) -> bool {
        self.versions.len() == self.changes.len()
            && self.versions.iter().all(|(_, version)| *version == 0)
            && self.changes.iter().all(|change| matches!(change, Change::Open(_)))
    }
}

/// Keeps, in one statement; gives the ids of the messages that are kept. `lock_timeout` in milliseconds; `None`: the
/// connection's own.
pub(super) async fn keep(
    executor: impl PgExecutor<'_>,
    all: &[&Keeping],
    lock_timeout: Option<u32>,
) -> Result<HashSet<Uuid>, sqlx::Error> {
    let form = all.iter().map(|keeping| Form::of(keeping)).max().unwrap_or(Form::Note);
    let mut receipts: Vec<&Receipt> =
        all.iter().filter_map(|keeping| keeping.receipt.as_ref()).collect();
    // Everybody adds them in the same order: two servers that are given the same messages do not wait in a circle.
    receipts.sort_by_key(|receipt| (&receipt.client, &receipt.sender, receipt.bundle_key()));
    let records: Vec<&Record> = all.iter().map(|keeping| &keeping.record).collect();
    let query = sqlx::query(match form {
        Form::Note => NOTE,
        Form::Open => OPEN,
        Form::Turn => TURN,
    });
    let query = bind_messages(query, &receipts)
        .bind(Json(records))
        .bind(lock_timeout.map(|millis| millis.to_string()));
    let query = if form == Form::Note { query } else { bind_effects(query, &receipts, form) };
    let rows = query.fetch_all(executor).await?;
    rows.iter().map(|row| row.try_get("id")).collect()
}

type Bound<'q> = Query<'q, Postgres, PgArguments>;

/// $1 to $10.
fn bind_messages<'q>(query: Bound<'q>, receipts: &[&'q Receipt]) -> Bound<'q> {
    fn each<'q, T>(receipts: &[&'q Receipt], column: impl Fn(&'q Receipt) -> T) -> Vec<T> {
        receipts.iter().map(|receipt| column(receipt)).collect()
    }
    query
        .bind(each(receipts, |receipt| receipt.id))
        .bind(each(receipts, |receipt| receipt.client.as_str()))
        .bind(each(receipts, |receipt| receipt.sender.as_str()))
        .bind(each(receipts, Receipt::bundle_key))
        .bind(each(receipts, Receipt::header_key))
        .bind(each(receipts, |receipt| receipt.digest.as_bytes()))
        .bind(each(receipts, |receipt| receipt.event))
        .bind(each(receipts, |receipt| receipt.at))
        .bind(each(receipts, |receipt| if receipt.ok { "ok" } else { "fatal-error" }))
        .bind(each(receipts, |receipt| receipt.answer.as_slice()))
}

/// $13 and beyond.
fn bind_effects<'q>(query: Bound<'q>, receipts: &[&'q Receipt], form: Form) -> Bound<'q> {
    let effects: Vec<Option<&Effect>> =
        receipts.iter().map(|receipt| receipt.effect.as_ref()).collect();
    let (mut places, mut phns, mut versions) = (vec![], vec![], vec![]);
    let mut steps = Steps::default();
    for (place, effect) in (1_i32..).zip(&effects) {
        let Some(effect) = effect else { continue };
        for (phn, version) in &effect.versions {
            places.push(place);
            phns.push(phn.as_str());
            versions.push(*version);
        }
        effect.changes.iter().for_each(|change| steps.take(place, change));
    }
    let each = |column: fn(&'q Effect) -> &'q str| -> Vec<Option<&'q str>> {
        effects.iter().map(|effect| effect.map(column)).collect()
    };
    let query = query
        .bind(places)
        .bind(phns)
        .bind(effects.iter().map(|effect| effect.map(|e| e.panel.0)).collect::<Vec<_>>())
        .bind(each(|effect| &effect.practitioner))
        .bind(receipts.iter().map(|receipt| receipt.author()).collect::<Vec<_>>())
        .bind(receipts.iter().map(|receipt| receipt.person.as_deref()).collect::<Vec<_>>());
    if form == Form::Open {
        return query;
    }
    let asked = |effect: &Option<&Effect>| effect.map_or(0, |effect| effect.changes.len());
    query
        .bind(versions)
        .bind(effects.iter().map(|effect| asked(effect) as i64).collect::<Vec<_>>())
        .bind(steps.ended_place)
        .bind(steps.ended)
        .bind(steps.ended_was)
        .bind(steps.ended_became)
        .bind(steps.ended_reason)
        .bind(steps.confirmed_place)
        .bind(steps.confirmed)
        .bind(steps.confirmed_was)
        .bind(steps.opened_place)
        .bind(steps.opened)
}
