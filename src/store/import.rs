//! Registries into their tables: a file a transaction, through COPY into staging tables and one statement a table from
//! there. The same file twice changes nothing.

use std::fmt::Write as _;

use serde::Serialize;
use sqlx::{AssertSqlSafe, PgConnection, Postgres, Row as _, Transaction};

use crate::registry::describe::DescribedRole;
use crate::registry::{Identifier, OrganizationRecord, PatientRecord, PractitionerRecord};

use super::error::StoreError;
use super::pool::Store;

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
    /// Lines that cannot be taken are given back. With none, or with `skip_invalid`, the rest is committed; else nothing
    /// is.
    ///
    /// # Errors
    /// When the database does not answer; then nothing is brought in.
    pub async fn finish(
        mut self,
        skip_invalid: bool,
    ) -> Result<(ImportReport, Vec<Line>), StoreError> {
        for table in &mut self.tables {
            table.flush(&mut self.transaction).await?;
        }
        let connection = &mut *self.transaction;
        let mut lines = repeated(connection, &self.tables).await?;
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

async fn run(connection: &mut PgConnection, sql: String) -> Result<u64, StoreError> {
    Ok(sqlx::query(AssertSqlSafe(sql)).execute(connection).await?.rows_affected())
}

/// Lines whose record a line before them gave already; taken out of the staging tables.
async fn repeated(
    connection: &mut PgConnection,
    tables: &[Table],
) -> Result<Vec<Line>, StoreError> {
    let mut lines = Vec::new();
    for table in tables {
        let sql = "DELETE FROM STAGED s USING (SELECT key, min(line) AS line FROM STAGED GROUP BY key HAVING count(*) > 1) f
                    WHERE s.key = f.key AND s.line > f.line RETURNING s.line, f.line AS first";
        let sql = sql.replace("STAGED", table.staged);
        for row in sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut *connection).await? {
            let first: i64 = row.try_get("first")?;
            lines.push(Line {
                number: row.try_get("line")?,
                reason: format!("the same record as line {first}"),
            });
        }
    }
    Ok(lines)
}

/// Finds the two sides of every staged role; roles with a side that the registry does not hold are taken out.
async fn unresolved_roles(
    connection: &mut PgConnection,
    schema: &str,
) -> Result<Vec<Line>, StoreError> {
    run(
        connection,
        "UPDATE staged_practitioner_role s
            SET practitioner_key = (SELECT min(p.key) FROM SCHEMA.practitioner p WHERE p.tokens && ARRAY[s.practitioner]),
                organization_key = (SELECT min(o.key) FROM SCHEMA.organization o WHERE o.tokens && ARRAY[s.organization])"
            .replace("SCHEMA", schema),
    )
    .await?;
    let missing = sqlx::query(
        "DELETE FROM staged_practitioner_role WHERE practitioner_key IS NULL OR organization_key IS NULL
         RETURNING line, practitioner_key IS NULL AS no_practitioner",
    );
    let rows = missing.fetch_all(connection).await?;
    let lines = rows.iter().map(|row| {
        let side = if row.try_get("no_practitioner")? { "practitioner" } else { "organization" };
        let reason = format!("{side}.identifier names nobody whom this registry holds");
        Ok(Line { number: row.try_get("line")?, reason })
    });
    lines.collect()
}

const UPSERT_PRACTITIONER: &str = "
INSERT INTO SCHEMA.practitioner AS t (key, active, tokens, identifiers, names, licences)
SELECT key, active, tokens, identifiers, names, licences FROM staged_practitioner
ON CONFLICT (key) DO UPDATE
   SET (active, tokens, identifiers, names, licences)
     = (excluded.active, excluded.tokens, excluded.identifiers, excluded.names, excluded.licences)
 WHERE (t.active, t.tokens, t.identifiers, t.names, t.licences)
    IS DISTINCT FROM (excluded.active, excluded.tokens, excluded.identifiers, excluded.names, excluded.licences)";

const UPSERT_ORGANIZATION: &str = "
INSERT INTO SCHEMA.organization AS t (key, active, tokens, identifiers, names, addresses)
SELECT key, active, tokens, identifiers, names, addresses FROM staged_organization
ON CONFLICT (key) DO UPDATE
   SET (active, tokens, identifiers, names, addresses)
     = (excluded.active, excluded.tokens, excluded.identifiers, excluded.names, excluded.addresses)
 WHERE (t.active, t.tokens, t.identifiers, t.names, t.addresses)
    IS DISTINCT FROM (excluded.active, excluded.tokens, excluded.identifiers, excluded.names, excluded.addresses)";

const UPSERT_ROLE: &str = "
INSERT INTO SCHEMA.practitioner_role AS t (key, practitioner_key, organization_key, active, period)
SELECT key, practitioner_key, organization_key, active, period FROM staged_practitioner_role
ON CONFLICT (key) DO UPDATE
   SET (practitioner_key, organization_key, active, period)
     = (excluded.practitioner_key, excluded.organization_key, excluded.active, excluded.period)
 WHERE (t.practitioner_key, t.organization_key, t.active, t.period)
    IS DISTINCT FROM (excluded.practitioner_key, excluded.organization_key, excluded.active, excluded.period)";

const UPSERT_PATIENT: &str = "
INSERT INTO client_registry.patient AS t
       (phn, active, names, birth_date, deceased, deceased_on, replaced_by, masked)
SELECT key, active, names, birth_date, deceased, deceased_on, replaced_by, masked FROM staged_patient
ON CONFLICT (phn) DO UPDATE
   SET (active, names, birth_date, deceased, deceased_on, replaced_by, masked)
     = (excluded.active, excluded.names, excluded.birth_date, excluded.deceased, excluded.deceased_on,
        excluded.replaced_by, excluded.masked)
 WHERE (t.active, t.names, t.birth_date, t.deceased, t.deceased_on, t.replaced_by, t.masked)
    IS DISTINCT FROM (excluded.active, excluded.names, excluded.birth_date, excluded.deceased,
        excluded.deceased_on, excluded.replaced_by, excluded.masked)";

/// A provider at a clinic has a panel there from the first role on.
const OPEN_PANELS: &str = "
INSERT INTO panel.panel (practitioner_key, organization_key)
SELECT DISTINCT r.practitioner_key, r.organization_key FROM pas.practitioner_role r
 WHERE NOT EXISTS (SELECT FROM panel.panel n
                    WHERE n.practitioner_key = r.practitioner_key AND n.organization_key = r.organization_key)
ON CONFLICT DO NOTHING";

/// A row in COPY's text format.
fn write_row(out: &mut String, line: i64, row: &Row) -> Result<(), StoreError> {
    let mut columns = Columns { out };
    columns.raw(&line.to_string());
    match row {
        Row::Practitioner(record) => {
            columns.text(&record.key).flag(record.active).tokens(&record.identifiers);
            columns.json(&record.identifiers)?.json(&record.names)?.json(&record.licences)?;
        }
        Row::Organization(record) => {
            columns.text(&record.key).flag(record.active).tokens(&record.identifiers);
            columns.json(&record.identifiers)?.json(&record.names)?.json(&record.addresses)?;
        }
        Row::Role(role) => {
            columns.text(&role.key).flag(role.active).json(&role.period)?;
            columns.text(&role.practitioner).text(&role.organization);
        }
        Row::Patient(record) => {
            columns.text(&record.phn).flag(record.active).json(&record.names)?;
            columns.optional(record.birth_date.map(|day| day.to_string()).as_deref());
            columns
                .flag(record.deceased)
                .optional(record.deceased_on.map(|day| day.to_string()).as_deref());
            columns.optional(record.replaced_by.as_deref()).flag(record.masked);
        }
    }
    out.push('\n');
    Ok(())
}

struct Columns<'o> {
    out: &'o mut String,
}

impl Columns<'_> {
    fn raw(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.out.push('\t');
        for c in text.chars() {
            match c {
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                c => self.out.push(c),
            }
        }
        self
    }

    fn optional(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.text(text),
            None => {
                self.out.push_str("\t\\N");
                self
            }
        }
    }

    fn flag(&mut self, flag: bool) -> &mut Self {
        self.out.push_str(if flag { "\tt" } else { "\tf" });
        self
    }

    fn json<T: Serialize>(&mut self, value: &T) -> Result<&mut Self, StoreError> {
        let text = serde_json::to_string(value)
            .map_err(|_| StoreError::Broken("a record does not encode".into()))?;
        Ok(self.text(&text))
    }

    /// A Postgres array literal: every element quoted.
    fn tokens(&mut self, identifiers: &[Identifier]) -> &mut Self {
        let mut literal = String::from("{");
        for (i, identifier) in identifiers.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            let token = identifier.token().replace('\\', "\\\\").replace('"', "\\\"");
            let _ = write!(literal, "{comma}\"{token}\"");
        }
        literal.push('}');
        self.text(&literal)
    }
}
