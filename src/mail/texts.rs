//! Text messages, by a gateway that takes them as JSON.

use std::time::Duration;

use serde::Serialize;

use crate::attachment::dialled;
use crate::outgoing::{Address, OutgoingFault, Proof, post_json};

use super::{MailFault, MailSetting};

/// How long a gateway may take with one.
const PATIENCE: Duration = Duration::from_secs(10);

/// A gateway.
#[derive(Debug, Clone)]
pub struct Texts {
    gateway: Address,
    proof: Proof,
}

/// As gateways take one.
#[derive(Serialize)]
struct Posted<'t> {
    to: &'t str,
    text: &'t str,
}

impl Texts {
    /// By this gateway, which knows us by this token.
    ///
    /// # Errors
    /// When the address is none that a text may go to, or the token is none.
    pub fn new(url: &str, token: &str) -> Result<Self, MailSetting> {
        let token = token.trim();
        let proof = Proof::bearer(token).filter(|_| !token.is_empty());
        Ok(Texts { gateway: Address::parse(url)?, proof: proof.ok_or(MailSetting::Token)? })
    }

    /// Sends one. Of what the gateway answers only the status counts.
    pub(super) async fn send(&self, to: &str, text: &str) -> Result<(), MailFault> {
        let to = dialled(to).ok_or(MailFault::Never(None))?;
        let posted = Posted { to: &to, text };
        match post_json(&self.gateway, Some(&self.proof), &posted, PATIENCE).await {
            // It was taken, and how much is said about that is of no interest.
            Ok(_) | Err(OutgoingFault::TooLong) => Ok(()),
            Err(other) => Err(fault(other)),
        }
    }
}

/// A request that is not taken will not be taken another time, unless it was only too slow, one too many or sent astray. Where it is we who are
/// refused, nothing is wrong with it.
fn fault(fault: OutgoingFault) -> MailFault {
    match fault {
        OutgoingFault::Status(status @ (401 | 403 | 405 | 407)) => MailFault::Refused(status),
        OutgoingFault::Status(status @ 400..=499) if ![404, 408, 429].contains(&status) => {
            MailFault::Never(Some(status))
        }
        _ => MailFault::NotNow,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_is_given_up_and_everything_else_is_tried_again() {
        for (status, kept) in [(400, true), (422, true), (404, false), (408, false), (429, false)] {
            let expected = if kept { MailFault::Never(Some(status)) } else { MailFault::NotNow };
            assert_eq!(fault(OutgoingFault::Status(status)), expected);
        }
        for status in [401, 403] {
            assert_eq!(fault(OutgoingFault::Status(status)), MailFault::Refused(status));
        }
        for other in [OutgoingFault::Status(302), OutgoingFault::Status(500), OutgoingFault::Silent]
        {
            assert_eq!(fault(other), MailFault::NotNow);
        }
    }

    #[test]
    fn a_gateway_is_far_and_secure_or_near_and_has_a_token() {
        assert!(Texts::new("https://gateway.test/texts", "secret\n").is_ok());
        assert!(Texts::new("http://127.0.0.1:9000/texts", "secret").is_ok());
        assert!(Texts::new("http://gateway.test/texts", "secret").is_err());
        assert!(Texts::new("https://gateway.test/texts", " \n").is_err());
    }
}
