//! The Postgres that everything is measured on: durable, set up for the machine, and nobody else's.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use pas::sandbox::{Cluster, Options};

use super::fault::{Done, told};

/// What is set beside durability, as one would for a machine that it shares with the server. Checkpoints come by time and
/// not by load, so that each side of a comparison has as many pages written whole as the other.
pub(crate) const SETTINGS: &[(&str, &str)] = &[
    ("shared_buffers", "2GB"),
    ("effective_cache_size", "8GB"),
    ("work_mem", "16MB"),
    ("maintenance_work_mem", "512MB"),
    ("max_wal_size", "16GB"),
    ("min_wal_size", "2GB"),
    ("checkpoint_timeout", "15min"),
    ("wal_compression", "lz4"),
    ("random_page_cost", "1.1"),
    ("shared_preload_libraries", "pg_stat_statements"),
    ("pg_stat_statements.track", "none"),
];

/// A cluster and its programs.
#[derive(Debug)]
pub(crate) struct Postgres {
    cluster: Cluster,
    programs: PathBuf,
}

impl Postgres {
    /// Starts it on a folder, making it where it is missing.
    pub(crate) fn start(folder: &Path) -> Done<Postgres> {
        let programs = programs()?;
        let further = SETTINGS.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let cluster = Cluster::start(&Options {
            data_dir: folder.to_owned(),
            binaries: Some(programs.clone()),
            durable: true,
            max_connections: 200,
            further,
        })?;
        Ok(Postgres { cluster, programs })
    }

    /// The connection string of its database.
    pub(crate) fn url(&self) -> String {
        self.cluster.url("pas")
    }

    /// The connection string of another one.
    pub(crate) fn url_of(&self, database: &str) -> String {
        self.cluster.url(database)
    }

    /// Where one of its programs is.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// Its first process.
    pub(crate) fn pid(&self) -> u32 {
        self.cluster.postmaster_pid().unsigned_abs()
    }

    /// Stops it.
    pub(crate) fn stop(self) -> Done {
        Ok(self.cluster.stop()?)
    }

    /// One of its programs, pointed at the database by the usual variables.
    pub(crate) fn program(&self, name: &str) -> Command {
        self.program_on("pas", name)
    }

    fn program_on(&self, database: &str, name: &str) -> Command {
        let mut command = Command::new(self.path(name));
        let host = self.cluster.socket_dir();
        command.env_clear().env("PGHOST", host).env("PGUSER", "pas").env("PGDATABASE", database);
        command
    }

    /// Runs a script, fed by `write`; gives what it prints, columns apart by `|`.
    pub(crate) fn feed(&self, write: impl FnOnce(&mut dyn std::io::Write) -> Done) -> Done<String> {
        self.feed_in("pas", write)
    }

    fn feed_in(
        &self,
        database: &str,
        write: impl FnOnce(&mut dyn std::io::Write) -> Done,
    ) -> Done<String> {
        let mut command = self.program_on(database, "psql");
        command.args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-f", "-"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        if let Some(input) = child.stdin.take() {
            let mut input = std::io::BufWriter::with_capacity(1 << 16, input);
            // Where psql ended early, its own words say why.
            let _ = write(&mut input).and_then(|()| Ok(input.flush()?));
        }
        let output = child.wait_with_output()?;
        if !output.status.success() {
            return told(format!("psql: {}", String::from_utf8_lossy(&output.stderr)));
        }
        Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
    }

    /// Runs statements in another database.
    pub(crate) fn run_in(&self, database: &str, sql: &str) -> Done<String> {
        self.feed_in(database, |input| Ok(input.write_all(sql.as_bytes())?))
    }

    /// Milliseconds that psql takes for each of these statements, its rows read and thrown away; `prepare` is not counted.
    pub(crate) fn timed(&self, prepare: &str, statements: &[String]) -> Done<Vec<f64>> {
        let all = statements.join(";\n");
        let told = self.run(&format!("{prepare};\n\\o /dev/null\n\\timing on\n{all};\n"))?;
        let times = told.lines().filter_map(|line| line.strip_prefix("Time: "));
        let times: Vec<f64> =
            times.filter_map(|time| time.split(' ').next()?.parse().ok()).collect();
        if times.len() == statements.len() {
            Ok(times)
        } else {
            self::told(format!("psql: {told}"))
        }
    }

    /// Runs statements.
    pub(crate) fn run(&self, sql: &str) -> Done<String> {
        self.feed(|input| Ok(input.write_all(sql.as_bytes())?))
    }
}

/// Where Postgres' programs are, `pgbench` among them.
fn programs() -> Done<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default();
    let mut installed: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|all| all.flatten().map(|one| one.path().join("bin")).collect())
        .unwrap_or_default();
    installed.sort();
    folders.extend(installed.into_iter().rev());
    let has = |folder: &&PathBuf| {
        ["postgres", "initdb", "psql", "pgbench"].iter().all(|name| folder.join(name).is_file())
    };
    let found = folders.iter().find(has).cloned();
    found.map_or_else(|| told("no folder has postgres, initdb, psql and pgbench"), Ok)
}
