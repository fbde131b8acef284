//! How letters go out.

use clap::Args;

/// Letters to families who wait. Without a mail server they wait as well; the sandbox catches them (`/sandbox/mail`).
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
    /// Where families see their registration, as letters tell them [default: /my/registrations of our own address]
    #[arg(long, env = "PAS_FAMILY_PAGE", value_name = "URL")]
    pub family_page: Option<String>,
}
