//! With DATABASE_URL: nothing of the sandbox, the database alone.

use super::program::{Home, until};
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
    let waiting = "SELECT count(*) FROM attachment.registration WHERE state = 'active'";
    assert_eq!(database.count(waiting).await, 24, "those who wait, as in the sandbox");
    let left =
        "TRUNCATE attachment.family CASCADE; DELETE FROM panel.patient WHERE phn <> '9876500011';
                DELETE FROM client_registry.patient WHERE phn <> '9876500011'";
    sqlx::raw_sql(left).execute(&mut cluster::connect(&database.url).await).await.expect("deletes");
    home.serve("--load-cast true").stop();
    let patients = "SELECT count(*) FROM client_registry.patient";
    assert_eq!(database.count(patients).await, 1, "a registry that holds anybody is left alone");
    assert_eq!(database.count(waiting).await, 0, "and nobody invented waits among them");
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

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_only_a_member_serves_everything_and_can_alter_no_trail() {
    let database = cluster::database().await;
    let mut owner = cluster::connect(&database.url).await;
    let role = format!("login_{}", database.name);
    let make = format!("CREATE ROLE {role} LOGIN; GRANT pas_server TO {role}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(make)).execute(&mut owner).await.expect("makes a login");
    let as_owner = Home::with_database("owner", &database.url);
    let running = as_owner.serve("");
    until("the warning", || running.log().contains("owner of the audit trail").then_some(()));
    running.stop();

    let login = database.url.replacen("://pas@", &format!("://{role}@"), 1);
    assert_ne!(login, database.url, "{login}");
    let home = Home::with_database("member", &login);
    let running = home.serve("--migrate false --seal-interval 0.1");
    assert_eq!(running.get("/readyz").await.status, 200);
    let add = message(ADD, PANELS[0], &PATIENTS[..1]);
    let answer = running.post(&add).await;
    assert_eq!(answer.response(), "ok");
    assert_eq!(running.post(&add).await.bytes, answer.bytes);
    until("a seal", || running.log().contains("sealed seal=1").then_some(()));
    assert!(!running.log().contains("owner of the audit trail"), "{}", running.log());
    running.stop();
    let mut member = cluster::connect(&login).await;
    for sql in [
        "ALTER TABLE audit.event DISABLE TRIGGER ALL",
        "DELETE FROM audit.event",
        "SET ROLE pas; DELETE FROM audit.event",
        "DELETE FROM inbox.message",
    ] {
        let refused = sqlx::raw_sql(sql).execute(&mut member).await.expect_err("not allowed");
        let code = refused.as_database_error().and_then(|error| error.code()).map(Into::into);
        assert_eq!(code, Some(String::from("42501")), "{sql}");
    }
    drop(member);
    let away = format!("DROP ROLE {role}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(away)).execute(&mut owner).await.expect("drops the login");
}

#[test]
fn roles_and_communities_of_the_workflow_are_given_by_commands() {
    let home = Home::new("roles");
    let areas = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/cast/areas.json");
    assert!(home.run(&format!("areas {areas}")).status.success());
    let pas = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/cast/pas.ndjson");
    assert!(home.run(&format!("import --into pas {pas}")).status.success());
    assert!(home.run("role give dahlia.deskworth delegate prov-1").status.success());
    assert!(home.run("role take dahlia.deskworth delegate prov-1").status.success());
    let again = home.run("role take dahlia.deskworth delegate prov-1");
    assert!(!again.status.success() && again.stderr.contains("nobody of that name has this role"));
    for command in ["role give opal.ringwell agent", "role take opal.ringwell agent"] {
        assert!(home.run(command).status.success(), "an agent is about nobody: {command}");
    }
    assert!(!home.run("role take opal.ringwell agent").status.success(), "taken once");
    assert!(!home.run("role give opal.ringwell agent prov-1").status.success());
    assert!(!home.run("role give juniper.testwell provider").status.success());
    let nowhere = home.run("role give cosmo.matchwright coordinator nowhere");
    assert!(
        !nowhere.status.success() && nowhere.stderr.contains("role_has_its_network"),
        "{}",
        nowhere.stderr
    );
}
