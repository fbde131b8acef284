//! Through PgBouncer in transaction mode: connections to Postgres change under a server from one transaction to the next.
//!
//! Run where `pgbouncer` is installed. The server logs in as a role that may do nothing but work as `pas_server`, and has to ask
//! for that each time.

use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::cluster::{self, Database};
use crate::history::{Plan, holds};
use crate::message::{ADD, PANELS, PATIENTS, QUERY, message};
use crate::patience::eventually;
use crate::server::{Server, Setup};

/// Connections to Postgres: fewer than servers open to the pooler, so that they are given around.
const TO_POSTGRES: usize = 3;
const PORT: u16 = 6432;

/// A PgBouncer before the tests' Postgres; it ends with this value.
struct Pooler {
    child: Child,
    folder: PathBuf,
}

impl Pooler {
    /// `None` where there is none; then it says so past the capture of what a test prints: nobody should believe that it ran.
    async fn start(test: &str, database: &Database) -> Option<Pooler> {
        let mut places = vec![PathBuf::from("/usr/sbin/pgbouncer")];
        let path = std::env::var_os("PATH").unwrap_or_default();
        places.extend(std::env::split_paths(&path).map(|folder| folder.join("pgbouncer")));
        let Some(program) = places.into_iter().find(|place| place.is_file()) else {
            let said = format!("SKIPPED {test}: pgbouncer is not installed\n");
            std::io::stderr().write_all(said.as_bytes()).expect("standard error");
            return None;
        };
        // The role that it is a member of is made with the schema.
        let login = "DO $$ BEGIN CREATE ROLE pooled LOGIN NOINHERIT IN ROLE pas_server;
                     EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$";
        let mut admin = cluster::connect(&database.url).await;
        sqlx::raw_sql(login).execute(&mut admin).await.expect("a login");
        let folder = cluster::folder(&format!("pooler-{test}"));
        let postgres = cluster::cluster().socket_dir();
        let settings = format!(
            "[databases]\n* = host={}\n[pgbouncer]\npool_mode = transaction\nlisten_addr =\nlisten_port = {PORT}\n\
             unix_socket_dir = {}\nauth_type = trust\nauth_file = {}\nmax_client_conn = 500\ndefault_pool_size = {TO_POSTGRES}\n",
            postgres.display(),
            folder.display(),
            folder.join("users").display()
        );
        std::fs::write(folder.join("settings"), settings).expect("settings");
        std::fs::write(folder.join("users"), "\"pooled\" \"\"\n").expect("users");
        // It refuses to be root, as Postgres does; so it is whoever that one is.
        let owner = std::fs::metadata(postgres).expect("the folder of the socket");
        let mut command = Command::new(program);
        command.arg("-q").arg(folder.join("settings"));
        command.stdout(Stdio::null()).stderr(Stdio::null());
        if nix::unistd::geteuid().is_root() {
            chown(&folder, Some(owner.uid()), Some(owner.gid())).expect("its folder");
            command.uid(owner.uid()).gid(owner.gid());
        }
        let child = command.spawn().expect("pgbouncer starts");
        let pooler = Pooler { child, folder };
        let socket = pooler.folder.join(format!(".s.PGSQL.{PORT}"));
        eventually("pgbouncer", async || socket.exists()).await;
        Some(pooler)
    }

    fn url(&self, database: &Database) -> String {
        let host = self.folder.display();
        format!("postgres://pooled@localhost:{PORT}/{}?host={host}", database.name)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const FLAGS: &str = "--pooler transaction";

#[tokio::test(flavor = "multi_thread")]
async fn three_servers_killed_at_random_behind_a_pooler_keep_to_one_serial_order_a_patient() {
    let database = cluster::database().await;
    let Some(pooler) = Pooler::start("history", &database).await else { return };
    let through = Some((pooler.url(&database), FLAGS));
    holds(Plan { seed: 18, clients: 8, messages: 160, deaths: 2, through }, database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_pooler_bounds_hold_and_what_a_message_leaves_behind_is_nothing() {
    let database = cluster::database().await;
    let Some(pooler) = Pooler::start("bounds", &database).await else { return };
    let through = Some(pooler.url(&database));
    let flags = format!("{FLAGS} --lock-timeout 0.2 --connections 4");
    let server =
        Server::with(Setup { through, flags, database: Some(database), ..Setup::default() }).await;
    let mut other = cluster::connect(&server.database.url).await;
    let hold = "BEGIN; INSERT INTO panel.patient SELECT phn FROM client_registry.patient";
    sqlx::raw_sql(hold).execute(&mut other).await.expect("locks");
    let sent = message(ADD, PANELS[0], &PATIENTS[..2]);
    let busy = server.post(&sent).await;
    assert_eq!((busy.status, busy.codes()), (503, vec!["database-busy"]));
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.expect("lets go");
    let told = server.post(&sent).await;
    assert_eq!((told.response(), told.statuses()), ("ok", vec!["confirmed"; 2]));
    assert_eq!(server.post(&sent).await.bytes, told.bytes);
    assert_eq!(server.post(&message(QUERY, PANELS[0], &PATIENTS)).await.response(), "ok");
    assert_eq!(server.send(server.request("/readyz").method("GET")).await.status, 200);
    // Connections of the pooler go on: who uses one next finds nothing of ours.
    let mut next = cluster::connect_as_it_is(&pooler.url(&server.database)).await;
    let left = "SELECT current_user || ' ' || current_setting('lock_timeout') || ' ' ||
                       (SELECT count(*) FROM pg_locks l WHERE l.pid = pg_backend_pid() AND locktype = 'advisory')";
    let left: String =
        sqlx::Row::get(&sqlx::raw_sql(left).fetch_one(&mut next).await.expect("a row"), 0);
    assert_eq!(left, "pooled 0 0");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_to_postgres_that_died_behind_a_pooler_are_found_out_and_nobody_notices() {
    let database = cluster::database().await;
    let Some(pooler) = Pooler::start("died", &database).await else { return };
    let through = Some(pooler.url(&database));
    let flags = FLAGS.to_owned();
    let server =
        Server::with(Setup { through, flags, database: Some(database), ..Setup::default() }).await;
    for panel in &PANELS[..3] {
        for event in [ADD, QUERY] {
            let told = server.post(&message(event, *panel, &PATIENTS)).await;
            assert_eq!(told.response(), "ok", "{event}: {:?}", told.codes());
        }
        let killed = "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                       WHERE usename = 'pooled' AND datname = current_database()) k";
        assert!(server.database.count(killed).await > 0, "some rested");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_pooler_the_schema_is_not_migrated_and_the_server_says_what_to_do() {
    let home =
        crate::sandbox::program::Home::with_database("pooled", "postgres://pas@localhost/pas");
    for flags in ["--pooler transaction", "--pooler transaction --migrate false --load-cast"] {
        let done = home.run(&format!("serve {flags}"));
        assert_eq!(done.status.code(), Some(1), "{done:?}");
        assert!(done.stderr.contains("`pas migrate`"), "{}", done.stderr);
    }
}
