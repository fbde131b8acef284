//! Registries into their tables: a file a transaction, through COPY into staging tables and one statement a table from
//! there. The same file twice changes nothing.

mod copy;
mod upsert;

use sqlx::{AssertSqlSafe, PgConnection, Postgres, Row as _, Transaction};

use crate::registry::describe::DescribedRole;
use crate::registry::{OrganizationRecord, PatientRecord, PractitionerRecord};

use super::error::StoreError;
use super::pool::Store;
use copy::write_row;
use upsert::{
    OPEN_PANELS, UPSERT_ORGANIZATION, UPSERT_PATIENT, UPSERT_PRACTITIONER, UPSERT_ROLE, repeated,
    run, unresolved_roles,
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

/// Rows go to Postgres when this much text has come together.
const FLUSH: usize = 1 << 20;

struct Table {
    columns: &'static str,
    staged: &'static str,
    buffer: String,
}

/// One file on its way in: nothing shows until [`Import::finish`].
pub struct Import {
    transaction: Transaction<'static, Postgres>,
    registry: Registry,
    tables: [Table; 4],
}

impl std::fmt::Debug for Import {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Import").field("registry", &self.registry).finish_non_exhaustive()
    }
}

const STAGING: &str = "
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
CREATE TEMP TABLE staged_practitioner (line bigint, key text, active boolean, tokens text[], identifiers jsonb,
    names jsonb, licences jsonb) ON COMMIT DROP;
CREATE TEMP TABLE staged_organization (line bigint, key text, active boolean, tokens text[], identifiers jsonb,
    names jsonb, addresses jsonb) ON COMMIT DROP;
CREATE TEMP TABLE staged_practitioner_role (line bigint, key text, active boolean, period jsonb,
    practitioner text, organization text, practitioner_key text, organization_key text) ON COMMIT DROP;
CREATE TEMP TABLE staged_patient (line bigint, key text, active boolean, names jsonb, birth_date date,
    deceased boolean, deceased_on date, replaced_by text, masked boolean) ON COMMIT DROP";

impl Store {
    /// Begins to import a file into a registry.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn import(&self, registry: Registry) -> Result<Import, StoreError> {
        let mut transaction = self.pool.begin().await?;
        sqlx::raw_sql(STAGING).execute(&mut *transaction).await?;
        let table = |staged, columns| Table { columns, staged, buffer: String::new() };
        let tables = [
            table("staged_practitioner", "line, key, active, tokens, identifiers, names, licences"),
            table(
                "staged_organization",
                "line, key, active, tokens, identifiers, names, addresses",
            ),
            table(
                "staged_practitioner_role",
                "line, key, active, period, practitioner, organization",
            ),
            table(
                "staged_patient",
                "line, key, active, names, birth_date, deceased, deceased_on, replaced_by, masked",
            ),
        ];
        Ok(Import { transaction, registry, tables })
    }

    /// Whether a registry holds nothing yet.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn is_empty(&self, registry: Registry) -> Result<bool, StoreError> {
        let table = if registry == Registry::ClientRegistry { "patient" } else { "practitioner" };
        let sql = format!("SELECT NOT EXISTS (SELECT FROM {}.{table}) AS empty", registry.schema());
        Ok(sqlx::query(AssertSqlSafe(sql)).fetch_one(&self.pool).await?.try_get("empty")?)
    }
}

impl Import {
    /// Adds the record of a line.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn push(&mut self, line: i64, row: &Row) -> Result<(), StoreError> {
        let place = match row {
            Row::Practitioner(_) => 0,
            Row::Organization(_) => 1,
            Row::Role(_) => 2,
            Row::Patient(_) => 3,
        };
        let table = &mut self.tables[place];
        write_row(&mut table.buffer, line, row)?;
        if table.buffer.len() >= FLUSH {
            table.flush(&mut self.transaction).await?;
        }
        Ok(())
    }

    /// Checks what only the whole file can show, and brings the staged records in.
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
        for table in &mut self.tables {
            table.flush(&mut self.transaction).await?;
        }
        let connection = &mut *self.transaction;
        lines.extend(repeated(connection, &self.tables).await?);
        let mut report = ImportReport::default();
        if self.registry == Registry::ClientRegistry {
            report.changed += run(connection, UPSERT_PATIENT.to_owned()).await?;
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

impl Table {
    async fn flush(&mut self, connection: &mut PgConnection) -> Result<(), StoreError> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let sql = format!("COPY {} ({}) FROM STDIN", self.staged, self.columns);
        let mut copy = connection.copy_in_raw(&sql).await?;
        copy.send(self.buffer.as_bytes()).await?;
        copy.finish().await?;
        self.buffer.clear();
        Ok(())
    }
}
