//! All rules at once, none hidden behind another.

use chrono::NaiveDate;

use crate::message::{Event, Message};

use super::record::{OrganizationRecord, PractitionerRecord, Records};
use super::rules::{clinic, patient, provider, role};
use super::{Failure, How, Policy};

/// What judging needs to know besides message and records.
#[derive(Debug, Clone, Copy)]
pub struct Judgement {
    /// Today's date in the province, for periods.
    pub today: NaiveDate,
    /// Choices.
    pub policy: Policy,
}

/// Proof that every rule holds: the panel of the message, by its keys in PAS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    /// The provider's key in PAS.
    pub practitioner_key: String,
    /// The clinic's key in PAS.
    pub organization_key: String,
}

/// A record that was looked for by its identifiers.
#[derive(Debug)]
pub(super) enum Found<'r, T> {
    /// One record, which is valid today.
    Valid(&'r T),
    /// One record that is on file but not valid today; still compared, so that no fault hides another.
    Ended(&'r T),
    /// None.
    Unknown,
    /// Several valid ones.
    Several,
}

// By hand: derived, these would ask T to be Copy, though only a reference to it is held.
impl<T> Clone for Found<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Found<'_, T> {}

impl<'r, T> Found<'r, T> {
    /// Of the records under the identifiers of a message, the one that is meant.
    fn among(records: &'r [T], valid: impl Fn(&T) -> bool) -> Self {
        let mut current = records.iter().filter(|record| valid(record));
        match (current.next(), current.next(), records) {
            (Some(one), None, _) => Found::Valid(one),
            (Some(_), Some(_), _) => Found::Several,
            (None, _, [one]) => Found::Ended(one),
            (None, _, []) => Found::Unknown,
            (None, _, _) => Found::Several,
        }
    }

    /// The record, valid or not.
    pub(super) fn record(&self) -> Option<&'r T> {
        match self {
            Found::Valid(record) | Found::Ended(record) => Some(record),
            Found::Unknown | Found::Several => None,
        }
    }

    /// Why the record is not what the guide calls existing and valid.
    pub(super) fn why_not(&self) -> Option<How> {
        match self {
            Found::Valid(_) => None,
            Found::Ended(_) => Some(How::NotCurrent),
            Found::Unknown => Some(How::Unknown),
            Found::Several => Some(How::Several),
        }
    }
}

/// Judges a message by every rule of the guide.
///
/// # Errors
/// Every rule that fails, with the element it is about; patients in the order of the message.
pub fn judge(
    message: &Message,
    records: &Records,
    by: Judgement,
) -> Result<Confirmed, Vec<Failure>> {
    let day = by.today;
    let tokens: Vec<String> = message.provider.ids.iter().map(|id| id.token()).collect();
    let practitioner = |records| Found::among(records, |r| valid_practitioner(r, &tokens, day));
    let plr_provider = practitioner(&records.plr_practitioners);
    let pas_provider = practitioner(&records.pas_practitioners);
    let facility = message.clinic.id.as_str();
    let organization = |records| Found::among(records, |r| valid_organization(r, facility, day));
    let plr_clinic = organization(&records.plr_organizations);
    let pas_clinic = organization(&records.pas_organizations);

    let mut failures = Vec::new();
    let ask = provider::Question {
        provider: &message.provider,
        plr: plr_provider,
        pas: pas_provider,
        by,
    };
    failures.extend(provider::provider_in_plr(&ask));
    failures.extend(provider::provider_in_pas(&ask));
    failures.extend(provider::provider_given(&ask));
    failures.extend(provider::provider_family(&ask));
    let ask = clinic::Question { clinic: &message.clinic, plr: plr_clinic, pas: pas_clinic, by };
    failures.extend(clinic::clinic_in_plr(&ask));
    failures.extend(clinic::clinic_in_pas(&ask));
    failures.extend(clinic::clinic_name(&ask));
    failures.extend(clinic::clinic_postal_code(&ask));
    failures.extend(role::provider_at_clinic(
        message,
        pas_provider,
        pas_clinic,
        &records.roles,
        day,
    ));
    for patient in &message.patients {
        let record = records.patients.get(patient.phn.as_str());
        let adding = message.event == Event::Add;
        patient::judge(&patient::Question { patient, record, adding, by }, &mut failures);
    }
    match (pas_provider.record(), pas_clinic.record()) {
        (Some(provider), Some(clinic)) if failures.is_empty() => Ok(Confirmed {
            practitioner_key: provider.key.clone(),
            organization_key: clinic.key.clone(),
        }),
        _ => Err(failures),
    }
}

/// Valid: in use, known by a current identifier of the message, and licensed where the registry speaks of licences.
fn valid_practitioner(record: &PractitionerRecord, tokens: &[String], day: NaiveDate) -> bool {
    let known = record
        .identifiers
        .iter()
        .any(|id| id.period.holds(day) && tokens.iter().any(|token| *token == id.token()));
    let licensed = record.licences.is_empty()
        || record.licences.iter().any(|licence| licence.active && licence.period.holds(day));
    record.active && known && licensed
}

fn valid_organization(record: &OrganizationRecord, facility: &str, day: NaiveDate) -> bool {
    record.active
        && record.identifiers.iter().any(|id| id.value == facility && id.period.holds(day))
}
