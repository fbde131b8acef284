//! The schema's versions: the files of `migrations/`, part of the binary.

use std::borrow::Cow;

use sqlx::Row as _;
use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use super::error::StoreError;
use super::pool::{Store, died_resting};

/// Every migration, in order: version, name, text.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "registries", include_str!("../../migrations/0001_registries.sql")),
    (2, "inbox", include_str!("../../migrations/0002_inbox.sql")),
    (3, "panels", include_str!("../../migrations/0003_panels.sql")),
    (4, "server role", include_str!("../../migrations/0004_server_role.sql")),
    (5, "audit", include_str!("../../migrations/0005_audit.sql")),
    (6, "access", include_str!("../../migrations/0006_access.sql")),
    (7, "retention", include_str!("../../migrations/0007_retention.sql")),
    (8, "give way", include_str!("../../migrations/0008_give_way.sql")),
    (9, "versions", include_str!("../../migrations/0009_versions.sql")),
    (10, "index later", include_str!("../../migrations/0010_index_later.sql")),
    (11, "attachment", include_str!("../../migrations/0011_attachment.sql")),
    (12, "sessions", include_str!("../../migrations/0012_sessions.sql")),
    (13, "notices", include_str!("../../migrations/0013_notices.sql")),
    (15, "quick waiting", include_str!("../../migrations/0015_quick_waiting.sql")),
    (16, "clinics", include_str!("../../migrations/0016_clinics.sql")),
    (17, "told", include_str!("../../migrations/0017_told.sql")),
    (18, "clean up", include_str!("../../migrations/0018_clean_up.sql")),
    (19, "one registration", include_str!("../../migrations/0019_one_registration.sql")),
    (20, "agents", include_str!("../../migrations/0020_agents.sql")),
    (21, "told of returns", include_str!("../../migrations/0021_told_of_returns.sql")),
    (22, "merged numbers", include_str!("../../migrations/0022_merged_numbers.sql")),
];

/// The version that this build needs.
pub const SCHEMA_VERSION: i64 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// What state a database's schema is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaState {
    /// At the version that this build needs.
    Current,
    /// At another; 0: none yet.
    Other(i64),
}

impl Store {
    /// Brings the schema to this build's version. Several servers may do so at once; one does it.
    ///
    /// # Errors
    /// When the database is away, is ahead of this build, or an applied migration was edited afterwards.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let migrations = MIGRATIONS.iter().map(|(version, name, sql)| {
            let sql = sqlx::AssertSqlSafe(*sql).into_sql_str();
            Migration::new(*version, Cow::Borrowed(*name), MigrationType::Simple, sql, false)
        });
        let migrator = Migrator::with_migrations(migrations.collect());
        let mut connection = self.pool.acquire().await.map_err(|error| self.explain(error))?;
        // The limits are made for messages; a migration takes as long as it takes.
        sqlx::raw_sql("SET statement_timeout = 0; SET lock_timeout = 0")
            .execute(&mut *connection)
            .await?;
        let migrated = migrator.run(&mut *connection).await;
        drop(connection.detach());
        migrated.map_err(|error| match error {
            sqlx::migrate::MigrateError::Execute(error)
            | sqlx::migrate::MigrateError::ExecuteMigration(error, _) => StoreError::from(error),
            sqlx::migrate::MigrateError::VersionMissing(found) => {
                StoreError::Schema { found, needed: SCHEMA_VERSION }
            }
            other => StoreError::Broken(other.to_string()),
        })
    }

    /// Asks the database for its version: it is reachable, and ready for this build or not.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn schema_state(&self) -> Result<SchemaState, StoreError> {
        const VERSION: &str = "SELECT max(version) AS version FROM _sqlx_migrations WHERE success";
        let mut tries = self.tries();
        // As for messages: a connection that died while it rested says nothing about Postgres.
        let asked = loop {
            let mut unit = self.units.acquire().await.map_err(|error| self.explain(error))?;
            match sqlx::query(VERSION).fetch_one(&mut *unit).await {
                Err(error) if died_resting(&error) && tries.next().is_some() => unit.give_up(),
                Err(error) => break Err(error),
                Ok(row) => break unit.end().await.map(|()| row),
            }
        };
        let version = match asked {
            Ok(row) => row.try_get::<Option<i64>, _>("version")?.unwrap_or(0),
            // There is no table of migrations: an empty database.
            Err(sqlx::Error::Database(refused)) if refused.code().as_deref() == Some("42P01") => 0,
            Err(error) => return Err(self.explain(error)),
        };
        Ok(if version == SCHEMA_VERSION {
            SchemaState::Current
        } else {
            SchemaState::Other(version)
        })
    }

    /// # Errors
    /// When the schema is not at this build's version.
    pub async fn require_schema(&self) -> Result<(), StoreError> {
        match self.schema_state().await? {
            SchemaState::Current => Ok(()),
            SchemaState::Other(found) => Err(StoreError::Schema { found, needed: SCHEMA_VERSION }),
        }
    }
}
