//! What room panels have, as it was stated, and how much of it is taken.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::Row as _;
use sqlx::postgres::{PgExecutor, PgRow};

use crate::attachment::{Capacity, Gender, Mix};
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
    /// How many were accepted since, or are before the provider.
    pub taken: u32,
}

impl PanelSide {
    /// How many more people can be proposed.
    pub fn open(&self) -> u32 {
        self.stated.as_ref().map_or(0, |stated| stated.capacity.open(stated.taken))
    }
}

/// Panels with all of that; the arguments are where `l`, the place of the clinic, comes from, and a condition on it and on `n`, a panel.
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
       (SELECT count(*) FROM attachment.proposal q JOIN attachment.list s ON s.id = q.list_id
          LEFT JOIN attachment.record z ON z.proposal_id = q.id
         WHERE s.panel_id = n.id
           AND (q.state IN ('proposed', 'in-intake') OR q.state IN ('accepted', 'confirmed') AND z.at >= c.stated_at)) AS taken
  FROM panel.panel n
  JOIN pas.practitioner p ON p.key = n.practitioner_key
  JOIN pas.organization o ON o.key = n.organization_key
  LEFT JOIN LATERAL (SELECT * FROM attachment.capacity c WHERE c.panel_id = n.id ORDER BY c.id DESC LIMIT 1) c ON true",
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
// $1 the clinic, $2 today: providers who work there, and panels that somebody is still on.
const BY_CLINIC: &str = panels_of_some!(
    "n.organization_key = $1
   AND (EXISTS (SELECT FROM panel.entry e WHERE e.panel_id = n.id AND e.status IN ('confirmed', 'pending'))
        OR EXISTS (SELECT FROM pas.practitioner_role w
                    WHERE w.practitioner_key = n.practitioner_key AND w.organization_key = n.organization_key AND w.active
                      AND coalesce((w.period ->> 'end')::date >= $2, true) AND coalesce((w.period ->> 'start')::date <= $2, true)))"
);
// Of all clinics at once.
const BY_NETWORK: &str =
    panels!("\n  JOIN area.clinic l ON l.key = n.organization_key", "l.network = $1");

const STATE: &str = "
INSERT INTO attachment.capacity (panel_id, accepting, anticipated, monthly, desired_size, low, medium, high, gender, languages,
                                 stated_at, author, on_behalf_of, act_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

impl Store {
    /// The panels of these providers.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn panels_of(&self, practitioners: &[&str]) -> Result<Vec<PanelSide>, StoreError> {
        let rows = sqlx::query(BY_PROVIDERS).bind(practitioners).fetch_all(&self.pool).await?;
        rows.iter().map(panel_side).collect()
    }

    /// The panels at clinics of a network's communities.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn panels_in(&self, network: &str) -> Result<Vec<PanelSide>, StoreError> {
        let rows = sqlx::query(BY_NETWORK).bind(network).fetch_all(&self.pool).await?;
        rows.iter().map(panel_side).collect()
    }

    /// The panels at a clinic.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn panels_at(
        &self,
        clinic: &str,
        today: NaiveDate,
    ) -> Result<Vec<PanelSide>, StoreError> {
        let rows = sqlx::query(BY_CLINIC).bind(clinic).bind(today).fetch_all(&self.pool).await?;
        rows.iter().map(panel_side).collect()
    }

    /// One panel.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn panel_side(&self, panel: PanelId) -> Result<Option<PanelSide>, StoreError> {
        find(&self.pool, panel).await
    }
}

impl Act {
    /// The panel that is locked.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn panel(&mut self, panel: PanelId) -> Result<Option<PanelSide>, StoreError> {
        find(self.connection(), panel).await
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
) -> Result<Option<PanelSide>, StoreError> {
    let row = sqlx::query(BY_ID).bind(panel.0).fetch_optional(executor).await?;
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
    let taken: i64 = row.try_get("taken")?;
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
        taken: u32::try_from(taken).unwrap_or(u32::MAX),
    })
}
