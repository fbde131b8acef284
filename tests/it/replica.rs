//! Queries answered from a real standby, for senders who accept that it is behind.
//!
//! Run where `pg_basebackup` lies beside `postgres`.

use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};

use pas::sandbox::{Cluster, Options};
use serde_json::Value;
use sqlx::postgres::PgConnection;

use crate::answer::Answer;
use crate::cluster::{self, Database};
use crate::message::{ADD, PANELS, PATIENTS, QUERY, REMOVE, message};
use crate::metrics;
use crate::patience::eventually;
use crate::proxy::Proxy;
use crate::server::{NOW, Server, Setup};

/// A primary, its standby, and a server that knows both; the server's way to the primary is counted.
struct Pair {
    primary: Cluster,
    standby: Option<Cluster>,
    behind: PathBuf,
    proxy: Proxy,
    server: Server,
}

async fn started(data_dir: PathBuf) -> Cluster {
    let options = Options {
        data_dir,
        binaries: None,
        durable: false,
        max_connections: 40,
        further: Vec::new(),
    };
    let start = tokio::task::spawn_blocking(move || Cluster::start(&options));
    start.await.expect("no panic").expect("Postgres starts")
}

/// Copies the primary into a folder, as its standby. `false` where the program for it is missing; then it says so past the
/// capture of what a test prints: nobody should believe that it ran.
fn copied(test: &str, primary: &Cluster, folder: &PathBuf) -> bool {
    let postgres = std::fs::read_link(format!("/proc/{}/exe", primary.postmaster_pid()));
    let program = postgres.expect("a running Postgres").with_file_name("pg_basebackup");
    if !program.is_file() {
        let said = format!("SKIPPED {test}: pg_basebackup is not installed\n");
        std::io::stderr().write_all(said.as_bytes()).expect("standard error");
        return false;
    }
    let owner = std::fs::metadata(primary.socket_dir()).expect("the folder of the socket");
    let mut command = Command::new(program);
    command.args(["-R", "-X", "stream", "-c", "fast", "--no-sync", "-U", "pas", "-p", "5432"]);
    command.arg("-h").arg(primary.socket_dir()).arg("-D").arg(folder.join("postgres"));
    command.current_dir(folder);
    if nix::unistd::geteuid().is_root() {
        chown(folder, Some(owner.uid()), Some(owner.gid())).expect("its folder");
        command.uid(owner.uid()).gid(owner.gid());
    }
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    true
}

impl Pair {
    async fn start(test: &str) -> Option<Pair> {
        let primary = started(cluster::folder(&format!("{test}-primary"))).await;
        let database = Database { name: "pas".to_owned(), url: primary.url("pas") };
        cluster::prepare(&database.url).await;
        let behind = cluster::folder(&format!("{test}-standby"));
        if !copied(test, &primary, &behind) {
            return None;
        }
        let standby = started(behind.clone()).await;
        let proxy = Proxy::before(&primary, &format!("{test}-proxy"));
        let setup = Setup {
            flags: format!("--connections 1 --replica-url {}", standby.url("pas")),
            through: Some(proxy.url("pas")),
            database: Some(database),
            // Around the turn of a month no replica is asked.
            clock: Some(Arc::new(Mutex::new(NOW.parse().expect("an instant")))),
            ..Setup::default()
        };
        let server = Server::with(setup).await;
        let pair = Pair { primary, standby: Some(standby), behind, proxy, server };
        pair.server.post(&message(ADD, PANELS[0], &PATIENTS[..1])).await;
        pair.is_asked().await;
        Some(pair)
    }

    async fn send(&self, message: &Value, accepts: &str) -> Answer {
        let ask = self.server.request("/$process-message").body(message.to_string().into_bytes());
        self.server.send(ask.header("cache-control", accepts)).await
    }

    /// Where the first patient stands, and whether a replica said so.
    async fn query(&self, accepts: &str) -> (String, bool) {
        let answer = self.send(&message(QUERY, PANELS[0], &PATIENTS[..1]), accepts).await;
        let codes = answer.codes();
        assert_eq!((answer.status, codes.first()), (200, Some(&"processed")), "{codes:?}");
        let age = answer.headers.get("age").map(|_| answer.header("age").parse::<u64>());
        assert!(age.clone().is_none_or(|age| age.is_ok_and(|age| age > 0)), "{age:?}");
        (answer.statuses().join(" "), age.is_some())
    }

    /// Waits until the standby tells what there is.
    async fn is_asked(&self) {
        let told = ("confirmed".to_owned(), true);
        eventually("the standby", async || self.query("max-stale").await == told).await;
    }

    /// Lets the standby fall behind from now on.
    async fn pause(&self) {
        let mut standby = self.on_standby().await;
        let pause = "SELECT pg_wal_replay_pause()";
        sqlx::raw_sql(pause).execute(&mut standby).await.expect("pauses");
        let state = "SELECT pg_get_wal_replay_pause_state()";
        eventually("the pause", async || {
            let state: String =
                sqlx::query_scalar(state).fetch_one(&mut standby).await.expect("a state");
            state == "paused"
        })
        .await;
    }

    async fn on_standby(&self) -> PgConnection {
        cluster::connect(&self.standby.as_ref().expect("a standby").url("pas")).await
    }

    async fn on_primary(&self, sql: &'static str) {
        let mut primary = cluster::connect(&self.primary.url("pas")).await;
        sqlx::raw_sql(sql).execute(&mut primary).await.expect("changes");
    }
}

const OLD: &str = "confirmed";
const NEW: &str = "removed";

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_told_what_a_standby_holds_if_its_sender_accepts_that_and_only_then() {
    let Some(pair) = Pair::start("replica-lag").await else { return };
    pair.pause().await;
    let removed = pair.server.post(&message(REMOVE, PANELS[0], &PATIENTS[..1])).await;
    assert_eq!(removed.statuses(), [NEW]);
    for accepts in ["max-stale", "max-stale=600", "no-transform, Max-Stale=\"600\""] {
        assert_eq!(pair.query(accepts).await, (OLD.to_owned(), true), "{accepts}");
    }
    for accepts in ["", "max-stale=0", "max-stale=soon", "max-age=600", "max-stale, no-cache"] {
        assert_eq!(pair.query(accepts).await, (NEW.to_owned(), false), "{accepts}");
    }
    // It is behind by more and more, though nothing happens any more.
    eventually("a second", async || pair.query("max-stale=1").await == (NEW.to_owned(), false))
        .await;
    assert_eq!(pair.query("max-stale").await, (OLD.to_owned(), true));

    // What was answered is answered so again, also by way of a standby that has not heard of it.
    let asked = message(QUERY, PANELS[0], &PATIENTS[..1]);
    let told = pair.send(&asked, "max-stale").await;
    assert_eq!((told.statuses(), told.header("age").is_empty()), (vec![OLD], false));
    for accepts in ["max-stale", "", "max-stale"] {
        let again = pair.send(&asked, accepts).await;
        assert_eq!((again.bytes == told.bytes, again.header("age")), (true, ""), "{accepts}");
    }
    let from_primary = message(QUERY, PANELS[0], &PATIENTS[..1]);
    let told = pair.send(&from_primary, "").await;
    let again = pair.send(&from_primary, "max-stale").await;
    assert_eq!((again.bytes, told.statuses()), (told.bytes.clone(), vec![NEW]));

    // Each is kept and recorded on the primary; a change never looks anywhere else.
    let trips = async |event, accepts| {
        pair.proxy.round_trips();
        let answer = pair.send(&message(event, PANELS[0], &PATIENTS[1..2]), accepts).await;
        assert_eq!(answer.response(), "ok", "{:?}", answer.codes());
        (pair.proxy.round_trips(), answer.header("age").is_empty())
    };
    assert_eq!(trips(ADD, "").await, (2, true));
    assert_eq!(trips(REMOVE, "max-stale").await, (2, true));
    assert_eq!(trips(ADD, "max-stale").await, (2, true));
    assert_eq!(trips(QUERY, "max-stale").await, (1, false));
    let unrecorded = "SELECT count(*) FROM inbox.message m
                       WHERE NOT EXISTS (SELECT FROM audit.event e WHERE e.message_id = m.id)";
    assert_eq!(pair.server.database.count(unrecorded).await, 0);

    // They are counted.
    let metrics = metrics::listen(&pair.server).await;
    let counted = async || metrics::page(metrics).await.value("pas_replica_answers_total", &[]);
    let before = counted().await;
    for accepts in ["max-stale", "", "max-stale=0", "max-stale"] {
        pair.query(accepts).await;
    }
    assert_eq!((before > 0.0, counted().await - before), (true, 2.0));

    // Who may be spoken for is the primary's word: a standby with another directory is not believed.
    pair.on_primary("UPDATE pas.practitioner SET active = false WHERE key = 'prov-1'").await;
    for accepts in ["", "max-stale"] {
        let answer = pair.send(&message(QUERY, PANELS[0], &PATIENTS[..1]), accepts).await;
        assert_eq!((answer.codes(), answer.header("age")), (vec!["provider-in-pas"], ""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_standby_or_with_one_that_is_none_any_more_the_primary_answers() {
    let Some(mut pair) = Pair::start("replica-gone").await else { return };
    let here = (OLD.to_owned(), false);
    for _ in 0..2 {
        pair.standby.take().expect("a standby").stop().expect("stops");
        for _ in 0..8 {
            assert_eq!(pair.query("max-stale").await, here, "the standby is gone");
        }
        pair.standby = Some(started(pair.behind.clone()).await);
        pair.is_asked().await;
    }
    // It has lost its primary, and believes that it has heard everything.
    let mut standby = pair.on_standby().await;
    for sql in ["ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()"] {
        sqlx::raw_sql(sql).execute(&mut standby).await.expect("is set");
    }
    let receives = "SELECT count(*) FROM pg_stat_wal_receiver";
    eventually("the end of news", async || {
        sqlx::query_scalar::<_, i64>(receives).fetch_one(&mut standby).await.expect("a count") == 0
    })
    .await;
    pair.server.post(&message(REMOVE, PANELS[0], &PATIENTS[..1])).await;
    let new = (NEW.to_owned(), false);
    eventually("a second", async || pair.query("max-stale=1").await == new).await;
    assert_eq!(pair.query("max-stale").await, (OLD.to_owned(), true));
    // Promoted, it goes its own way.
    let promoted: bool =
        sqlx::query_scalar("SELECT pg_promote()").fetch_one(&mut standby).await.expect("promotes");
    assert!(promoted);
    assert_eq!(pair.query("max-stale").await, new);
}
