//! Messages, made from the invented cast.

use serde_json::{Value, json};
use uuid::Uuid;

pub const ADD: &str = "add-patient-to-panel";
pub const REMOVE: &str = "remove-patient-from-panel";
pub const QUERY: &str = "get-patient-mrp-status";

/// A provider at a clinic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Panel {
    pub msp: &'static str,
    pub given: &'static str,
    pub family: &'static str,
    pub facility: &'static str,
    pub clinic: &'static str,
    pub postal: &'static str,
}

const CEDAR: (&str, &str, &str) = ("F0101", "Cedar Lantern Family Practice", "V0X 9Z1");
const OTTER: (&str, &str, &str) = ("F0102", "Otter Bridge Health Centre", "V0X 9Z2");
const FERN: (&str, &str, &str) = ("F0103", "Fernhollow Community Clinic", "V0X 9Z5");

const fn panel(
    msp: &'static str,
    given: &'static str,
    family: &'static str,
    clinic: (&'static str, &'static str, &'static str),
) -> Panel {
    Panel { msp, given, family, facility: clinic.0, clinic: clinic.1, postal: clinic.2 }
}

/// Panels of the cast for which every rule holds.
pub const PANELS: [Panel; 6] = [
    panel("90101", "Juniper", "Testwell", CEDAR),
    panel("90102", "Barnaby", "Sampleworth", OTTER),
    panel("90103", "Saffron", "Careling", CEDAR),
    panel("90107", "Zoë Marisol", "Fauxbridge", CEDAR),
    panel("90107", "Zoë Marisol", "Fauxbridge", FERN),
    panel("90108", "Corwin", "Formerleigh", FERN),
];

/// A patient as an EMR has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Patient {
    pub phn: &'static str,
    pub given: &'static str,
    pub family: &'static str,
    pub birth: &'static str,
}

const fn patient(
    phn: &'static str,
    given: &'static str,
    family: &'static str,
    birth: &'static str,
) -> Patient {
    Patient { phn, given, family, birth }
}

/// Ordinary patients of the cast.
pub const PATIENTS: [Patient; 6] = [
    patient("9876500011", "Marigold", "Exampleton", "1984-04-12"),
    patient("9876500029", "Basil", "Fixturing", "1951-09-30"),
    patient("9876500036", "Clover", "Mockingham", "2019-02-14"),
    patient("9876500043", "Rowan", "Placeholt", "1998-07-07"),
    patient("9876500068", "Hazel", "Sampleford", "1967-12-25"),
    patient("9876500075", "Linden", "Trialby", "2008-05-19"),
];

/// A sound message with new ids.
pub fn message(event: &str, panel: Panel, patients: &[Patient]) -> Value {
    let id = || Uuid::from_u128(rand()).to_string();
    let urn = |id: &str| format!("urn:uuid:{id}");
    let (header, group, practitioner, organization) = (id(), id(), id(), id());
    let ids: Vec<String> = patients.iter().map(|_| id()).collect();
    let members: Vec<Value> =
        ids.iter().map(|id| json!({"entity": {"reference": urn(id)}})).collect();
    let mut entries = vec![
        json!({"fullUrl": urn(&header), "resource": {
            "resourceType": "MessageHeader", "id": header,
            "eventCoding": {"system": "https://api.healthcarebc.ca/fhir/CodeSystem/message-event-code", "code": event},
            "source": {"endpoint": "https://emr.example/tests"},
            "focus": [{"reference": urn(&group)}]}}),
        json!({"fullUrl": urn(&group), "resource": {
            "resourceType": "Group", "id": group, "type": "person", "actual": true,
            "managingEntity": {"reference": urn(&practitioner)}, "member": members}}),
        json!({"fullUrl": urn(&practitioner), "resource": {
            "resourceType": "Practitioner", "id": practitioner,
            "identifier": [{"system": "https://health.gov.bc.ca/fhir/NamingSystem/ca-bc-ministry-practitioner-id", "value": panel.msp}],
            "name": [{"family": panel.family, "given": [panel.given]}]}}),
        json!({"fullUrl": urn(&organization), "resource": {
            "resourceType": "Organization", "id": organization,
            "identifier": [{"system": "https://health.gov.bc.ca/fhir/NamingSystem/ca-bc-msp-facility-id", "value": panel.facility}],
            "name": panel.clinic, "address": [{"postalCode": panel.postal}]}}),
    ];
    for (patient, id) in patients.iter().zip(&ids) {
        entries.push(json!({"fullUrl": urn(id), "resource": {
            "resourceType": "Patient", "id": id,
            "identifier": [{"system": "https://fhir.infoway-inforoute.ca/NamingSystem/ca-bc-patient-healthcare-id", "value": patient.phn}],
            "name": [{"family": patient.family, "given": [patient.given]}], "birthDate": patient.birth}}));
    }
    json!({"resourceType": "Bundle", "id": id(), "type": "message", "timestamp": "2026-11-22T09:00:00-08:00", "entry": entries})
}

/// New bits for ids; unique within the run is all that is asked of them.
fn rand() -> u128 {
    use std::hash::{BuildHasher as _, RandomState};
    let word = || u128::from(RandomState::new().hash_one(std::time::Instant::now()));
    word() << 64 | word()
}
