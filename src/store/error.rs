//! What can go wrong with Postgres, sorted by what to do about it.

use std::io;

/// A failure of the store. The text is for the operator and holds no statement, no value and no row.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Postgres cannot be reached, or is going down or coming up. Trying again later helps.
    #[error("the database is unavailable ({0})")]
    Unavailable(String),
    /// Postgres is there but has no time for us: no free connection, or a lock or statement took too long.
    #[error("the database is too busy ({0})")]
    Busy(String),
    /// The schema is not the one that this build needs.
    #[error("the database is at schema version {found}, this build needs {needed}: {}", mend(*found, *needed))]
    Schema {
        /// Version found; 0: none.
        found: i64,
        /// Version needed.
        needed: i64,
    },
    /// What should say where the database is, does not.
    #[error("{0} is no postgres:// URL")]
    NoUrl(&'static str),
    /// Anything else is a defect: ours, or in what was done to the database behind our back.
    #[error("the database refused a statement ({0})")]
    Broken(String),
}

/// What brings database and build together.
fn mend(found: i64, needed: i64) -> &'static str {
    if found < needed { "run `pas migrate`" } else { "it was migrated by a newer build, use that" }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        StoreError::of(&error)
    }
}

impl From<&sqlx::Error> for StoreError {
    fn from(error: &sqlx::Error) -> Self {
        StoreError::of(error)
    }
}

impl StoreError {
    /// Whether trying again later helps, whatever was asked.
    pub fn is_passing(&self) -> bool {
        matches!(self, StoreError::Busy(_) | StoreError::Unavailable(_))
    }

    pub(super) fn of(error: &sqlx::Error) -> Self {
        use sqlx::Error as E;
        match error {
            E::Database(refused) => {
                let code = refused.code().unwrap_or_default().into_owned();
                let constraint =
                    refused.constraint().map(|c| format!(", constraint {c}")).unwrap_or_default();
                let text = format!("SQLSTATE {code}{constraint}");
                match code.as_str() {
                    // No such role, password or database, or no such role to work as: the operator must act.
                    "28P01" | "28000" | "3D000" | "22023" => StoreError::Unavailable(text),
                    // Shutdown, crash, start-up; too many connections; connection failures.
                    "57P01" | "57P02" | "57P03" | "57P05" | "53300" => {
                        StoreError::Unavailable(text)
                    }
                    code if code.starts_with("08") => StoreError::Unavailable(text),
                    // Disk full, out of memory: the operator must act, and then the retry succeeds.
                    "53100" | "53200" | "53400" => StoreError::Unavailable(text),
                    // Lock not available, statement cancelled by time-out, deadlock, serialization.
                    "55P03" | "57014" | "40P01" | "40001" | "25P03" => StoreError::Busy(text),
                    // Read-only: a standby that has not been promoted yet.
                    "25006" => StoreError::Unavailable(text),
                    _ => StoreError::Broken(text),
                }
            }
            E::PoolTimedOut => StoreError::Busy("no free connection in time".into()),
            E::PoolClosed => StoreError::Unavailable("shutting down".into()),
            E::Io(error) => StoreError::Unavailable(io_text(error)),
            E::Tls(_) => StoreError::Unavailable("TLS failed".into()),
            // What a connection cut in the middle of an answer looks like.
            E::Protocol(_) => StoreError::Unavailable("the connection broke".into()),
            E::WorkerCrashed | E::BeginFailed => {
                StoreError::Unavailable("the connection broke".into())
            }
            E::ColumnDecode { index, .. } => {
                StoreError::Broken(format!("column {index} does not decode"))
            }
            other => StoreError::Broken(kind_of(other).into()),
        }
    }
}

fn io_text(error: &io::Error) -> String {
    error.kind().to_string()
}

/// The kind of a rarer error, without the text that might quote a value.
fn kind_of(error: &sqlx::Error) -> &'static str {
    match error {
        sqlx::Error::Configuration(_) => "configuration",
        sqlx::Error::RowNotFound => "row not found",
        sqlx::Error::ColumnNotFound(_) => "column not found",
        sqlx::Error::Decode(_) => "a value does not decode",
        sqlx::Error::Encode(_) => "a value does not encode",
        sqlx::Error::TypeNotFound { .. } => "type not found",
        _ => "unexpected",
    }
}
