//! Settings of the commands that say who may speak for whom.

use clap::{Args, Subcommand};

use super::{NamingArgs, SharedArgs};

/// Settings of `pas grant`.
#[derive(Debug, Clone, Args)]
pub struct GrantArgs {
    /// To whom.
    #[command(subcommand)]
    pub party: GrantParty,
}

/// To whom something is granted.
#[derive(Debug, Clone, Subcommand)]
pub enum GrantParty {
    /// A program (claim `client_id` of its tokens): the clinics it may speak for.
    Client(ClientGrantArgs),
    /// A person who signs in through a program (claim `sub`): the providers they may speak for.
    Person(PersonGrantArgs),
}

/// Settings of `pas grant client`.
#[derive(Debug, Clone, Args)]
pub struct ClientGrantArgs {
    /// Settings of every command.
    #[command(flatten)]
    pub shared: SharedArgs,
    /// As the issuer knows it: the claim client_id (or azp).
    pub id: String,
    /// For people: vendor, product, installation.
    #[arg(long)]
    pub name: String,
    /// A clinic: a facility number, or system|number. What was granted before and is not named here is taken back.
    #[arg(long = "facility", required = true, value_name = "ID")]
    pub facilities: Vec<String>,
    /// How identifiers are recognised.
    #[command(flatten)]
    pub naming: NamingArgs,
}

/// Settings of `pas grant person`.
#[derive(Debug, Clone, Args)]
pub struct PersonGrantArgs {
    /// Settings of every command.
    #[command(flatten)]
    pub shared: SharedArgs,
    /// As the issuer knows them: the claim sub.
    pub subject: String,
    /// A provider: an MSP number, or system|number. What was granted before and is not named here is taken back.
    #[arg(long = "practitioner", required = true, value_name = "ID")]
    pub practitioners: Vec<String>,
    /// How identifiers are recognised.
    #[command(flatten)]
    pub naming: NamingArgs,
}

/// Settings of `pas revoke`.
#[derive(Debug, Clone, Args)]
pub struct RevokeArgs {
    /// From whom.
    #[command(subcommand)]
    pub party: RevokeParty,
}

/// From whom everything is taken back.
#[derive(Debug, Clone, Subcommand)]
pub enum RevokeParty {
    /// A program.
    Client(RevokedArgs),
    /// A person.
    Person(RevokedArgs),
}

/// Settings of `pas revoke client` and `pas revoke person`.
#[derive(Debug, Clone, Args)]
pub struct RevokedArgs {
    /// Settings of every command.
    #[command(flatten)]
    pub shared: SharedArgs,
    /// As the issuer knows it.
    pub id: String,
}

/// Settings of `pas grants`.
#[derive(Debug, Clone, Args)]
pub struct GrantsArgs {
    /// Settings of every command.
    #[command(flatten)]
    pub shared: SharedArgs,
}

impl GrantArgs {
    /// Settings of every command.
    pub fn shared(&self) -> &SharedArgs {
        match &self.party {
            GrantParty::Client(client) => &client.shared,
            GrantParty::Person(person) => &person.shared,
        }
    }
}

impl RevokeArgs {
    /// Settings of every command.
    pub fn shared(&self) -> &SharedArgs {
        match &self.party {
            RevokeParty::Client(revoked) | RevokeParty::Person(revoked) => &revoked.shared,
        }
    }
}
