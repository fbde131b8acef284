//! Notices on their way out: letters by SMTP, text messages by a gateway. In the sandbox they are caught, and shown to whoever looks.

mod letters;
mod texts;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;
use tracing::warn;

use crate::attachment::{ContactChannel, Letter, NoticePages};
use crate::process::Service;
use crate::store::{ATTEMPTS, DueNotice, StoreError};

pub use letters::Letters;
pub use texts::Texts;

/// Notices that the sandbox keeps.
const CAUGHT: usize = 200;
/// Notices that go by one channel before it is looked again whether there are more.
const AT_A_TIME: usize = 20;
/// Until a notice is tried again for which we were refused. It is no try.
const PAUSE: TimeDelta = TimeDelta::minutes(5);

/// What was caught.
#[derive(Debug, Clone)]
pub struct Caught {
    /// To whom it would have gone.
    pub to: String,
    /// What it says.
    pub told: Sent,
}

/// What goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// A letter.
    Letter(Letter),
    /// A text message.
    Text(String),
}

/// What the sandbox caught, the last one last.
type Catch = Arc<Mutex<VecDeque<Caught>>>;

/// Where notices go. What has no way out waits.
#[derive(Debug, Clone, Default)]
pub struct Mail {
    letters: Option<Letters>,
    texts: Option<Texts>,
    caught: Option<Catch>,
}

/// Why a notice did not go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailFault {
    /// The address is none, or nobody will ever take it; with their status, if they gave one.
    #[error("it will never be taken")]
    Never(Option<u16>),
    /// Not now.
    #[error("it was not taken now")]
    NotNow,
    /// It is we who are refused, with this status: nothing goes until somebody mends that.
    #[error("we are refused with {0}")]
    Refused(u16),
}

/// Why a mail server or a gateway cannot be used as it is named.
#[derive(Debug, thiserror::Error)]
pub enum MailSetting {
    /// The URL.
    #[error("--smtp-url is none: smtp://… or smtps://…")]
    Url,
    /// The sender.
    #[error("--mail-from is no address")]
    From,
    /// The gateway.
    #[error("--text-url: {0}")]
    Gateway(#[from] crate::outgoing::AddressFault),
    /// The gateway's token cannot be read.
    #[error("--text-token-file {}: {error}", path.display())]
    TokenFile {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It is none.
    #[error("--text-token-file holds no token")]
    Token,
}

impl Mail {
    /// Letters by this mail server, text messages by this gateway.
    pub fn by(letters: Option<Letters>, texts: Option<Texts>) -> Self {
        Mail { letters, texts, caught: None }
    }

    /// Letters alone, by this mail server.
    ///
    /// # Errors
    /// When the URL or the address is none.
    pub fn smtp(url: &str, from: &str) -> Result<Self, MailSetting> {
        Ok(Mail::by(Some(Letters::new(url, from)?), None))
    }

    /// With whatever has no way out caught.
    #[must_use]
    pub fn sandbox(self) -> Self {
        Mail { caught: Some(Catch::default()), ..self }
    }

    /// What was caught, the last one first; `None`: this is no sandbox.
    pub fn caught(&self) -> Option<Vec<Caught>> {
        let caught = self.caught.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        Some(caught.iter().rev().cloned().collect())
    }

    /// Whether notices have a way out by this channel, or are caught.
    pub fn goes(&self, by: ContactChannel) -> bool {
        match by {
            ContactChannel::Email => self.letters.is_some() || self.caught.is_some(),
            ContactChannel::Text => self.texts.is_some() || self.caught.is_some(),
            ContactChannel::Not => false,
        }
    }

    fn catch(&self, to: &str, told: Sent) -> Result<(), MailFault> {
        let caught = self.caught.as_ref().ok_or(MailFault::NotNow)?;
        let mut caught = caught.lock().unwrap_or_else(PoisonError::into_inner);
        if caught.len() >= CAUGHT {
            caught.pop_front();
        }
        caught.push_back(Caught { to: to.to_owned(), told });
        Ok(())
    }

    async fn send(&self, id: i64, to: &str, told: Sent) -> Result<(), MailFault> {
        match (told, &self.letters, &self.texts) {
            (Sent::Letter(letter), Some(letters), _) => letters.send(id, to, letter).await,
            (Sent::Text(text), _, Some(texts)) => texts.send(to, &text).await,
            (told, ..) => self.catch(to, told),
        }
    }

    /// Sends some of what is to be sent by now, by each channel; gives how many went, and how many did not.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn deliver(
        &self,
        service: &Service,
        pages: &NoticePages,
    ) -> Result<(usize, usize), StoreError> {
        let letters = self.deliver_by(ContactChannel::Email, service, pages).await?;
        let texts = self.deliver_by(ContactChannel::Text, service, pages).await?;
        Ok((letters.0 + texts.0, letters.1 + texts.1))
    }

    /// The same by one channel.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn deliver_by(
        &self,
        by: ContactChannel,
        service: &Service,
        pages: &NoticePages,
    ) -> Result<(usize, usize), StoreError> {
        if !self.goes(by) {
            return Ok((0, 0));
        }
        let (store, clock) = (&service.store, &service.clock);
        store.give_up_past_notices(clock.now()).await?;
        let (mut sent, mut failed) = (0, 0);
        for _ in 0..AT_A_TIME {
            // Each is taken when it is its turn: however slow the one before it was, nobody else may try it meanwhile.
            let Some(due) = store.take_notice(by, clock.now()).await? else { break };
            let DueNotice { id, kind, to, attempts } = due;
            let told = match by {
                ContactChannel::Text => Sent::Text(kind.text(pages)),
                _ => Sent::Letter(kind.letter(pages)),
            };
            match self.send(id, &to, told).await {
                Ok(()) => {
                    store.notice_sent(id, clock.now()).await?;
                    sent += 1;
                }
                Err(MailFault::Never(status)) => {
                    failed += 1;
                    store.give_up_notice(id, clock.now(), status).await?;
                }
                Err(MailFault::Refused(status)) => {
                    let channel = by.word();
                    warn!(channel, status, "notices wait: we are refused; look at the credentials");
                    store.put_off_notice(id, clock.now() + PAUSE).await?;
                    failed += 1;
                    break;
                }
                Err(MailFault::NotNow) => {
                    failed += 1;
                    if attempts >= ATTEMPTS {
                        store.give_up_notice(id, clock.now(), None).await?;
                    }
                }
            }
        }
        Ok((sent, failed))
    }
}
