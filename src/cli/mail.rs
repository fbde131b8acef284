//! How letters and text messages go out.

use std::path::PathBuf;

use clap::Args;

/// Notices to families who wait, and to those who act for panels. Without a mail server or a gateway they wait as well; the sandbox catches
/// them (`/sandbox/mail`).
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Letters")]
pub struct MailArgs {
    /// The mail server: smtps://USER:PASSWORD@HOST, or smtp://HOST:PORT?tls=required [default: none]
    #[arg(
        long,
        env = "PAS_SMTP_URL",
        hide_env_values = true,
        value_name = "URL",
        requires = "mail_from"
    )]
    pub smtp_url: Option<String>,
    /// Whom letters are from: an address, with a name before it if you like [default: none]
    #[arg(long, env = "PAS_MAIL_FROM", value_name = "ADDRESS")]
    pub mail_from: Option<String>,
    /// The gateway for text messages, which takes {"to": "+1…", "text": "…"}: https, or http on this machine [default: none]
    #[arg(
        long,
        env = "PAS_TEXT_URL",
        hide_env_values = true,
        value_name = "URL",
        requires = "text_token_file"
    )]
    pub text_url: Option<String>,
    /// A file with the token by which the gateway knows us [default: none]
    #[arg(long, env = "PAS_TEXT_TOKEN_FILE", value_name = "FILE")]
    pub text_token_file: Option<PathBuf>,
    /// Where families see their registration, as notices tell them [default: /my/registrations of our own address]
    #[arg(long, env = "PAS_FAMILY_PAGE", value_name = "URL")]
    pub family_page: Option<String>,
}
