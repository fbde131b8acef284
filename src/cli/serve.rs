//! Settings of `pas serve`.

use std::net::SocketAddr;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{
    AccessArgs, ListenArgs, MailArgs, PagesArgs, PolicyArgs, SharedArgs, TelemetryArgs, seconds,
};

/// Settings of `pas serve`.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Settings of every command.
    #[command(flatten)]
    pub shared: SharedArgs,
    /// Address and port to listen on.
    #[arg(long, env = "PAS_BIND", default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub bind: SocketAddr,
    /// Our own address, as responses name it [default: http://BIND/$process-message, https with a certificate]
    #[arg(long, env = "PAS_ENDPOINT", value_name = "URL")]
    pub endpoint: Option<String>,
    /// Base of our own extension and code systems.
    #[arg(
        long,
        env = "PAS_CANONICAL",
        default_value = "https://api.healthcarebc.ca/fhir",
        value_name = "URL"
    )]
    pub canonical: String,
    /// Bring the schema up to date before serving.
    #[arg(long, env = "PAS_MIGRATE", default_value_t = true, action = clap::ArgAction::Set, value_name = "BOOL")]
    pub migrate: bool,
    /// Load the invented cast, and who of it waits, into empty registries of DATABASE_URL. (The sandbox always does.)
    #[arg(long, env = "PAS_LOAD_CAST", default_value_t = false, num_args = 0..=1, default_missing_value = "true",
          action = clap::ArgAction::Set, value_name = "BOOL")]
    pub load_cast: bool,
    /// Days for which answers are kept, to be given again to a message that is sent again; whole months are dropped.
    #[arg(long, env = "PAS_KEEP_ANSWERS", default_value_t = 90, value_name = "DAYS",
          value_parser = clap::value_parser!(u32).range(2..=3650))]
    pub keep_answers: u32,
    /// Connections of senders.
    #[command(flatten)]
    pub listen: ListenArgs,
    /// Who may post.
    #[command(flatten)]
    pub access: AccessArgs,
    /// Seconds between two looks for events of the audit trail that have no seal yet.
    #[arg(long, env = "PAS_SEAL_INTERVAL", default_value = "5", value_parser = seconds, value_name = "SECONDS")]
    pub seal_interval: Duration,
    /// Bounds.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Pages for people.
    #[command(flatten)]
    pub pages: PagesArgs,
    /// Letters.
    #[command(flatten)]
    pub mail: MailArgs,
    /// What the operator watches.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
    /// Choices that the guide leaves open.
    #[command(flatten)]
    pub policy: PolicyArgs,
}

/// Bounds on requests and on the database.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// Bytes of a body at most, once unpacked.
    #[arg(long, env = "PAS_MAX_BODY_BYTES", default_value_t = 8 << 20, value_name = "BYTES")]
    pub max_body_bytes: usize,
    /// Patients in one message at most.
    #[arg(long, env = "PAS_MAX_MEMBERS", default_value_t = 5_000, value_name = "N")]
    pub max_members: usize,
    /// Levels of nested JSON at most (120 is the most that can be set).
    #[arg(long, env = "PAS_MAX_JSON_DEPTH", default_value_t = 64, value_name = "N",
          value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(8..=120))]
    pub max_json_depth: usize,
    /// Seconds that a body may take to arrive, and an answer to be taken.
    #[arg(long, env = "PAS_BODY_TIMEOUT", default_value = "30", value_parser = seconds, value_name = "SECONDS")]
    pub body_timeout: Duration,
    /// Seconds that requests under way get when the server stops.
    #[arg(long, env = "PAS_DRAIN_TIMEOUT", default_value = "30", value_parser = seconds, value_name = "SECONDS")]
    pub drain_timeout: Duration,
    /// Connections to Postgres at most.
    #[arg(long, env = "PAS_CONNECTIONS", default_value_t = 12, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub connections: u32,
    /// Messages that are kept by one statement, in one transaction, at most; 1: each has its own.
    #[arg(long, env = "PAS_SHARE", default_value_t = 64, value_name = "N",
          value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub share: u16,
    /// What stands between this server and Postgres.
    #[arg(long, env = "PAS_POOLER", default_value = "none")]
    pub pooler: PoolerArg,
    /// A standby of the same Postgres, for queries whose senders accept that it lags behind [default: none]
    #[arg(long, env = "PAS_REPLICA_URL", hide_env_values = true, value_name = "URL")]
    pub replica_url: Option<String>,
    /// Seconds that a request waits for a free connection.
    #[arg(long, env = "PAS_ACQUIRE_TIMEOUT", default_value = "3", value_parser = seconds, value_name = "SECONDS")]
    pub acquire_timeout: Duration,
    /// Seconds that one statement may take.
    #[arg(long, env = "PAS_STATEMENT_TIMEOUT", default_value = "20", value_parser = seconds, value_name = "SECONDS")]
    pub statement_timeout: Duration,
    /// Seconds that one statement may wait for a lock.
    #[arg(long, env = "PAS_LOCK_TIMEOUT", default_value = "5", value_parser = seconds, value_name = "SECONDS")]
    pub lock_timeout: Duration,
}

/// `--pooler`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PoolerArg {
    /// Nothing, or a pooler that keeps a connection for the time of a session.
    None,
    /// A pooler that gives a connection for the time of a transaction, such as PgBouncer with `pool_mode = transaction`.
    Transaction,
}
