//! Who may do what in the workflow.

use chrono::{DateTime, Utc};
use sqlx::Row as _;
use sqlx::postgres::PgExecutor;

use crate::attachment::{Person, Role};

use super::super::error::StoreError;
use super::super::pool::Store;
use super::act::Act;

const ROLES: &str = "
SELECT role, coalesce(practitioner_key, organization_key, network) AS about
  FROM access.role WHERE subject = $1 AND revoked_at IS NULL ORDER BY id";

/// Somebody who acts for a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegate {
    /// Who.
    pub subject: String,
    /// For whom, by key in PAS.
    pub practitioner_key: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

const DELEGATES: &str = "
SELECT subject, practitioner_key, granted_at FROM access.role
 WHERE role = 'delegate' AND practitioner_key = ANY ($1) AND revoked_at IS NULL ORDER BY practitioner_key, id";

const GRANT: &str = "
INSERT INTO access.role (subject, role, practitioner_key, organization_key, network, granted_by, granted_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (subject, role, coalesce(practitioner_key, organization_key, network)) WHERE revoked_at IS NULL DO NOTHING";

const REVOKE: &str = "
UPDATE access.role SET revoked_at = greatest($4, granted_at)
 WHERE subject = $1 AND role = $2 AND coalesce(practitioner_key, organization_key, network) IS NOT DISTINCT FROM $3 AND revoked_at IS NULL";

impl Store {
    /// Somebody with their roles as they are now.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn person(&self, subject: &str) -> Result<Person, StoreError> {
        let rows = sqlx::query(ROLES).bind(subject).fetch_all(&self.pool).await?;
        let mut roles = Vec::new();
        for row in &rows {
            let about = || -> Result<String, StoreError> {
                let about: Option<String> = row.try_get("about")?;
                about.ok_or_else(|| StoreError::Broken("a role is about nothing".into()))
            };
            roles.push(match row.try_get::<&str, _>("role")? {
                "provider" => Role::Provider { practitioner_key: about()? },
                "delegate" => Role::Delegate { practitioner_key: about()? },
                "director" => Role::Director { organization_key: about()? },
                "coordinator" => Role::Coordinator { network: about()? },
                "agent" => Role::Agent,
                other => return Err(StoreError::Broken(format!("no role is called {other}"))),
            });
        }
        Ok(Person { subject: subject.to_owned(), roles })
    }

    /// Who acts for these providers.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delegates_of(&self, practitioners: &[&str]) -> Result<Vec<Delegate>, StoreError> {
        let rows = sqlx::query(DELEGATES).bind(practitioners).fetch_all(&self.pool).await?;
        let delegate = |row: &sqlx::postgres::PgRow| -> Result<Delegate, StoreError> {
            Ok(Delegate {
                subject: row.try_get("subject")?,
                practitioner_key: row.try_get("practitioner_key")?,
                since: row.try_get("granted_at")?,
            })
        };
        rows.iter().map(delegate).collect()
    }

    /// Gives somebody a role, unless they hold it already.
    ///
    /// # Errors
    /// When the database does not answer, or what the role is about is not on file.
    pub async fn give_role(
        &self,
        subject: &str,
        role: &Role,
        by: &str,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        give(&self.pool, subject, role, by, at).await
    }

    /// Takes a role back; `false`: nobody held it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_role(
        &self,
        subject: &str,
        role: &Role,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        take(&self.pool, subject, role, at).await
    }
}

impl Act {
    /// As [`Store::give_role`], as a part of the act.
    ///
    /// # Errors
    /// When the database does not answer, or what the role is about is not on file.
    pub async fn give_role(&mut self, subject: &str, role: &Role) -> Result<(), StoreError> {
        let by = self.by.clone();
        give(self.connection(), subject, role, &by.author, by.at).await
    }

    /// As [`Store::take_role`], as a part of the act.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_role(&mut self, subject: &str, role: &Role) -> Result<bool, StoreError> {
        let at = self.by.at;
        take(self.connection(), subject, role, at).await
    }
}

async fn give(
    executor: impl PgExecutor<'_>,
    subject: &str,
    role: &Role,
    by: &str,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let About { word, provider, clinic, network } = About::of(role);
    let query = sqlx::query(GRANT).bind(subject).bind(word).bind(provider).bind(clinic);
    query.bind(network).bind(by).bind(at).execute(executor).await?;
    Ok(())
}

async fn take(
    executor: impl PgExecutor<'_>,
    subject: &str,
    role: &Role,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let About { word, provider, clinic, network } = About::of(role);
    let about = provider.or(clinic).or(network);
    let query = sqlx::query(REVOKE).bind(subject).bind(word).bind(about).bind(at);
    Ok(query.execute(executor).await?.rows_affected() > 0)
}

/// A role as its row has it.
#[derive(Default)]
struct About<'r> {
    word: &'static str,
    provider: Option<&'r str>,
    clinic: Option<&'r str>,
    network: Option<&'r str>,
}

impl<'r> About<'r> {
    fn of(role: &'r Role) -> Self {
        let none = About::default();
        match role {
            Role::Provider { practitioner_key } => {
                About { word: "provider", provider: Some(practitioner_key), ..none }
            }
            Role::Delegate { practitioner_key } => {
                About { word: "delegate", provider: Some(practitioner_key), ..none }
            }
            Role::Director { organization_key } => {
                About { word: "director", clinic: Some(organization_key), ..none }
            }
            Role::Coordinator { network } => {
                About { word: "coordinator", network: Some(network), ..none }
            }
            Role::Agent => About { word: "agent", ..none },
        }
    }
}
