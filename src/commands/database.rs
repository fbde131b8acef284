//! Which Postgres a command works on: the one it is told, or the sandbox's own.

use std::path::PathBuf;

use crate::cli::SharedArgs;
use crate::sandbox::{self, Cluster, Options};

use super::CommandError;

/// The database of the sandbox.
const NAME: &str = "pas";

/// A database to work on.
pub(super) enum Database {
    /// `DATABASE_URL`; nothing of it is ours to start or stop.
    Given(String),
    /// The sandbox's cluster, started for this command.
    Own { cluster: Cluster, data_dir: PathBuf, note: Option<String> },
    /// The sandbox's cluster, which another process runs.
    Joined(String),
}

/// `DATABASE_URL`; set to nothing, it is not set.
fn given(shared: &SharedArgs) -> Option<String> {
    shared.database_url.clone().filter(|url| !url.trim().is_empty())
}

/// Whether a database is given; else it is the sandbox's own.
pub(super) fn is_given(shared: &SharedArgs) -> bool {
    given(shared).is_some()
}

impl Database {
    /// Opens it for a command: starts the sandbox's cluster if it is not running, joins it if it is.
    pub(super) fn open(shared: &SharedArgs) -> Result<Self, CommandError> {
        if let Some(url) = given(shared) {
            return Ok(Database::Given(url));
        }
        let place = sandbox::place(shared.data_dir.as_deref())?;
        if let Some(running) = sandbox::join(&place.data_dir) {
            return Ok(Database::Joined(running.url(NAME)));
        }
        Self::start(shared)
    }

    /// Opens it for `serve`: a sandbox's cluster must be this process's own.
    pub(super) fn start(shared: &SharedArgs) -> Result<Self, CommandError> {
        if let Some(url) = given(shared) {
            return Ok(Database::Given(url));
        }
        let place = sandbox::place(shared.data_dir.as_deref())?;
        let options = Options {
            data_dir: place.data_dir.clone(),
            binaries: shared.postgres_bin.clone(),
            durable: true,
            max_connections: 100,
            further: Vec::new(),
        };
        let cluster = Cluster::start(&options)?;
        Ok(Database::Own { cluster, data_dir: place.data_dir, note: place.note })
    }

    pub(super) fn url(&self) -> String {
        match self {
            Database::Given(url) | Database::Joined(url) => url.clone(),
            Database::Own { cluster, .. } => cluster.url(NAME),
        }
    }

    pub(super) fn is_sandbox(&self) -> bool {
        !matches!(self, Database::Given(_))
    }

    /// Stops what was started.
    pub(super) fn close(self) -> Result<(), CommandError> {
        match self {
            Database::Own { cluster, .. } => Ok(cluster.stop()?),
            Database::Given(_) | Database::Joined(_) => Ok(()),
        }
    }
}
