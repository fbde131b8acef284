//! Settings of `pas audit`.

use chrono::{DateTime, NaiveDate, Utc};
use clap::{Args, Subcommand};

use super::SharedArgs;
use crate::audit::Hash;
use crate::message::Phn;

/// Settings of `pas audit`.
#[derive(Debug, Clone, Args)]
pub struct AuditArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: AuditCommand,
}

/// What to do with the audit trail.
#[derive(Debug, Clone, Subcommand)]
pub enum AuditCommand {
    /// Look whether every event is as it was sealed. Code 1 when something does not fit.
    Verify(AuditVerifyArgs),
    /// Write events to standard output, as FHIR AuditEvent, one a line (NDJSON).
    Export(AuditExportArgs),
    /// Seal what waits for a seal, now. A server does so by itself.
    Seal(AuditSealArgs),
}

/// Settings of `pas audit verify`.
#[derive(Debug, Clone, Args)]
pub struct AuditVerifyArgs {
    /// Settings of every command.
    #[command(flatten)]
    pub shared: SharedArgs,
    /// Hashes of seals that the chain must hold, as the log showed them; commas between.
    #[arg(long, value_name = "HASH,…", value_delimiter = ',')]
    pub expect: Vec<Hash>,
}

/// Settings of `pas audit export`.
#[derive(Debug, Clone, Args)]
pub struct AuditExportArgs {
    /// Settings of every command.
    #[command(flatten)]
    pub shared: SharedArgs,
    /// Not before: a day (2026-11-22) or an instant (2026-11-22T09:00:00-08:00).
    #[arg(long, value_name = "TIME")]
    pub since: Option<Moment>,
    /// Before: a day (up to its beginning) or an instant.
    #[arg(long, value_name = "TIME")]
    pub until: Option<Moment>,
    /// About the patient with this personal health number.
    #[arg(long, value_name = "PHN", value_parser = phn)]
    pub patient: Option<Phn>,
    /// By this program (client_id).
    #[arg(long, value_name = "ID")]
    pub client: Option<String>,
    /// Hours by which the province's clock is ahead of UTC: when a day begins.
    #[arg(long, env = "PAS_UTC_OFFSET", default_value_t = -8, allow_negative_numbers = true, value_name = "HOURS",
          value_parser = clap::value_parser!(i32).range(-12..=14))]
    pub utc_offset: i32,
}

/// Settings of `pas audit seal`.
#[derive(Debug, Clone, Args)]
pub struct AuditSealArgs {
    /// Settings of every command.
    #[command(flatten)]
    pub shared: SharedArgs,
}

/// `--since`, `--until`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The beginning of a day in the province.
    Day(NaiveDate),
    /// An instant.
    Instant(DateTime<Utc>),
}

impl std::str::FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let day = text.parse().map(Moment::Day);
        day.or_else(|_| DateTime::parse_from_rfc3339(text).map(|at| Moment::Instant(at.to_utc())))
            .map_err(|_| "a day (2026-11-22) or an instant with its offset is wanted".to_owned())
    }
}

fn phn(text: &str) -> Result<Phn, String> {
    Phn::parse(text, false).map_err(|_| "ten digits starting with 9 are wanted".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_day_or_an_instant() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        assert_eq!("2026-11-22".parse(), Ok(Moment::Day(day)));
        let at: DateTime<Utc> = "2026-11-22T17:00:00Z".parse().unwrap();
        assert_eq!("2026-11-22T09:00:00-08:00".parse(), Ok(Moment::Instant(at)));
        for wrong in ["", "yesterday", "2026-11-31", "2026-11-22T09:00:00"] {
            assert!(wrong.parse::<Moment>().is_err(), "{wrong}");
        }
    }
}
