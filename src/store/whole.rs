//! A panel as a whole, page by page.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use sqlx::Row as _;
use sqlx::types::Json;

use crate::access::{Caller, Subject};
use crate::clock::Clock;
use crate::message::Phn;
use crate::panel::{EntryStatus, PanelId, Standing, Status, as_deceased};

use super::directory::{About, Directory};
use super::error::StoreError;
use super::pool::Store;
use super::question::client_key;

/// A member, and their place in the order of pages.
#[derive(Debug)]
pub struct PlacedMember {
    /// Our number of the first entry that they ever had there: it stays, whatever becomes of them, and whoever comes later has a higher one.
    pub place: i64,
    /// Where they stand.
    pub standing: Standing,
}

// Without an instant those who are on the panel; with one everybody to whom something has happened since. $1 panel, $2 after, $3 since, $4 how many.
const MEMBERS: &str = "
WITH member AS (
    SELECT DISTINCT ON (e.phn) e.phn, e.status, e.started_at, e.status_at, min(e.id) OVER (PARTITION BY e.phn) AS place
      FROM panel.entry e WHERE e.panel_id = $1 ORDER BY e.phn, e.id DESC
)
SELECT m.place, m.phn, to_jsonb(m.status) AS status, m.started_at, m.status_at, c.deceased, c.deceased_on
  FROM member m JOIN client_registry.patient c USING (phn)
 WHERE m.place > $2 AND CASE WHEN $3::timestamptz IS NULL THEN m.status <> 'removed' ELSE m.status_at >= $3 END
 ORDER BY m.place LIMIT $4";

impl Store {
    /// What is known of a caller, and of a provider and a clinic by their numbers, as it is now.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn directory(
        &self,
        caller: &Caller,
        practitioner: &str,
        facility: &[String],
    ) -> Result<Arc<Directory>, StoreError> {
        let about = About {
            client: client_key(caller).to_owned(),
            subject: caller.subject().map(|subject| Subject::as_str(subject).to_owned()),
            practitioner_tokens: vec![practitioner.to_owned()],
            facility_tokens: facility.to_vec(),
        };
        self.gather(&about).await
    }

    /// Members of a panel behind a place, in order. `offset` is the province's clock, for days of death.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn members_after(
        &self,
        panel: PanelId,
        after: i64,
        since: Option<DateTime<Utc>>,
        most: u32,
        offset: FixedOffset,
    ) -> Result<Vec<PlacedMember>, StoreError> {
        let query = sqlx::query(MEMBERS).bind(panel.0).bind(after).bind(since);
        let rows = query.bind(i64::from(most)).fetch_all(&self.pool).await?;
        let member = |row: &sqlx::postgres::PgRow| {
            let Json(entry) = row.try_get::<Json<EntryStatus>, _>("status")?;
            let start: DateTime<Utc> = row.try_get("started_at")?;
            let status_at: DateTime<Utc> = row.try_get("status_at")?;
            let died: Option<NaiveDate> = row.try_get("deceased_on")?;
            let died = died.and_then(|day| Clock::start_of(day, offset));
            let not_mrp = Some(status_at).filter(|_| entry == EntryStatus::NotMrp);
            let (status, end) = match entry {
                EntryStatus::Removed => (Status::Removed, Some(status_at)),
                _ if row.try_get("deceased")? => as_deceased(Some(start), not_mrp, died),
                other => (other.into(), not_mrp),
            };
            let phn = Phn::parse(row.try_get("phn")?, false);
            let phn = phn.map_err(|_| StoreError::Broken("a patient has no number".into()))?;
            let standing = Standing { phn, status, start: Some(start), end, mrp: None };
            Ok(PlacedMember { place: row.try_get("place")?, standing })
        };
        rows.iter().map(member).collect()
    }
}
