//! What room panels have, as it was stated, and how much of it is taken.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::Row as _;
use sqlx::postgres::{PgExecutor, PgRow};

use crate::attachment::{AsOf, Bound, Capacity, Gender, MONTH, Mix, Room, Taken};
use crate::panel::PanelId;

use super::super::error::StoreError;
use super::super::pool::Store;
use super::act::Act;
use super::names::shown_name;

/// A panel as the workflow sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct PanelSide {
    /// Which.
    pub id: PanelId,
    /// Its provider's key in PAS.
    pub practitioner_key: String,
    /// Its provider's name, as PAS holds it today.
    pub practitioner: String,
    /// Its clinic's key in PAS.
    pub organization_key: String,
    /// Its clinic's name.
    pub organization: String,
    /// Where the clinic lies, and what that belongs to; `None`: in no community on file.
    pub community: Option<(String, String)>,
    /// What was stated last.
    pub stated: Option<Stated>,
    /// How many people are on it.
    pub size: i64,
    /// Whether its provider still has a role at its clinic, or had one until lately.
    pub practises: bool,
}

/// A statement of capacity.
#[derive(Debug, Clone, PartialEq)]
pub struct Stated {
    /// What.
    pub capacity: Capacity,
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub author: String,
    /// What is taken of it.
    pub taken: Taken,
}

impl PanelSide {
    /// How many more people can be proposed, and what bounds it; `None`: nothing was stated.
    pub fn room(&self) -> Option<Room> {
        let room = self.stated.as_ref().map(|stated| stated.capacity.room(stated.taken))?;
        Some(if self.practises { room } else { Room { open: 0, bound: Bound::ProviderLeft } })
    }

    /// How many more people can be proposed.
    pub fn open(&self) -> u32 {
        self.room().map_or(0, |room| room.open)
    }
}

/// Panels with all of that, where $2 is a month ago and $3 the day before which a provider has left; the arguments are where `l`, the place of the clinic, comes from, and a condition on it
/// and on `n`, a panel.
macro_rules! panels {
    ($place:literal, $condition:literal) => {
        concat!(
            "
SELECT n.id, n.practitioner_key, n.organization_key, l.community, l.network, ",
            shown_name!("p.names"),
            " AS practitioner,
       coalesce((SELECT x.name ->> 'text' FROM jsonb_array_elements(o.names) WITH ORDINALITY AS x (name, place)
                  WHERE x.name ->> 'kind' = 'name' ORDER BY x.place LIMIT 1), '') AS organization,
       (SELECT count(*) FROM panel.entry e WHERE e.panel_id = n.id AND e.status IN ('confirmed', 'pending')) AS size,
       c.accepting, c.anticipated, c.monthly, c.desired_size, c.low, c.medium, c.high, c.gender, c.languages, c.stated_at, c.author,
       t.unanswered, t.since_stated, t.in_month,
       EXISTS (SELECT FROM pas.practitioner_role w
                WHERE w.practitioner_key = n.practitioner_key AND w.organization_key = n.organization_key AND w.active
                  AND coalesce((w.period ->> 'end')::date >= $3, true)) AS practises
  FROM panel.panel n
  JOIN pas.practitioner p ON p.key = n.practitioner_key
  JOIN pas.organization o ON o.key = n.organization_key
  LEFT JOIN LATERAL (SELECT * FROM attachment.capacity c WHERE c.panel_id = n.id ORDER BY c.id DESC LIMIT 1) c ON true
  LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE q.state IN ('proposed', 'in-intake')) AS unanswered,
                            count(*) FILTER (WHERE z.at >= c.stated_at) AS since_stated, count(*) FILTER (WHERE z.at >= $2) AS in_month
                       FROM attachment.list s JOIN attachment.proposal q ON q.list_id = s.id
                       LEFT JOIN attachment.record z ON z.proposal_id = q.id AND q.state IN ('accepted', 'confirmed')
                      WHERE s.panel_id = n.id) t ON true",
            $place,
            " WHERE ",
            $condition,
            " ORDER BY n.id"
        )
    };
}

/// Where a panel's clinic lies, of each by itself; a call of the function for each.
macro_rules! panels_of_some {
    ($condition:literal) => {
        panels!(
            "
  LEFT JOIN LATERAL (SELECT area.community_of_clinic(n.organization_key) AS code OFFSET 0) w ON true
  LEFT JOIN LATERAL (SELECT a.code AS community, a.network FROM area.community a WHERE a.code = w.code) l ON true",
            $condition
        )
    };
}

const BY_ID: &str = panels_of_some!("n.id = $1");
const BY_PROVIDERS: &str = panels_of_some!("n.practitioner_key = ANY ($1)");
// $1 the clinic, $4 today: providers who work there, and panels that somebody is still on.
const BY_CLINIC: &str = panels_of_some!(
    "n.organization_key = $1
   AND (EXISTS (SELECT FROM panel.entry e WHERE e.panel_id = n.id AND e.status IN ('confirmed', 'pending'))
        OR EXISTS (SELECT FROM pas.practitioner_role w
                    WHERE w.practitioner_key = n.practitioner_key AND w.organization_key = n.organization_key AND w.active
                      AND coalesce((w.period ->> 'end')::date >= $4, true) AND coalesce((w.period ->> 'start')::date <= $4, true)))"
);
// Of all clinics at once.
const BY_NETWORK: &str =
    panels!("\n  JOIN area.clinic l ON l.key = n.organization_key", "l.network = $1");

const STATE: &str = "
INSERT INTO attachment.capacity (panel_id, accepting, anticipated, monthly, desired_size, low, medium, high, gender, languages,
                                 stated_at, author, on_behalf_of, act_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

impl Store {
    /// The panels of these providers, as they stand at a time.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn panels_of(
        &self,
        practitioners: &[&str],
        as_of: AsOf,
    ) -> Result<Vec<PanelSide>, StoreError> {
        let query = sqlx::query(BY_PROVIDERS).bind(practitioners);
        let query = query.bind(as_of.at - MONTH).bind(as_of.left_before);
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(panel_side).collect()
    }

    /// The panels at clinics of a network's communities.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn panels_in(
        &self,
        network: &str,
        as_of: AsOf,
    ) -> Result<Vec<PanelSide>, StoreError> {
        let query = sqlx::query(BY_NETWORK).bind(network);
        let query = query.bind(as_of.at - MONTH).bind(as_of.left_before);
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(panel_side).collect()
    }

    /// The panels at a clinic.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn panels_at(
        &self,
        clinic: &str,
        as_of: AsOf,
        today: NaiveDate,
    ) -> Result<Vec<PanelSide>, StoreError> {
        let query = sqlx::query(BY_CLINIC).bind(clinic).bind(as_of.at - MONTH);
        let query = query.bind(as_of.left_before).bind(today);
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(panel_side).collect()
    }

    /// One panel.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn panel_side(
        &self,
        panel: PanelId,
        as_of: AsOf,
    ) -> Result<Option<PanelSide>, StoreError> {
        find(&self.pool, panel, as_of).await
    }
}

impl Act {
    /// The panel that is locked.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn panel(
        &mut self,
        panel: PanelId,
        as_of: AsOf,
    ) -> Result<Option<PanelSide>, StoreError> {
        find(self.connection(), panel, as_of).await
    }

    /// Writes down what a provider states.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn state_capacity(
        &mut self,
        panel: &PanelSide,
        capacity: &Capacity,
    ) -> Result<(), StoreError> {
        let by = self.by.clone();
        let number = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
        let share = |of: fn(Mix) -> u8| capacity.mix.map(|mix| i32::from(of(mix)));
        sqlx::query(STATE)
            .bind(panel.id.0)
            .bind(capacity.accepting)
            .bind(number(capacity.anticipated))
            .bind(capacity.monthly.map(number))
            .bind(capacity.desired_size.map(number))
            .bind(share(|mix| mix.low))
            .bind(share(|mix| mix.medium))
            .bind(share(|mix| mix.high))
            .bind(capacity.gender.map(Gender::word))
            .bind(&capacity.languages)
            .bind(by.at)
            .bind(&by.author)
            .bind(&panel.practitioner_key)
            .bind(by.id)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}

async fn find(
    executor: impl PgExecutor<'_>,
    panel: PanelId,
    as_of: AsOf,
) -> Result<Option<PanelSide>, StoreError> {
    let query = sqlx::query(BY_ID).bind(panel.0).bind(as_of.at - MONTH).bind(as_of.left_before);
    let row = query.fetch_optional(executor).await?;
    row.as_ref().map(panel_side).transpose()
}

fn panel_side(row: &PgRow) -> Result<PanelSide, StoreError> {
    let community: Option<String> = row.try_get("community")?;
    let network: Option<String> = row.try_get("network")?;
    let accepting: Option<bool> = row.try_get("accepting")?;
    Ok(PanelSide {
        id: PanelId(row.try_get("id")?),
        practitioner_key: row.try_get("practitioner_key")?,
        practitioner: row.try_get("practitioner")?,
        organization_key: row.try_get("organization_key")?,
        organization: row.try_get("organization")?,
        community: community.zip(network),
        stated: accepting.map(|accepting| stated(row, accepting)).transpose()?,
        size: row.try_get("size")?,
        practises: row.try_get("practises")?,
    })
}

fn stated(row: &PgRow, accepting: bool) -> Result<Stated, StoreError> {
    let number = |column| -> Result<Option<u32>, StoreError> {
        Ok(row.try_get::<Option<i32>, _>(column)?.and_then(|n| u32::try_from(n).ok()))
    };
    let share = |column| -> Result<Option<u8>, StoreError> {
        Ok(row.try_get::<Option<i32>, _>(column)?.and_then(|n| u8::try_from(n).ok()))
    };
    let mix = match (share("low")?, share("medium")?, share("high")?) {
        (Some(low), Some(medium), Some(high)) => Some(Mix { low, medium, high }),
        _ => None,
    };
    let people = |column| -> Result<u32, StoreError> {
        Ok(u32::try_from(row.try_get::<i64, _>(column)?).unwrap_or(u32::MAX))
    };
    Ok(Stated {
        capacity: Capacity {
            accepting,
            anticipated: number("anticipated")?.unwrap_or_default(),
            monthly: number("monthly")?,
            desired_size: number("desired_size")?,
            mix,
            gender: row.try_get::<Option<&str>, _>("gender")?.and_then(Gender::of),
            languages: row.try_get("languages")?,
        },
        at: row.try_get("stated_at")?,
        author: row.try_get("author")?,
        taken: Taken {
            unanswered: people("unanswered")?,
            since_stated: people("since_stated")?,
            in_month: people("in_month")?,
            size: people("size")?,
        },
    })
}
