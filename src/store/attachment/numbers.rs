//! What happened in every community, month by month: for the public, out of the histories.

use chrono::{DateTime, Utc};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use crate::attachment::Tally;

use super::super::error::StoreError;
use super::super::pool::Store;

/// A community's months.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommunityTally {
    /// Its name.
    pub name: String,
    /// One a month, in the order in which they were asked for.
    pub months: Vec<Tally>,
}

// $1 beginnings of months, $2 their ends. Whoever moved counts where they live now: the history of addresses is not kept. Somebody waits from a
// step that led to waiting until their next one; how long is counted from the date that they registered on, which no step changes.
const NUMBERS: &str = "
WITH month AS MATERIALIZED (
    SELECT * FROM unnest($1::timestamptz[], $2::timestamptz[]) WITH ORDINALITY AS m (began, ended, place)
), step AS MATERIALIZED (
    SELECT f.community, s.was, s.became, s.reason, s.at, r.registered_at,
           lead(s.at) OVER (PARTITION BY s.registration_id ORDER BY s.id) AS until
      FROM attachment.registration_change s
      JOIN attachment.registration r ON r.id = s.registration_id JOIN attachment.family f ON f.id = r.family_id
), moved AS (
    SELECT s.community, m.place,
           count(*) FILTER (WHERE s.reason = 'registered') AS registered,
           count(*) FILTER (WHERE s.reason = 'attached' AND s.was IS DISTINCT FROM 'attached') AS attached,
           count(*) FILTER (WHERE s.reason IN ('attachment-ended', 'provider-left')) AS came_back,
           count(*) FILTER (WHERE s.reason = 'withdrawn') AS withdrew
      FROM step s JOIN month m ON s.at >= m.began AND s.at < m.ended
     GROUP BY s.community, m.place
), wait AS (
    SELECT s.community, m.place, floor(extract(epoch FROM m.ended - s.registered_at) / (365.25 / 12 * 86400))::integer AS months
      FROM step s JOIN month m ON s.at < m.ended AND (s.until IS NULL OR s.until >= m.ended)
     WHERE s.became IN ('active', 'reconfirm-due', 'suspended', 'proposed')
), waiting AS (
    SELECT community, place, count(*) AS waiting, percentile_disc(0.5) WITHIN GROUP (ORDER BY months) AS median,
           percentile_disc(0.9) WITHIN GROUP (ORDER BY months) AS ninetieth
      FROM wait GROUP BY community, place
)
SELECT c.code, c.name, coalesce(registered, 0) AS registered, coalesce(attached, 0) AS attached, coalesce(came_back, 0) AS came_back,
       coalesce(withdrew, 0) AS withdrew, coalesce(waiting, 0) AS waiting, median, ninetieth
  FROM area.community c CROSS JOIN month m
  LEFT JOIN moved v ON v.community = c.code AND v.place = m.place
  LEFT JOIN waiting w ON w.community = c.code AND w.place = m.place
 ORDER BY c.name, c.code, m.place";

impl Store {
    /// What happened in every community between these instants, by the community's name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tallies(
        &self,
        months: &[(DateTime<Utc>, DateTime<Utc>)],
    ) -> Result<Vec<CommunityTally>, StoreError> {
        let (began, ended): (Vec<_>, Vec<_>) = months.iter().copied().unzip();
        let rows = sqlx::query(NUMBERS).bind(began).bind(ended).fetch_all(&self.pool).await?;
        let mut tallies: Vec<CommunityTally> = Vec::new();
        let mut last = None;
        for row in &rows {
            let code: String = row.try_get("code")?;
            let tally = tally(row)?;
            match tallies.last_mut().filter(|_| last.as_ref() == Some(&code)) {
                Some(community) => community.months.push(tally),
                None => {
                    let name = row.try_get("name")?;
                    tallies.push(CommunityTally { name, months: vec![tally] });
                }
            }
            last = Some(code);
        }
        Ok(tallies)
    }
}

fn tally(row: &PgRow) -> Result<Tally, StoreError> {
    let count = |column: &str| -> Result<u32, StoreError> {
        Ok(u32::try_from(row.try_get::<i64, _>(column)?).unwrap_or(u32::MAX))
    };
    let months = |column: &str| -> Result<Option<u32>, StoreError> {
        let months: Option<i32> = row.try_get(column)?;
        Ok(months.and_then(|months| u32::try_from(months).ok()))
    };
    Ok(Tally {
        registered: count("registered")?,
        attached: count("attached")?,
        came_back: count("came_back")?,
        withdrew: count("withdrew")?,
        waiting: count("waiting")?,
        median: months("median")?,
        ninetieth: months("ninetieth")?,
    })
}
