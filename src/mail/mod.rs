//! Letters to families, by SMTP. In the sandbox they are caught, and shown to whoever looks.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

use crate::attachment::Letter;
use crate::process::Service;
use crate::store::{ATTEMPTS, DueNotice, StoreError};

/// Letters that the sandbox keeps.
const CAUGHT: usize = 200;

/// A letter that was caught.
#[derive(Debug, Clone)]
pub struct Caught {
    /// To whom it would have gone.
    pub to: String,
    /// What it says.
    pub letter: Letter,
}

/// Where letters go.
#[derive(Debug, Clone)]
pub enum Mail {
    /// To a mail server.
    Smtp {
        /// The connection to it, made when it is needed.
        transport: AsyncSmtpTransport<Tokio1Executor>,
        /// Whom letters are from.
        from: Box<Mailbox>,
    },
    /// Nowhere: they are kept for looking at.
    Sandbox(Arc<Mutex<VecDeque<Caught>>>),
}

/// Why a letter did not go.
#[derive(Debug, thiserror::Error)]
pub enum MailFault {
    /// The address is none, or the mail server will never take it.
    #[error("the mail server will never take it")]
    Never,
    /// Not now.
    #[error("the mail server did not take it now")]
    NotNow,
}

/// Why a mail server cannot be used as it is named.
#[derive(Debug, thiserror::Error)]
pub enum MailSetting {
    /// The URL.
    #[error("--smtp-url is none: smtp://… or smtps://…")]
    Url,
    /// The sender.
    #[error("--mail-from is no address")]
    From,
}

impl Mail {
    /// By this mail server.
    ///
    /// # Errors
    /// When the URL or the address is none.
    pub fn smtp(url: &str, from: &str) -> Result<Self, MailSetting> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url);
        let transport = transport.map_err(|_| MailSetting::Url)?.build();
        let from = from.parse().map_err(|_| MailSetting::From)?;
        Ok(Mail::Smtp { transport, from: Box::new(from) })
    }

    /// Into the sandbox.
    pub fn sandbox() -> Self {
        Mail::Sandbox(Arc::default())
    }

    /// What the sandbox caught, the last one first.
    pub fn caught(&self) -> Vec<Caught> {
        match self {
            Mail::Smtp { .. } => Vec::new(),
            Mail::Sandbox(caught) => {
                let caught = caught.lock().unwrap_or_else(PoisonError::into_inner);
                caught.iter().rev().cloned().collect()
            }
        }
    }

    /// Sends one. `id` is the same however often it is tried, so that a mail program shows it once.
    async fn send(&self, id: i64, to: &str, letter: Letter) -> Result<(), MailFault> {
        let (transport, from) = match self {
            Mail::Smtp { transport, from } => (transport, from),
            Mail::Sandbox(caught) => {
                let mut caught = caught.lock().unwrap_or_else(PoisonError::into_inner);
                if caught.len() >= CAUGHT {
                    caught.pop_front();
                }
                caught.push_back(Caught { to: to.to_owned(), letter });
                return Ok(());
            }
        };
        let to: Mailbox = to.parse().map_err(|_| MailFault::Never)?;
        let message = Message::builder()
            .from((**from).clone())
            .to(to)
            .subject(letter.subject)
            .message_id(Some(format!("<notice-{id}@{}>", from.email.domain())))
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text)
            .map_err(|_| MailFault::Never)?;
        transport.send(message).await.map(drop).map_err(|error| {
            if error.is_permanent() { MailFault::Never } else { MailFault::NotNow }
        })
    }

    /// Sends what is to be sent by now; gives how many went, and how many did not. `page` is where families see their registration.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn deliver(
        &self,
        service: &Service,
        page: &str,
    ) -> Result<(usize, usize), StoreError> {
        let (store, clock) = (&service.store, &service.clock);
        let (mut sent, mut failed) = (0, 0);
        for DueNotice { id, kind, email, attempts } in store.take_notices(clock.now()).await? {
            match self.send(id, &email, kind.letter(page)).await {
                Ok(()) => {
                    store.notice_sent(id, clock.now()).await?;
                    sent += 1;
                }
                Err(error) => {
                    failed += 1;
                    if matches!(error, MailFault::Never) || attempts >= ATTEMPTS {
                        store.give_up_notice(id, clock.now()).await?;
                    }
                }
            }
        }
        Ok((sent, failed))
    }
}
