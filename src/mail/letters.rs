//! Letters, by SMTP.

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

use crate::attachment::Letter;

use super::{MailFault, MailSetting};

/// How long a mail server may take with one: less than the minute after which another server may try it.
const PATIENCE: Duration = Duration::from_secs(45);

/// A mail server.
#[derive(Debug, Clone)]
pub struct Letters {
    /// The connection to it, made when it is needed.
    transport: AsyncSmtpTransport<Tokio1Executor>,
    /// Whom letters are from.
    from: Mailbox,
}

impl Letters {
    /// By this mail server.
    ///
    /// # Errors
    /// When the URL or the address is none.
    pub fn new(url: &str, from: &str) -> Result<Self, MailSetting> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url);
        let transport = transport.map_err(|_| MailSetting::Url)?.build();
        let from = from.parse().map_err(|_| MailSetting::From)?;
        Ok(Letters { transport, from })
    }

    /// Sends one. `id` is the same however often it is tried, so that a mail program shows it once.
    pub(super) async fn send(&self, id: i64, to: &str, letter: Letter) -> Result<(), MailFault> {
        let never = MailFault::Never(None);
        let to: Mailbox = to.parse().map_err(|_| never)?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(letter.subject)
            .message_id(Some(format!("<notice-{id}@{}>", self.from.email.domain())))
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text)
            .map_err(|_| never)?;
        let sent = tokio::time::timeout(PATIENCE, self.transport.send(message));
        let sent = sent.await.map_err(|_| MailFault::NotNow)?;
        sent.map(drop)
            .map_err(|error| error.status().map_or(MailFault::NotNow, |it| fault(it.into())))
    }
}

/// What is refused for good because of whom it is to or what it is is given up; what is refused because of us waits (RFC 5321, RFC 4954).
const fn fault(status: u16) -> MailFault {
    match status {
        530 | 534 | 535 | 538 => MailFault::Refused(status),
        501 | 550..=553 | 555 | 556 => MailFault::Never(Some(status)),
        _ => MailFault::NotNow,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_refused_is_given_up_and_a_password_that_is_refused_loses_nothing() {
        for status in [550, 551, 552, 553] {
            assert_eq!(fault(status), MailFault::Never(Some(status)));
        }
        assert_eq!(fault(535), MailFault::Refused(535));
        assert_eq!(fault(530), MailFault::Refused(530));
        for status in [421, 450, 451, 452, 454, 554] {
            assert_eq!(fault(status), MailFault::NotNow);
        }
    }
}
