//! What each command does.

mod audit;
mod banner;
mod cast;
mod chores;
mod database;
mod generate;
mod grants;
mod import;
mod metrics;
mod panel;
mod roles;
mod sealing;
mod serve;
mod waiting;

use std::process::ExitCode;

use tokio::runtime::Runtime;

use crate::cli::{Cli, Command, MigrateArgs, SharedArgs};
use crate::sandbox;
use crate::store::{Store, StoreError, StoreOptions};
use crate::telemetry::{self, Telemetry};
use database::Database;

pub use cast::load as load_cast;
pub use import::{Source, load};

/// Why a command failed, for the person who gave it.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The sandbox's Postgres.
    #[error(transparent)]
    Sandbox(#[from] sandbox::SandboxError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Who may post.
    #[error(transparent)]
    Door(#[from] crate::config::DoorFault),
    /// Who signs in to pages.
    #[error(transparent)]
    Pages(#[from] crate::config::PagesFault),
    /// The mail server.
    #[error(transparent)]
    Mail(#[from] crate::mail::MailSetting),
    /// Files, sockets, the terminal.
    #[error("{what}: {error}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        error: std::io::Error,
    },
    /// Anything that needs no more than its text.
    #[error("{0}")]
    Told(String),
}

impl CommandError {
    fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |error| CommandError::Io { what, error }
    }
}

/// Runs a command to its end.
pub fn run(cli: &Cli) -> ExitCode {
    let done = match &cli.command {
        Command::Serve(args) => {
            let collector = args.telemetry.otlp_endpoint.as_deref();
            started(&args.shared, collector).and_then(|telemetry| {
                let served = serve::run(args);
                telemetry.end();
                served
            })
        }
        Command::Import(args) => started(&args.shared, None).and_then(|_| import::run(args)),
        Command::Generate(args) => generate::run(args),
        Command::Panel(args) => started(&args.shared, None).and_then(|_| panel::run(args)),
        Command::Grant(args) => started(args.shared(), None).and_then(|_| grants::grant(args)),
        Command::Revoke(args) => started(args.shared(), None).and_then(|_| grants::revoke(args)),
        Command::Grants(args) => started(&args.shared, None).and_then(|_| grants::list(args)),
        Command::Role(args) => started(args.shared(), None).and_then(|_| roles::role(args)),
        Command::Areas(args) => started(&args.shared, None).and_then(|_| roles::areas(args)),
        Command::Migrate(args) => started(&args.shared, None).and_then(|_| migrate(args)),
        Command::Audit(args) => started(audit::shared(args), None).and_then(|_| audit::run(args)),
    };
    done.unwrap_or_else(|error| {
        eprintln!("pas: {error}");
        ExitCode::FAILURE
    })
}

fn started(shared: &SharedArgs, collector: Option<&str>) -> Result<Telemetry, CommandError> {
    telemetry::start(shared.log_format, &shared.log, collector).map_err(CommandError::Told)
}

fn migrate(args: &MigrateArgs) -> Result<ExitCode, CommandError> {
    let database = Database::open(&args.shared)?;
    runtime()?.block_on(async {
        let store = Store::open(&StoreOptions::new(database.url()))?;
        store.migrate().await?;
        store.close().await;
        Ok::<_, CommandError>(())
    })?;
    eprintln!("The schema is at version {}.", crate::store::SCHEMA_VERSION);
    database.close()?;
    Ok(ExitCode::SUCCESS)
}

/// A runtime for a command.
fn runtime() -> Result<Runtime, CommandError> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(CommandError::io("starting the runtime"))
}

/// A store for a command that is not `serve`; a sandbox's schema is brought up to date on the way.
async fn store(database: &Database) -> Result<Store, CommandError> {
    let store = Store::open(&StoreOptions::new(database.url()))?;
    if database.is_sandbox() {
        store.migrate().await?;
    }
    store.require_schema().await?;
    Ok(store)
}
