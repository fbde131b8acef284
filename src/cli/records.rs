//! Settings of the commands that work on the database: import, panel, migrate.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{NamingArgs, SharedArgs};

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
