//! Candidates: families that could be proposed.

use std::collections::HashSet;

use sqlx::Row as _;
use sqlx::postgres::{PgExecutor, PgRow};

use crate::attachment::{Complexity, FamilyId, Gender, RegistrationId, Seeker};
use crate::panel::PanelId;

use super::super::error::StoreError;
use super::super::pool::Store;
use super::act::Act;

/// Families of a network all of whose waiting members can be proposed, seen from a community. $1 network, $2 community; the argument is a
/// condition on `f`, a family.
macro_rules! seekers {
    ($condition:literal) => {
        concat!(
            "
SELECT f.id, r.registered_at, r.members, r.complexity, sqrt((c.x_km - h.x_km) ^ 2 + (c.y_km - h.y_km) ^ 2) AS km,
       f.distance, f.gender, f.language, f.interpreter
  FROM area.community h, area.community c
  JOIN attachment.family f ON f.community = c.code
 CROSS JOIN LATERAL (
       SELECT min(w.registered_at) AS registered_at, count(*) AS members,
              max(CASE w.complexity WHEN 'high' THEN 2 WHEN 'medium' THEN 1 ELSE 0 END) AS complexity
         FROM attachment.registration w
        WHERE w.family_id = f.id AND w.state IN ('active', 'reconfirm-due', 'suspended', 'proposed')
       HAVING bool_and(w.state = 'active')) r
 WHERE c.network = $1 AND h.code = $2",
            $condition
        )
    };
}

// Whoever would not go that far (`Seeker::is_within_reach`) is not loaded at all.
const SEEKERS: &str = seekers!(
    " AND (f.distance IS NULL OR sqrt((c.x_km - h.x_km) ^ 2 + (c.y_km - h.y_km) ^ 2) <= f.distance)"
);
const SEEKERS_OF: &str = seekers!(" AND f.id = ANY ($3)");

const MEMBERS: &str = "
SELECT family_id, id, phn FROM attachment.registration
 WHERE family_id = ANY ($1) AND state IN ('active', 'reconfirm-due', 'suspended', 'proposed') ORDER BY phn";

const FAMILIES_ON: &str = "
SELECT DISTINCT r.family_id FROM panel.entry e JOIN attachment.registration r ON r.phn = e.phn AND r.state = 'active'
 WHERE e.panel_id = $1 AND e.status IN ('confirmed', 'pending')";

// The waiting members of every family of no subject of which one of these people waits.
const UNCLAIMED: &str = "
SELECT m.family_id, m.id, m.phn FROM attachment.registration m JOIN attachment.family f ON f.id = m.family_id
 WHERE f.subject IS NULL AND m.state IN ('active', 'reconfirm-due', 'suspended', 'proposed')
   AND f.id IN (SELECT r.family_id FROM attachment.registration r
                 WHERE r.phn = ANY ($1) AND r.state IN ('active', 'reconfirm-due', 'suspended', 'proposed'))
 ORDER BY m.phn";

impl Store {
    /// Families that wait and have somebody on this panel.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn families_on(&self, panel: PanelId) -> Result<HashSet<FamilyId>, StoreError> {
        let rows = sqlx::query(FAMILIES_ON).bind(panel.0).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(FamilyId(row.try_get("family_id")?))).collect()
    }

    /// The families that could be proposed to a panel of this network at a clinic of this community, and would go that far.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn seekers(&self, network: &str, community: &str) -> Result<Vec<Seeker>, StoreError> {
        let query = sqlx::query(SEEKERS).bind(network).bind(community);
        query.fetch_all(&self.pool).await?.iter().map(seeker).collect()
    }

    /// The waiting members of families, by PHN.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn members_of(
        &self,
        families: &[FamilyId],
    ) -> Result<Vec<(FamilyId, RegistrationId, String)>, StoreError> {
        members(&self.pool, families).await
    }
}

impl Act {
    /// As [`Store::seekers`], of this moment, and of these families only, however far they would go.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn seekers(
        &mut self,
        network: &str,
        community: &str,
        families: &[FamilyId],
    ) -> Result<Vec<Seeker>, StoreError> {
        let ids: Vec<_> = families.iter().map(|family| family.0).collect();
        let query = sqlx::query(SEEKERS_OF).bind(network).bind(community).bind(ids);
        query.fetch_all(self.connection()).await?.iter().map(seeker).collect()
    }

    /// As [`Store::members_of`], of this moment.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn members_of(
        &mut self,
        families: &[FamilyId],
    ) -> Result<Vec<(FamilyId, RegistrationId, String)>, StoreError> {
        members(self.connection(), families).await
    }
}

fn seeker(row: &PgRow) -> Result<Seeker, StoreError> {
    let members: i64 = row.try_get("members")?;
    let band: i32 = row.try_get("complexity")?;
    let band = usize::try_from(band).ok().and_then(|band| Complexity::ALL.get(band));
    let distance: Option<i32> = row.try_get("distance")?;
    Ok(Seeker {
        family: FamilyId(row.try_get("id")?),
        registered_at: row.try_get("registered_at")?,
        members: u32::try_from(members).unwrap_or(u32::MAX),
        complexity: band.copied().unwrap_or(Complexity::Low),
        km: row.try_get("km")?,
        distance: distance.and_then(|km| u32::try_from(km).ok()),
        gender: row.try_get::<Option<&str>, _>("gender")?.and_then(Gender::of),
        language: row.try_get("language")?,
        interpreter: row.try_get("interpreter")?,
    })
}

impl Act {
    /// The waiting members, by PHN, of families that agents registered and of which one of these people, who are locked, waits.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unclaimed(
        &mut self,
        phns: &[&str],
    ) -> Result<Vec<(FamilyId, RegistrationId, String)>, StoreError> {
        let query = sqlx::query(UNCLAIMED).bind(phns);
        query.fetch_all(self.connection()).await?.iter().map(member).collect()
    }
}

fn member(row: &PgRow) -> Result<(FamilyId, RegistrationId, String), StoreError> {
    let (family, id) = (FamilyId(row.try_get("family_id")?), RegistrationId(row.try_get("id")?));
    Ok((family, id, row.try_get("phn")?))
}

async fn members(
    executor: impl PgExecutor<'_>,
    families: &[FamilyId],
) -> Result<Vec<(FamilyId, RegistrationId, String)>, StoreError> {
    let ids: Vec<_> = families.iter().map(|family| family.0).collect();
    let rows = sqlx::query(MEMBERS).bind(ids).fetch_all(executor).await?;
    rows.iter().map(member).collect()
}
