//! What changes rarely, kept by the server: whom a caller may speak for, provider and clinic as the registries hold them, and their
//! panels.
//!
//! It is kept under an edition that every change of it raises in the same transaction ([`directory.edition`]). Each look at the
//! database brings the edition of its own snapshot along; what is kept counts only when its edition is that one. So an import or
//! a grant is seen by every server with the first message after its commit, and nothing has to be told to anybody.
//!
//! [`directory.edition`]: ../../migrations/0009_versions.sql

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::postgres::{PgExecutor, PgRow};
use sqlx::types::Json;

use crate::access::Grant;
use crate::panel::PanelId;
use crate::registry::Records;

use super::question::Question;

/// What is known of the caller, the provider and the clinic of a message.
#[derive(Debug, Default)]
pub struct Directory {
    /// In which edition.
    pub edition: i64,
    /// Whom the caller may speak for; `None`: it is not registered, or did not prove itself.
    pub grant: Option<Grant>,
    /// What the registries hold about provider and clinic.
    pub records: Records,
    /// Panels, by provider's and clinic's keys in PAS.
    pub panels: HashMap<(String, String), PanelId>,
}

/// What a directory is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct About {
    pub(super) client: String,
    pub(super) subject: Option<String>,
    pub(super) practitioner_tokens: Vec<String>,
    pub(super) facility_tokens: Vec<String>,
}

impl About {
    pub(super) fn of(question: &Question<'_>) -> Self {
        let owned = str::to_owned;
        About {
            client: question.client().to_owned(),
            subject: question.subject().map(owned),
            practitioner_tokens: question.practitioner_tokens(),
            facility_tokens: question.facility_tokens().to_vec(),
        }
    }
}

/// Directories kept at most: some kilobytes each.
const KEPT: usize = 8_192;

/// The directories of messages that came before.
#[derive(Debug, Default)]
pub(super) struct Directories {
    kept: Mutex<HashMap<About, Arc<Directory>>>,
}

impl Directories {
    pub(super) fn find(&self, about: &About) -> Option<Arc<Directory>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(about).cloned()
    }

    /// Keeps one. When there are too many, all others are forgotten: they are found again at a round trip each.
    pub(super) fn keep(&self, about: About, directory: Arc<Directory>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(about, directory);
    }
}

// $1 client, $2 person, $3 practitioner tokens, $4 facility tokens.
const GATHER: &str = "
WITH pas_practitioner AS (
    SELECT * FROM pas.practitioner WHERE tokens && $3::text[]
), pas_organization AS (
    SELECT * FROM pas.organization WHERE tokens && $4::text[]
)
SELECT 'edition' AS kind, to_json(number) AS doc FROM directory.edition
UNION ALL SELECT 'grant', row_to_json(r) FROM (
    SELECT c.facilities, p.practitioners
      FROM access.client c LEFT JOIN access.person p ON p.subject = $2 AND p.revoked_at IS NULL
     WHERE c.id = $1 AND c.revoked_at IS NULL) r
UNION ALL SELECT 'plr_practitioner', row_to_json(r) FROM plr.practitioner r WHERE r.tokens && $3::text[]
UNION ALL SELECT 'pas_practitioner', row_to_json(r) FROM pas_practitioner r
UNION ALL SELECT 'plr_organization', row_to_json(r) FROM plr.organization r WHERE r.tokens && $4::text[]
UNION ALL SELECT 'pas_organization', row_to_json(r) FROM pas_organization r
UNION ALL SELECT 'role', row_to_json(r) FROM pas.practitioner_role r
      JOIN pas_practitioner p ON p.key = r.practitioner_key JOIN pas_organization o ON o.key = r.organization_key
UNION ALL SELECT 'panel', row_to_json(r) FROM panel.panel r
      JOIN pas_practitioner p ON p.key = r.practitioner_key JOIN pas_organization o ON o.key = r.organization_key";

/// Gathers it from the database, in one snapshot. One round trip.
pub(super) async fn gather(
    executor: impl PgExecutor<'_>,
    about: &About,
) -> Result<Directory, sqlx::Error> {
    let rows = sqlx::query(GATHER)
        .bind(&about.client)
        .bind(&about.subject)
        .bind(&about.practitioner_tokens)
        .bind(&about.facility_tokens)
        .fetch_all(executor)
        .await?;
    let mut directory = Directory::default();
    for row in &rows {
        directory.take(row)?;
    }
    Ok(directory)
}

#[derive(Deserialize)]
struct PanelRow {
    id: PanelId,
    practitioner_key: String,
    organization_key: String,
}

impl Directory {
    fn take(&mut self, row: &PgRow) -> Result<(), sqlx::Error> {
        let records = &mut self.records;
        match row.try_get::<&str, _>("kind")? {
            "edition" => self.edition = doc(row)?,
            "grant" => self.grant = Some(doc(row)?),
            "plr_practitioner" => records.plr_practitioners.push(doc(row)?),
            "pas_practitioner" => records.pas_practitioners.push(doc(row)?),
            "plr_organization" => records.plr_organizations.push(doc(row)?),
            "pas_organization" => records.pas_organizations.push(doc(row)?),
            "role" => records.roles.push(doc(row)?),
            "panel" => {
                let panel: PanelRow = doc(row)?;
                self.panels.insert((panel.practitioner_key, panel.organization_key), panel.id);
            }
            other => return Err(sqlx::Error::ColumnNotFound(other.to_owned())),
        }
        Ok(())
    }
}

/// The column `doc` of a row.
pub(super) fn doc<T: DeserializeOwned>(row: &PgRow) -> Result<T, sqlx::Error> {
    let Json(value) = row.try_get::<Json<T>, _>("doc")?;
    Ok(value)
}
