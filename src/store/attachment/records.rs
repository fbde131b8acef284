//! What is read of a panel as a whole: its attachment records, and everybody who is on it.

use chrono::NaiveDate;
use sqlx::Row as _;
use sqlx::types::Json;

use crate::attachment::Listed;
use crate::panel::{EntryStatus, PanelId};
use crate::registry::PatientRecord;

use super::super::error::StoreError;
use super::super::look::Parties;
use super::super::pool::Store;

/// A $0 attachment code that was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordRow {
    /// The code.
    pub code: String,
    /// Whose attachment.
    pub phn: String,
    /// The day of the attachment.
    pub day: NaiveDate,
}

// Where it came to nothing after all, there is nothing to bill.
const RECORDS: &str = "
SELECT c.code, c.phn, c.attached_on FROM attachment.record c JOIN attachment.proposal p ON p.id = c.proposal_id
 WHERE c.panel_id = $1 AND c.attached_on BETWEEN $2 AND $3 AND p.state IN ('accepted', 'confirmed') ORDER BY c.attached_on, c.id";

const PARTIES: &str = "
SELECT p.identifiers AS practitioner, o.identifiers AS organization
  FROM panel.panel n JOIN pas.practitioner p ON p.key = n.practitioner_key JOIN pas.organization o ON o.key = n.organization_key
 WHERE n.id = $1";

const LISTED: &str = "
SELECT to_jsonb(e.status) AS status, row_to_json(c) AS record
  FROM panel.entry e JOIN client_registry.patient c USING (phn)
 WHERE e.panel_id = $1 AND e.status <> 'removed' ORDER BY e.phn";

impl Store {
    /// The attachment records of a panel, of both days and those between.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn records_of(
        &self,
        panel: PanelId,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<Vec<RecordRow>, StoreError> {
        let query = sqlx::query(RECORDS).bind(panel.0).bind(from).bind(to);
        let rows = query.fetch_all(&self.pool).await?;
        let record = |row: &sqlx::postgres::PgRow| {
            Ok(RecordRow {
                code: row.try_get("code")?,
                phn: row.try_get("phn")?,
                day: row.try_get("attached_on")?,
            })
        };
        rows.iter().map(record).collect()
    }

    /// The numbers of a panel's provider and clinic; `None` when there is no such panel.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn parties_of(&self, panel: PanelId) -> Result<Option<Parties>, StoreError> {
        let row = sqlx::query(PARTIES).bind(panel.0).fetch_optional(&self.pool).await?;
        let Some(row) = row else { return Ok(None) };
        let Json(practitioner) = row.try_get("practitioner")?;
        let Json(organization) = row.try_get("organization")?;
        Ok(Some(Parties { practitioner, organization }))
    }

    /// Everybody who is on a panel, by PHN, with what the Client Registry holds about them.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn listed_on(&self, panel: PanelId) -> Result<Vec<Listed>, StoreError> {
        let rows = sqlx::query(LISTED).bind(panel.0).fetch_all(&self.pool).await?;
        let listed = |row: &sqlx::postgres::PgRow| {
            let Json(status) = row.try_get::<Json<EntryStatus>, _>("status")?;
            let Json(record) = row.try_get::<Json<PatientRecord>, _>("record")?;
            Ok(Listed { status, record })
        };
        rows.iter().map(listed).collect()
    }
}
