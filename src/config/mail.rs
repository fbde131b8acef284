//! From settings to where notices go.

use crate::attachment::NoticePages;
use crate::cli::MailArgs;
use crate::mail::{Letters, Mail, MailSetting, Texts};

use super::pages::host;

/// Where notices go; `None`: nowhere, and they wait.
///
/// # Errors
/// When the mail server, the sender or the gateway is named in a way that makes no sense, or its token cannot be read.
pub fn mail(args: &MailArgs, sandbox: bool) -> Result<Option<Mail>, MailSetting> {
    let from = args.mail_from.as_deref().unwrap_or_default();
    let letters = args.smtp_url.as_deref().map(|url| Letters::new(url, from)).transpose()?;
    let gateway = |url: &str| {
        let path = args.text_token_file.clone().unwrap_or_default();
        match std::fs::read_to_string(&path) {
            Ok(token) => Texts::new(url, &token),
            Err(error) => Err(MailSetting::TokenFile { path, error }),
        }
    };
    let texts = args.text_url.as_deref().map(gateway).transpose()?;
    if sandbox {
        return Ok(Some(Mail::by(letters, texts).sandbox()));
    }
    Ok((letters.is_some() || texts.is_some()).then(|| Mail::by(letters, texts)))
}

/// Where notices send those who are told; `endpoint` is our own address. Pages stand at the root of our host.
pub fn notice_pages(args: &MailArgs, endpoint: &str) -> NoticePages {
    let host = host(endpoint);
    let families = args.family_page.clone();
    NoticePages {
        families: families.unwrap_or_else(|| format!("{host}/my/registrations")),
        people: format!("{host}/my"),
    }
}
