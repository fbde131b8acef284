//! Every rule by itself: a message for which all hold, and records altered in one way each.

use chrono::NaiveDate;

use crate::fhir::{JsonLimits, Period, decode};
use crate::message::{self, Message};

use super::Rule::{
    ClinicInPas, ClinicInPlr, ClinicName, ClinicPostalCode, PatientBirthDate, PatientFamily,
    PatientGiven, PatientInClientRegistry, PatientNotDeceased, PatientNotMasked, PatientPhnCurrent,
    ProviderAtClinic, ProviderFamily, ProviderGiven, ProviderInPas, ProviderInPlr,
};
use super::*;

const MESSAGE: &str = include_str!("../../fixtures/exchanges/add-patient-to-panel/1-request.json");
const MSP: &str = "https://health.gov.bc.ca/fhir/NamingSystem/ca-bc-ministry-practitioner-id";
const FACILITY: &str = "https://health.gov.bc.ca/fhir/NamingSystem/ca-bc-msp-facility-id";
const PHN: &str = "9876500011";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn ended() -> Period {
    Period { start: None, end: Some(day("2026-11-21")) }
}

fn read(text: &str) -> Message {
    let json = decode(text.as_bytes(), &JsonLimits::default()).unwrap();
    message::read(&json, &message::Policy::default()).unwrap()
}

fn identifier(system: &str, value: &str) -> Vec<Identifier> {
    vec![Identifier { system: system.into(), value: value.into(), period: Period::default() }]
}

fn name(family: &str, given: &[&str]) -> PersonName {
    let given = given.iter().map(|given| (*given).to_owned()).collect();
    PersonName { family: family.into(), given, period: Period::default() }
}

/// All registries.
struct World {
    records: Records,
    patients: PatientRecords,
}

impl std::ops::Deref for World {
    type Target = Records;

    fn deref(&self) -> &Records {
        &self.records
    }
}

impl std::ops::DerefMut for World {
    fn deref_mut(&mut self) -> &mut Records {
        &mut self.records
    }
}

/// What the registries hold about the parties of the message, all of it right.
fn records() -> World {
    let practitioner = PractitionerRecord {
        key: "prov-1".into(),
        active: true,
        identifiers: identifier(MSP, "90101"),
        names: vec![name("Testwell", &["Juniper"])],
        licences: vec![Licence { active: true, period: Period::default() }],
    };
    let organization = OrganizationRecord {
        key: "clinic-1".into(),
        active: true,
        identifiers: identifier(FACILITY, "F0101"),
        names: vec![OrganizationName {
            text: "Cedar Lantern Family Practice".into(),
            kind: NameKind::Name,
            period: Period::default(),
        }],
        addresses: vec![Address { postal_code: "V0X 9Z1".into(), period: Period::default() }],
    };
    let patient = PatientRecord {
        phn: PHN.into(),
        active: true,
        names: vec![name("Exampleton", &["Marigold"])],
        birth_date: Some(day("1984-04-12")),
        deceased: false,
        deceased_on: None,
        replaced_by: None,
        masked: false,
    };
    let role = RoleRecord {
        practitioner_key: "prov-1".into(),
        organization_key: "clinic-1".into(),
        active: true,
        period: Period::default(),
    };
    let records = Records {
        plr_practitioners: vec![practitioner.clone()],
        pas_practitioners: vec![practitioner],
        plr_organizations: vec![organization.clone()],
        pas_organizations: vec![organization],
        roles: vec![role],
    };
    World { records, patients: [(PHN.to_owned(), patient)].into() }
}

/// The rules that fail for a message when the records are altered.
fn failing(text: &str, alter: impl FnOnce(&mut World)) -> Vec<Rule> {
    let mut records = records();
    alter(&mut records);
    let by = Judgement { today: day("2026-11-22"), policy: Policy::default() };
    match judge(&read(text), &records.records, &records.patients, by) {
        Ok(_) => Vec::new(),
        Err(failures) => failures.iter().map(|failure| failure.rule).collect(),
    }
}

fn patient(records: &mut World) -> &mut PatientRecord {
    records.patients.get_mut(PHN).unwrap()
}

#[test]
fn where_everything_agrees_no_rule_fails() {
    assert_eq!(failing(MESSAGE, |_| {}), []);
}

#[test]
fn a_provider_must_be_there_and_valid_in_both_registries() {
    assert_eq!(failing(MESSAGE, |r| r.plr_practitioners.clear()), [ProviderInPlr]);
    assert_eq!(
        failing(MESSAGE, |r| r.pas_practitioners.clear()),
        [ProviderInPas, ProviderAtClinic]
    );
    assert_eq!(failing(MESSAGE, |r| r.plr_practitioners[0].active = false), [ProviderInPlr]);
    assert_eq!(
        failing(MESSAGE, |r| r.plr_practitioners[0].identifiers[0].period = ended()),
        [ProviderInPlr]
    );
    assert_eq!(
        failing(MESSAGE, |r| r.plr_practitioners[0].licences[0].period = ended()),
        [ProviderInPlr]
    );
    assert_eq!(
        failing(MESSAGE, |r| r.plr_practitioners[0].licences[0].active = false),
        [ProviderInPlr]
    );
    assert_eq!(failing(MESSAGE, |r| r.plr_practitioners[0].licences.clear()), []);
    let twice = |r: &mut World| {
        let again = r.plr_practitioners[0].clone();
        r.plr_practitioners.push(again);
    };
    assert_eq!(failing(MESSAGE, twice), [ProviderInPlr]);
}

#[test]
fn an_ended_record_under_the_same_number_does_not_hide_the_valid_one() {
    let reused = |r: &mut World| {
        let mut old = r.plr_practitioners[0].clone();
        old.active = false;
        old.names = vec![name("Pastwick", &["Other"])];
        r.plr_practitioners.insert(0, old);
    };
    assert_eq!(failing(MESSAGE, reused), []);
}

#[test]
fn a_providers_name_is_compared_with_each_registry() {
    assert_eq!(
        failing(MESSAGE, |r| r.plr_practitioners[0].names[0].family = "Other".into()),
        [ProviderFamily]
    );
    assert_eq!(
        failing(MESSAGE, |r| r.pas_practitioners[0].names[0].given[0] = "Other".into()),
        [ProviderGiven]
    );
    assert_eq!(
        failing(MESSAGE, |r| r.plr_practitioners[0].names[0].period = ended()),
        [ProviderGiven, ProviderFamily]
    );
    let also =
        |r: &mut World| r.pas_practitioners[0].names.insert(0, name("Maidenhall", &["Juniper"]));
    assert_eq!(failing(MESSAGE, also), []);
}

#[test]
fn a_clinic_must_be_there_and_agree_in_name_and_postal_code() {
    assert_eq!(failing(MESSAGE, |r| r.plr_organizations.clear()), [ClinicInPlr]);
    assert_eq!(failing(MESSAGE, |r| r.pas_organizations.clear()), [ClinicInPas, ProviderAtClinic]);
    assert_eq!(
        failing(MESSAGE, |r| r.plr_organizations[0].identifiers[0].period = ended()),
        [ClinicInPlr]
    );
    assert_eq!(
        failing(MESSAGE, |r| r.pas_organizations[0].names[0].text = "Other".into()),
        [ClinicName]
    );
    assert_eq!(
        failing(MESSAGE, |r| r.plr_organizations[0].addresses[0].period = ended()),
        [ClinicPostalCode]
    );
    assert_eq!(failing(MESSAGE, |r| r.pas_organizations[0].addresses.clear()), [ClinicPostalCode]);
}

#[test]
fn an_alias_or_legal_name_counts_in_plr_and_not_in_pas() {
    for kind in [NameKind::Alias, NameKind::Legal] {
        assert_eq!(failing(MESSAGE, |r| r.plr_organizations[0].names[0].kind = kind), []);
        assert_eq!(failing(MESSAGE, |r| r.pas_organizations[0].names[0].kind = kind), [ClinicName]);
    }
}

#[test]
fn a_role_must_be_current() {
    assert_eq!(failing(MESSAGE, |r| r.roles.clear()), [ProviderAtClinic]);
    assert_eq!(failing(MESSAGE, |r| r.roles[0].active = false), [ProviderAtClinic]);
    assert_eq!(failing(MESSAGE, |r| r.roles[0].period = ended()), [ProviderAtClinic]);
    assert_eq!(
        failing(MESSAGE, |r| r.roles[0].organization_key = "clinic-2".into()),
        [ProviderAtClinic]
    );
}

#[test]
fn a_patient_must_be_known_and_agree() {
    assert_eq!(failing(MESSAGE, |r| r.patients.clear()), [PatientInClientRegistry]);
    assert_eq!(failing(MESSAGE, |r| patient(r).active = false), [PatientInClientRegistry]);
    assert_eq!(failing(MESSAGE, |r| patient(r).names[0].given.push("Ann".into())), [PatientGiven]);
    assert_eq!(failing(MESSAGE, |r| patient(r).names[0].family = "Other".into()), [PatientFamily]);
    assert_eq!(failing(MESSAGE, |r| patient(r).birth_date = None), [PatientBirthDate]);
    assert_eq!(
        failing(MESSAGE, |r| patient(r).names[0].period = ended()),
        [PatientGiven, PatientFamily]
    );
}

#[test]
fn given_from_one_name_and_family_from_another_make_no_person() {
    let mixed = |r: &mut World| {
        patient(r).names = vec![name("Exampleton", &["Other"]), name("Other", &["Marigold"])];
    };
    assert_eq!(failing(MESSAGE, mixed), [PatientGiven]);
}

#[test]
fn the_dead_and_the_merged_are_not_added_but_may_be_removed_and_asked_about() {
    let dead = |r: &mut World| patient(r).deceased = true;
    let merged = |r: &mut World| {
        patient(r).active = false;
        patient(r).replaced_by = Some("9876500029".into());
    };
    assert_eq!(failing(MESSAGE, dead), [PatientNotDeceased]);
    assert_eq!(failing(MESSAGE, merged), [PatientPhnCurrent]);
    for event in ["remove-patient-from-panel", "get-patient-mrp-status"] {
        let text = MESSAGE.replace("add-patient-to-panel", event);
        assert_eq!(failing(&text, dead), []);
        assert_eq!(failing(&text, merged), []);
    }
}

#[test]
fn a_masked_record_is_refused_and_nothing_is_compared_with_it() {
    let masked = |r: &mut World| {
        patient(r).masked = true;
        patient(r).birth_date = Some(day("1900-01-01"));
        patient(r).names.clear();
    };
    assert_eq!(failing(MESSAGE, masked), [PatientNotMasked]);
}

#[test]
fn no_failure_hides_another() {
    let all = failing(MESSAGE, |r| {
        r.plr_practitioners[0].active = false;
        r.pas_practitioners[0].active = false;
        r.plr_practitioners[0].names.clear();
        r.plr_organizations[0].active = false;
        r.pas_organizations[0].active = false;
        r.plr_organizations[0].names.clear();
        r.plr_organizations[0].addresses.clear();
        r.roles.clear();
        let record = patient(r);
        record.names.clear();
        record.birth_date = None;
        record.deceased = true;
        record.replaced_by = Some("9876500029".into());
    });
    let hidden: Vec<Rule> = Rule::ALL
        .into_iter()
        .filter(|rule| !all.contains(rule))
        .filter(|rule| ![PatientInClientRegistry, PatientNotMasked].contains(rule))
        .collect();
    assert_eq!(hidden, []);
}
