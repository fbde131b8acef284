//! Who is on a panel, and what happened to them last: for the people of the practice.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use crate::panel::PanelId;

use super::super::error::StoreError;
use super::super::pool::Store;
use super::names::open_name;

/// Which of a panel's people are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberSearch {
    /// Part of a name, or the beginning of a PHN; empty: everybody.
    pub words: String,
    /// Those who were taken off, instead of those who are on it.
    pub left: bool,
    /// How many are passed over: those who were shown before.
    pub skip: u16,
}

/// Somebody who is or was on a panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberView {
    /// Personal health number.
    pub phn: String,
    /// Name on record today; `None`: the record is masked.
    pub name: Option<String>,
    /// Born; `None`: not on record, or masked.
    pub birth_date: Option<NaiveDate>,
    /// Where they stand: pending, confirmed, not-mrp or removed.
    pub status: String,
    /// They died, says the Client Registry.
    pub deceased: bool,
    /// Since when they stand there.
    pub since: DateTime<Utc>,
    /// Why they came to stand there, as it is in the history.
    pub reason: String,
    /// Who brought it about.
    pub author: String,
}

/// People shown at a time.
pub const MEMBERS_SHOWN: usize = 100;

// $1 panel, $2 those who left, $3 words of a name or the beginning of a number, $4 at most so many, $5 after so many.
const MEMBERS: &str = concat!(
    "
SELECT e.phn, m.name, m.birth_date, e.status::text AS status, k.deceased, h.at AS since, h.reason, h.author
  FROM panel.entry e
  JOIN client_registry.patient k ON k.phn = e.phn
 CROSS JOIN LATERAL (
       SELECT ",
    open_name!(),
    " AS name,
              CASE WHEN k.masked THEN NULL ELSE k.birth_date END AS birth_date) m
 CROSS JOIN LATERAL (SELECT c.at, c.reason, coalesce(c.person, c.author) AS author FROM panel.change c WHERE c.entry_id = e.id ORDER BY c.id DESC LIMIT 1) h
 WHERE e.panel_id = $1 AND (e.status = 'removed') = $2
   AND ($3 = '' OR strpos(lower(m.name), lower($3)) > 0 OR starts_with(e.phn, replace($3, ' ', '')))
 ORDER BY h.at DESC, e.phn LIMIT $4 OFFSET $5"
);

impl Store {
    /// People of a panel, whoever changed last first; one more than is shown where there are more.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn people_on(
        &self,
        panel: PanelId,
        search: &MemberSearch,
    ) -> Result<Vec<MemberView>, StoreError> {
        let most = i64::try_from(MEMBERS_SHOWN + 1).unwrap_or(i64::MAX);
        let query = sqlx::query(MEMBERS).bind(panel.0).bind(search.left).bind(search.words.trim());
        let rows = query.bind(most).bind(i64::from(search.skip)).fetch_all(&self.pool).await?;
        rows.iter().map(member).collect()
    }
}

fn member(row: &PgRow) -> Result<MemberView, StoreError> {
    Ok(MemberView {
        phn: row.try_get("phn")?,
        name: row.try_get("name")?,
        birth_date: row.try_get("birth_date")?,
        status: row.try_get("status")?,
        deceased: row.try_get("deceased")?,
        since: row.try_get("since")?,
        reason: row.try_get("reason")?,
        author: row.try_get("author")?,
    })
}
