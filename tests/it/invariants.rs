//! What Postgres itself refuses, whoever asks: the promises of the schema, by the names of their constraints.

use sqlx::Connection as _;

use crate::cluster;
use crate::message::{ADD, PANELS, PATIENTS, message};
use crate::server::Server;

/// The constraint that refuses a statement.
async fn refused_by(url: &str, sql: &'static str) -> String {
    let mut connection = cluster::connect(url).await;
    let refused =
        sqlx::raw_sql(sql).execute(&mut connection).await.expect_err("Postgres refuses this");
    connection.close().await.expect("closes");
    let error = refused.as_database_error().expect("an error of Postgres");
    error.constraint().unwrap_or("none").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_itself_holds_the_invariants() {
    let server = Server::start().await;
    server.post(&message(ADD, PANELS[0], &PATIENTS[..1])).await;
    let cases = [
        (
            "one_mrp_per_patient",
            "INSERT INTO panel.entry (panel_id, phn, status, started_at, status_at, author, message_id)
             SELECT n.id, e.phn, 'confirmed', now(), now(), 'me', e.message_id
               FROM panel.entry e, panel.panel n WHERE n.id <> e.panel_id LIMIT 1",
        ),
        (
            "one_open_entry_per_patient_and_panel",
            "INSERT INTO panel.entry (panel_id, phn, status, started_at, status_at, author, message_id)
             SELECT panel_id, phn, 'not-mrp', now(), now(), 'me', message_id FROM panel.entry",
        ),
        ("entry_has_its_author", "UPDATE panel.entry SET author = ''"),
        ("removed_means_ended", "UPDATE panel.entry SET status = 'removed'"),
        ("entry_ends_after_its_start", "UPDATE panel.entry SET status = 'removed', ended_at = '1900-01-01'"),
        ("change_has_its_author", "UPDATE panel.change SET author = ''"),
        ("a_change_changes", "UPDATE panel.change SET was = became"),
        (
            "a_bundle_is_answered_once",
            "UPDATE inbox.message SET received_at = '1900-01-01';
             INSERT INTO inbox.message SELECT gen_random_uuid(), client, sender, bundle_key, header_key, digest, event,
                    received_at, outcome, answer FROM inbox.message",
        ),
        ("message_has_a_sender", "UPDATE inbox.message SET sender = ''"),
        ("patient_is_in_the_client_registry", "INSERT INTO panel.patient VALUES ('9000000000')"),
        ("phn_is_ten_digits", "UPDATE client_registry.patient SET phn = 'x' WHERE phn = '9876500487'"),
        (
            "one_panel_per_provider_and_clinic",
            "INSERT INTO panel.panel (practitioner_key, organization_key)
             SELECT practitioner_key, organization_key FROM panel.panel LIMIT 1",
        ),
    ];
    for (constraint, sql) in cases {
        assert_eq!(refused_by(&server.database.url, sql).await, constraint);
    }
    for missing in ["author = NULL", "message_id = NULL"] {
        let mut connection = cluster::connect(&server.database.url).await;
        let sql = sqlx::AssertSqlSafe(format!("UPDATE panel.entry SET {missing}"));
        let refused = sqlx::query(sql).execute(&mut connection).await.expect_err("not without");
        assert_eq!(
            refused.as_database_error().and_then(|error| error.code()).as_deref(),
            Some("23502"),
            "{missing}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_table_and_schema_is_explained() {
    let database = cluster::database().await;
    let unexplained = database
        .count(
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
              WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
                AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'public')
                AND a.attname <> 'id' AND col_description(c.oid, a.attnum) IS NULL",
        )
        .await;
    assert_eq!(unexplained, 0);
    let tables = database
        .count(
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
                AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'public')
                AND obj_description(c.oid) IS NULL",
        )
        .await;
    assert_eq!(tables, 0);
}
