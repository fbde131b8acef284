//! How a family is reached, where it lives and what it would like: told when it registers, and told anew when that changes.

use crate::attachment::{Gender, Ground, dialled, is_email, is_language};
use crate::store::Wishes;

use super::{Channel, Desk, Refusal, Wrong};

/// What a family tells of itself as a whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'t> {
    pub(super) email: Option<&'t str>,
    pub(super) phone: Option<&'t str>,
    pub(super) channel: Channel,
    pub(super) language: &'t str,
    pub(super) postal_code: Option<&'t str>,
    pub(super) community: Option<&'t str>,
    pub(super) distance: Option<u32>,
    pub(super) gender: Option<Gender>,
    pub(super) interpreter: Option<&'t str>,
}

/// What a family tells, of the form that it registers by or the one that it changes it by: both name it alike.
macro_rules! told {
    ($asked:expr) => {
        Told {
            email: $asked.email.as_deref(),
            phone: $asked.phone.as_deref(),
            channel: $asked.channel,
            language: &$asked.language,
            postal_code: $asked.postal_code.as_deref(),
            community: $asked.community.as_deref(),
            distance: $asked.distance,
            gender: $asked.provider_gender,
            interpreter: $asked.interpreter.as_deref(),
        }
    };
}
pub(super) use told;

impl Told<'_> {
    /// Whether they can be reached by the channel, and what else they gave could be used as well.
    pub(super) fn check_reach(&self) -> Result<(), Wrong> {
        let reachable = match self.channel {
            Channel::Email => self.email.is_some_and(is_email),
            Channel::Phone => self.phone.is_some_and(is_phone),
            Channel::Text => self.phone.is_some_and(|phone| dialled(phone).is_some()),
        };
        if !reachable {
            return Err((
                Ground::Reach,
                "Give an e-mail address or a telephone number, as the channel says.",
            ));
        }
        if !self.email.is_none_or(is_email) {
            return Err((Ground::Email, "The e-mail address is none: mend it, or leave it out."));
        }
        if !self.phone.is_none_or(is_phone) {
            return Err((Ground::Phone, "The telephone number is none: mend it, or leave it out."));
        }
        Ok(())
    }

    /// Whether there can be such a provider.
    pub(super) fn check_wishes(&self) -> Result<(), Wrong> {
        if !self.distance.is_none_or(|km| [5, 20, 50].contains(&km)) {
            return Err((Ground::Distance, "A distance is 5, 20 or 50 km, or left out."));
        }
        if !is_language(self.language) || !self.interpreter.is_none_or(is_language) {
            return Err((Ground::Language, "A language is a tag such as `en` or `zh-Hant`."));
        }
        Ok(())
    }
}

impl Desk<'_> {
    /// What they told, as it is to be kept.
    pub(super) async fn wishes(&self, told: &Told<'_>) -> Result<Wishes, Refusal> {
        let (postal_code, community) = self.home(told.postal_code, told.community).await?;
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Ok(Wishes {
            email: owned(told.email),
            phone: owned(told.phone),
            channel: told.channel.word().to_owned(),
            language: told.language.to_owned(),
            postal_code,
            community,
            distance: told.distance,
            gender: told.gender,
            interpreter: owned(told.interpreter),
        })
    }

    /// Where they live: the postal code as it is kept, and the community.
    async fn home(
        &self,
        postal_code: Option<&str>,
        community: Option<&str>,
    ) -> Result<(Option<String>, String), Refusal> {
        let store = &self.service.store;
        match (postal_code, community) {
            (Some(code), None) => {
                let code: String =
                    code.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase();
                let community = match is_postal_code(&code) {
                    true => store.community_of(&code).await?,
                    false => None,
                };
                let community = community.ok_or_else(|| {
                    Refusal::from((
                        Ground::PostalCode,
                        "The postal code is in none of the communities on file.",
                    ))
                })?;
                Ok((Some(code), community))
            }
            (None, Some(code)) if store.community_exists(code).await? => {
                Ok((None, code.to_owned()))
            }
            _ => Err(Refusal::from((
                Ground::Home,
                "Give a postal code, or a community for those who have no fixed address.",
            ))),
        }
    }
}

fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (7..=15).contains(&digits)
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '+' | '(' | ')' | '.'))
}

fn is_postal_code(code: &str) -> bool {
    let fits = |(place, c): (usize, char)| match place % 2 {
        0 => c.is_ascii_uppercase(),
        _ => c.is_ascii_digit(),
    };
    matches!(code.len(), 3 | 6) && code.chars().enumerate().all(fits)
}
