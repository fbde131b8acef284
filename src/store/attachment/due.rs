//! What is due, because time has passed or a registry says so. Looked for without a lock: whoever acts on it looks again under one.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{Postgres, Row as _};

use crate::attachment::{ListId, Move, Periods};
use crate::panel::PanelId;

use super::super::error::StoreError;
use super::super::pool::Store;
use super::act::Act;

/// People at a time.
pub const DUE_AT_A_TIME: usize = 200;
const AT_A_TIME: i64 = 200;

/// People to whom something is to happen: the arguments are a statement up to its conditions, and its order. First for whoever it may be,
/// $2 at a time; then for people $2 who are locked.
macro_rules! due {
    ($those:literal, $order:literal) => {
        [
            concat!($those, " ORDER BY ", $order, " LIMIT $2"),
            concat!($those, " AND r.phn = ANY ($2)"),
        ]
    };
}

const ASK: [&str; 2] = due!(
    "SELECT r.phn FROM attachment.registration r WHERE r.state = 'active' AND r.reconfirmed_at <= $1",
    "r.reconfirmed_at"
);

const SUSPEND: [&str; 2] = due!(
    "SELECT r.phn FROM attachment.registration r WHERE r.state = 'reconfirm-due' AND r.state_at <= $1",
    "r.state_at"
);

// Deaths come with the registry, whenever that is; $1 is true.
const DIED: [&str; 2] = due!(
    "
SELECT r.phn FROM client_registry.patient k JOIN attachment.registration r ON r.phn = k.phn
 WHERE k.deceased AND r.state NOT IN ('withdrawn', 'deceased') AND $1::boolean",
    "r.phn"
);

// Accepted, and not confirmed. Whose family is on the panel already stays with it. $1 accepted then.
const UNCONFIRMED: [&str; 2] = due!(
    "
SELECT r.phn FROM attachment.proposal p JOIN attachment.registration r ON r.id = p.registration_id
 WHERE p.state = 'accepted' AND p.state_at <= $1
   AND NOT EXISTS (SELECT FROM attachment.proposal q JOIN attachment.registration o ON o.id = q.registration_id
                    WHERE q.list_id = p.list_id AND q.state = 'confirmed' AND o.family_id = r.family_id)",
    "p.state_at"
);

// On a panel whose provider has no role at its clinic since this day, attached and still there, or on one of its lists. There are few such panels.
const LEFT: [&str; 2] = due!(
    "
WITH abandoned AS MATERIALIZED (
    SELECT n.id FROM panel.panel n
     WHERE NOT EXISTS (SELECT FROM pas.practitioner_role o
                        WHERE o.practitioner_key = n.practitioner_key AND o.organization_key = n.organization_key AND o.active
                          AND coalesce((o.period ->> 'end')::date >= $1, true))
), gone AS (
    SELECT r.phn FROM abandoned n JOIN attachment.registration r ON r.panel_id = n.id AND r.state = 'attached'
      JOIN panel.entry e ON e.panel_id = n.id AND e.phn = r.phn AND e.status = 'confirmed'
     UNION
    SELECT r.phn FROM abandoned n JOIN attachment.list l ON l.panel_id = n.id
      JOIN attachment.proposal p ON p.list_id = l.id AND p.state IN ('proposed', 'in-intake', 'accepted')
      JOIN attachment.registration r ON r.id = p.registration_id
)
SELECT r.phn FROM gone r WHERE $1 IS NOT NULL",
    "r.phn"
);

// Whoever waits under a number that was merged into another one, which is in use; a number may have been merged several times. Who was accepted
// and is registered under both is not among them. $1 one number, or null.
const MERGED: &str = "
WITH RECURSIVE merged AS (
    SELECT r.phn, k.replaced_by AS other, 1 AS times,
           EXISTS (SELECT FROM attachment.proposal p WHERE p.registration_id = r.id AND p.state = 'accepted') AS accepted
      FROM client_registry.patient k
      JOIN attachment.registration r ON r.phn = k.phn AND r.state IN ('active', 'reconfirm-due', 'suspended', 'proposed')
     WHERE k.replaced_by IS NOT NULL AND coalesce(k.phn = $1, true)
     UNION ALL
    SELECT m.phn, k.replaced_by, m.times + 1, m.accepted FROM merged m JOIN client_registry.patient k ON k.phn = m.other
     WHERE k.replaced_by IS NOT NULL AND m.times < 10
)
SELECT m.phn, m.other FROM merged m JOIN client_registry.patient o ON o.phn = m.other AND o.active AND o.replaced_by IS NULL
 WHERE NOT (m.accepted AND (EXISTS (SELECT FROM attachment.registration r WHERE r.phn = m.other AND r.state NOT IN ('withdrawn', 'deceased'))
                            OR EXISTS (SELECT FROM panel.entry e WHERE e.phn = m.other AND e.status <> 'removed')))
 ORDER BY m.phn LIMIT $2";

const LISTS: &str = "
SELECT id, panel_id FROM attachment.list WHERE state = 'sent' AND due_at <= $1 ORDER BY due_at LIMIT $2";

const CLOSE: &str =
    "UPDATE attachment.list SET state = 'closed', closed_at = $2 WHERE id = $1 AND state = 'sent'";

/// What is to happen, and when it is.
#[derive(Debug, Clone, Copy)]
pub struct Due<'p> {
    /// What.
    pub by: Move,
    /// Now.
    pub now: DateTime<Utc>,
    /// The day in the province.
    pub today: NaiveDate,
    /// After how long.
    pub periods: &'p Periods,
}

impl Due<'_> {
    /// The statement with its first argument; of whoever it may be (0), or of those who are locked (1).
    fn query(&self, whom: usize) -> Option<Query<'static, Postgres, PgArguments>> {
        Some(match self.by {
            Move::Ask => sqlx::query(ASK[whom]).bind(self.now - self.periods.reconfirm),
            Move::Suspend => sqlx::query(SUSPEND[whom]).bind(self.now - self.periods.answer),
            Move::Die => sqlx::query(DIED[whom]).bind(true),
            Move::PutBack => sqlx::query(UNCONFIRMED[whom]).bind(self.now - self.periods.lapse),
            Move::ProviderLeft => sqlx::query(LEFT[whom]).bind(self.today - self.periods.grace),
            _ => return None,
        })
    }
}

fn phns(rows: &[PgRow]) -> Result<Vec<String>, StoreError> {
    rows.iter().map(|row| Ok(row.try_get("phn")?)).collect()
}

/// A number, and the one that the Client Registry has put in place of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The one that is not in use any more.
    pub phn: String,
    /// The one that is.
    pub other: String,
}

fn merged(row: &PgRow) -> Result<Merged, StoreError> {
    Ok(Merged { phn: row.try_get("phn")?, other: row.try_get("other")? })
}

impl Act {
    /// Whether the registry still says so of somebody who is locked, and they still wait.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn still_merged(&mut self, of: &Merged) -> Result<bool, StoreError> {
        let query = sqlx::query(MERGED).bind(&of.phn).bind(AT_A_TIME);
        let found = query.fetch_optional(self.connection()).await?;
        Ok(found.as_ref().map(merged).transpose()?.as_ref() == Some(of))
    }

    /// Closes a list on which nobody is left to be answered.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn close_list(&mut self, list: ListId) -> Result<(), StoreError> {
        let at = self.by.at;
        sqlx::query(CLOSE).bind(list.0).bind(at).execute(self.connection()).await?;
        Ok(())
    }

    /// To whom of these people, who are locked, it is still to happen.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn still_due(
        &mut self,
        when: &Due<'_>,
        people: &[&str],
    ) -> Result<Vec<String>, StoreError> {
        let Some(query) = when.query(1) else { return Ok(Vec::new()) };
        let people: Vec<String> = people.iter().map(|phn| (*phn).to_owned()).collect();
        phns(&query.bind(people).fetch_all(self.connection()).await?)
    }
}

impl Store {
    /// People to whom this is to happen, some at a time.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn due(&self, when: &Due<'_>) -> Result<Vec<String>, StoreError> {
        let Some(query) = when.query(0) else { return Ok(Vec::new()) };
        phns(&query.bind(AT_A_TIME).fetch_all(&self.pool).await?)
    }

    /// People who wait under numbers that were merged into others, some at a time.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn merged(&self) -> Result<Vec<Merged>, StoreError> {
        let query = sqlx::query(MERGED).bind(None::<&str>).bind(AT_A_TIME);
        query.fetch_all(&self.pool).await?.iter().map(merged).collect()
    }

    /// Lists whose time is up.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn due_lists(
        &self,
        now: DateTime<Utc>,
    ) -> Result<Vec<(ListId, PanelId)>, StoreError> {
        let rows = sqlx::query(LISTS).bind(now).bind(AT_A_TIME).fetch_all(&self.pool).await?;
        let list = |row: &PgRow| -> Result<_, StoreError> {
            Ok((ListId(row.try_get("id")?), PanelId(row.try_get("panel_id")?)))
        };
        rows.iter().map(list).collect()
    }
}
