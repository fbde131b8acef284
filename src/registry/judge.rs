//! All rules at once, none hidden behind another.

use chrono::NaiveDate;

use crate::message::{Event, Message, Patient};

use super::found::{Found, Judgement};
use super::record::{
    Identifier, OrganizationRecord, PatientRecord, PatientRecords, PractitionerRecord, Records,
};
use super::rules::{clinic, patient, provider, role};
use super::{Failure, Rule};

/// Proof that every rule holds: the panel of the message, by its keys in PAS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    /// The provider's key in PAS.
    pub practitioner_key: String,
    /// The clinic's key in PAS.
    pub organization_key: String,
}

/// Judges a message by every rule of the guide.
///
/// # Errors
/// Every rule that fails, with the element it is about; patients in the order of the message.
pub fn judge(
    message: &Message,
    records: &Records,
    patients: &PatientRecords,
    by: Judgement,
) -> Result<Confirmed, Vec<Failure>> {
    let day = by.today;
    let tokens: Vec<String> = message.provider.ids.iter().map(|id| id.token()).collect();
    let practitioner = |records| Found::among(records, |r| valid_practitioner(r, &tokens, day));
    let plr_provider = practitioner(&records.plr_practitioners);
    let pas_provider = practitioner(&records.pas_practitioners);
    let facility = &message.clinic.tokens;
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
        let record = patients.get(patient.phn.as_str());
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

/// Whether somebody who is to be added is who they say, by the same rules as in a message.
pub fn matches(asked: &Patient, record: Option<&PatientRecord>, by: Judgement) -> bool {
    let mut failures = Vec::new();
    let question = patient::Question { patient: asked, record, adding: true, by };
    patient::judge(&question, &mut failures);
    failures.is_empty()
}

/// As [`matches()`], of somebody on the telephone who said no given names.
pub fn is_known_as(asked: &Patient, record: Option<&PatientRecord>, by: Judgement) -> bool {
    let mut failures = Vec::new();
    let question = patient::Question { patient: asked, record, adding: true, by };
    patient::judge(&question, &mut failures);
    failures.iter().all(|failure| failure.rule == Rule::PatientGiven)
}

/// Which of given name, family name and birth date differ from what is on record, by the same rules as in a message. A masked record is
/// compared with nothing.
pub fn differences(asked: &Patient, record: &PatientRecord, by: Judgement) -> Vec<Rule> {
    let mut failures = Vec::new();
    let question = patient::Question { patient: asked, record: Some(record), adding: false, by };
    patient::judge(&question, &mut failures);
    let told = [Rule::PatientGiven, Rule::PatientFamily, Rule::PatientBirthDate];
    failures.iter().map(|failure| failure.rule).filter(|rule| told.contains(rule)).collect()
}

/// Valid: in use, known by a current identifier of the message, and licensed where the registry speaks of licences.
fn valid_practitioner(record: &PractitionerRecord, tokens: &[String], day: NaiveDate) -> bool {
    let known = known_today(&record.identifiers, tokens, day);
    let licensed = record.licences.is_empty()
        || record.licences.iter().any(|licence| licence.active && licence.period.holds(day));
    record.active && known && licensed
}

fn valid_organization(record: &OrganizationRecord, tokens: &[String], day: NaiveDate) -> bool {
    record.active && known_today(&record.identifiers, tokens, day)
}

/// Whether one of the numbers of a message is a current number of the record.
fn known_today(identifiers: &[Identifier], tokens: &[String], day: NaiveDate) -> bool {
    identifiers.iter().any(|id| id.period.holds(day) && tokens.contains(&id.token()))
}
