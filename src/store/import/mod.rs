//! Registries into their tables: a file a transaction. The same file twice changes nothing.
//!
//! [`Rows`] makes text for COPY out of records, away from the database; [`Import`] sends it. Where the Client Registry holds
//! nobody yet, people go straight into their table; else rows go through staging tables and one statement a table
//! from there.

mod copy;
mod rows;
mod upsert;

use sqlx::{AssertSqlSafe, PgConnection, Postgres, Row as _, Transaction};

use crate::registry::describe::DescribedRole;
use crate::registry::{OrganizationRecord, PatientRecord, PractitionerRecord};

use super::error::StoreError;
use super::pool::Store;
pub use rows::{Block, Pushed, Rows};
use upsert::{
    OPEN_PANELS, UPSERT_ORGANIZATION, UPSERT_PATIENT, UPSERT_PRACTITIONER, UPSERT_ROLE, run,
    unresolved_roles,
};

/// Which registry is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registry {
    /// Provider and Location Registry.
    Plr,
    /// The Provincial Attachment System's own.
    Pas,
    /// People.
    ClientRegistry,
}

impl Registry {
    /// The Postgres schema, one of three constants: safe to be part of a statement.
    const fn schema(self) -> &'static str {
        match self {
            Registry::Plr => "plr",
            Registry::Pas => "pas",
            Registry::ClientRegistry => "client_registry",
        }
    }

    /// A statement that says whether the registry holds nothing.
    fn emptiness(self) -> AssertSqlSafe<String> {
        let table = if self == Registry::ClientRegistry { "patient" } else { "practitioner" };
        AssertSqlSafe(format!("SELECT NOT EXISTS (SELECT FROM {}.{table}) AS empty", self.schema()))
    }
}

/// A record on its way in.
#[derive(Debug)]
pub enum Row {
    /// A provider.
    Practitioner(PractitionerRecord),
    /// A clinic.
    Organization(OrganizationRecord),
    /// A provider at a clinic.
    Role(DescribedRole),
    /// A person.
    Patient(PatientRecord),
}

/// A line of a file that cannot be taken, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Line number, from 1.
    pub number: i64,
    /// Why, for a person; never a name or number out of the line.
    pub reason: String,
}

/// What an import did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Records that were new or differed.
    pub changed: u64,
}

/// One file on its way in: nothing shows until [`Import::finish`].
pub struct Import {
    transaction: Transaction<'static, Postgres>,
    registry: Registry,
    /// The table that people are copied into: their own while it holds nobody, else the staging table.
    people: &'static str,
    /// Rows that went straight into their table.
    straight: u64,
}

impl std::fmt::Debug for Import {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Import").field("registry", &self.registry).finish_non_exhaustive()
    }
}

const PATIENT: &str = "client_registry.patient";

const STAGING: &str = "
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
CREATE TEMP TABLE staged_practitioner (key text, active boolean, tokens text[], identifiers jsonb,
    names jsonb, licences jsonb) ON COMMIT DROP;
CREATE TEMP TABLE staged_organization (key text, active boolean, tokens text[], identifiers jsonb,
    names jsonb, addresses jsonb) ON COMMIT DROP;
CREATE TEMP TABLE staged_practitioner_role (line bigint, key text, active boolean, period jsonb,
    practitioner text, organization text, practitioner_key text, organization_key text) ON COMMIT DROP;
CREATE TEMP TABLE staged_patient (phn text, active boolean, names jsonb, birth_date date,
    deceased boolean, deceased_on date, replaced_by text, masked boolean) ON COMMIT DROP";

impl Store {
    /// Begins to import a file into a registry. Two imports of people follow one another; readers wait for neither.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn import(&self, registry: Registry) -> Result<Import, StoreError> {
        let mut transaction = self.pool.begin().await?;
        sqlx::raw_sql(STAGING).execute(&mut *transaction).await?;
        let mut people = "staged_patient";
        if registry == Registry::ClientRegistry {
            // Who finds nobody must stay alone until the end: COPY knows no ON CONFLICT. Messages only read this table.
            let alone = "LOCK TABLE client_registry.patient IN SHARE ROW EXCLUSIVE MODE";
            sqlx::raw_sql(alone).execute(&mut *transaction).await?;
            let empty = sqlx::query(registry.emptiness()).fetch_one(&mut *transaction).await?;
            if empty.try_get("empty")? {
                people = PATIENT;
            }
        }
        Ok(Import { transaction, registry, people, straight: 0 })
    }

    /// Whether a registry holds nothing yet.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn is_empty(&self, registry: Registry) -> Result<bool, StoreError> {
        Ok(sqlx::query(registry.emptiness()).fetch_one(&self.pool).await?.try_get("empty")?)
    }
}

impl Import {
    /// Sends rows.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take(&mut self, block: &Block) -> Result<(), StoreError> {
        let table = block.place.staged().unwrap_or(self.people);
        let sql = format!("COPY {table} ({}) FROM STDIN", block.place.columns());
        let mut copy = self.transaction.copy_in_raw(&sql).await?;
        copy.send(block.text.as_bytes()).await?;
        let sent = copy.finish().await?;
        if table == PATIENT {
            self.straight += sent;
        }
        Ok(())
    }

    /// Brings the staged records in, and checks what only the database can.
    ///
    /// Lines that cannot be taken are given back, beside those that `lines` names already. With none, or with
    /// `skip_invalid`, the rest is committed; else nothing is.
    ///
    /// # Errors
    /// When the database does not answer; then nothing is brought in.
    pub async fn finish(
        mut self,
        skip_invalid: bool,
        mut lines: Vec<Line>,
    ) -> Result<(ImportReport, Vec<Line>), StoreError> {
        let connection: &mut PgConnection = &mut self.transaction;
        let mut report = ImportReport { changed: self.straight };
        if self.registry == Registry::ClientRegistry {
            if self.people != PATIENT {
                report.changed += run(connection, UPSERT_PATIENT.to_owned()).await?;
            }
        } else {
            let schema = self.registry.schema();
            for upsert in [UPSERT_PRACTITIONER, UPSERT_ORGANIZATION] {
                report.changed += run(connection, upsert.replace("SCHEMA", schema)).await?;
            }
            lines.extend(unresolved_roles(connection, schema).await?);
            report.changed += run(connection, UPSERT_ROLE.replace("SCHEMA", schema)).await?;
        }
        if self.registry == Registry::Pas {
            run(connection, OPEN_PANELS.to_owned()).await?;
        }
        lines.sort_by_key(|line| line.number);
        if lines.is_empty() || skip_invalid {
            self.transaction.commit().await?;
        } else {
            self.transaction.rollback().await?;
            report = ImportReport::default();
        }
        Ok((report, lines))
    }
}
