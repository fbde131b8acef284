//! What coordinators look after, and what is still to be done on panels: numbers, and nobody's name.

use chrono::{DateTime, Utc};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use crate::panel::PanelId;

use super::super::error::StoreError;
use super::super::pool::Store;

/// A network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkView {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// Who waits in a community.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    /// The community's code.
    pub community: String,
    /// Its name.
    pub name: String,
    /// People who wait there.
    pub people: i64,
    /// Families that they are.
    pub families: i64,
    /// Half of them have waited for longer, days; `None`: nobody waits.
    pub median_days: Option<f64>,
}

/// What the provider of a panel has still to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outstanding {
    /// Of which panel.
    pub panel: PanelId,
    /// People to be answered.
    pub unanswered: i64,
    /// People who were accepted and are to be confirmed.
    pub unconfirmed: i64,
    /// Until when the list is to be answered.
    pub due_at: Option<DateTime<Utc>>,
}

const NETWORKS: &str =
    "SELECT code, name FROM area.network WHERE code = ANY ($1) ORDER BY name, code";

// $1 network, $2 now. Of families and registrations nothing is read that is not in their indexes.
const WAITING: &str = "
SELECT c.code, c.name, count(r.family_id) AS people, count(DISTINCT r.family_id) AS families,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY date_part('epoch', $2 - r.registered_at) / 86400) AS median_days
  FROM area.community c
  LEFT JOIN attachment.family f ON f.community = c.code
  LEFT JOIN attachment.registration r ON r.family_id = f.id AND r.state IN ('active', 'reconfirm-due', 'suspended', 'proposed')
 WHERE c.network = $1
 GROUP BY c.code ORDER BY c.name, c.code";

const OUTSTANDING: &str = "
SELECT l.panel_id, count(*) FILTER (WHERE p.state IN ('proposed', 'in-intake')) AS unanswered,
       count(*) FILTER (WHERE p.state = 'accepted') AS unconfirmed,
       min(l.due_at) FILTER (WHERE p.state IN ('proposed', 'in-intake')) AS due_at
  FROM attachment.list l JOIN attachment.proposal p ON p.list_id = l.id
 WHERE l.panel_id = ANY ($1) AND p.state IN ('proposed', 'in-intake', 'accepted')
 GROUP BY l.panel_id";

impl Store {
    /// Networks by code.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn networks(&self, codes: &[&str]) -> Result<Vec<NetworkView>, StoreError> {
        let rows = sqlx::query(NETWORKS).bind(codes).fetch_all(&self.pool).await?;
        let network = |row: &PgRow| -> Result<_, StoreError> {
            Ok(NetworkView { code: row.try_get("code")?, name: row.try_get("name")? })
        };
        rows.iter().map(network).collect()
    }

    /// Who waits in each community of a network.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn waiting_in(
        &self,
        network: &str,
        now: DateTime<Utc>,
    ) -> Result<Vec<Waiting>, StoreError> {
        let rows = sqlx::query(WAITING).bind(network).bind(now).fetch_all(&self.pool).await?;
        let waiting = |row: &PgRow| -> Result<_, StoreError> {
            Ok(Waiting {
                community: row.try_get("code")?,
                name: row.try_get("name")?,
                people: row.try_get("people")?,
                families: row.try_get("families")?,
                median_days: row.try_get("median_days")?,
            })
        };
        rows.iter().map(waiting).collect()
    }

    /// What is still to be done on these panels; those with nothing to do are left out.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn outstanding(&self, panels: &[PanelId]) -> Result<Vec<Outstanding>, StoreError> {
        let ids: Vec<i64> = panels.iter().map(|panel| panel.0).collect();
        let rows = sqlx::query(OUTSTANDING).bind(ids).fetch_all(&self.pool).await?;
        let outstanding = |row: &PgRow| -> Result<_, StoreError> {
            Ok(Outstanding {
                panel: PanelId(row.try_get("panel_id")?),
                unanswered: row.try_get("unanswered")?,
                unconfirmed: row.try_get("unconfirmed")?,
                due_at: row.try_get("due_at")?,
            })
        };
        rows.iter().map(outstanding).collect()
    }
}
