//! How people are reached.

use serde::{Deserialize, Serialize};

words! {
    /// How somebody who signs in wants to be told.
    ContactChannel {
        /// By e-mail.
        Email = "email",
        /// By text message.
        Text = "text",
        /// Not at all.
        Not = "none",
    }
}

/// How somebody who signs in is told that there is something to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Contact {
    /// By which of the two, or not at all.
    pub channel: ContactChannel,
    /// Their e-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// Their telephone number, as they write it.
    #[serde(default)]
    pub phone: Option<String>,
}

impl Contact {
    /// Of whoever did not say anything yet.
    pub fn none() -> Self {
        Contact { channel: ContactChannel::Not, email: None, phone: None }
    }

    /// Whether they can be reached so. What is not needed may be left out, and may not be wrong.
    ///
    /// # Errors
    /// What is wrong, for whoever filled it in.
    pub fn check(&self) -> Result<(), &'static str> {
        if self.email.as_deref().is_some_and(|email| !is_email(email)) {
            return Err("That is no e-mail address.");
        }
        if self.phone.as_deref().is_some_and(|phone| dialled(phone).is_none()) {
            return Err("Give the telephone number with its area code, such as 250 555 0100.");
        }
        match self.channel {
            ContactChannel::Email if self.email.is_none() => Err("Give an e-mail address."),
            ContactChannel::Text if self.phone.is_none() => Err("Give a telephone number."),
            _ => Ok(()),
        }
    }
}

/// Whether a letter can be addressed so.
pub fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    text.len() <= 254
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
        && parts.is_some_and(|(name, host)| {
            !name.is_empty() && host.contains('.') && !host.contains('@')
        })
}

/// A telephone number as a network takes it: `+`, country, number (E.164). Without a country it is North American, and has its area code.
pub fn dialled(phone: &str) -> Option<String> {
    let phone = phone.trim();
    let (abroad, rest) = phone.strip_prefix('+').map_or((false, phone), |rest| (true, rest));
    if rest.contains(|c: char| !c.is_ascii_digit() && !" -().".contains(c)) {
        return None;
    }
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    match (abroad, digits.len()) {
        (true, 8..=15) if !digits.starts_with('0') => Some(format!("+{digits}")),
        (false, 10) if !digits.starts_with(['0', '1']) => Some(format!("+1{digits}")),
        (false, 11) if digits.starts_with('1') => Some(format!("+{digits}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_dialled_with_its_country() {
        for (written, number) in [
            ("250 555 0100", Some("+12505550100")),
            ("(250) 555-0100", Some("+12505550100")),
            ("250.555.0100", Some("+12505550100")),
            ("1 250 555 0100", Some("+12505550100")),
            ("+1 250 555 0100", Some("+12505550100")),
            ("+44 20 7946 0000", Some("+442079460000")),
            ("555 0100", None),
            ("050 555 0100", None),
            ("+0 250 555 0100", None),
            ("250 555 0100 +1", None),
            ("250 555 0100 ext 3", None),
            ("", None),
        ] {
            assert_eq!(dialled(written).as_deref(), number, "{written}");
        }
    }

    #[test]
    fn whoever_wants_to_be_told_can_be_reached() {
        let contact = |channel, email: &str, phone: &str| {
            let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            Contact { channel, email: given(email), phone: given(phone) }.check()
        };
        assert_eq!(contact(ContactChannel::Email, "me@mail.example", ""), Ok(()));
        assert_eq!(contact(ContactChannel::Text, "", "250 555 0100"), Ok(()));
        assert_eq!(contact(ContactChannel::Not, "", ""), Ok(()));
        for (channel, email, phone) in [
            (ContactChannel::Email, "", "250 555 0100"),
            (ContactChannel::Email, "me", ""),
            (ContactChannel::Email, "me@mail", ""),
            (ContactChannel::Email, "me@mail.example\r\nBcc: you@mail.example", ""),
            (ContactChannel::Text, "me@mail.example", ""),
            (ContactChannel::Text, "", "555 0100"),
            (ContactChannel::Not, "me", ""),
        ] {
            assert!(contact(channel, email, phone).is_err(), "{channel:?} {email} {phone}");
        }
    }
}
