//! The command line. Every setting is a flag and a variable, and `--help` lists both with the default.

use std::ffi::OsString;
use std::net::SocketAddr;
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
    Serve(ServeArgs),
    /// Load FHIR R4 resources, one a line (NDJSON), into a registry. The same file twice changes nothing.
    Import(ImportArgs),
    /// Show who is on a panel.
    Panel(PanelArgs),
    /// Bring the database's schema to this build's version.
    Migrate(MigrateArgs),
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

/// Settings of `pas serve`.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Settings of every command.
    #[command(flatten)]
    pub shared: SharedArgs,
    /// Address and port to listen on.
    #[arg(long, env = "PAS_BIND", default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub bind: SocketAddr,
    /// Our own address, as responses name it [default: http://BIND/$process-message]
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
    /// Load the invented cast into empty registries of DATABASE_URL. (The sandbox always does.)
    #[arg(long, env = "PAS_LOAD_CAST", default_value_t = false, num_args = 0..=1, default_missing_value = "true",
          action = clap::ArgAction::Set, value_name = "BOOL")]
    pub load_cast: bool,
    /// Bounds.
    #[command(flatten)]
    pub limits: LimitArgs,
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
    /// Seconds that a body may take to arrive.
    #[arg(long, env = "PAS_BODY_TIMEOUT", default_value = "30", value_parser = seconds, value_name = "SECONDS")]
    pub body_timeout: Duration,
    /// Seconds that requests under way get when the server stops.
    #[arg(long, env = "PAS_DRAIN_TIMEOUT", default_value = "30", value_parser = seconds, value_name = "SECONDS")]
    pub drain_timeout: Duration,
    /// Connections to Postgres at most.
    #[arg(long, env = "PAS_CONNECTIONS", default_value_t = 12, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub connections: u32,
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

/// Choices that the guide leaves open (docs/DIVERGENCES.md).
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Policy")]
pub struct PolicyArgs {
    /// When an added patient has another MRP.
    #[arg(long, env = "PAS_MRP_ELSEWHERE", default_value = "transfer")]
    pub mrp_elsewhere: MrpElsewhereArg,
    /// When a patient to be removed is not on the panel.
    #[arg(long, env = "PAS_NOT_ON_PANEL", default_value = "accept")]
    pub not_on_panel: NotOnPanelArg,
    /// How strictly PHNs are read: with their check digit, or by their form alone.
    #[arg(long, env = "PAS_PHN_CHECK", default_value = "digit")]
    pub phn_check: PhnCheckArg,
    /// Whether accents and other combining marks are passed over when names are compared.
    #[arg(long, env = "PAS_IGNORE_MARKS", default_value_t = true, action = clap::ArgAction::Set, value_name = "BOOL")]
    pub ignore_marks: bool,
    /// Hours by which the province's clock is ahead of UTC: which day it is, for periods that end on a day.
    #[arg(long, env = "PAS_UTC_OFFSET", default_value_t = -8, allow_negative_numbers = true, value_name = "HOURS",
          value_parser = clap::value_parser!(i32).range(-12..=14))]
    pub utc_offset: i32,
    /// How identifiers are recognised.
    #[command(flatten)]
    pub naming: NamingArgs,
}

/// Further naming systems, beside the built-in ones.
#[derive(Debug, Clone, Args)]
pub struct NamingArgs {
    /// Further systems of personal health numbers.
    #[arg(long, env = "PAS_PHN_SYSTEMS", value_delimiter = ',', value_name = "URL,…")]
    pub phn_systems: Vec<String>,
    /// Further systems of practitioner numbers.
    #[arg(long, env = "PAS_PRACTITIONER_SYSTEMS", value_delimiter = ',', value_name = "URL,…")]
    pub practitioner_systems: Vec<String>,
    /// Further systems of facility numbers.
    #[arg(long, env = "PAS_FACILITY_SYSTEMS", value_delimiter = ',', value_name = "URL,…")]
    pub facility_systems: Vec<String>,
}

/// `--mrp-elsewhere`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MrpElsewhereArg {
    /// The newest attachment wins.
    Transfer,
    /// The message is refused.
    Reject,
}

/// `--not-on-panel`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum NotOnPanelArg {
    /// Fine, with a warning.
    Accept,
    /// The message is refused.
    Reject,
}

/// `--phn-check`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PhnCheckArg {
    /// A wrong check digit is a fault.
    Digit,
    /// Ten digits starting with 9 are enough.
    Form,
}

/// Settings of `pas import`.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// Settings of every command.
    #[command(flatten)]
    pub shared: SharedArgs,
    /// Which registry the files describe.
    #[arg(long, value_name = "REGISTRY")]
    pub into: RegistryArg,
    /// Load the lines that can be taken, and name those that cannot, instead of loading nothing of a file with such lines.
    #[arg(long)]
    pub skip_invalid: bool,
    /// Files of FHIR resources, one a line; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How identifiers are recognised.
    #[command(flatten)]
    pub naming: NamingArgs,
}

/// `--into`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RegistryArg {
    /// Provider and Location Registry: Practitioner, Organization, PractitionerRole.
    Plr,
    /// The Provincial Attachment System's own: the same three.
    Pas,
    /// People: Patient.
    ClientRegistry,
}

/// Settings of `pas panel`.
#[derive(Debug, Clone, Args)]
pub struct PanelArgs {
    /// Settings of every command.
    #[command(flatten)]
    pub shared: SharedArgs,
    /// The provider: a number, or system|number.
    #[arg(long, value_name = "ID")]
    pub practitioner: String,
    /// The clinic: a number, or system|number.
    #[arg(long, value_name = "ID")]
    pub facility: String,
    /// Hours by which the province's clock is ahead of UTC: which day it is, and when a day began.
    #[arg(long, env = "PAS_UTC_OFFSET", default_value_t = -8, allow_negative_numbers = true, value_name = "HOURS",
          value_parser = clap::value_parser!(i32).range(-12..=14))]
    pub utc_offset: i32,
    /// How to show it.
    #[arg(long, default_value = "table")]
    pub format: PanelFormat,
    /// How identifiers are recognised.
    #[command(flatten)]
    pub naming: NamingArgs,
}

/// `--format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PanelFormat {
    /// For people.
    Table,
    /// An array of objects.
    Json,
    /// Comma-separated, with a header line.
    Csv,
}

/// Settings of `pas migrate`.
#[derive(Debug, Clone, Args)]
pub struct MigrateArgs {
    /// Settings of every command.
    #[command(flatten)]
    pub shared: SharedArgs,
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
