//! With DATABASE_URL: nothing of the sandbox, the database alone.

use super::program::Home;
use crate::cluster;
use crate::message::{ADD, PANELS, PATIENTS, message};

#[tokio::test(flavor = "multi_thread")]
async fn a_given_database_is_migrated_and_holds_nobody_and_no_folder_is_made() {
    let database = cluster::empty(None).await;
    let home = Home::with_database("given", &database.url);
    let running = home.serve("--insecure-no-auth");
    assert_eq!(running.get("/readyz").await.status, 200);
    assert_eq!(database.count("SELECT count(*) FROM client_registry.patient").await, 0);
    assert_eq!(database.count("SELECT count(*) FROM plr.practitioner").await, 0);
    assert_eq!(database.count("SELECT count(*) FROM pas.practitioner").await, 0);
    let answer = running.post(&message(ADD, PANELS[0], &PATIENTS[..1])).await;
    assert_eq!((answer.status, answer.response()), (200, "fatal-error"));
    assert_eq!(running.said(), format!("PAS serves http://{}/$process-message\n", running.address));
    running.stop();
    let mut found: Vec<_> = home
        .folder
        .read_dir()
        .expect("a folder")
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    found.sort();
    assert_eq!(found, ["log", "said"], "nothing but what the test itself put there");
}

#[tokio::test(flavor = "multi_thread")]
async fn load_cast_fills_a_given_database_once() {
    let database = cluster::empty(None).await;
    let home = Home::with_database("load-cast", &database.url);
    let running = home.serve("--load-cast --insecure-no-auth");
    let answer = running.post(&message(ADD, PANELS[0], &PATIENTS[..1])).await;
    assert_eq!(answer.response(), "ok");
    running.stop();
    sqlx::raw_sql("DELETE FROM client_registry.patient WHERE phn <> '9876500011'")
        .execute(&mut cluster::connect(&database.url).await)
        .await
        .expect("deletes");
    home.serve("--load-cast true --insecure-no-auth").stop();
    let patients = "SELECT count(*) FROM client_registry.patient";
    assert_eq!(database.count(patients).await, 1, "a registry that holds anybody is left alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_migration_it_is_not_ready_until_pas_migrate_has_run() {
    let database = cluster::empty(None).await;
    let home = Home::with_database("migrate", &database.url);
    let running = home.serve("--migrate false --insecure-no-auth");
    assert_eq!(running.get("/healthz").await.status, 200);
    for _ in 0..2 {
        let ready = running.get("/readyz").await;
        assert_eq!((ready.status, ready.codes()), (503, vec!["database-unavailable"]));
    }
    assert!(running.log().contains("the schema has another version"), "{}", running.log());
    let migrated = home.run("migrate");
    assert_eq!((migrated.status.code(), migrated.stdout.as_str()), (Some(0), ""), "{migrated:?}");
    let version = format!("version {}.", pas::store::SCHEMA_VERSION);
    assert!(migrated.stderr.contains(&version), "{migrated:?}");
    assert_eq!(running.get("/readyz").await.status, 200);
    assert_eq!(home.run("migrate").status.code(), Some(0), "again is fine");
    running.stop();
}
