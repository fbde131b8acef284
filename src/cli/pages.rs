//! How people sign in to the pages, and how often they may come.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;

/// Pages for people. In the sandbox the cast signs in by a click each.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Pages")]
pub struct PagesArgs {
    /// Our own client id at the issuer, for people who sign in with a browser (OpenID Connect) [default: nobody does]
    #[arg(long, env = "PAS_SIGN_IN_CLIENT", value_name = "ID")]
    pub sign_in_client: Option<String>,
    /// A file with that client's secret [default: it has none, and is a public client]
    #[arg(long, env = "PAS_SIGN_IN_SECRET_FILE", value_name = "FILE")]
    pub sign_in_secret_file: Option<PathBuf>,
    /// Requests of one session in a minute at most, and at once.
    #[arg(long, env = "PAS_PAGES_PER_MINUTE", default_value = "300", value_name = "N")]
    pub pages_per_minute: NonZeroU32,
}
