//! Lines that cannot be taken.

use serde_json::json;

use super::lines::{PHN, clinic, ndjson, patient, provider, role};
use super::{Registry, named};
use crate::sandbox::program::everything;

/// A file in which most lines cannot be taken, and what is said of each.
struct Bad {
    into: &'static str,
    file: &'static str,
    lines: Vec<u8>,
    told: Vec<&'static str>,
    good: u64,
}

fn people() -> Bad {
    let mut dated = patient(PHN[1], "Sedge", "Baddate");
    dated["birthDate"] = json!("1984-13-01");
    let lines = [
        patient(PHN[0], "Willow", "Goodline").to_string(),
        "  ".into(),
        r#"{"resourceType":"Patient","name":[{"family":"Halfline""#.into(),
        provider("90301", "Aster", "Wrongplace").to_string(),
        r#"{"resourceType":"Patient","name":[{"family":"Numberless"}]}"#.into(),
        patient("8876500011", "Reed", "Badnumber").to_string(),
        patient("Badnumber", "Reed", "Badnumber").to_string(),
        patient(PHN[0], "Twain", "Twotimes").to_string(),
        r#"{"resourceType":"Patient","Badkey":{"9000000018":1,"9000000018":2}}"#.into(),
        r#"{"resourceType":"Patient","Badkey":"Badstring\u0000"}"#.into(),
        dated.to_string(),
        format!("{}\"Toodeep\"{}", "[".repeat(70), "]".repeat(70)),
        patient(PHN[2], "Thyme", "Lastline").to_string(),
    ];
    let mut lines = lines.join("\n").into_bytes();
    lines.extend(b"\n{\"resourceType\":\"Patient\",\"id\":\"M\xFCsli\"}");
    let told = vec![
        "people.ndjson:3: not JSON: EOF while parsing an object at column 54",
        "people.ndjson:4: resourceType must be Patient",
        "people.ndjson:5: an identifier with system and value is missing",
        "people.ndjson:6: Patient.identifier must be a PHN of ten digits starting with 9",
        "people.ndjson:7: Patient.identifier must be a PHN of ten digits starting with 9",
        "people.ndjson:8: the same record as line 1",
        "people.ndjson:9: an object has the same key twice",
        "people.ndjson:10: a string holds U+0000",
        "people.ndjson:11: Patient.birthDate must be a date",
        "people.ndjson:12: nested deeper than 64 levels",
        "people.ndjson:14: not UTF-8 after 33 bytes",
    ];
    Bad { into: "client-registry", file: "people.ndjson", lines, told, good: 2 }
}

fn places() -> Bad {
    let lines = ndjson(&[
        provider("90301", "Aster", "Goodline"),
        clinic("F0301", "Thistledown Clinic", "V0X 9Y1"),
        role("90301", "F0301"),
        patient(PHN[0], "Willow", "Wrongplace"),
        json!({"resourceType": "Practitioner", "id": "p", "name": [{"family": "Numberless"}]}),
        role("90309", "F0301"),
        role("90301", "F0309"),
        json!({"resourceType": "PractitionerRole", "practitioner": {"display": "Goodline"}}),
        provider("90301", "Aster", "Twotimes"),
    ]);
    let told = vec![
        "places.ndjson:4: resourceType must be Practitioner, Organization or PractitionerRole",
        "places.ndjson:5: an identifier with system and value is missing",
        "places.ndjson:6: practitioner.identifier names nobody whom this registry holds",
        "places.ndjson:7: organization.identifier names nobody whom this registry holds",
        "places.ndjson:8: practitioner.identifier (system and value) is missing",
        "places.ndjson:9: the same record as line 1",
    ];
    Bad { into: "pas", file: "places.ndjson", lines: lines.into(), told, good: 3 }
}

/// No name and no number of the bad files.
fn quotes_nobody(text: &str) {
    let names = "Goodline Halfline Wrongplace Numberless Bad Twotimes Toodeep Lastline sli Willow \
                 Aster Reed Twain Sedge Thyme Thistle 8876500011 9030 F030";
    for name in names.split_whitespace().chain(PHN) {
        assert!(!text.contains(name), "{name} in {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_bad_lines_has_every_one_named_and_nothing_loaded() {
    let registry = Registry::new("bad").await;
    let before = everything(&registry.database.url).await;
    for Bad { into, file, lines, told, .. } in [people(), places()] {
        registry.file(file, lines);
        let done = registry.import(&format!("{into} {file}"));
        assert_eq!((done.status.code(), done.stdout.as_str()), (Some(1), ""), "{done:?}");
        assert_eq!(named(&done.stderr), told);
        let rest = format!("{file}: nothing was loaded: {} lines cannot be taken", told.len());
        assert_eq!(done.stderr.lines().last(), Some(rest.as_str()));
        quotes_nobody(&done.stderr);
    }
    assert_eq!(everything(&registry.database.url).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_skip_invalid_the_good_lines_are_loaded_and_the_bad_ones_still_named() {
    let registry = Registry::new("skip").await;
    for Bad { into, file, lines, told, good } in [people(), places()] {
        registry.file(file, lines);
        let done = registry.import(&format!("{into} --skip-invalid {file}"));
        assert_eq!(done.status.code(), Some(0), "{done:?}");
        assert_eq!(named(&done.stderr), told);
        let rest = format!("{file}: {good} records new or changed, {} lines left out", told.len());
        assert_eq!(done.stderr.lines().last(), Some(rest.as_str()));
        quotes_nobody(&done.stderr);
    }
    let first =
        "SELECT count(*) FROM client_registry.patient WHERE names->0->>'family' = 'Goodline'";
    assert_eq!(registry.database.count(first).await, 1, "of two lines the first counts");
    assert_eq!(registry.patients().await, 2);
    assert_eq!(registry.database.count("SELECT count(*) FROM panel.panel").await, 1);
}

/// There rows go another way in: through staging tables.
#[tokio::test(flavor = "multi_thread")]
async fn where_people_are_there_already_the_same_lines_are_named() {
    let registry = Registry::new("bad-again").await;
    registry.file("first", ndjson(&[patient(PHN[0], "Willow", "Firstling")]));
    registry.load("client-registry first");
    let before = everything(&registry.database.url).await;
    let Bad { into, file, lines, told, good } = people();
    registry.file(file, lines);
    let done = registry.import(&format!("{into} {file}"));
    assert_eq!((done.status.code(), named(&done.stderr)), (Some(1), told.clone()));
    assert_eq!(everything(&registry.database.url).await, before);
    let done = registry.import(&format!("{into} --skip-invalid {file}"));
    assert_eq!((done.status.code(), named(&done.stderr)), (Some(0), told.clone()));
    let rest = format!("{file}: {good} records new or changed, {} lines left out", told.len());
    assert_eq!(done.stderr.lines().last(), Some(rest.as_str()));
    assert_eq!(registry.patients().await, 2);
    quotes_nobody(&done.stderr);
}
