//! The pool of connections and the bounds on each.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection};

use super::error::StoreError;

/// How the store connects.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// `postgres://…`
    pub url: String,
    /// Connections at most.
    pub connections: u32,
    /// How long a request waits for a free connection before it is told to come again.
    pub acquire_timeout: Duration,
    /// How long one statement may take.
    pub statement_timeout: Duration,
    /// How long one statement may wait for a lock.
    pub lock_timeout: Duration,
}

impl StoreOptions {
    /// The defaults, for this database.
    pub fn new(url: impl Into<String>) -> Self {
        StoreOptions {
            url: url.into(),
            connections: 12,
            acquire_timeout: Duration::from_secs(3),
            statement_timeout: Duration::from_secs(20),
            lock_timeout: Duration::from_secs(5),
        }
    }
}

/// A connection that rested this long is asked whether it still lives before it is used. Under load none rests, and
/// nothing is asked; after a restart of Postgres the dead ones are found out.
const RESTED: Duration = Duration::from_secs(1);

/// Postgres, reached through a pool.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) pool: PgPool,
}

impl Store {
    /// Opens the pool; connections are made when they are needed.
    ///
    /// # Errors
    /// When the URL is none.
    pub fn open(options: &StoreOptions) -> Result<Self, StoreError> {
        let millis = |duration: Duration| duration.as_millis().to_string();
        let connect = PgConnectOptions::from_str(&options.url)
            .map_err(|_| StoreError::Broken("DATABASE_URL is no postgres:// URL".into()))?
            .application_name("pas")
            .options([
                ("statement_timeout", millis(options.statement_timeout)),
                ("lock_timeout", millis(options.lock_timeout)),
                ("idle_in_transaction_session_timeout", millis(options.statement_timeout)),
                ("timezone", "UTC".to_owned()),
                // A role called `pas` would otherwise look into the schema of that name first.
                ("search_path", "public".to_owned()),
                ("default_transaction_isolation", "read committed".to_owned()),
            ])
            // Statements are constant, but a slow-statement log would come from another crate's words.
            .disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(options.connections)
            .acquire_timeout(options.acquire_timeout)
            .test_before_acquire(false)
            .before_acquire(|connection, rest| {
                Box::pin(async move {
                    if rest.idle_for < RESTED {
                        return Ok(true);
                    }
                    Ok(connection.ping().await.is_ok())
                })
            })
            .connect_lazy_with(connect);
        Ok(Store { pool })
    }

    /// What went wrong, seen from the pool: when there is not even one connection, waiting for one in vain means that
    /// Postgres is away rather than busy.
    pub(super) fn explain(&self, error: sqlx::Error) -> StoreError {
        match error {
            sqlx::Error::PoolTimedOut if self.pool.size() == 0 => {
                StoreError::Unavailable("no connection can be made".into())
            }
            other => other.into(),
        }
    }

    /// Closes every connection, waiting for those in use.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
