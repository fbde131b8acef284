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

// $1 beginnings of months, oldest first, $2 their ends. Whoever moved counts where they live now: the history of addresses is not kept. Somebody
// waits from a step that led to waiting until one that led out of it; how long is counted from the date that they registered on, which
// nothing changes but merged numbers. The steps between, that they are asked and answer, are most of the history, and are not read. Families came and went together, so
// they are counted before they are spread over months, and quantiles are found in counts of months.
const NUMBERS: &str = "
WITH month AS MATERIALIZED (
    SELECT * FROM unnest($1::timestamptz[], $2::timestamptz[]) WITH ORDINALITY AS m (began, ended, place)
), town AS MATERIALIZED (
    SELECT code, name, row_number() OVER (ORDER BY name, code)::integer AS town FROM area.community
), step AS MATERIALIZED (
    SELECT t.town, s.was, s.became, s.reason, s.at, r.registered_at,
           lead(s.at) OVER (PARTITION BY s.registration_id ORDER BY s.id) AS until
      FROM attachment.registration_change s
      JOIN attachment.registration r ON r.id = s.registration_id JOIN attachment.family f ON f.id = r.family_id
      JOIN town t ON t.code = f.community
     WHERE s.reason IN ('registered', 'attached', 'attachment-ended', 'provider-left', 'withdrawn', 'died', 'number-merged')
), moved AS (
    SELECT s.town, m.place,
           count(*) FILTER (WHERE s.reason = 'registered') AS registered,
           count(*) FILTER (WHERE s.reason = 'attached' AND s.was IS DISTINCT FROM 'attached') AS attached,
           count(*) FILTER (WHERE s.reason IN ('attachment-ended', 'provider-left')) AS came_back,
           count(*) FILTER (WHERE s.reason = 'withdrawn') AS withdrew
      FROM step s JOIN month m ON m.place = width_bucket(s.at, $1) AND s.at < m.ended
     WHERE s.at >= ($1::timestamptz[])[1]
     GROUP BY s.town, m.place
), stay AS (
    SELECT town, registered_at, width_bucket(at, $2) + 1 AS first, coalesce(width_bucket(until, $2), cardinality($2)) AS last, count(*) AS people
      FROM step WHERE became IN ('active', 'reconfirm-due', 'suspended', 'proposed')
     GROUP BY town, registered_at, first, last
), wait AS MATERIALIZED (
    SELECT s.town, m.place, floor(date_part('epoch', m.ended - s.registered_at) / (365.25 / 12 * 86400)::float8)::integer AS months, sum(s.people) AS people
      FROM stay s JOIN month m ON m.place BETWEEN s.first AND s.last
     GROUP BY 1, 2, 3
), place AS (
    SELECT town, place, months, sum(people) OVER (PARTITION BY town, place ORDER BY months) AS up_to,
           sum(people) OVER (PARTITION BY town, place) AS people
      FROM wait
), waiting AS (
    SELECT town, place, max(people)::bigint AS waiting, min(months) FILTER (WHERE up_to >= ceil(0.5 * people)) AS median,
           min(months) FILTER (WHERE up_to >= ceil(0.9 * people)) AS ninetieth
      FROM place GROUP BY town, place
)
SELECT c.code, c.name, coalesce(registered, 0) AS registered, coalesce(attached, 0) AS attached, coalesce(came_back, 0) AS came_back,
       coalesce(withdrew, 0) AS withdrew, coalesce(waiting, 0) AS waiting, median, ninetieth
  FROM town c CROSS JOIN month m
  LEFT JOIN moved v ON v.town = c.town AND v.place = m.place
  LEFT JOIN waiting w ON w.town = c.town AND w.place = m.place
 ORDER BY c.town, m.place";

// Attachments between two instants, by the community in which those families live now.
const ATTACHED: &str = "
SELECT f.community, count(*) AS attached FROM attachment.registration_change s
  JOIN attachment.registration r ON r.id = s.registration_id JOIN attachment.family f ON f.id = r.family_id
 WHERE f.community = ANY ($1) AND s.reason = 'attached' AND s.was IS DISTINCT FROM 'attached' AND s.at >= $2 AND s.at < $3
 GROUP BY f.community";

impl Store {
    /// How many of these communities were attached between two instants; those where nobody was are left out.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn attached_in(
        &self,
        communities: &[&str],
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<(String, u32)>, StoreError> {
        let query = sqlx::query(ATTACHED).bind(communities).bind(from).bind(to);
        let rows = query.fetch_all(&self.pool).await?;
        let attached = |row: &PgRow| -> Result<(String, u32), StoreError> {
            let attached: i64 = row.try_get("attached")?;
            Ok((row.try_get("community")?, u32::try_from(attached).unwrap_or(u32::MAX)))
        };
        rows.iter().map(attached).collect()
    }

    /// What happened in every community in these months, oldest first, by the community's name.
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
