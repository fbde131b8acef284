//! Cleaning up a panel: the EMR's list beside it.

use super::*;

/// The numbers of a list of the answer.
fn phns(answer: &Answer, of: &str) -> Vec<String> {
    let all = answer.json[of].as_array().unwrap_or_else(|| panic!("{of}: {:?}", answer.json));
    all.iter().map(|one| text(&one["phn"])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_answer_tells_everything_that_differs() {
    let province = Province::start("clean-up").await;
    let panel = province.accepted(3).await.panel;
    province.emr(ADD, &PATIENTS[1..4]).await;
    province.emr(REMOVE, &PATIENTS[3..4]).await;
    let mut basil = PATIENTS[1];
    (basil.given, basil.birth) = ("Basilio", "1951-09-03");
    let emr = format!(
        "{}9876500012,Some,Body,1990-01-01\n{}",
        list(&[PATIENTS[0], basil, PATIENTS[3], PATIENTS[4]]),
        row(&PATIENTS[4]),
    );
    let answer = province.compare(JUNIPER, panel, emr).await;
    assert_eq!(answer.status, 200, "{:?}", answer.json);
    let expected = json!({
        "numbering": "lines",
        "inEmr": 4, "inPas": 3, "agreed": 1,
        "onlyInEmr": [{"line": 4, "phn": PATIENTS[3].phn}, {"line": 5, "phn": PATIENTS[4].phn}],
        "onlyInPas": [{"phn": PATIENTS[2].phn, "status": "confirmed"}],
        "notConfirmed": [{"line": 2, "phn": PATIENTS[0].phn, "status": "pending"}],
        "invalid": [{"line": 6, "fault": "check-digit"}],
        "repeated": [{"phn": PATIENTS[4].phn, "lines": [5, 7]}],
        "mismatches": [{"line": 3, "phn": PATIENTS[1].phn, "fields": ["given", "birthDate"]}],
        "unreadable": [],
    });
    assert_eq!(answer.json, expected);
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_up_changes_nothing_and_is_recorded_once_with_whom_the_panel_has() {
    let province = Province::start("clean-up-dry").await;
    let panel = province.panel_of(JUNIPER).await;
    province.emr(ADD, &PATIENTS[..2]).await;
    let state = "SELECT coalesce(sum(version), 0)::bigint + (SELECT count(*) FROM panel.change) + (SELECT count(*) FROM panel.entry) * 1000
                 FROM panel.patient";
    let before = province.count(state).await;
    let answer = province.compare(DAHLIA, panel, list(&PATIENTS[1..5])).await;
    assert_eq!(phns(&answer, "onlyInPas"), [PATIENTS[0].phn]);
    assert_eq!(province.count(state).await, before);
    let recorded = format!(
        "SELECT count(*) FROM audit.event WHERE event = 'clean-up' AND subject = 'dahlia.deskworth'
         AND on_behalf_of = '{{prov-1}}' AND patients = '{{{},{}}}'",
        PATIENTS[0].phn, PATIENTS[1].phn
    );
    assert_eq!(province.count(recorded.leak()).await, 1);
    assert_eq!(
        province.count("SELECT count(*) FROM audit.event WHERE event = 'clean-up'").await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panel_is_compared_for_its_provider_and_their_delegate() {
    let province = Province::start("clean-up-rights").await;
    let panel = province.panel_of(JUNIPER).await;
    let path = format!("/api/panels/{panel}/clean-up");
    let body = list(&PATIENTS[..2]);
    assert_eq!(allowed(&province, "POST", &path, &body).await, [JUNIPER, DAHLIA]);
    let nowhere = province.compare(JUNIPER, 999_999, body).await;
    assert_eq!(nowhere.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_on_the_panel_is_not_found_out() {
    let province = Province::start("clean-up-guess").await;
    let panel = province.panel_of(JUNIPER).await;
    province.emr_of(ADD, 1, &PATIENTS[..1]).await;
    let mut guess = PATIENTS[0];
    guess.family = "Guessington";
    let nobody = Patient { phn: "9876543218", ..guess };
    let answer = province.compare(JUNIPER, panel, list(&[guess, nobody])).await;
    assert_eq!(phns(&answer, "onlyInEmr"), [guess.phn, nobody.phn], "known or not");
    assert_eq!(answer.json["mismatches"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_spellings_of_a_list_are_understood() {
    let province = Province::start("clean-up-odd").await;
    let panel = province.panel_of(JUNIPER).await;
    province.emr(ADD, &PATIENTS[..2]).await;
    let [marigold, basil] = [PATIENTS[0], PATIENTS[1]];
    for odd in [
        "\u{feff}phn;Last Name;First Name;DOB\r\n9876-500-011;EXAMPLETON;marigold;1984/04/12\r\n9876 500 029;Fixturing;Basil;19510930\r\n".to_owned(),
        "\"Surname\",\"Given names\",\"Date of Birth\",\"Personal Health Number\"\r\n\"Exampleton\",\"Marigold\",\"12-Apr-1984\",\"9876500011\"\r\n\r\n\"Fixturing\",\"Basil\",\"1951-09-30\",\"9876500029\"".to_owned(),
        format!("chart,note,{}", list(&[marigold, basil]).replace("\n98765", "\n17,\"a, \"\"b\"\"\nc\",98765")),
        "HCN\n9876500011\n9876500029\n".to_owned(),
    ] {
        let answer = province.compare(JUNIPER, panel, odd.as_str()).await;
        assert_eq!(answer.status, 200, "{odd}: {:?}", answer.json);
        let told = ["onlyInEmr", "onlyInPas", "invalid", "mismatches", "unreadable"];
        assert_eq!(answer.json["agreed"], 2, "{odd}: {:?}", answer.json);
        assert!(told.iter().all(|of| answer.json[of] == json!([])), "{odd}: {:?}", answer.json);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_of_patients_is_compared_as_well() {
    let province = Province::start("clean-up-bundle").await;
    let panel = province.panel_of(JUNIPER).await;
    province.emr(ADD, &PATIENTS[..2]).await;
    let resources = crate::message::message(ADD, crate::message::PANELS[0], &PATIENTS[1..3]);
    let mut patients: Vec<Value> = resources["entry"].as_array().expect("entries")[4..].to_vec();
    patients[0]["resource"]["name"][0]["family"] = "Fixturer".into();
    patients.push(json!({"resource": {"resourceType": "Observation"}}));
    let path = format!("/api/panels/{panel}/clean-up");
    let kind = [("content-type", "application/fhir+json; charset=utf-8")];
    for of in ["collection", "searchset"] {
        let bundle = json!({"resourceType": "Bundle", "type": of, "entry": patients}).to_string();
        let answer = province.paper(JUNIPER, "POST", &path, &kind, bundle).await;
        assert_eq!((answer.status, &answer.json["numbering"]), (200, &json!("entries")));
        assert_eq!(answer.json["onlyInEmr"], json!([{"line": 2, "phn": PATIENTS[2].phn}]));
        assert_eq!(phns(&answer, "onlyInPas"), [PATIENTS[0].phn]);
        assert_eq!(answer.json["mismatches"][0]["fields"], json!(["family"]));
        assert_eq!(answer.json["unreadable"][0]["line"], 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_cannot_be_read_is_refused_with_the_line() {
    let province = Province::start("clean-up-broken").await;
    let panel = province.panel_of(JUNIPER).await;
    let path = format!("/api/panels/{panel}/clean-up");
    let (csv, fhir) = ("text/csv", "application/fhir+json");
    for (kind, body, status, told) in [
        (csv, "", 422, "empty"),
        (csv, "name,dob\nx,y\n", 422, "Line 1: no column is called PHN"),
        (csv, "phn,name\n1,\"x\n2,y\n", 422, "The quote on line 2 is never closed."),
        (fhir, "{\n\"a\": }", 400, "line 2"),
        (fhir, r#"{"resourceType": "Bundle", "type": "message"}"#, 422, "collection or searchset"),
        ("application/json", "[]", 415, "text/csv or application/fhir+json"),
    ] {
        let answer = province.paper(JUNIPER, "POST", &path, &[("content-type", kind)], body).await;
        assert_eq!(answer.status, status, "{body}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let detail = text(&answer.json["detail"]);
        assert!(detail.contains(told), "{detail}");
    }
}

/// Ten digits with the right check digit, of which there is none for some.
pub fn number(n: u32) -> Option<String> {
    let digits = format!("9{n:08}");
    let weights = [2, 4, 8, 5, 10, 9, 7, 3];
    let sum: u32 = digits[1..].bytes().zip(weights).map(|(d, w)| u32::from(d - b'0') * w).sum();
    let check = 11 - sum % 11;
    (check < 10).then(|| format!("{digits}{check}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_thousand_rows_are_one_answer() {
    let province = Province::start("clean-up-many").await;
    let panel = province.panel_of(JUNIPER).await;
    province.emr(ADD, &PATIENTS[..3]).await;
    let all: Vec<String> = (10_000_000..).filter_map(number).take(19_998).collect();
    let rows: String = all.iter().map(|phn| format!("{phn},Some,Body,1990-01-01\n")).collect();
    let emr = format!("{}{rows}", list(&PATIENTS[..2]));
    let answer = province.compare(JUNIPER, panel, emr).await;
    assert_eq!(answer.status, 200, "{:?}", answer.json);
    assert_eq!(phns(&answer, "onlyInEmr"), all);
    assert_eq!(phns(&answer, "onlyInPas"), [PATIENTS[2].phn]);
    assert_eq!((&answer.json["inEmr"], &answer.json["agreed"]), (&json!(20_000), &json!(2)));

    let patient = |phn: &String| {
        json!({"fullUrl": "urn:uuid:0", "resource": {"resourceType": "Patient",
            "identifier": [{"system": "https://fhir.infoway-inforoute.ca/NamingSystem/ca-bc-patient-healthcare-id", "value": phn}],
            "name": [{"family": "Body", "given": ["Some"]}], "birthDate": "1990-01-01"}})
    };
    let entries: Vec<Value> = all.iter().map(patient).collect();
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": entries});
    let kind = [("content-type", "application/fhir+json")];
    let path = format!("/api/panels/{panel}/clean-up");
    let answer = province.paper(JUNIPER, "POST", &path, &kind, bundle.to_string()).await;
    assert_eq!((answer.status, &answer.json["inEmr"]), (200, &json!(19_998)));
}
