//! Starting, stopping, being killed, and starting again.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::super::{Cluster, Options, SandboxError, join};
use super::{Scratch, alive, options, query, wait_until};

/// The variable that tells [`hold`] its folder.
const HOLD: &str = "PAS_TEST_SANDBOX_HOLD";

#[test]
fn a_cold_start_brings_a_database_and_a_warm_one_keeps_the_data() {
    let scratch = Scratch::new();
    let cluster = Cluster::start(&scratch.options()).unwrap();
    let url = cluster.url("pas");
    assert_eq!(query(&url, "select current_user || ' ' || current_database()").unwrap(), "pas pas");
    assert_eq!(query(&url, "show timezone").unwrap(), "UTC");
    assert_eq!(query(&url, "show server_encoding").unwrap(), "UTF8");
    assert_eq!(query(&url, "show fsync").unwrap(), "off");
    query(&url, "create table kept as select 1 as one").unwrap();
    cluster.stop().unwrap();
    assert!(query(&url, "select 1").is_err());

    let durable = Options { durable: true, max_connections: 2, ..scratch.options() };
    let cluster = Cluster::start(&durable).unwrap();
    assert_eq!(query(&cluster.url("pas"), "select one from kept").unwrap(), "1");
    assert_eq!(query(&cluster.url("pas"), "show fsync").unwrap(), "on");
    assert_eq!(query(&cluster.url("pas"), "show max_connections").unwrap(), "2");
    cluster.stop().unwrap();
    assert!(!scratch.data_dir().join("postgres/postmaster.pid").exists());
}

#[test]
fn a_second_start_on_one_folder_is_refused_and_names_it() {
    let scratch = Scratch::new();
    let first = Cluster::start(&scratch.options()).unwrap();
    let error = Cluster::start(&scratch.options()).unwrap_err();
    assert!(matches!(error, SandboxError::AlreadyRunning { .. }), "{error}");
    assert!(error.to_string().contains(scratch.data_dir().to_str().unwrap()), "{error}");
    assert_eq!(query(&first.url("pas"), "select 1").unwrap(), "1");
}

#[test]
fn dropping_a_cluster_stops_it_and_frees_the_folder() {
    let scratch = Scratch::new();
    let cluster = Cluster::start(&scratch.options()).unwrap();
    let pid = cluster.postmaster_pid();
    assert!(cluster.is_running());
    drop(cluster);
    assert!(!alive(pid));
    Cluster::start(&scratch.options()).unwrap().stop().unwrap();
}

#[test]
fn a_cluster_outlives_the_thread_that_started_it() {
    let scratch = Scratch::new();
    let options = scratch.options();
    let cluster = std::thread::spawn(move || Cluster::start(&options).unwrap()).join().unwrap();
    // A signal that follows the thread's end would be on its way by now.
    std::thread::sleep(Duration::from_millis(300));
    assert!(cluster.is_running());
    assert_eq!(query(&cluster.url("pas"), "select 1").unwrap(), "1");
    cluster.stop().unwrap();
}

#[test]
fn after_the_postmaster_was_killed_a_new_start_recovers() {
    let scratch = Scratch::new();
    // Only a durable commit is promised to survive this.
    let durable = Options { durable: true, ..scratch.options() };
    let cluster = Cluster::start(&durable).unwrap();
    query(&cluster.url("pas"), "create table kept as select 1 as one").unwrap();
    kill(Pid::from_raw(cluster.postmaster_pid()), Signal::SIGKILL).unwrap();
    wait_until("the end of Postgres", || !cluster.is_running());
    let error = cluster.stop().unwrap_err();
    assert!(matches!(error, SandboxError::Unclean { .. }), "{error}");

    let cluster = Cluster::start(&durable).unwrap();
    assert_eq!(query(&cluster.url("pas"), "select one from kept").unwrap(), "1");
    cluster.stop().unwrap();
}

#[test]
fn a_stale_postmaster_file_of_a_live_process_does_not_stop_a_start() {
    let scratch = Scratch::new();
    Cluster::start(&scratch.options()).unwrap().stop().unwrap();
    let data = scratch.data_dir().join("postgres");
    let run = scratch.data_dir().join("run");
    // The number went to another process of the same user, which Postgres takes for a server.
    let owner = data.metadata().unwrap().uid();
    let mut other = Command::new("sleep").arg("60").uid(owner).spawn().unwrap();
    let stale =
        format!("{}\n{}\n1\n5432\n{}\n\n\nready\n", other.id(), data.display(), run.display());
    fs::write(data.join("postmaster.pid"), &stale).unwrap();
    fs::write(run.join(".s.PGSQL.5432.lock"), &stale).unwrap();
    assert!(join(&scratch.data_dir()).is_none());

    let cluster = Cluster::start(&scratch.options()).unwrap();
    assert_eq!(query(&cluster.url("pas"), "select 1").unwrap(), "1");
    cluster.stop().unwrap();
    assert!(alive(other.id().cast_signed()), "another's process is not ours to end");
    other.kill().unwrap();
    other.wait().unwrap();
}

#[test]
fn what_interrupted_first_starts_left_is_removed() {
    let scratch = Scratch::new();
    let (half, fetching) = ("postgres.new-1", "postgres-binaries.tmp");
    for name in [half, fetching] {
        fs::create_dir_all(scratch.data_dir().join(name)).unwrap();
        fs::write(scratch.data_dir().join(name).join("PG_VERSION"), "1").unwrap();
    }
    Cluster::start(&scratch.options()).unwrap().stop().unwrap();
    assert!(!scratch.data_dir().join(half).exists());
    assert!(!scratch.data_dir().join(fetching).exists());
}

/// Not a test of its own: another test runs it as a process that holds a cluster and is killed.
#[test]
#[ignore = "runs until it is killed"]
fn hold() {
    let Some(folder) = std::env::var_os(HOLD).map(PathBuf::from) else { return };
    let cluster = Cluster::start(&options(folder.clone())).unwrap();
    fs::write(folder.join("held"), cluster.postmaster_pid().to_string()).unwrap();
    std::thread::sleep(Duration::from_secs(120));
}

#[test]
fn a_cluster_is_joined_while_its_process_lives_and_dies_with_it() {
    let scratch = Scratch::new();
    assert!(join(&scratch.data_dir()).is_none());
    let module = module_path!().split_once("::").unwrap().1;
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("{module}::hold"), "--ignored"])
        .env(HOLD, scratch.data_dir())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let held = scratch.data_dir().join("held");
    wait_until("the other's start", || fs::read_to_string(&held).is_ok_and(|pid| !pid.is_empty()));
    let pid: i32 = fs::read_to_string(&held).unwrap().parse().unwrap();
    let joined = join(&scratch.data_dir()).unwrap();
    assert_eq!(query(&joined.url("pas"), "select 1").unwrap(), "1");
    query(&joined.url("pas"), "create table kept as select 1 as one").unwrap();

    holder.kill().unwrap();
    holder.wait().unwrap();
    if cfg!(target_os = "linux") {
        wait_until("the end of the orphan", || !alive(pid));
    }
    assert!(join(&scratch.data_dir()).is_none());
    let cluster = Cluster::start(&scratch.options()).unwrap();
    assert_eq!(query(&cluster.url("pas"), "select one from kept").unwrap(), "1");
    cluster.stop().unwrap();
}
