//! Rules about the clinic.

use crate::message::Clinic;
use crate::registry::found::{Found, Judgement};
use crate::registry::names::{postal_code, same_text};
use crate::registry::record::{NameKind, OrganizationRecord};
use crate::registry::{Failure, Rule};

use super::differing;

/// The clinic of a message beside what the registries hold.
#[derive(Clone, Copy)]
pub(in crate::registry) struct Question<'q> {
    pub(in crate::registry) clinic: &'q Clinic,
    pub(in crate::registry) plr: Found<'q, OrganizationRecord>,
    pub(in crate::registry) pas: Found<'q, OrganizationRecord>,
    pub(in crate::registry) by: Judgement,
}

pub(in crate::registry) fn clinic_in_plr(ask: &Question<'_>) -> Option<Failure> {
    let how = ask.plr.why_not()?;
    Some(Failure { rule: Rule::ClinicInPlr, at: ask.clinic.at.field("identifier"), how })
}

pub(in crate::registry) fn clinic_in_pas(ask: &Question<'_>) -> Option<Failure> {
    let how = ask.pas.why_not()?;
    Some(Failure { rule: Rule::ClinicInPas, at: ask.clinic.at.field("identifier"), how })
}

/// Equal to PAS's name, and to PLR's name, alias or legal name.
pub(in crate::registry) fn clinic_name(ask: &Question<'_>) -> Option<Failure> {
    let differs = |found: Found<'_, OrganizationRecord>, kinds: &[NameKind]| {
        found.record().is_some_and(|record| {
            let mut current = record
                .names
                .iter()
                .filter(|name| kinds.contains(&name.kind) && name.period.holds(ask.by.today));
            !current.any(|held| same_text(&ask.clinic.name, &held.text, ask.by.policy.names))
        })
    };
    let plr = differs(ask.plr, &[NameKind::Name, NameKind::Alias, NameKind::Legal]);
    let pas = differs(ask.pas, &[NameKind::Name]);
    let how = differing(plr, pas)?;
    Some(Failure { rule: Rule::ClinicName, at: ask.clinic.at.field("name"), how })
}

/// One postal code given is a current one on record, business addresses included, in PLR and in PAS alike: the two must
/// match each other as well.
pub(in crate::registry) fn clinic_postal_code(ask: &Question<'_>) -> Option<Failure> {
    let given: Vec<String> = ask.clinic.postal_codes.iter().map(|code| postal_code(code)).collect();
    let on_record = |found: Found<'_, OrganizationRecord>| -> Vec<bool> {
        let Some(record) = found.record() else { return vec![true; given.len()] };
        let current = record.addresses.iter().filter(|address| address.period.holds(ask.by.today));
        let held: Vec<String> = current.map(|address| postal_code(&address.postal_code)).collect();
        given.iter().map(|code| held.contains(code)).collect()
    };
    let (plr, pas) = (on_record(ask.plr), on_record(ask.pas));
    if plr.iter().zip(&pas).any(|(plr, pas)| *plr && *pas) {
        return None;
    }
    let (in_plr, in_pas) = (plr.contains(&true), pas.contains(&true));
    // Each holds one of them, but not the same one: then both differ.
    let how = differing(!in_plr || in_pas, !in_pas || in_plr)?;
    Some(Failure { rule: Rule::ClinicPostalCode, at: ask.clinic.at.field("address"), how })
}
