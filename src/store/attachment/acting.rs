//! For whom somebody acts, and providers by their names.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::super::error::StoreError;
use super::super::pool::Store;
use super::areas::Named;

/// A provider for whom somebody acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActedFor {
    /// By key in PAS.
    pub practitioner_key: String,
    /// Their name, as PAS holds it today.
    pub name: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// The name of `p`, a provider: the one that has not ended, else the one that ended last.
macro_rules! name_of_provider {
    () => {
        "coalesce((SELECT concat_ws(' ', nullif(array_to_string(ARRAY(SELECT jsonb_array_elements_text(x.name -> 'given')), ' '), ''), x.name ->> 'family')
            FROM jsonb_array_elements(p.names) WITH ORDINALITY AS x (name, place)
           ORDER BY x.name -> 'period' ->> 'end' DESC NULLS FIRST, x.place LIMIT 1), '')"
    };
}

const ACTED_FOR: &str = concat!(
    "SELECT r.practitioner_key, r.granted_at, ",
    name_of_provider!(),
    " AS name
  FROM access.role r JOIN pas.practitioner p ON p.key = r.practitioner_key
 WHERE r.subject = $1 AND r.role = 'delegate' AND r.revoked_at IS NULL ORDER BY name, r.id"
);

const PROVIDERS: &str = concat!(
    "SELECT p.key AS code, ",
    name_of_provider!(),
    " AS name
  FROM pas.practitioner p WHERE p.key = ANY ($1) ORDER BY name, code"
);

// $1 the provider, $2 today.
const WORKPLACES: &str = "
SELECT DISTINCT organization_key FROM pas.practitioner_role
 WHERE practitioner_key = $1 AND active
   AND coalesce((period ->> 'end')::date >= $2, true) AND coalesce((period ->> 'start')::date <= $2, true)";

impl Store {
    /// The clinics where a provider works, by key in PAS.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn workplaces(
        &self,
        practitioner: &str,
        today: NaiveDate,
    ) -> Result<Vec<String>, StoreError> {
        let query = sqlx::query(WORKPLACES).bind(practitioner).bind(today);
        let rows = query.fetch_all(&self.pool).await?;
        Ok(rows.iter().map(|row| row.try_get("organization_key")).collect::<Result<_, _>>()?)
    }

    /// The providers for whom somebody acts.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn acted_for(&self, subject: &str) -> Result<Vec<ActedFor>, StoreError> {
        let rows = sqlx::query(ACTED_FOR).bind(subject).fetch_all(&self.pool).await?;
        let acted_for = |row: &PgRow| -> Result<_, StoreError> {
            Ok(ActedFor {
                practitioner_key: row.try_get("practitioner_key")?,
                name: row.try_get("name")?,
                since: row.try_get("granted_at")?,
            })
        };
        rows.iter().map(acted_for).collect()
    }

    /// Providers by key, with their names.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn providers(&self, keys: &[&str]) -> Result<Vec<Named>, StoreError> {
        let rows = sqlx::query(PROVIDERS).bind(keys).fetch_all(&self.pool).await?;
        let named = |row: &PgRow| -> Result<_, StoreError> {
            Ok(Named { code: row.try_get("code")?, name: row.try_get("name")? })
        };
        rows.iter().map(named).collect()
    }
}
