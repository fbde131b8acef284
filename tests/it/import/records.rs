//! What the lines of a file become, seen through messages and in the tables.

use serde_json::{Value, json};

use super::Registry;
use super::lines::{PHN, clinic, ndjson, patient, provider, role};
use crate::cluster::Database;
use crate::message::{ADD, PANELS, Panel, Patient, QUERY, message};
use crate::server::{Server, Setup};

const ASTER: Panel = Panel {
    msp: "90301",
    given: "Aster",
    family: "Newcombe",
    facility: "F0301",
    clinic: "Thistledown Clinic",
    postal: "V0X 9Y1",
};

const WILLOW: Patient =
    Patient { phn: PHN[0], given: "Willow", family: "Arrivalson", birth: "1984-04-12" };

/// A server on the registry's database; its clock stands on a day that the cast knows.
async fn serve(registry: &Registry) -> Server {
    let Database { name, url } = &registry.database;
    let database = Some(Database { name: name.clone(), url: url.clone() });
    Server::with(Setup { fixed: true, database, ..Setup::default() }).await
}

/// One PLR and one PAS with Aster at Thistledown, and Willow.
fn load_aster(registry: &Registry, plr_clinic: &Value) {
    let aster = provider(ASTER.msp, ASTER.given, ASTER.family);
    let thistledown = clinic(ASTER.facility, ASTER.clinic, ASTER.postal);
    registry.file("plr", ndjson(&[aster.clone(), plr_clinic.clone()]));
    registry.load("plr plr");
    // The role may stand before the two that it joins.
    registry.file("pas", ndjson(&[role(ASTER.msp, ASTER.facility), aster, thistledown]));
    registry.load("pas pas");
    registry.file("people", ndjson(&[patient(WILLOW.phn, WILLOW.given, WILLOW.family)]));
    registry.load("client-registry people");
}

async fn codes(server: &Server, event: &str, panel: Panel, patient: Patient) -> Vec<String> {
    let answer = server.post(&message(event, panel, &[patient])).await;
    answer.codes().into_iter().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_opens_a_panel_for_a_provider_new_to_a_running_server() {
    let registry = Registry::new("panels").await;
    let server = serve(&registry).await;
    let refused = codes(&server, ADD, ASTER, WILLOW).await;
    assert!(refused.contains(&"provider-in-pas".to_owned()), "{refused:?}");
    load_aster(&registry, &clinic(ASTER.facility, ASTER.clinic, ASTER.postal));
    let answer = server.post(&message(ADD, ASTER, &[WILLOW])).await;
    assert_eq!((answer.response(), answer.statuses()), ("ok", vec!["confirmed"]));
    let shown = registry.home.run("panel --practitioner 90301 --facility F0301 --format csv");
    assert!(shown.stdout.contains("Arrivalson,Willow,confirmed"), "{shown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panel_stays_and_its_people_with_it_when_the_role_is_imported_as_ended() {
    let registry = Registry::new("ended-role").await;
    load_aster(&registry, &clinic(ASTER.facility, ASTER.clinic, ASTER.postal));
    let mut ended = role(ASTER.msp, ASTER.facility);
    ended["period"] = json!({"end": "2026-11-21"});
    registry.file("role", ndjson(&[ended]));
    let report = registry.load("pas role");
    assert!(
        report.contains("1 records new or changed"),
        "found by identifiers of before: {report}"
    );
    assert_eq!(registry.database.count("SELECT count(*) FROM panel.panel").await, 1);
    let server = serve(&registry).await;
    assert_eq!(codes(&server, ADD, ASTER, WILLOW).await, ["provider-at-clinic"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn aliases_legal_names_and_addresses_of_contacts_count_like_the_clinics_own() {
    const PROVINCE: &str = "http://hlth.gov.bc.ca/fhir/provider/StructureDefinition/";
    let extension = |name: &str, value: Value| {
        let mut extension = value;
        extension["url"] = json!(format!("{PROVINCE}{name}"));
        extension
    };
    let plain = clinic(ASTER.facility, "Burrdown Clinic", "V0X 9Y9");
    let mut aliased = plain.clone();
    aliased["alias"] = json!(["Burrs", ASTER.clinic]);
    let mut legal = plain.clone();
    let name = json!({"url": "clinicLegalName", "valueString": ASTER.clinic});
    let names =
        extension("bc-organization-clinic-legal-name-extension", json!({"extension": [name]}));
    legal["extension"] = json!([extension(
        "bc-organization-primary-care-clinic-extension",
        json!({"extension": [names]})
    )]);
    let contact = json!([{"address": {"postalCode": ASTER.postal}}]);
    let cases = [
        (plain, vec!["clinic-name", "clinic-postal-code"]),
        (aliased.clone(), vec!["clinic-postal-code"]),
        (legal.clone(), vec!["clinic-postal-code"]),
        (aliased, vec!["processed"]),
        (legal, vec!["already-on-panel", "processed"]),
    ];
    let registry = Registry::new("clinics").await;
    let server = serve(&registry).await;
    for (n, (mut plr_clinic, expected)) in cases.into_iter().enumerate() {
        if n >= 3 {
            plr_clinic["contact"] = contact.clone();
        }
        load_aster(&registry, &plr_clinic);
        let mut told = codes(&server, ADD, ASTER, WILLOW).await;
        told.sort();
        assert_eq!(told, expected, "case {n}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cast_as_imported_fails_the_rules_it_was_made_for() {
    let registry = Registry::new("rules").await;
    registry.load_cast();
    let server = serve(&registry).await;
    let panel = |msp, given, family| Panel { msp, given, family, ..PANELS[0] };
    let person = |phn, given, family, birth| Patient { phn, given, family, birth };
    let juniper = PANELS[0];
    let marigold = crate::message::PATIENTS[0];
    let ember = person("9876500233", "Ember", "Nowadays", "1986-08-05");
    let cases = [
        // Licence ended.
        (panel("90104", "Quentin", "Lapsely"), marigold, vec!["provider-in-plr"]),
        // A name that has ended, and the one that has not.
        (Panel { family: "Pastwick", ..PANELS[5] }, marigold, vec!["provider-family"]),
        (juniper, Patient { family: "Formerly", ..ember }, vec!["patient-family"]),
        (juniper, ember, vec!["processed"]),
        // An address that has ended.
        (Panel { postal: "V0X 9Z4", ..PANELS[4] }, marigold, vec!["clinic-postal-code"]),
        // Masked as a whole, and element by element.
        (juniper, person("9876500416", "Any", "Body", "1990-01-01"), vec!["patient-not-masked"]),
        (juniper, person("9876500423", "Any", "Body", "1990-01-01"), vec!["patient-not-masked"]),
        // Merged, by the number that lives on, and by the one that does not.
        (juniper, person("9876500383", "Pepper", "Mergeson", "1993-09-19"), vec!["processed"]),
        (
            juniper,
            person("9876500409", "Pepper", "Mergeson", "1993-09-19"),
            vec!["patient-phn-current"],
        ),
        // Deceased, by a flag and by a date.
        (
            juniper,
            person("9876500369", "Thistle", "Lastleaf", "1938-02-03"),
            vec!["patient-not-deceased"],
        ),
        (
            juniper,
            person("9876500376", "Bramble", "Restwell", "1945-06-15"),
            vec!["patient-not-deceased"],
        ),
        // Retired.
        (
            juniper,
            person("9876500448", "Lichen", "Dormantly", "1975-11-11"),
            vec!["patient-in-client-registry"],
        ),
    ];
    for (panel, patient, expected) in cases {
        assert_eq!(codes(&server, ADD, panel, patient).await, expected, "{patient:?} {panel:?}");
    }
    assert_eq!(codes(&server, QUERY, juniper, marigold).await, ["processed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_masked_person_nothing_is_kept_and_of_the_dead_the_day_when_it_is_known() {
    let registry = Registry::new("kept").await;
    let masked = json!([{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}]);
    let mut hidden = patient(PHN[0], "Willow", "Hiddenson");
    hidden["name"][0]["_given"] = json!([{"extension": masked}]);
    let mut to_the_day = patient(PHN[1], "Sedge", "Goneby");
    to_the_day["deceasedDateTime"] = json!("2026-05-04T23:30:00-07:00");
    let mut to_the_year = patient(PHN[2], "Thyme", "Longgone");
    to_the_year["deceasedDateTime"] = json!("2026");
    registry.file("people", ndjson(&[hidden, to_the_day, to_the_year]));
    registry.load("client-registry people");
    let count = async |sql| registry.database.count(sql).await;
    let nothing = "SELECT count(*) FROM client_registry.patient
                    WHERE masked AND names = '[]' AND birth_date IS NULL AND NOT deceased";
    assert_eq!(count(nothing).await, 1);
    let day = "SELECT count(*) FROM client_registry.patient WHERE deceased AND deceased_on = '2026-05-04'";
    assert_eq!(count(day).await, 1);
    let year =
        "SELECT count(*) FROM client_registry.patient WHERE deceased AND deceased_on IS NULL";
    assert_eq!(count(year).await, 1);
}
