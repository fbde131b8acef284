//! Rules about the provider.

use crate::fhir::Path;
use crate::message::{Name, Provider};
use crate::registry::judge::{Found, Judgement};
use crate::registry::names::{same_given, same_text};
use crate::registry::record::{PersonName, PractitionerRecord};
use crate::registry::{Failure, How, Rule};

use super::differing;

/// The provider of a message beside what the registries hold.
#[derive(Clone, Copy)]
pub(in crate::registry) struct Question<'q> {
    pub(in crate::registry) provider: &'q Provider,
    pub(in crate::registry) plr: Found<'q, PractitionerRecord>,
    pub(in crate::registry) pas: Found<'q, PractitionerRecord>,
    pub(in crate::registry) by: Judgement,
}

impl Question<'_> {
    fn identifier(&self) -> Path {
        self.provider.at.field("identifier")
    }

    fn name(&self) -> Path {
        self.provider.names.first().map_or(self.provider.at.field("name"), |name| name.at)
    }

    /// In which of PLR and PAS no current name agrees with any name of the message.
    fn disagree(&self, same: impl Fn(&Name, &PersonName) -> bool) -> Option<How> {
        let none_agrees = |found: Found<'_, PractitionerRecord>| {
            found.record().is_some_and(|record| {
                let mut current =
                    record.names.iter().filter(|name| name.period.holds(self.by.today));
                !current.any(|held| self.provider.names.iter().any(|given| same(given, held)))
            })
        };
        differing(none_agrees(self.plr), none_agrees(self.pas))
    }
}

pub(in crate::registry) fn provider_in_plr(ask: &Question<'_>) -> Option<Failure> {
    let how = ask.plr.why_not()?;
    Some(Failure { rule: Rule::ProviderInPlr, at: ask.identifier(), how })
}

pub(in crate::registry) fn provider_in_pas(ask: &Question<'_>) -> Option<Failure> {
    let how = ask.pas.why_not()?;
    Some(Failure { rule: Rule::ProviderInPas, at: ask.identifier(), how })
}

/// The first name: `given[0]` against the first given name on record, or all given names against all.
pub(in crate::registry) fn provider_given(ask: &Question<'_>) -> Option<Failure> {
    let policy = ask.by.policy.names;
    let how = ask.disagree(|given, held| {
        let joined = given.given.join(" ");
        let first = given.given.first().map_or("", String::as_str);
        same_given(&joined, &held.given, policy)
            || same_given(first, &held.given, policy)
            || held.given.first().is_some_and(|held| same_text(first, held, policy))
    })?;
    Some(Failure { rule: Rule::ProviderGiven, at: ask.name().field("given").index(0), how })
}

pub(in crate::registry) fn provider_family(ask: &Question<'_>) -> Option<Failure> {
    let how =
        ask.disagree(|given, held| same_text(&given.family, &held.family, ask.by.policy.names))?;
    Some(Failure { rule: Rule::ProviderFamily, at: ask.name().field("family"), how })
}
