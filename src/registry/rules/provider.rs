//! Rules about the provider.

use crate::fhir::Path;
use crate::message::{Name, Provider};
use crate::registry::found::{Found, Judgement};
use crate::registry::names::{NamePolicy, same_given, same_text};
use crate::registry::record::PractitionerRecord;
use crate::registry::{Failure, Rule};

use super::differing;

/// The provider of a message beside what the registries hold.
#[derive(Clone, Copy)]
pub(in crate::registry) struct Question<'q> {
    pub(in crate::registry) provider: &'q Provider,
    pub(in crate::registry) plr: Found<'q, PractitionerRecord>,
    pub(in crate::registry) pas: Found<'q, PractitionerRecord>,
    pub(in crate::registry) by: Judgement,
}

impl<'q> Question<'q> {
    fn identifier(&self) -> Path {
        self.provider.at.field("identifier")
    }

    /// The name of the message that agrees best with both registries, and where it does not. It is one name: a first
    /// name from one and a last name from another do not make a person, and a name for each registry is no match.
    fn compared(&self) -> Option<Compared<'q>> {
        let all = self.provider.names.iter().map(|name| {
            let with = |found: Found<'_, PractitionerRecord>| {
                found.record().map_or(Agreement { given: true, family: true }, |record| {
                    self.agreement(name, record)
                })
            };
            Compared { name, plr: with(self.plr), pas: with(self.pas) }
        });
        // The first of equals, so that the sender's first name is the one spoken of.
        all.reduce(|best, next| if next.rank() > best.rank() { next } else { best })
    }

    /// How a name agrees with the current name on record that is closest to it.
    fn agreement(&self, name: &Name, record: &PractitionerRecord) -> Agreement {
        let policy = self.by.policy.names;
        let current = record.names.iter().filter(|held| held.period.holds(self.by.today));
        let agreements = current.map(|held| Agreement {
            given: same_first_name(&name.given, &held.given, policy),
            family: same_text(&name.family, &held.family, policy),
        });
        agreements.max_by_key(Agreement::rank).unwrap_or(Agreement { given: false, family: false })
    }
}

#[derive(Clone, Copy)]
struct Agreement {
    given: bool,
    family: bool,
}

impl Agreement {
    fn rank(&self) -> u8 {
        u8::from(self.given) + 2 * u8::from(self.family)
    }
}

struct Compared<'q> {
    name: &'q Name,
    plr: Agreement,
    pas: Agreement,
}

impl Compared<'_> {
    fn rank(&self) -> u8 {
        self.plr.rank() + self.pas.rank()
    }
}

/// The first given name of both, or all given names of both, or all on record in the first entry of the message.
fn same_first_name(given: &[String], held: &[String], policy: NamePolicy) -> bool {
    let first = given.first().map_or("", String::as_str);
    same_given(&given.join(" "), held, policy)
        || same_given(first, held, policy)
        || held.first().is_some_and(|held| same_text(first, held, policy))
}

pub(in crate::registry) fn provider_in_plr(ask: &Question<'_>) -> Option<Failure> {
    let how = ask.plr.why_not()?;
    Some(Failure { rule: Rule::ProviderInPlr, at: ask.identifier(), how })
}

pub(in crate::registry) fn provider_in_pas(ask: &Question<'_>) -> Option<Failure> {
    let how = ask.pas.why_not()?;
    Some(Failure { rule: Rule::ProviderInPas, at: ask.identifier(), how })
}

pub(in crate::registry) fn provider_given(ask: &Question<'_>) -> Option<Failure> {
    let compared = ask.compared()?;
    let how = differing(!compared.plr.given, !compared.pas.given)?;
    let at = compared.name.at.field("given").index(0);
    Some(Failure { rule: Rule::ProviderGiven, at, how })
}

pub(in crate::registry) fn provider_family(ask: &Question<'_>) -> Option<Failure> {
    let compared = ask.compared()?;
    let how = differing(!compared.plr.family, !compared.pas.family)?;
    Some(Failure { rule: Rule::ProviderFamily, at: compared.name.at.field("family"), how })
}
