//! Tests with a real Postgres, each in a folder of its own.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::fetch::BIN;
use super::find::Places;
use super::folder::FETCHED;
use super::{Cluster, Options};

mod finding;
mod folders;
mod running;

/// A folder that goes with the value.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Scratch {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("pas-sandbox-{}-{next}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Scratch(path.canonicalize().unwrap())
    }

    fn data_dir(&self) -> PathBuf {
        self.0.join(".pas")
    }

    fn options(&self) -> Options {
        options(self.data_dir())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn options(data_dir: PathBuf) -> Options {
    Options { data_dir, binaries: binaries(), durable: false, max_connections: 20, further: vec![] }
}

/// Where nothing is installed: one fetched Postgres for all tests, rather than one for each. Elsewhere the tests find
/// theirs as everybody does.
fn binaries() -> Option<PathBuf> {
    static FETCHED_ONCE: OnceLock<Option<PathBuf>> = OnceLock::new();
    let fetch = || {
        if !Places::of_this_machine().folders().is_empty() {
            return None;
        }
        // Stays until the process ends, and with the folder for temporary files after that.
        let scratch = std::mem::ManuallyDrop::new(Scratch::new());
        let options = Options {
            data_dir: scratch.data_dir(),
            binaries: None,
            durable: false,
            max_connections: 20,
            further: Vec::new(),
        };
        Cluster::start(&options).unwrap().stop().unwrap();
        Some(scratch.data_dir().join(FETCHED).join(BIN))
    };
    FETCHED_ONCE.get_or_init(fetch).clone()
}

/// The `psql` beside the Postgres that is used.
fn psql() -> PathBuf {
    let installed =
        Places::of_this_machine().folders().into_iter().map(|folder| folder.join("psql"));
    let fetched = binaries().map(|folder| folder.join("psql"));
    installed.chain(fetched).find(|psql| psql.exists()).unwrap_or_else(|| "psql".into())
}

/// What `psql` says to one statement, without alignment.
fn query(url: &str, statement: &str) -> Result<String, String> {
    let output = Command::new(psql())
        .args(["-X", "-At", "-v", "ON_ERROR_STOP=1", "-c", statement, url])
        .env_remove("PGHOST")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// Waits until `done`, for a minute at most.
fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..6000 {
        if done() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{what}: not within a minute");
}

/// Whether a process is there and not just waiting to be reaped.
fn alive(pid: i32) -> bool {
    fs::read_link(format!("/proc/{pid}/cwd")).is_ok()
}
