//! Where people live, and what conditions weigh: loaded from a file.

use serde_json::Value;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::types::Json;

use super::super::error::StoreError;
use super::super::pool::Store;

/// A code with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The code.
    pub code: String,
    /// Its name, for people.
    pub name: String,
}

const COMMUNITIES: &str = "SELECT code, name FROM area.community ORDER BY name, code";
const CONDITIONS: &str = "SELECT code, name FROM attachment.condition ORDER BY name, code";

// $1 the file. What is no longer in it stays: somebody may have registered with it.
const LOAD: [&str; 4] = [
    "INSERT INTO area.network SELECT r.* FROM jsonb_populate_recordset(NULL::area.network, $1 -> 'networks') r
     ON CONFLICT (code) DO UPDATE SET name = excluded.name",
    "INSERT INTO area.community SELECT r.* FROM jsonb_populate_recordset(NULL::area.community, $1 -> 'communities') r
     ON CONFLICT (code) DO UPDATE SET name = excluded.name, network = excluded.network, x_km = excluded.x_km, y_km = excluded.y_km",
    "INSERT INTO area.postal SELECT r.* FROM jsonb_populate_recordset(NULL::area.postal, $1 -> 'postal') r
     ON CONFLICT (prefix) DO UPDATE SET community = excluded.community",
    "INSERT INTO attachment.condition SELECT r.* FROM jsonb_populate_recordset(NULL::attachment.condition, $1 -> 'conditions') r
     ON CONFLICT (code) DO UPDATE SET name = excluded.name, weight = excluded.weight",
];

impl Store {
    /// Loads networks, communities, postal codes and conditions, all of them or none.
    ///
    /// # Errors
    /// When the database does not answer, or the file names what it does not hold.
    pub async fn load_areas(&self, file: &Value) -> Result<(), StoreError> {
        let mut transaction = self.units.begin().await.map_err(|error| self.explain(error))?;
        for statement in LOAD {
            sqlx::query(statement).bind(Json(file)).execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Whether nobody ever registered.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_no_registrations(&self) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT NOT EXISTS (SELECT FROM attachment.registration) AS none")
            .fetch_one(&self.pool)
            .await?;
        Ok(row.try_get("none")?)
    }

    /// Whether no community is on file.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_no_areas(&self) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT NOT EXISTS (SELECT FROM area.community) AS none")
            .fetch_one(&self.pool)
            .await?;
        Ok(row.try_get("none")?)
    }

    /// Every community on file, by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn communities(&self) -> Result<Vec<Named>, StoreError> {
        let rows = sqlx::query(COMMUNITIES).fetch_all(&self.pool).await?;
        rows.iter().map(named).collect()
    }

    /// Every condition that can be told, by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn conditions(&self) -> Result<Vec<Named>, StoreError> {
        let rows = sqlx::query(CONDITIONS).fetch_all(&self.pool).await?;
        rows.iter().map(named).collect()
    }
}

fn named(row: &PgRow) -> Result<Named, StoreError> {
    Ok(Named { code: row.try_get("code")?, name: row.try_get("name")? })
}
