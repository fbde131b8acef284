//! Rules about one patient.

use crate::message::{Name, Patient};
use crate::registry::found::Judgement;
use crate::registry::names::{same_given, same_text};
use crate::registry::record::{PatientRecord, PersonName};
use crate::registry::{Failure, Holders, How, Rule};

/// A patient of a message beside what the Client Registry holds.
#[derive(Clone, Copy)]
pub(in crate::registry) struct Question<'q> {
    pub(in crate::registry) patient: &'q Patient,
    pub(in crate::registry) record: Option<&'q PatientRecord>,
    /// Whether the patient is to be added: two rules hold for that alone.
    pub(in crate::registry) adding: bool,
    pub(in crate::registry) by: Judgement,
}

/// Judges one patient by every rule. A masked record is compared with nothing, so that nothing can be guessed from it.
pub(in crate::registry) fn judge(ask: &Question<'_>, failures: &mut Vec<Failure>) {
    let Some(record) = patient_in_client_registry(ask, failures) else { return };
    failures.extend(patient_not_masked(ask, record));
    if !record.masked {
        let names = compare_names(ask, record);
        failures.extend(patient_given(ask, &names));
        failures.extend(patient_family(ask, &names));
        failures.extend(patient_birth_date(ask, record));
    }
    if ask.adding && !record.masked {
        failures.extend(patient_not_deceased(ask, record));
        failures.extend(patient_phn_current(ask, record));
    }
}

/// The record counts when it is in use; a merged one is known as well, and `patient-phn-current` speaks of it.
fn patient_in_client_registry<'q>(
    ask: &Question<'q>,
    failures: &mut Vec<Failure>,
) -> Option<&'q PatientRecord> {
    let known = ask.record.filter(|record| record.active || record.replaced_by.is_some());
    if known.is_none() {
        let at = ask.patient.at.field("identifier");
        failures.push(Failure { rule: Rule::PatientInClientRegistry, at, how: How::Unknown });
    }
    known
}

fn patient_not_masked(ask: &Question<'_>, record: &PatientRecord) -> Option<Failure> {
    record.masked.then_some(Failure {
        rule: Rule::PatientNotMasked,
        at: ask.patient.at,
        how: How::Fails,
    })
}

/// How the best-fitting pair of a name of the message and a current name on record compares.
struct NamesCompared<'q> {
    name: &'q Name,
    given: bool,
    family: bool,
    given_if_joined: bool,
}

/// Among all pairs, the one with the most in common: a given name from one name and a family name from another do not
/// make a person.
fn compare_names<'q>(ask: &Question<'q>, record: &PatientRecord) -> Option<NamesCompared<'q>> {
    let policy = ask.by.policy.names;
    let compare = |name: &'q Name, held: &PersonName| NamesCompared {
        name,
        given: name.given.first().is_some_and(|given| same_given(given, &held.given, policy)),
        family: same_text(&name.family, &held.family, policy),
        given_if_joined: name.given.len() > 1
            && same_given(&name.given.join(" "), &held.given, policy),
    };
    let current: Vec<&PersonName> =
        record.names.iter().filter(|held| held.period.holds(ask.by.today)).collect();
    let pairs = ask
        .patient
        .names
        .iter()
        .flat_map(|name| current.iter().map(move |held| compare(name, held)));
    // The first of equals, so that the sender's first name is the one spoken of.
    pairs.reduce(|best, next| if next.rank() > best.rank() { next } else { best })
}

impl NamesCompared<'_> {
    fn rank(&self) -> u8 {
        4 * u8::from(self.given && self.family)
            + 2 * u8::from(self.family)
            + u8::from(self.given || self.given_if_joined)
    }
}

fn patient_given(ask: &Question<'_>, names: &Option<NamesCompared<'_>>) -> Option<Failure> {
    let how = match names {
        Some(names) if names.given => return None,
        Some(names) if names.given_if_joined => How::GivenNotJoined,
        _ => How::Differs(Holders::ClientRegistry),
    };
    Some(Failure { rule: Rule::PatientGiven, at: name_at(ask, names).field("given").index(0), how })
}

fn patient_family(ask: &Question<'_>, names: &Option<NamesCompared<'_>>) -> Option<Failure> {
    if names.as_ref().is_some_and(|names| names.family) {
        return None;
    }
    let how = How::Differs(Holders::ClientRegistry);
    Some(Failure { rule: Rule::PatientFamily, at: name_at(ask, names).field("family"), how })
}

fn name_at(ask: &Question<'_>, names: &Option<NamesCompared<'_>>) -> crate::fhir::Path {
    let first = || ask.patient.names.first().map(|name| name.at);
    names.as_ref().map(|names| names.name.at).or_else(first).unwrap_or(ask.patient.at)
}

fn patient_birth_date(ask: &Question<'_>, record: &PatientRecord) -> Option<Failure> {
    (record.birth_date != Some(ask.patient.birth_date)).then(|| Failure {
        rule: Rule::PatientBirthDate,
        at: ask.patient.at.field("birthDate"),
        how: How::Differs(Holders::ClientRegistry),
    })
}

fn patient_not_deceased(ask: &Question<'_>, record: &PatientRecord) -> Option<Failure> {
    record.deceased.then_some(Failure {
        rule: Rule::PatientNotDeceased,
        at: ask.patient.at,
        how: How::Fails,
    })
}

fn patient_phn_current(ask: &Question<'_>, record: &PatientRecord) -> Option<Failure> {
    let merged = record.replaced_by.is_some();
    merged.then(|| Failure {
        rule: Rule::PatientPhnCurrent,
        at: ask.patient.at.field("identifier"),
        how: How::Fails,
    })
}
