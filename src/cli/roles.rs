//! Settings of the commands that prepare the attachment workflow.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::SharedArgs;

/// Settings of `pas areas`.
#[derive(Debug, Clone, Args)]
pub struct AreasArgs {
    /// Settings of every command.
    #[command(flatten)]
    pub shared: SharedArgs,
    /// A JSON file: networks, communities, postal codes, conditions (fixtures/cast/areas.json is one).
    pub file: PathBuf,
}

/// Settings of `pas role`.
#[derive(Debug, Clone, Args)]
pub struct RoleArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub act: RoleAct,
}

/// What is done with a role.
#[derive(Debug, Clone, Subcommand)]
pub enum RoleAct {
    /// Give somebody a role in the attachment workflow.
    Give(RoleOfArgs),
    /// Take it back. It holds from the next request on.
    Take(RoleOfArgs),
}

/// Settings of `pas role give` and `pas role take`.
#[derive(Debug, Clone, Args)]
pub struct RoleOfArgs {
    /// Settings of every command.
    #[command(flatten)]
    pub shared: SharedArgs,
    /// As the issuer knows them: the claim sub.
    pub subject: String,
    /// Which.
    pub role: RoleArg,
    /// About what: a provider's or a clinic's key in PAS, a network's code; nothing for an agent.
    #[arg(required_if_eq_any = [("role", "provider"), ("role", "delegate"), ("role", "director"), ("role", "coordinator")])]
    pub about: Option<String>,
}

/// A role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RoleArg {
    /// Is this provider.
    Provider,
    /// Acts for this provider.
    Delegate,
    /// Keeps this clinic's details.
    Director,
    /// Attaches people in this network.
    Coordinator,
    /// Answers the registry's telephone.
    Agent,
}

impl RoleArgs {
    /// Settings of every command.
    pub fn shared(&self) -> &SharedArgs {
        match &self.act {
            RoleAct::Give(of) | RoleAct::Take(of) => &of.shared,
        }
    }
}
