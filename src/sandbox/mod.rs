//! A Postgres of our own: `cargo run` on a fresh machine needs no database server.
//!
//! One folder (`.pas`) holds everything: the cluster, its socket, its log and, where the machine
//! has no Postgres, the programs too. [`Cluster::start`] makes the cluster on first use, holds
//! the folder's lock for as long as the value lives and takes Postgres down with us, however we
//! end. [`join`] finds the cluster that another process runs on a folder. Everything here blocks.

use std::path::PathBuf;

mod address;
mod cluster;
mod create;
mod error;
mod fetch;
mod find;
mod folder;
mod keeper;
mod orphans;
mod owner;
mod place;
#[cfg(test)]
mod tests;

pub use address::{Address, join};
pub use cluster::Cluster;
pub use error::SandboxError;
pub use place::{Place, place};

/// The superuser of the private cluster; whoever reaches the socket may be it.
const ROLE: &str = "pas";

/// The database that is there after the first start.
const DATABASE: &str = "pas";

/// How a Postgres of our own is to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder that holds cluster, socket, log and lock (`.pas`); made where it is missing.
    pub data_dir: PathBuf,
    /// The folder with `initdb` and `postgres`, where one was named. It is used or refused, never
    /// passed over. `None`: the usual places are searched.
    pub binaries: Option<PathBuf>,
    /// Whether a commit survives a power cut. `false` is for tests: it is faster.
    pub durable: bool,
    /// How many connections Postgres accepts at once.
    pub max_connections: u32,
    /// Further settings of Postgres, which outrank ours: name and value. For measurements, which want a Postgres that is set
    /// up for its machine.
    pub further: Vec<(&'static str, String)>,
}
