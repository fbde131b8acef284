//! Read-only views for people.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use sqlx::Row as _;
use sqlx::types::Json;

use crate::clock::Clock;
use crate::message::Naming;
use crate::panel::{EntryStatus, Status, as_deceased};
use crate::registry::PersonName;

use super::error::StoreError;
use super::pool::Store;

/// Whose panel to show.
#[derive(Debug)]
pub struct PanelQuestion {
    practitioner_tokens: Vec<String>,
    facility_tokens: Vec<String>,
    offset: FixedOffset,
}

impl PanelQuestion {
    /// A panel by its provider's and clinic's numbers; each bare, or as `system|value`. `offset` is the province's clock, for
    /// days of death.
    pub fn new(practitioner: &str, facility: &str, naming: &Naming, offset: FixedOffset) -> Self {
        let tokens = |systems: &[String], id: &str| match id.split_once('|') {
            Some(_) => vec![id.to_owned()],
            None => Naming::tokens(systems, id),
        };
        PanelQuestion {
            practitioner_tokens: tokens(&naming.practitioner, practitioner),
            facility_tokens: tokens(&naming.facility, facility),
            offset,
        }
    }
}

/// A patient who is or was on a panel.
#[derive(Debug)]
pub struct PanelMember {
    /// Personal health number.
    pub phn: String,
    /// Names on record, ended ones included; none when masked.
    pub names: Vec<PersonName>,
    /// Where they stand.
    pub status: Status,
    /// Since when.
    pub start: DateTime<Utc>,
    /// Until when, when no longer attached.
    pub end: Option<DateTime<Utc>>,
}

const PANEL_EXISTS: &str = "
SELECT EXISTS (
    SELECT FROM panel.panel n
      JOIN pas.practitioner p ON p.key = n.practitioner_key AND p.tokens && $1::text[]
      JOIN pas.organization o ON o.key = n.organization_key AND o.tokens && $2::text[]
) AS known";

// The last entry of every patient, with the Client Registry's word on who they are.
const PANEL_MEMBERS: &str = "
SELECT DISTINCT ON (e.phn)
       e.phn, c.names, c.deceased, c.deceased_on,
       to_jsonb(e.status) AS status, e.started_at, e.status_at
  FROM panel.panel n
  JOIN pas.practitioner p ON p.key = n.practitioner_key AND p.tokens && $1::text[]
  JOIN pas.organization o ON o.key = n.organization_key AND o.tokens && $2::text[]
  JOIN panel.entry e ON e.panel_id = n.id
  JOIN client_registry.patient c ON c.phn = e.phn
 ORDER BY e.phn, e.id DESC";

impl Store {
    /// Everyone who is or was on a panel, by PHN; `None` when there is no such panel.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn panel_members(
        &self,
        question: &PanelQuestion,
    ) -> Result<Option<Vec<PanelMember>>, StoreError> {
        let known: bool = sqlx::query(PANEL_EXISTS)
            .bind(&question.practitioner_tokens)
            .bind(&question.facility_tokens)
            .fetch_one(&self.pool)
            .await?
            .try_get("known")?;
        if !known {
            return Ok(None);
        }
        let rows = sqlx::query(PANEL_MEMBERS)
            .bind(&question.practitioner_tokens)
            .bind(&question.facility_tokens)
            .fetch_all(&self.pool)
            .await?;
        let members = rows.iter().map(|row| {
            let Json(names) = row.try_get::<Json<Vec<PersonName>>, _>("names")?;
            let Json(entry) = row.try_get::<Json<EntryStatus>, _>("status")?;
            let status_at: DateTime<Utc> = row.try_get("status_at")?;
            let start: DateTime<Utc> = row.try_get("started_at")?;
            let died: Option<NaiveDate> = row.try_get("deceased_on")?;
            let died = died.and_then(|day| Clock::start_of(day, question.offset));
            let not_mrp = Some(status_at).filter(|_| entry == EntryStatus::NotMrp);
            let (status, end) = match entry {
                EntryStatus::Removed => (Status::Removed, Some(status_at)),
                _ if row.try_get("deceased")? => as_deceased(Some(start), not_mrp, died),
                other => (other.into(), not_mrp),
            };
            Ok(PanelMember { phn: row.try_get("phn")?, names, status, start, end })
        });
        members.collect::<Result<Vec<_>, StoreError>>().map(Some)
    }
}
