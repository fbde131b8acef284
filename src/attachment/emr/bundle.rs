//! A Bundle of Patients, as an EMR exports or finds them.

use chrono::NaiveDate;

use crate::fhir::{Element, Json};
use crate::message::{Naming, Phn};

use super::{EmrFault, EmrList, EmrName, EmrPatient, Numbering, Unreadable, filled};

/// Reads a Bundle of the type collection or searchset. Its entries are numbered from 1.
///
/// # Errors
/// When it is no such Bundle, or one page of several.
pub fn read_bundle(json: &Json<'_>, naming: &Naming) -> Result<EmrList, Unreadable> {
    let bundle = Element::root(json, "Bundle");
    let unreadable = |why: &str| Err(Unreadable(why.to_owned()));
    if bundle.resource_type() != Some("Bundle") {
        return unreadable("Send a Bundle of Patients.");
    }
    if !matches!(text(bundle.field("type")), Some("collection" | "searchset")) {
        return unreadable("Bundle.type is collection or searchset.");
    }
    let Ok(links) = bundle.field("link").items() else {
        return unreadable("Bundle.link is an array.");
    };
    if links.iter().any(|link| text(link.field("relation")) == Some("next")) {
        return unreadable(
            "Bundle.link: this is one page of several. Whoever is on the others would seem to be missing.",
        );
    }
    let Ok(entries) = bundle.field("entry").items() else {
        return unreadable("Bundle.entry is an array.");
    };
    let mut list =
        EmrList { numbering: Numbering::Entries, patients: Vec::new(), faults: Vec::new() };
    for (line, entry) in (1..).zip(entries) {
        let resource = entry.field("resource");
        match resource.resource_type() {
            Some("Patient") => match patient(line, resource, naming, &mut list.faults) {
                Ok(patient) => list.patients.push(patient),
                Err(why) => list.faults.push(EmrFault { line, why }),
            },
            // What a search has to say about itself.
            Some("OperationOutcome") => {}
            _ => list.faults.push(EmrFault { line, why: "This is no Patient." }),
        }
    }
    Ok(list)
}

fn patient(
    line: u32,
    resource: Element<'_>,
    naming: &Naming,
    faults: &mut Vec<EmrFault>,
) -> Result<EmrPatient, &'static str> {
    if resource.field("modifierExtension").exists() {
        return Err("A modifier extension is not understood.");
    }
    if resource.field("active").boolean() == Ok(Some(false)) {
        return Err("The record is not active.");
    }
    let phn = number(resource, naming)?;
    let Ok(names) = resource.field("name").items() else { return Err("Patient.name is an array.") };
    let current = names.into_iter().filter(|name| text(name.field("use")) != Some("old"));
    let name = |name: Element<'_>| {
        let given = name.field("given").items().unwrap_or_default();
        EmrName {
            family: text(name.field("family")).map(str::to_owned),
            given: given.into_iter().filter_map(text).map(str::to_owned).collect(),
        }
    };
    let told = |name: &EmrName| name.family.is_some() || !name.given.is_empty();
    let names = current.map(name).filter(told).collect();
    let birth = text(resource.field("birthDate"));
    let birth_date =
        birth.filter(|text| text.len() == 10).and_then(|text| text.parse::<NaiveDate>().ok());
    if birth.is_some() && birth_date.is_none() {
        faults.push(EmrFault { line, why: "The birth date is not YYYY-MM-DD." });
    }
    Ok(EmrPatient { line, phn, names, birth_date })
}

/// The one number of an accepted system, as it is written; nothing where there is none.
fn number(resource: Element<'_>, naming: &Naming) -> Result<String, &'static str> {
    let Ok(identifiers) = resource.field("identifier").items() else {
        return Err("Patient.identifier is an array.");
    };
    let accepted = |id: &&Element<'_>| {
        let system = text(id.field("system"));
        text(id.field("use")) != Some("old")
            && system.is_some_and(|system| Naming::accepts(&naming.phn, system))
    };
    let mut found: Option<&str> = None;
    for id in identifiers.iter().filter(accepted) {
        let Some(value) = text(id.field("value")) else { continue };
        let same =
            |other: &str| other == value || plain(other).is_some_and(|p| plain(value) == Some(p));
        if found.is_some_and(|other| !same(other)) {
            return Err("There are two different personal health numbers.");
        }
        found = Some(value);
    }
    Ok(found.unwrap_or_default().to_owned())
}

/// The digits alone, so that spaces make no other number.
fn plain(text: &str) -> Option<Phn> {
    Phn::parse(text, false).ok()
}

fn text(element: Element<'_>) -> Option<&str> {
    element.text().ok().flatten().and_then(filled)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::fhir::{JsonLimits, decode};

    const PHN: &str = "https://fhir.infoway-inforoute.ca/NamingSystem/ca-bc-patient-healthcare-id";

    fn read(bundle: &Value) -> Result<EmrList, String> {
        let text = bundle.to_string();
        let json = decode(text.as_bytes(), &JsonLimits::default()).unwrap();
        read_bundle(&json, &Naming::default()).map_err(|why| why.to_string())
    }

    fn of(resources: &[Value]) -> Value {
        let entries: Vec<Value> =
            resources.iter().map(|resource| json!({"resource": resource})).collect();
        json!({"resourceType": "Bundle", "type": "collection", "entry": entries})
    }

    fn patient() -> Value {
        json!({"resourceType": "Patient", "identifier": [{"system": "urn:chart", "value": "17"}, {"system": PHN, "value": "9876 500 011"}],
               "name": [{"use": "old", "family": "Before"}, {"family": "Exampleton", "given": ["Mari", "Gold"]}], "birthDate": "1984-04-12"})
    }

    #[test]
    fn a_patient_is_read_as_a_message_reads_them() {
        let list = read(&of(&[patient()])).unwrap();
        let name = EmrName {
            family: Some("Exampleton".into()),
            given: vec!["Mari".into(), "Gold".into()],
        };
        let expected = EmrPatient {
            line: 1,
            phn: "9876 500 011".into(),
            names: vec![name],
            birth_date: NaiveDate::from_ymd_opt(1984, 4, 12),
        };
        assert_eq!((list.patients, list.faults), (vec![expected], vec![]));
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_entry() {
        let with = |key: &str, value: Value| {
            let mut patient = patient();
            patient[key] = value;
            patient
        };
        let two =
            json!([{"system": PHN, "value": "9876500011"}, {"system": PHN, "value": "9876500029"}]);
        let all = [
            json!({"resourceType": "OperationOutcome"}),
            json!({"resourceType": "Observation"}),
            with("active", json!(false)),
            with("identifier", two),
            with("birthDate", json!("1984")),
            with("modifierExtension", json!([{"url": "urn:x"}])),
            with("identifier", json!([])),
        ];
        let list = read(&of(&all)).unwrap();
        let lines: Vec<u32> = list.faults.iter().map(|fault| fault.line).collect();
        assert_eq!(lines, [2, 3, 4, 5, 6]);
        let read: Vec<(u32, &str)> =
            list.patients.iter().map(|one| (one.line, one.phn.as_str())).collect();
        assert_eq!(read, [(5, "9876 500 011"), (7, "")]);
    }

    #[test]
    fn a_page_of_several_and_other_bundles_are_refused() {
        let mut page = of(&[patient()]);
        page["link"] = json!([{"relation": "next", "url": "https://emr.example/2"}]);
        assert!(read(&page).unwrap_err().contains("one page of several"));
        let mut message = of(&[]);
        message["type"] = "message".into();
        assert_eq!(read(&message).unwrap_err(), "Bundle.type is collection or searchset.");
        assert_eq!(read(&patient()).unwrap_err(), "Send a Bundle of Patients.");
    }
}
