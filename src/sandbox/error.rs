//! What can go wrong with a Postgres of our own, told to a person.

use std::io;
use std::path::{Path, PathBuf};

/// Why a Postgres of our own did not start or stop; each text names what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// A file or folder could not be made, read, changed or removed.
    #[error("cannot {doing} {}: {source}; mend that, or choose another data folder", path.display())]
    File {
        /// What was tried, as a verb.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process holds the folder's lock.
    #[error(
        "{} is in use: another process already runs a Postgres on it; stop that process, or \
         choose another data folder",
        folder.display()
    )]
    AlreadyRunning {
        /// The data folder.
        folder: PathBuf,
    },
    /// The folder that was named for Postgres' programs cannot be used.
    #[error(
        "the folder named for Postgres' programs, {}, cannot be used: {reason}; name a folder \
         with both `initdb` and `postgres`, or leave the setting out",
        folder.display()
    )]
    NamedBinaries {
        /// The folder that was named.
        folder: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// No Postgres on this machine, and none could be fetched.
    #[error("no Postgres is installed here and none could be fetched ({reason}); run: {remedy}")]
    NoBinaries {
        /// Why the fallback failed.
        reason: String,
        /// The one command that mends it.
        remedy: &'static str,
    },
    /// The data are of another major version than every Postgres at hand.
    #[error(
        "{} was made by Postgres {data}, but here is {found}; install Postgres {data} or \
         name its folder, or move the data away to start afresh",
        folder.display()
    )]
    OtherVersion {
        /// The folder with the data.
        folder: PathBuf,
        /// The major version that made them.
        data: u32,
        /// The versions at hand.
        found: String,
    },
    /// We are root, and there is no other user to run Postgres as.
    #[error(
        "Postgres does not run as root, and there is neither a user `postgres` nor `nobody` to \
         run it as; run: useradd --system postgres"
    )]
    NoUser,
    /// The user that Postgres runs as cannot enter the data folder.
    #[error(
        "Postgres runs as user {user} here, who cannot enter {}; choose a data folder that every \
         user can reach, such as one below /var/lib",
        folder.display()
    )]
    Unreachable {
        /// The folder.
        folder: PathBuf,
        /// The user's name.
        user: String,
    },
    /// A folder in a place where anybody may make folders belongs to somebody else.
    #[error(
        "{} is no folder of ours (another user's, or a link); remove it, or choose another data \
         folder",
        folder.display()
    )]
    Foreign {
        /// The folder.
        folder: PathBuf,
    },
    /// Where the data should lie is something else.
    #[error("{} holds files, but no Postgres data; move it away and start again", folder.display())]
    NotData {
        /// The folder.
        folder: PathBuf,
    },
    /// A program could not be run at all.
    #[error("cannot run {}: {source}; check that Postgres is installed properly", program.display())]
    Run {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The cluster could not be made.
    #[error(
        "{program} could not make the database folder; mend what it says and start again:\n{output}"
    )]
    Create {
        /// The program that failed.
        program: &'static str,
        /// What it said.
        output: String,
    },
    /// Postgres ended while it was starting.
    #[error("Postgres did not start ({status}); mend what its log {} says:\n{tail}", log.display())]
    Ended {
        /// How it ended.
        status: String,
        /// The log file.
        log: PathBuf,
        /// The log's last lines.
        tail: String,
    },
    /// Postgres did not come up in time.
    #[error(
        "Postgres was not ready after {seconds} s; if its log {} says that it recovers, start \
         again:\n{tail}",
        log.display()
    )]
    NotReady {
        /// How long we waited.
        seconds: u64,
        /// The log file.
        log: PathBuf,
        /// The log's last lines.
        tail: String,
    },
    /// A Postgres that an earlier run left behind cannot be ended.
    #[error(
        "process {pid}, a Postgres left behind by an earlier run, still works on {} and does not \
         end; run: kill -9 {pid}",
        folder.display()
    )]
    LeftBehind {
        /// The process.
        pid: i32,
        /// The folder with the data.
        folder: PathBuf,
    },
    /// Postgres is down, but did not shut down in order.
    #[error("Postgres did not shut down in order ({status}); the next start recovers its data")]
    Unclean {
        /// How it ended.
        status: String,
    },
}

impl SandboxError {
    /// For `map_err`: what was tried, and on what.
    pub(super) fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SandboxError {
        let path = path.to_path_buf();
        move |source| SandboxError::File { doing, path, source }
    }
}
