//! Settings of `pas generate`.

use std::path::PathBuf;

use clap::Args;

use super::RegistryArg;

/// Settings of `pas generate`.
#[derive(Debug, Clone, Args)]
pub struct GenerateArgs {
    /// How many people the Client Registry holds.
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    pub people: u64,
    /// How many providers PLR and PAS hold, each with a role at one clinic.
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub providers: u32,
    /// How many clinics PLR and PAS hold.
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub clinics: u32,
    /// The same seed gives the same files, another one other people.
    #[arg(long, default_value_t = 1, value_name = "SEED")]
    pub seed: u64,
    /// The folder for plr.ndjson, pas.ndjson and client-registry.ndjson; `-` is standard output, and takes one registry.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Write this registry alone.
    #[arg(long, value_name = "REGISTRY", required_if_eq("out", "-"))]
    pub registry: Option<RegistryArg>,
}
