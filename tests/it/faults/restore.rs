//! The database is backed up while messages come in, lost, and restored.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicUsize;

use crate::cluster::{self, Database};
use crate::faults::{Load, OTHERS, SOME, deliver, is_whole};
use crate::message::{ADD, PANELS, QUERY, REMOVE, message};
use crate::patience::eventually;
use crate::server::{Server, Setup};

/// A program of the Postgres that runs the tests: beside its server.
fn program(name: &str) -> PathBuf {
    let pid = cluster::cluster().postmaster_pid();
    let server = std::fs::read_link(format!("/proc/{pid}/exe")).expect("the server's program");
    server.parent().expect("a folder").join(name)
}

async fn run(name: &str, words: &[&str]) {
    let mut command = Command::new(program(name));
    command.args(words);
    let done = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic");
    let done = done.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(done.status.success(), "{name}: {}", String::from_utf8_lossy(&done.stderr));
}

/// Where these patients stand and how it came to be so, every column.
async fn panels(database: &Database) -> String {
    let mut connection = cluster::connect(&database.url).await;
    let sql = "SELECT string_agg(row, E'\\n' ORDER BY row) FROM (
            SELECT 'entry' || e AS row FROM panel.entry e WHERE phn = ANY ($1)
            UNION ALL SELECT 'change' || c FROM panel.change c JOIN panel.entry e ON e.id = c.entry_id WHERE phn = ANY ($1)
        ) r";
    let phns: Vec<&str> = SOME.iter().map(|patient| patient.phn).collect();
    sqlx::query_scalar(sql).bind(phns).fetch_one(&mut connection).await.expect("rows")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_taken_while_serving_restores_to_the_same_answers_and_panels() {
    let server = Server::start().await;
    let refused = AtomicUsize::new(0);
    let mut before = Vec::new();
    for (n, event) in [ADD, ADD, ADD, REMOVE, QUERY, ADD, QUERY].into_iter().enumerate() {
        let sent = message(event, PANELS[n % 3], SOME);
        let answer = deliver(&sent, server.address, &refused).await.expect("an answer");
        before.push((sent, answer));
    }
    let load = Load::start(server.address, 4, OTHERS);
    eventually("messages under way", async || load.answered() >= 20).await;
    let file = cluster::folder("dump").join("pas.dump");
    let file = file.to_str().expect("UTF-8");
    run("pg_dump", &["--format=custom", "--file", file, &server.database.url]).await;
    let at_the_dump = load.answered();
    eventually("messages after the dump", async || load.answered() >= at_the_dump + 20).await;
    let during = load.end().await;
    let restored = cluster::empty(None).await;
    run("pg_restore", &["--no-owner", "--exit-on-error", "--dbname", &restored.url, file]).await;
    assert!(Path::new(file).exists());
    let there = panels(&server.database).await;
    assert!(there.lines().count() > 10, "{there}");
    assert_eq!(panels(&restored).await, there);
    is_whole(&restored).await;
    let kept = restored.count("SELECT count(*) FROM inbox.message").await;
    let all = i64::try_from(before.len() + during.len()).expect("a count");
    assert!(kept < all, "the dump is older than the last messages: {kept} of {all}");
    let setup = Setup { database: Some(restored), ..Setup::default() };
    let again = Server::with(setup).await;
    assert_eq!(again.send(again.request("/readyz").method("GET")).await.status, 200);
    for (sent, first) in &before {
        assert_eq!(again.post(sent).await.bytes, first.bytes, "answered as it was");
    }
    assert_eq!(again.database.count("SELECT count(*) FROM inbox.message").await, kept);
    // What the dump has not seen is processed when it is sent again.
    for (sent, _) in &during {
        let answer = again.post(sent).await;
        assert_eq!((answer.status, answer.response()), (200, "ok"), "{:?}", answer.codes());
    }
    assert_eq!(again.database.count("SELECT count(*) FROM inbox.message").await, all);
    is_whole(&again.database).await;
}
