//! With DATABASE_URL: nothing of the sandbox, the database alone.

use super::program::Home;
use crate::cluster;
use crate::message::{ADD, PANELS, PATIENTS, message};

#[tokio::test(flavor = "multi_thread")]
async fn a_given_database_is_migrated_and_holds_nobody_and_no_folder_is_made() {
    let database = cluster::empty(None).await;
    let home = Home::with_database("given", &database.url);
    let running = home.serve("");
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
    let running = home.serve("--load-cast");
    let answer = running.post(&message(ADD, PANELS[0], &PATIENTS[..1])).await;
    assert_eq!(answer.response(), "ok");
    running.stop();
    sqlx::raw_sql("DELETE FROM client_registry.patient WHERE phn <> '9876500011'")
        .execute(&mut cluster::connect(&database.url).await)
        .await
        .expect("deletes");
    home.serve("--load-cast true").stop();
    let patients = "SELECT count(*) FROM client_registry.patient";
    assert_eq!(database.count(patients).await, 1, "a registry that holds anybody is left alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_migration_it_is_not_ready_until_pas_migrate_has_run() {
    let database = cluster::empty(None).await;
    let home = Home::with_database("migrate", &database.url);
    let running = home.serve("--migrate false");
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

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_let_in_unless_somebody_said_who() {
    let database = cluster::database().await;
    sqlx::raw_sql("DELETE FROM access.client; DELETE FROM access.person")
        .execute(&mut cluster::connect(&database.url).await)
        .await
        .expect("deletes");
    let mut home = Home::with_database("closed", &database.url);
    home.variables.retain(|(name, _)| *name != "PAS_INSECURE_NO_AUTH");
    for (flags, why) in [
        ("serve", "who may post?"),
        ("serve --insecure-no-auth --bind 0.0.0.0:0", "loopback"),
        ("serve --insecure-no-auth --issuer https://issuer.example", "exclude each other"),
        ("serve --issuer http://issuer.example", "https"),
    ] {
        let done = home.run(flags);
        assert_eq!(done.status.code(), Some(1), "{flags}: {done:?}");
        assert!(done.stderr.contains(why), "{flags}: {done:?}");
    }
    let running = home.serve("--issuer https://issuer.example --jwks /nowhere/jwks.json");
    let answer = running.post(&message(ADD, PANELS[0], &PATIENTS[..1])).await;
    assert_eq!((answer.status, answer.codes()), (401, vec!["token-missing"]));
    running.stop();

    let running = home.serve("--insecure-sandbox-tokens");
    let token = running.token().await.expect("a token").to_owned();
    let answer = running.post(&message(ADD, PANELS[0], &PATIENTS[..1])).await;
    assert_eq!((answer.status, answer.codes()), (403, vec!["forbidden"]), "nobody is registered");
    let granted = home.run("grant client emr-lantern --name Lantern --facility F0101");
    assert!(granted.status.success(), "{granted:?}");
    let answer = running.post(&message(ADD, PANELS[0], &PATIENTS[..1])).await;
    assert_eq!((answer.status, answer.response()), (200, "ok"), "from the next message on");
    assert!(home.run("grants").stdout.starts_with("client\temr-lantern\tLantern\tgranted "));
    assert!(home.run("revoke client emr-lantern").status.success());
    let answer = running.post(&message(ADD, PANELS[0], &PATIENTS[..1])).await;
    assert_eq!((answer.status, answer.codes()), (403, vec!["forbidden"]));
    let unknown = home.run("grant person juniper.testwell --practitioner 99999");
    assert!(!unknown.status.success() && unknown.stderr.contains("99999"), "{unknown:?}");
    assert!(!running.log().contains(&token), "the log holds no token");
    running.stop();
}
