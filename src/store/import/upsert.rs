//! From the staging tables into the registries. `SCHEMA` and `STAGED` stand for one of our own constant names.

use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use super::super::error::StoreError;
use super::Line;

pub(super) async fn run(connection: &mut PgConnection, sql: String) -> Result<u64, StoreError> {
    Ok(sqlx::query(AssertSqlSafe(sql)).execute(connection).await?.rows_affected())
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

/// Who stands in the registry as the file says is passed over before the insert: that would lock every row that it meets, and
/// a lock is a write.
pub(super) const UPSERT_PATIENT: &str = "
INSERT INTO client_registry.patient AS t
       (phn, active, names, birth_date, deceased, deceased_on, replaced_by, masked)
SELECT s.phn, s.active, s.names, s.birth_date, s.deceased, s.deceased_on, s.replaced_by, s.masked
  FROM staged_patient s LEFT JOIN client_registry.patient h ON h.phn = s.phn
 WHERE h.phn IS NULL
    OR (h.active, h.names, h.birth_date, h.deceased, h.deceased_on, h.replaced_by, h.masked)
       IS DISTINCT FROM (s.active, s.names, s.birth_date, s.deceased, s.deceased_on, s.replaced_by, s.masked)
ON CONFLICT (phn) DO UPDATE
   SET (active, names, birth_date, deceased, deceased_on, replaced_by, masked)
     = (excluded.active, excluded.names, excluded.birth_date, excluded.deceased, excluded.deceased_on,
        excluded.replaced_by, excluded.masked)";

/// A provider at a clinic has a panel there from the first role on.
pub(super) const OPEN_PANELS: &str = "
INSERT INTO panel.panel (practitioner_key, organization_key)
SELECT DISTINCT r.practitioner_key, r.organization_key FROM pas.practitioner_role r
 WHERE NOT EXISTS (SELECT FROM panel.panel n
                    WHERE n.practitioner_key = r.practitioner_key AND n.organization_key = r.organization_key)
ON CONFLICT DO NOTHING";
