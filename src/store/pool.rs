//! The pool of connections and the bounds on each.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use tokio::sync::Semaphore;

use super::directory::Directories;
use super::error::StoreError;
use super::keeps::Keeps;
use super::looks::Looks;
use super::replica::{PATIENCE, Reads, Replica, Source};
use super::share::{Bounds, Lanes};
use super::unit::{Pooler, Units};

/// How the store connects.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// `postgres://…`
    pub url: String,
    /// The same, of a standby that queries may be read from.
    pub replica: Option<String>,
    /// Connections at most.
    pub connections: u32,
    /// How long a request waits for a free connection before it is told to come again.
    pub acquire_timeout: Duration,
    /// How long one statement may take.
    pub statement_timeout: Duration,
    /// How long one statement may wait for a lock.
    pub lock_timeout: Duration,
    /// Messages that are kept by one statement at most, in one transaction; 1: each has its own.
    pub share: usize,
    /// What stands between.
    pub pooler: Pooler,
    /// The role to work as: [`SERVER_ROLE`] for messages, the connection's own for everything else.
    pub role: Option<&'static str>,
}

/// The role of servers: what it may do is in the migrations, and it is not much.
pub const SERVER_ROLE: &str = "pas_server";

impl StoreOptions {
    /// The defaults, for this database.
    pub fn new(url: impl Into<String>) -> Self {
        StoreOptions {
            url: url.into(),
            replica: None,
            connections: 12,
            acquire_timeout: Duration::from_secs(3),
            statement_timeout: Duration::from_secs(20),
            lock_timeout: Duration::from_secs(5),
            share: 64,
            pooler: Pooler::None,
            role: None,
        }
    }

    /// What holds on every connection.
    fn settings(&self) -> Vec<(&'static str, String)> {
        let millis = |duration: Duration| duration.as_millis().to_string();
        let mut settings = vec![
            ("statement_timeout", millis(self.statement_timeout)),
            ("lock_timeout", millis(self.lock_timeout)),
            ("idle_in_transaction_session_timeout", millis(self.statement_timeout)),
            ("timezone", "UTC".to_owned()),
            // A role called `pas` would otherwise look into the schema of that name first.
            ("search_path", "public".to_owned()),
            ("default_transaction_isolation", "read committed".to_owned()),
        ];
        if let Some(role) = self.role {
            settings.push(("role", role.to_owned()));
            settings.extend(PLANNING.map(|(name, value)| (name, value.to_owned())));
        }
        settings
    }

    /// A pool for this address, which the named variable holds.
    fn units(
        &self,
        variable: &'static str,
        url: &str,
        connections: u32,
    ) -> Result<Units, StoreError> {
        let ours = ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
        let connect =
            Some(url).filter(|_| ours).and_then(|url| PgConnectOptions::from_str(url).ok());
        let connect = connect
            .ok_or(StoreError::NoUrl(variable))?
            .application_name("pas")
            // Statements are constant, but a slow-statement log would come from another crate's words.
            .disable_statement_logging();
        let settings = self.settings();
        let connect = match self.pooler {
            Pooler::None => connect.options(settings.clone()),
            // It takes no settings, and what is prepared stays behind on a connection that goes to somebody else.
            Pooler::Transaction => connect.extra_float_digits(None).statement_cache_capacity(0),
        };
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(self.acquire_timeout)
            // Asking a connection whether it lives costs as much as using it: see Store::look, which finds dead ones out.
            .test_before_acquire(false)
            .connect_lazy_with(connect);
        Ok(match self.pooler {
            Pooler::None => Units::direct(pool),
            Pooler::Transaction => Units::pooled(pool, &settings),
        })
    }

    /// The replica, where there is one. Who asks it does not wait for long, and can ask somebody else.
    fn replica(&self) -> Result<Option<Replica>, StoreError> {
        let Some(url) = &self.replica else { return Ok(None) };
        let brief = StoreOptions {
            acquire_timeout: self.acquire_timeout.min(PATIENCE),
            statement_timeout: self.statement_timeout.min(PATIENCE),
            ..self.clone()
        };
        // One more is for the watch.
        let connections = u32::try_from(LOOK_LANES + 1).unwrap_or(u32::MAX);
        let units = brief.units("PAS_REPLICA_URL", url, connections)?;
        let source = Source { units, watch: Arc::default() };
        let bounds = Bounds { lanes: LOOK_LANES, share: LOOK_SHARE, patience: PATIENCE };
        Ok(Some(Replica { reads: Lanes::new(Reads(source.clone()), bounds), source }))
    }
}

/// The statements of servers are few, prepared, and find their rows by an index whatever the parameters: to plan them anew for each
/// message, or to compile them, takes longer than to run them.
const PLANNING: [(&str, &str); 3] =
    [("plan_cache_mode", "force_generic_plan"), ("enable_seqscan", "off"), ("jit", "off")];

/// Connections that changes leave to queries, so that patients whom many want to change do not hide all others.
const FOR_QUERIES: u32 = 2;

/// Looks under way at once, and messages in one of them at most.
const LOOK_LANES: usize = 2;
const LOOK_SHARE: usize = 64;

/// Shared statements that keep messages, under way at once: while one is being made durable, the next one is worked on.
const KEEP_LANES: usize = 2;

/// Postgres, reached through a pool.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) pool: PgPool,
    /// The same connections, for what servers do.
    pub(super) units: Units,
    /// One permit a message that takes its turn.
    pub(super) turns: Arc<Semaphore>,
    pub(super) acquire_timeout: Duration,
    pub(super) looks: Lanes<Looks>,
    pub(super) keeps: Lanes<Keeps>,
    pub(super) directories: Arc<Directories>,
    pub(super) replica: Option<Replica>,
    waiting: Arc<AtomicUsize>,
    changes_max: usize,
}

/// How busy the store is at this moment.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Connections in use.
    pub in_use: usize,
    /// Connections that rest.
    pub idle: usize,
    /// Connections at most.
    pub connections: usize,
    /// Messages that wait for their turn or for a connection.
    pub waiting: usize,
    /// Messages that met another and have their turn.
    pub changes: usize,
    /// Messages that may have their turn at once.
    pub changes_max: usize,
}

/// One that waits, until it is dropped.
pub(super) struct Waiting<'s>(&'s AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Store {
    /// Opens the pool; connections are made when they are needed.
    ///
    /// # Errors
    /// When the URL is none.
    pub fn open(options: &StoreOptions) -> Result<Self, StoreError> {
        let units = options.units("DATABASE_URL", &options.url, options.connections)?;
        let pool = units.pool.clone();
        let turns = options.connections.saturating_sub(FOR_QUERIES).max(1);
        let changes_max = usize::try_from(turns).unwrap_or(1);
        let turns = Arc::new(Semaphore::new(changes_max));
        let (acquire_timeout, waiting) = (options.acquire_timeout, Arc::default());
        let bounds = |lanes, share| Bounds { lanes, share, patience: options.acquire_timeout };
        let looks = Lanes::new(Looks { units: units.clone() }, bounds(LOOK_LANES, LOOK_SHARE));
        // Where each message has its own transaction, there are as many at once as connections allow.
        let lanes = if options.share > 1 { KEEP_LANES } else { changes_max };
        let keeps = Lanes::new(Keeps { units: units.clone() }, bounds(lanes, options.share));
        let (directories, replica) = (Arc::default(), options.replica()?);
        Ok(Store {
            pool,
            units,
            turns,
            acquire_timeout,
            looks,
            keeps,
            directories,
            replica,
            waiting,
            changes_max,
        })
    }

    /// How busy it is.
    pub fn load(&self) -> Load {
        let count = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let idle = self.pool.num_idle();
        Load {
            in_use: count(self.pool.size()).saturating_sub(idle),
            idle,
            connections: count(self.pool.options().get_max_connections()),
            waiting: self.waiting.load(Ordering::Relaxed)
                + self.looks.waiting()
                + self.keeps.waiting(),
            changes: self.changes_max.saturating_sub(self.turns.available_permits()),
            changes_max: self.changes_max,
        }
    }

    /// Counts one as waiting until the returned value is dropped.
    pub(super) fn wait(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(&self.waiting)
    }

    /// What went wrong, seen from the pool: when there is not even one connection, waiting for one in vain means that
    /// Postgres is away rather than busy.
    pub(super) fn explain(&self, error: sqlx::Error) -> StoreError {
        explain(&self.pool, &error)
    }

    /// How many connections may be found dead before it is believed: all that rested, and a new one.
    pub(super) fn tries(&self) -> std::ops::Range<u32> {
        tries(&self.pool)
    }

    /// Closes every connection, waiting for those in use.
    pub async fn close(&self) {
        self.pool.close().await;
        if let Some(replica) = &self.replica {
            replica.source.units.pool.close().await;
        }
    }
}

/// See [`Store::explain`].
pub(super) fn explain(pool: &PgPool, error: &sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::PoolTimedOut if pool.size() == 0 => {
            StoreError::Unavailable("no connection can be made".into())
        }
        other => other.into(),
    }
}

/// See [`Store::tries`].
pub(super) fn tries(pool: &PgPool) -> std::ops::Range<u32> {
    0..pool.options().get_max_connections()
}

/// Whether a failure of the first statement on a connection is worth another connection: Postgres was restarted, and
/// this one died while it rested. Nothing was asked for yet, so nothing can be done twice.
pub(super) fn died_resting(error: &sqlx::Error) -> bool {
    let timed_out = matches!(error, sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed);
    !timed_out && matches!(StoreError::of(error), StoreError::Unavailable(_))
}
