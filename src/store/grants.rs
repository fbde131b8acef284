//! Who is registered to speak for whom. Written by operators' commands as the owner; servers only read.

use chrono::{DateTime, Utc};
use sqlx::Row as _;

use crate::access::{ClientId, Subject};

use super::error::StoreError;
use super::pool::Store;

/// Who is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Party {
    /// A program.
    Client(ClientId),
    /// A person who signs in through one.
    Person(Subject),
}

impl Party {
    /// `client` or `person`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Party::Client(_) => "client",
            Party::Person(_) => "person",
        }
    }

    /// As the issuer knows them.
    pub fn id(&self) -> &str {
        match self {
            Party::Client(client) => client.as_str(),
            Party::Person(subject) => subject.as_str(),
        }
    }
}

/// A registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Who.
    pub party: Party,
    /// For people; empty for persons.
    pub name: String,
    /// Clinics of a client, providers of a person, as `system|value`.
    pub tokens: Vec<String>,
    /// Since when.
    pub granted_at: DateTime<Utc>,
    /// When it was taken back.
    pub revoked_at: Option<DateTime<Utc>>,
}

// Everything that PAS does not know of what is to be granted: most likely a slip of the pen.
const UNKNOWN_CLINICS: &str = "
SELECT t FROM unnest($1::text[]) AS t WHERE NOT EXISTS (SELECT FROM pas.organization o WHERE o.tokens @> ARRAY[t])";
const UNKNOWN_PROVIDERS: &str = "
SELECT t FROM unnest($1::text[]) AS t WHERE NOT EXISTS (SELECT FROM pas.practitioner p WHERE p.tokens @> ARRAY[t])";

const GRANT_CLIENT: &str = "
INSERT INTO access.client (id, name, facilities, granted_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, facilities = excluded.facilities,
                               granted_at = excluded.granted_at, revoked_at = NULL";
const GRANT_PERSON: &str = "
INSERT INTO access.person (subject, practitioners, granted_at) VALUES ($1, $2, $3)
ON CONFLICT (subject) DO UPDATE SET practitioners = excluded.practitioners,
                                    granted_at = excluded.granted_at, revoked_at = NULL";

const REVOKE_CLIENT: &str = "
UPDATE access.client SET revoked_at = greatest($2, granted_at) WHERE id = $1 AND revoked_at IS NULL";
const REVOKE_PERSON: &str = "
UPDATE access.person SET revoked_at = greatest($2, granted_at) WHERE subject = $1 AND revoked_at IS NULL";

const GRANTS: &str = "
SELECT 'client' AS kind, id, name, facilities AS tokens, granted_at, revoked_at FROM access.client
UNION ALL SELECT 'person', subject, '', practitioners, granted_at, revoked_at FROM access.person
ORDER BY kind, id";

impl Store {
    /// Of the identifiers that a party is to be registered for, those that PAS does not know.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unknown(
        &self,
        party: &Party,
        tokens: &[String],
    ) -> Result<Vec<String>, StoreError> {
        let unknown = match party {
            Party::Client(_) => UNKNOWN_CLINICS,
            Party::Person(_) => UNKNOWN_PROVIDERS,
        };
        Ok(sqlx::query_scalar(unknown).bind(tokens).fetch_all(&self.pool).await?)
    }

    /// Registers a party, or replaces its registration.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn grant(
        &self,
        party: &Party,
        name: &str,
        tokens: &[String],
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let granting = match party {
            Party::Client(id) => sqlx::query(GRANT_CLIENT).bind(id.as_str()).bind(name),
            Party::Person(subject) => sqlx::query(GRANT_PERSON).bind(subject.as_str()),
        };
        granting.bind(tokens).bind(now).execute(&self.pool).await?;
        Ok(())
    }

    /// Takes a registration back; whether there was one. It holds from the next message on.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn revoke(&self, party: &Party, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let revoking = match party {
            Party::Client(_) => REVOKE_CLIENT,
            Party::Person(_) => REVOKE_PERSON,
        };
        let done = sqlx::query(revoking).bind(party.id()).bind(now).execute(&self.pool).await?;
        Ok(done.rows_affected() > 0)
    }

    /// Every registration, revoked ones included.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn grants(&self) -> Result<Vec<Registration>, StoreError> {
        let rows = sqlx::query(GRANTS).fetch_all(&self.pool).await?;
        rows.iter()
            .map(|row| {
                let id: String = row.try_get("id")?;
                let party = match row.try_get::<&str, _>("kind")? {
                    "client" => ClientId::parse(&id).map(Party::Client),
                    _ => Subject::parse(&id).map(Party::Person),
                };
                Ok(Registration {
                    party: party.ok_or_else(|| StoreError::Broken("an id that is none".into()))?,
                    name: row.try_get("name")?,
                    tokens: row.try_get("tokens")?,
                    granted_at: row.try_get("granted_at")?,
                    revoked_at: row.try_get("revoked_at")?,
                })
            })
            .collect()
    }
}
