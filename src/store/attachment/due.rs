//! What is due, because time has passed or a registry says so. Looked for without a lock: whoever acts on it looks again under one.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::Row as _;

use crate::attachment::{ListId, Move, Periods};
use crate::panel::PanelId;

use super::super::error::StoreError;
use super::super::pool::Store;

/// People at a time.
const AT_A_TIME: i64 = 200;

const ASK: &str = "
SELECT phn FROM attachment.registration WHERE state = 'active' AND reconfirmed_at <= $1 ORDER BY reconfirmed_at LIMIT $2";

const SUSPEND: &str = "
SELECT phn FROM attachment.registration WHERE state = 'reconfirm-due' AND state_at <= $1 ORDER BY reconfirmed_at LIMIT $2";

const DIED: &str = "
SELECT r.phn FROM attachment.registration r JOIN client_registry.patient k ON k.phn = r.phn AND k.deceased
 WHERE r.state NOT IN ('withdrawn', 'deceased') ORDER BY r.phn LIMIT $1";

// Attached to a panel whose provider has no role at its clinic on this day any more.
const LEFT: &str = "
SELECT r.phn FROM attachment.registration r JOIN panel.panel n ON n.id = r.panel_id
 WHERE r.state = 'attached'
   AND NOT EXISTS (SELECT FROM pas.practitioner_role o
                    WHERE o.practitioner_key = n.practitioner_key AND o.organization_key = n.organization_key AND o.active
                      AND coalesce((o.period ->> 'end')::date >= $1, true) AND coalesce((o.period ->> 'start')::date <= $1, true))
   AND NOT EXISTS (SELECT FROM attachment.registration w WHERE w.phn = r.phn AND w.state IN ('active', 'reconfirm-due', 'suspended', 'proposed'))
 ORDER BY r.phn LIMIT $2";

const LISTS: &str = "
SELECT id, panel_id FROM attachment.list WHERE state = 'sent' AND due_at <= $1 ORDER BY due_at LIMIT $2";

impl Store {
    /// People to whom this is to happen, some at a time.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn due(
        &self,
        by: Move,
        now: DateTime<Utc>,
        today: NaiveDate,
        periods: &Periods,
    ) -> Result<Vec<String>, StoreError> {
        let query = match by {
            Move::Ask => sqlx::query(ASK).bind(now - periods.reconfirm),
            Move::Suspend => sqlx::query(SUSPEND).bind(now - periods.answer),
            Move::Die => sqlx::query(DIED),
            Move::ProviderLeft => sqlx::query(LEFT).bind(today),
            _ => return Ok(Vec::new()),
        };
        let rows = query.bind(AT_A_TIME).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(row.try_get("phn")?)).collect()
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
        let list = |row: &sqlx::postgres::PgRow| -> Result<_, StoreError> {
            Ok((ListId(row.try_get("id")?), PanelId(row.try_get("panel_id")?)))
        };
        rows.iter().map(list).collect()
    }
}
