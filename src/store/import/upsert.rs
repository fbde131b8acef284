//! From the staging tables into the registries. `SCHEMA` and `STAGED` stand for one of our own constant names.

use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use super::super::error::StoreError;
use super::{Line, Table};

pub(super) async fn run(connection: &mut PgConnection, sql: String) -> Result<u64, StoreError> {
    Ok(sqlx::query(AssertSqlSafe(sql)).execute(connection).await?.rows_affected())
}

/// Lines whose record a line before them gave already; taken out of the staging tables.
pub(super) async fn repeated(
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
pub(super) async fn unresolved_roles(
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

pub(super) const UPSERT_PRACTITIONER: &str = "
INSERT INTO SCHEMA.practitioner AS t (key, active, tokens, identifiers, names, licences)
SELECT key, active, tokens, identifiers, names, licences FROM staged_practitioner
ON CONFLICT (key) DO UPDATE
   SET (active, tokens, identifiers, names, licences)
     = (excluded.active, excluded.tokens, excluded.identifiers, excluded.names, excluded.licences)
 WHERE (t.active, t.tokens, t.identifiers, t.names, t.licences)
    IS DISTINCT FROM (excluded.active, excluded.tokens, excluded.identifiers, excluded.names, excluded.licences)";

pub(super) const UPSERT_ORGANIZATION: &str = "
INSERT INTO SCHEMA.organization AS t (key, active, tokens, identifiers, names, addresses)
SELECT key, active, tokens, identifiers, names, addresses FROM staged_organization
ON CONFLICT (key) DO UPDATE
   SET (active, tokens, identifiers, names, addresses)
     = (excluded.active, excluded.tokens, excluded.identifiers, excluded.names, excluded.addresses)
 WHERE (t.active, t.tokens, t.identifiers, t.names, t.addresses)
    IS DISTINCT FROM (excluded.active, excluded.tokens, excluded.identifiers, excluded.names, excluded.addresses)";

pub(super) const UPSERT_ROLE: &str = "
INSERT INTO SCHEMA.practitioner_role AS t (key, practitioner_key, organization_key, active, period)
SELECT key, practitioner_key, organization_key, active, period FROM staged_practitioner_role
ON CONFLICT (key) DO UPDATE
   SET (practitioner_key, organization_key, active, period)
     = (excluded.practitioner_key, excluded.organization_key, excluded.active, excluded.period)
 WHERE (t.practitioner_key, t.organization_key, t.active, t.period)
    IS DISTINCT FROM (excluded.practitioner_key, excluded.organization_key, excluded.active, excluded.period)";

pub(super) const UPSERT_PATIENT: &str = "
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
pub(super) const OPEN_PANELS: &str = "
INSERT INTO panel.panel (practitioner_key, organization_key)
SELECT DISTINCT r.practitioner_key, r.organization_key FROM pas.practitioner_role r
 WHERE NOT EXISTS (SELECT FROM panel.panel n
                    WHERE n.practitioner_key = r.practitioner_key AND n.organization_key = r.organization_key)
ON CONFLICT DO NOTHING";
