//! Lines of registries, of people and places who do not exist.

use serde_json::{Value, json};

const PHN_SYSTEM: &str =
    "https://fhir.infoway-inforoute.ca/NamingSystem/ca-bc-patient-healthcare-id";
const PROVIDER: &str = "https://health.gov.bc.ca/fhir/NamingSystem/ca-bc-ministry-practitioner-id";
const FACILITY: &str = "https://health.gov.bc.ca/fhir/NamingSystem/ca-bc-msp-facility-id";

/// Numbers with a valid check digit that nobody of the cast has.
pub const PHN: [&str; 3] = ["9000000018", "9000000025", "9000000032"];

pub fn patient(phn: &str, given: &str, family: &str) -> Value {
    json!({"resourceType": "Patient", "identifier": [{"system": PHN_SYSTEM, "value": phn}],
           "name": [{"family": family, "given": [given]}], "birthDate": "1984-04-12"})
}

pub fn provider(msp: &str, given: &str, family: &str) -> Value {
    json!({"resourceType": "Practitioner", "identifier": [{"system": PROVIDER, "value": msp}],
           "name": [{"family": family, "given": [given]}]})
}

pub fn clinic(facility: &str, name: &str, postal: &str) -> Value {
    json!({"resourceType": "Organization", "identifier": [{"system": FACILITY, "value": facility}],
           "name": name, "address": [{"postalCode": postal}]})
}

pub fn role(msp: &str, facility: &str) -> Value {
    json!({"resourceType": "PractitionerRole",
           "practitioner": {"identifier": {"system": PROVIDER, "value": msp}},
           "organization": {"identifier": {"system": FACILITY, "value": facility}}})
}

/// One resource a line.
pub fn ndjson(resources: &[Value]) -> String {
    resources.iter().map(|resource| format!("{resource}\n")).collect()
}

/// Every PHN with a valid check digit from 9 000 000 01x on; about every sixth body has none.
pub fn phns() -> impl Iterator<Item = String> {
    (1_u32..99_999_999).filter_map(|body| {
        let body = format!("{body:08}");
        let digits = body.bytes().map(|byte| u32::from(byte - b'0'));
        let sum: u32 = digits.zip([2, 4, 8, 5, 10, 9, 7, 3]).map(|(d, weight)| d * weight).sum();
        let check = 11 - sum % 11;
        (check < 10).then(|| format!("9{body}{check}"))
    })
}

#[test]
fn the_generated_numbers_are_valid() {
    use pas::message::Phn;
    assert!(phns().take(1_000).all(|phn| Phn::parse(&phn, true).is_ok()));
    assert!(PHN.iter().all(|phn| Phn::parse(phn, true).is_ok()));
}
