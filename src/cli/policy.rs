//! Choices that the guide leaves open, and naming systems.

use clap::{Args, ValueEnum};

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
    /// The $0 attachment code that is written down for everybody who is accepted.
    #[arg(long, env = "PAS_ATTACHMENT_CODE", default_value = "98890")]
    pub attachment_code: AttachmentCodeArg,
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

/// `--attachment-code`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AttachmentCodeArg {
    /// As the guide prints it.
    #[value(name = "98890")]
    Guide,
    /// Its alias.
    #[value(name = "98990")]
    Alias,
}
