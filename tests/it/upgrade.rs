//! A database of an earlier version, with data in it, brought to this one.

use std::borrow::Cow;
use std::path::Path;

use pas::store::{Store, StoreOptions};
use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use crate::cluster;
use crate::message::{ADD, PANELS, PATIENTS, message};
use crate::server::{Server, Setup};

/// Applies the migrations up to a version, as a build of then would have.
async fn at_version(url: &str, last: i64) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("migrations")
        .map(|file| file.expect("one").path())
        .collect();
    files.sort();
    let migrations = files.iter().filter_map(|path| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let (number, name) = name.split_once('_').expect("a number and a name");
        let number: i64 = number.parse().expect("a number");
        let sql = std::fs::read_to_string(path).expect("a file");
        let sql = sqlx::AssertSqlSafe(sql).into_sql_str();
        let name = Cow::Owned(name.replace('_', " "));
        (number <= last).then(|| Migration::new(number, name, MigrationType::Simple, sql, false))
    });
    let mut connection = cluster::connect(url).await;
    Migrator::with_migrations(migrations.collect()).run(&mut connection).await.expect("migrates");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_first_version_answered_is_answered_again_after_an_upgrade() {
    let database = cluster::empty(None).await;
    at_version(&database.url, 3).await;
    let add = message(ADD, PANELS[0], &PATIENTS[..1]);
    // A server of this version answers it elsewhere; the row is put where the first version would have put it.
    let elsewhere = Server::start().await;
    let answer = elsewhere.post(&add).await;
    let mut from = cluster::connect(&elsewhere.database.url).await;
    let row: String = sqlx::query_scalar("SELECT to_jsonb(m)::text FROM inbox.message m")
        .fetch_one(&mut from)
        .await
        .expect("the row");
    let mut to = cluster::connect(&database.url).await;
    sqlx::query("INSERT INTO inbox.message SELECT * FROM jsonb_populate_record(NULL::inbox.message, $1::jsonb)")
        .bind(&row)
        .execute(&mut to)
        .await
        .expect("inserts");
    let owner = Store::open(&StoreOptions::new(&database.url)).expect("opens");
    owner.migrate().await.expect("migrates");
    pas::commands::load_cast(&owner).await.expect("loads the cast");
    let server = Server::with(Setup { database: Some(database), ..Setup::default() }).await;
    assert_eq!(server.post(&add).await.bytes, answer.bytes);
    assert_eq!(server.database.count("SELECT count(*) FROM panel.entry").await, 0, "replayed");
}
