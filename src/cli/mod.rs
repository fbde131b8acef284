//! The command line. Every setting is a flag and a variable, and `--help` lists both with the default.

mod generate;
mod grants;
mod listen;
mod access;
mod audit;
mod policy;
mod mail;
mod pages;
mod records;
mod roles;
mod serve;
mod telemetry;

pub use access::AccessArgs;
pub use audit::{AuditArgs, AuditCommand, AuditExportArgs, AuditSealArgs, AuditVerifyArgs, Moment};
pub use generate::GenerateArgs;
pub use grants::{
    ClientGrantArgs, GrantArgs, GrantParty, GrantsArgs, PersonGrantArgs, RevokeArgs, RevokeParty,
    RevokedArgs,
};
pub use listen::ListenArgs;
pub use mail::MailArgs;
pub use pages::PagesArgs;
pub use policy::{
    AttachmentCodeArg, MrpElsewhereArg, NamingArgs, NotOnPanelArg, PhnCheckArg, PolicyArgs,
};
pub use records::{ImportArgs, MigrateArgs, PanelArgs, PanelFormat, RegistryArg};
pub use roles::{AreasArgs, RoleAct, RoleArg, RoleArgs, RoleOfArgs};
pub use serve::{LimitArgs, PoolerArg, ServeArgs};
pub use telemetry::TelemetryArgs;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// The Provincial Attachment System: FHIR R4 messages in, provider panels kept in Postgres.
#[derive(Debug, Parser)]
#[command(name = "pas", version, flatten_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve $process-message. The default: `pas` alone is the sandbox, with a Postgres of its own and the cast loaded.
    Serve(Box<ServeArgs>),
    /// Load FHIR R4 resources, one a line (NDJSON), into a registry. The same file twice changes nothing.
    Import(ImportArgs),
    /// Write an invented province, as files that `import` takes.
    Generate(GenerateArgs),
    /// Show who is on a panel.
    Panel(PanelArgs),
    /// Register who may speak for whom: a client for clinics, a person for providers.
    Grant(GrantArgs),
    /// Take a registration back. It holds from the next message on.
    Revoke(RevokeArgs),
    /// Show who is registered, revoked ones included.
    Grants(GrantsArgs),
    /// Give somebody a role in the attachment workflow, or take it back.
    Role(RoleArgs),
    /// Load communities, networks, postal codes and conditions for the attachment workflow.
    Areas(AreasArgs),
    /// Bring the database's schema to this build's version.
    Migrate(MigrateArgs),
    /// The audit trail: is it whole, what does it say.
    Audit(AuditArgs),
}

/// Settings of every command.
#[derive(Debug, Clone, Args)]
pub struct SharedArgs {
    /// The database to use. Without it: the sandbox's own Postgres, started if it is not running.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// Where the sandbox keeps its Postgres [default: .pas]
    #[arg(long, env = "PAS_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// The folder of Postgres' programs, for the sandbox [default: found on PATH and in the usual places, else fetched]
    #[arg(long, env = "PAS_POSTGRES_BIN", value_name = "DIR")]
    pub postgres_bin: Option<PathBuf>,
    /// How the log is written, to standard error.
    #[arg(long, env = "PAS_LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// What is logged, as tracing directives.
    #[arg(long, env = "PAS_LOG", default_value = "info,sqlx=warn", value_name = "DIRECTIVES")]
    pub log: String,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Cli {
    /// Reads the command line; a bare `pas`, or one with flags only, means `pas serve`.
    pub fn read() -> Self {
        Self::parse_from(with_default_command(std::env::args_os().collect()))
    }
}

fn with_default_command(mut words: Vec<OsString>) -> Vec<OsString> {
    let first = words.get(1).and_then(|word| word.to_str()).unwrap_or_default();
    let own = ["-h", "--help", "-V", "--version"].contains(&first);
    if !own && (first.is_empty() || first.starts_with('-')) {
        words.insert(1.min(words.len()), OsString::from("serve"));
    }
    words
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds is wanted".to_owned())?;
    if (0.001..=86_400.0).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err("from 0.001 to 86400 seconds".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        with_default_command(line.split(' ').map(OsString::from).collect())
    }

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }

    #[test]
    fn a_bare_pas_serves_and_commands_stay_what_they_are() {
        assert_eq!(words("pas"), ["pas", "serve"]);
        assert_eq!(words("pas --bind 127.0.0.1:0"), ["pas", "serve", "--bind", "127.0.0.1:0"]);
        assert_eq!(words("pas --help"), ["pas", "--help"]);
        assert_eq!(words("pas migrate"), ["pas", "migrate"]);
    }
}
