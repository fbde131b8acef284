//! Clinics: what the registries hold of them, and what their directors keep.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use crate::attachment::{ClinicDetails, FamilyId, Job};

use super::super::error::StoreError;
use super::super::pool::Store;
use super::act::Act;
use super::areas::Named;

/// A clinic as one registry has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClinicEntry {
    /// `PAS` or `PLR`.
    pub registry: String,
    /// Its name there.
    pub name: String,
    /// Its numbers of today, as `system|value`.
    pub numbers: Vec<String>,
    /// The postal codes of its addresses of today.
    pub postal_codes: Vec<String>,
}

/// How a clinic is reached and found, as it was kept last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptDetails {
    /// What.
    pub details: ClinicDetails,
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub author: String,
}

/// Somebody who works at a clinic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffMember {
    /// Who, in the words of the issuer.
    pub subject: String,
    /// Their name.
    pub name: String,
    /// What they do there.
    pub job: Job,
    /// Since when it is so.
    pub at: DateTime<Utc>,
    /// Who said so.
    pub author: String,
}

/// The clinic that took a family, as the family sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FamilyClinic {
    /// Its name.
    pub name: String,
    /// What its director keeps; `None`: nothing yet.
    pub details: Option<ClinicDetails>,
}

// $1 the clinic, $2 today.
const ENTRIES: &str = "
SELECT r.registry,
       coalesce((SELECT x.name ->> 'text' FROM jsonb_array_elements(r.names) WITH ORDINALITY AS x (name, place)
                  WHERE x.name ->> 'kind' = 'name' ORDER BY x.place LIMIT 1), '') AS name,
       ARRAY(SELECT concat_ws('|', x.number ->> 'system', x.number ->> 'value')
               FROM jsonb_array_elements(r.identifiers) WITH ORDINALITY AS x (number, place)
              WHERE coalesce((x.number -> 'period' ->> 'end')::date >= $2, true) ORDER BY x.place) AS numbers,
       ARRAY(SELECT x.address ->> 'postal_code' FROM jsonb_array_elements(r.addresses) WITH ORDINALITY AS x (address, place)
              WHERE coalesce((x.address -> 'period' ->> 'end')::date >= $2, true) AND x.address ->> 'postal_code' IS NOT NULL
              ORDER BY x.place) AS postal_codes
  FROM (SELECT 'PAS' AS registry, o.* FROM pas.organization o WHERE o.key = $1
        UNION ALL
        SELECT 'PLR', l.* FROM pas.organization o JOIN plr.organization l ON l.tokens && o.tokens WHERE o.key = $1) r
 ORDER BY r.registry, r.key";

const NAMES: &str = "
SELECT o.key AS code,
       coalesce((SELECT x.name ->> 'text' FROM jsonb_array_elements(o.names) WITH ORDINALITY AS x (name, place)
                  WHERE x.name ->> 'kind' = 'name' ORDER BY x.place LIMIT 1), '') AS name
  FROM pas.organization o WHERE o.key = ANY ($1) ORDER BY name, code";

const DETAILS: &str = "
SELECT phone, email, lines, postal_code, for_families, kept_at, author FROM clinic.details
 WHERE organization_key = $1 ORDER BY id DESC LIMIT 1";

const STAFF: &str = "
SELECT s.subject, s.name, s.job, s.kept_at, s.author FROM (
    SELECT DISTINCT ON (organization_key, subject) * FROM clinic.staff
     WHERE organization_key = ANY ($1) ORDER BY organization_key, subject, id DESC) s
 WHERE s.job IS NOT NULL ORDER BY s.name, s.subject, s.id";

// Of whoever is accepted, and of whoever is on the panel by such a list.
const TOOK: &str = "
SELECT DISTINCT ON (o.key) d.id, d.phone, d.email, d.lines, d.postal_code, d.for_families,
       coalesce((SELECT x.name ->> 'text' FROM jsonb_array_elements(o.names) WITH ORDINALITY AS x (name, place)
                  WHERE x.name ->> 'kind' = 'name' ORDER BY x.place LIMIT 1), '') AS name
  FROM attachment.registration r
  JOIN attachment.proposal p ON p.registration_id = r.id
  JOIN attachment.list l ON l.id = p.list_id
  JOIN panel.panel n ON n.id = l.panel_id
  JOIN pas.organization o ON o.key = n.organization_key
  LEFT JOIN LATERAL (SELECT * FROM clinic.details d WHERE d.organization_key = o.key ORDER BY d.id DESC LIMIT 1) d ON true
 WHERE r.family_id = $1 AND (p.state = 'accepted' OR p.state = 'confirmed' AND r.state = 'attached' AND r.panel_id = n.id)
 ORDER BY o.key";

// A number of its own, beside those of panels and of the seal.
const LOCK_SUBJECT: &str = "SELECT pg_advisory_xact_lock(1346458965, hashtext($1))";

const KEEP: &str = "
INSERT INTO clinic.details (organization_key, phone, email, lines, postal_code, for_families, kept_at, author, act_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

const EMPLOY: &str = "
INSERT INTO clinic.staff (organization_key, subject, name, job, kept_at, author, act_id) VALUES ($1, $2, $3, $4, $5, $6, $7)";

const LEAVE: &str = "
INSERT INTO clinic.staff (organization_key, subject, name, job, kept_at, author, act_id)
SELECT s.organization_key, s.subject, s.name, NULL, $3, $4, $5
  FROM (SELECT * FROM clinic.staff WHERE organization_key = $1 AND subject = $2 ORDER BY id DESC LIMIT 1) s
 WHERE s.job IS NOT NULL";

// $1 who, $2 the clinic that they left, $3 now, $4 today.
const END_DELEGATIONS: &str = "
UPDATE access.role r SET revoked_at = greatest($3, r.granted_at)
 WHERE r.subject = $1 AND r.role = 'delegate' AND r.revoked_at IS NULL
   AND EXISTS (SELECT FROM panel.panel n WHERE n.practitioner_key = r.practitioner_key AND n.organization_key = $2)
   AND NOT EXISTS (
       SELECT FROM pas.practitioner_role w
        WHERE w.practitioner_key = r.practitioner_key AND w.organization_key <> $2 AND w.active
          AND coalesce((w.period ->> 'end')::date >= $4, true) AND coalesce((w.period ->> 'start')::date <= $4, true)
          AND (SELECT s.job FROM clinic.staff s
                WHERE s.subject = $1 AND s.organization_key = w.organization_key ORDER BY s.id DESC LIMIT 1) IS NOT NULL)
RETURNING r.practitioner_key";

impl Store {
    /// A clinic as the registries have it, PAS first; nothing where PAS does not know it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn clinic_entries(
        &self,
        clinic: &str,
        today: NaiveDate,
    ) -> Result<Vec<ClinicEntry>, StoreError> {
        let rows = sqlx::query(ENTRIES).bind(clinic).bind(today).fetch_all(&self.pool).await?;
        let entry = |row: &PgRow| -> Result<_, StoreError> {
            Ok(ClinicEntry {
                registry: row.try_get("registry")?,
                name: row.try_get("name")?,
                numbers: row.try_get("numbers")?,
                postal_codes: row.try_get("postal_codes")?,
            })
        };
        rows.iter().map(entry).collect()
    }

    /// Clinics by key, with their names.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn clinics(&self, keys: &[&str]) -> Result<Vec<Named>, StoreError> {
        let rows = sqlx::query(NAMES).bind(keys).fetch_all(&self.pool).await?;
        let named = |row: &PgRow| -> Result<_, StoreError> {
            Ok(Named { code: row.try_get("code")?, name: row.try_get("name")? })
        };
        rows.iter().map(named).collect()
    }

    /// How a clinic is reached and found; `None`: its director has said nothing yet.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn clinic_details(&self, clinic: &str) -> Result<Option<KeptDetails>, StoreError> {
        let row = sqlx::query(DETAILS).bind(clinic).fetch_optional(&self.pool).await?;
        let kept = |row: &PgRow| -> Result<_, StoreError> {
            Ok(KeptDetails {
                details: details(row)?,
                at: row.try_get("kept_at")?,
                author: row.try_get("author")?,
            })
        };
        row.as_ref().map(kept).transpose()
    }

    /// Who works at these clinics, by name; somebody of several of them once for each.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn staff_of(&self, clinics: &[&str]) -> Result<Vec<StaffMember>, StoreError> {
        let rows = sqlx::query(STAFF).bind(clinics).fetch_all(&self.pool).await?;
        let member = |row: &PgRow| -> Result<_, StoreError> {
            Ok(StaffMember {
                subject: row.try_get("subject")?,
                name: row.try_get("name")?,
                job: super::places::word(row, "job", Job::of)?,
                at: row.try_get("kept_at")?,
                author: row.try_get("author")?,
            })
        };
        rows.iter().map(member).collect()
    }

    /// The clinics from whose lists somebody of a family was accepted, or is attached.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn clinics_of_family(
        &self,
        family: FamilyId,
    ) -> Result<Vec<FamilyClinic>, StoreError> {
        let rows = sqlx::query(TOOK).bind(family.0).fetch_all(&self.pool).await?;
        let clinic = |row: &PgRow| -> Result<_, StoreError> {
            let kept: Option<i64> = row.try_get("id")?;
            let details = kept.map(|_| details(row)).transpose()?;
            Ok(FamilyClinic { name: row.try_get("name")?, details })
        };
        rows.iter().map(clinic).collect()
    }
}

impl Act {
    /// Waits until no other act is about where this person works.
    ///
    /// # Errors
    /// When the database does not answer, or somebody else held it for too long.
    pub async fn lock_staff(&mut self, subject: &str) -> Result<(), StoreError> {
        sqlx::query(LOCK_SUBJECT).bind(subject).execute(self.connection()).await?;
        Ok(())
    }

    /// Writes down how a clinic is reached and found, from this moment on.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn keep_clinic(
        &mut self,
        clinic: &str,
        details: &ClinicDetails,
    ) -> Result<(), StoreError> {
        let by = self.by.clone();
        let query = sqlx::query(KEEP).bind(clinic).bind(&details.phone).bind(&details.email);
        let query = query.bind(&details.lines).bind(&details.postal_code);
        let query = query.bind(&details.for_families).bind(by.at).bind(&by.author).bind(by.id);
        query.execute(self.connection()).await?;
        Ok(())
    }

    /// Writes down that somebody works at a clinic.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn keep_staff(
        &mut self,
        clinic: &str,
        subject: &str,
        name: &str,
        job: Job,
    ) -> Result<(), StoreError> {
        let by = self.by.clone();
        let query = sqlx::query(EMPLOY).bind(clinic).bind(subject).bind(name).bind(job.word());
        let query = query.bind(by.at).bind(&by.author).bind(by.id);
        query.execute(self.connection()).await?;
        Ok(())
    }

    /// Somebody, who is locked, works at a clinic no longer; `false`: they did not. Gives the providers for whom they act no longer, each once.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn leave_staff(
        &mut self,
        clinic: &str,
        subject: &str,
        today: NaiveDate,
    ) -> Result<Option<Vec<String>>, StoreError> {
        let by = self.by.clone();
        let query = sqlx::query(LEAVE).bind(clinic).bind(subject).bind(by.at).bind(&by.author);
        let left = query.bind(by.id).execute(self.connection()).await?.rows_affected();
        if left == 0 {
            return Ok(None);
        }
        let query = sqlx::query(END_DELEGATIONS).bind(subject).bind(clinic).bind(by.at);
        let rows = query.bind(today).fetch_all(self.connection()).await?;
        let ended: Result<Vec<String>, _> =
            rows.iter().map(|row| row.try_get("practitioner_key")).collect();
        Ok(Some(ended?))
    }
}

fn details(row: &PgRow) -> Result<ClinicDetails, StoreError> {
    Ok(ClinicDetails {
        phone: row.try_get("phone")?,
        email: row.try_get("email")?,
        lines: row.try_get("lines")?,
        postal_code: row.try_get("postal_code")?,
        for_families: row.try_get("for_families")?,
    })
}
