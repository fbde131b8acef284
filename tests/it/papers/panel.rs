//! A provider's whole panel as FHIR.

use std::collections::BTreeSet;

use super::*;
use crate::house::decodes_as_r4;
use crate::message::{PANELS, Panel, message};
use crate::server::Server;

const MSP: &str = "https://health.gov.bc.ca/fhir/NamingSystem/ca-bc-ministry-practitioner-id";
const FACILITY: &str = "https://health.gov.bc.ca/fhir/NamingSystem/ca-bc-msp-facility-id";
const SYSTEM: &str = "system/Group.read system/Group.write";

/// Where a panel is asked for.
fn place(panel: Panel) -> String {
    format!(
        "/Group?managing-entity:identifier={MSP}%7C{}&facility={FACILITY}%7C{}",
        panel.msp, panel.facility
    )
}

impl Province {
    async fn search(&self, token: &str, path: &str) -> Answer {
        let ask = self.guarded.server.request(path).method("GET");
        self.guarded.server.send(ask.header("authorization", &format!("Bearer {token}"))).await
    }
}

/// The members of a page: PHN and status each.
fn members(page: &Answer) -> Vec<(String, String)> {
    assert_eq!(page.status, 200, "{:?}", page.json);
    let all = page.json["entry"][0]["resource"]["member"].as_array().cloned().unwrap_or_default();
    all.iter()
        .map(|one| {
            let status = text(&one["extension"][0]["valueCoding"]["code"]);
            (text(&one["entity"]["identifier"]["value"]), status)
        })
        .collect()
}

/// Where more is, as a path.
fn next(page: &Answer) -> Option<String> {
    let links = page.json["link"].as_array().expect("links").iter();
    let mut next = links.filter(|link| link["relation"] == "next");
    next.next().map(|link| text(&link["url"]).replace("https://pas.example", ""))
}

fn standing(phn: &str, status: &str) -> (String, String) {
    (phn.to_owned(), status.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panel_is_one_group_with_everybody_who_is_on_it() {
    let province = Province::start("group").await;
    province.emr(ADD, &PATIENTS[..1]).await;
    province.emr(ADD, &PATIENTS[1..3]).await;
    province.emr(REMOVE, &PATIENTS[2..3]).await;
    province.emr_of(ADD, 1, &PATIENTS[1..2]).await;
    let lantern = province.guarded.token("emr-lantern", "emr-lantern", SYSTEM);
    for base in ["", "/fhir"] {
        let path = format!("{base}{}", place(PANELS[0]));
        let page = province.search(&lantern, &path).await;
        let expected =
            [standing(PATIENTS[0].phn, "confirmed"), standing(PATIENTS[1].phn, "not-mrp")];
        assert_eq!(members(&page), expected);
        assert_eq!(page.header("cache-control"), "no-store");
        assert!(page.header("content-type").starts_with("application/fhir+json"));
        let json = String::from_utf8_lossy(&page.bytes).into_owned();
        assert_eq!(decodes_as_r4(&json), Ok(()));
        let group = &page.json["entry"][0]["resource"];
        assert_eq!(page.json["total"], 1);
        assert_eq!(group["managingEntity"]["identifier"]["value"], PANELS[0].msp);
        assert_eq!(
            (&group["member"][0]["inactive"], &group["member"][1]["inactive"]),
            (&json!(false), &json!(true))
        );
        assert!(group["member"][0]["period"]["start"].is_string());
        assert!(group["member"][1]["period"]["end"].is_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_happened_since_is_asked_for_alone_and_tells_of_those_who_were_removed() {
    let province = Province::start("group-since").await;
    province.emr(ADD, &PATIENTS[..2]).await;
    let lantern = province.guarded.token("emr-lantern", "emr-lantern", SYSTEM);
    let path = place(PANELS[0]);
    let first = province.search(&lantern, &path).await;
    let since = text(&first.json["meta"]["lastUpdated"]);
    for parameter in [format!("_since={since}"), format!("_lastUpdated=ge{since}")] {
        let page = province.search(&lantern, &format!("{path}&{parameter}")).await;
        assert_eq!(members(&page), [], "nothing has happened");
    }
    province.emr(REMOVE, &PATIENTS[1..2]).await;
    province.emr(ADD, &PATIENTS[3..4]).await;
    let expected = [standing(PATIENTS[1].phn, "removed"), standing(PATIENTS[3].phn, "confirmed")];
    for parameter in [format!("_since={since}"), format!("_lastUpdated=ge{since}")] {
        let page = province.search(&lantern, &format!("{path}&{parameter}")).await;
        assert_eq!(members(&page), expected, "{parameter}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_send_messages_for_the_provider_may_ask_and_it_is_recorded() {
    let province = Province::start("group-rights").await;
    province.emr(ADD, &PATIENTS[..1]).await;
    let token = |client, subject, scope| province.guarded.token(client, subject, scope);
    let read = "system/Group.read";
    for (token, status, codes) in [
        (token("emr-lantern", "emr-lantern", read), 200, vec![]),
        (token("emr-lantern", JUNIPER, USER), 200, vec![]),
        (token("emr-lantern", DAHLIA, USER), 200, vec![]),
        (token("emr-lantern", "emr-lantern", "system/Group.write"), 403, vec!["scope-missing"]),
        (token("emr-otter", "emr-otter", read), 403, vec!["forbidden"]),
        (token("emr-otter", JUNIPER, USER), 403, vec!["forbidden"]),
        (token("emr-lantern", BARNABY, USER), 403, vec!["forbidden"]),
        (token("emr-lantern", COSMO, USER), 403, vec!["forbidden"]),
        ("none".to_owned(), 401, vec!["token-invalid"]),
    ] {
        let page = province.search(&token, &place(PANELS[0])).await;
        assert_eq!((page.status, page.codes()), (status, codes));
    }
    let seen = format!(
        "SELECT count(*) FROM audit.event WHERE event = 'get-panel' AND outcome = 'ok' AND patients = '{{{}}}'
         AND on_behalf_of = '{{{MSP}|90101}}' AND facility = '{{{FACILITY}|F0101}}'",
        PATIENTS[0].phn
    );
    assert_eq!(province.count(seen.leak()).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_without_a_panel_there_has_no_group() {
    let province = Province::start("group-none").await;
    let lantern = province.guarded.token("emr-lantern", "emr-lantern", SYSTEM);
    let elsewhere = Panel { facility: "F0103", ..PANELS[0] };
    let page = province.search(&lantern, &place(elsewhere)).await;
    assert_eq!((page.status, &page.json["total"]), (200, &json!(0)));
    assert!(page.json.get("entry").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_cannot_be_read_is_told_what_it_lacks() {
    let server = Server::start().await;
    let whole = place(PANELS[0]);
    for (path, status, code) in [
        ("/Group".to_owned(), 400, "element-missing"),
        (format!("/Group?managing-entity:identifier={MSP}%7C90101"), 400, "element-missing"),
        (whole.replace(MSP, "urn:other"), 400, "identifier-not-accepted"),
        (format!("{whole}&_count=many"), 400, "element-invalid"),
        (format!("{whole}&_since=yesterday"), 400, "element-invalid"),
        (format!("{whole}&_lastUpdated=lt2026-01-01T00:00:00Z"), 400, "element-invalid"),
        (format!("{whole}&page=9876500011"), 400, "element-invalid"),
        (format!("{whole}&_format=xml"), 406, "not-acceptable"),
    ] {
        let answer = server.send(server.request(&path).method("GET")).await;
        assert_eq!((answer.status, answer.codes()), (status, vec![code]), "{path}");
    }
    let posted = server.send(server.request("/Group")).await;
    assert_eq!((posted.status, posted.codes()), (405, vec!["method-not-allowed"]));
}

/// People of an invented province, put into the Client Registry.
async fn people(server: &Server, count: u64) -> Vec<Patient> {
    use pas::province::{Person, Plan, Province};
    let plan = Plan { seed: 5, people: count * 2, providers: 1, clinics: 1 };
    let invented = Province::new(plan).expect("a plan");
    let home = crate::sandbox::program::Home::with_database(
        &format!("papers-{count}"),
        &server.database.url,
    );
    let folder = home.folder.join("province");
    std::fs::create_dir_all(&folder).expect("a folder");
    let words = format!(
        "generate --people {} --providers 1 --clinics 1 --seed 5 --registry client-registry --out -",
        count * 2
    );
    let done = crate::sandbox::program::finish(home.command(&words), std::process::Stdio::null());
    assert!(done.status.success(), "{done:?}");
    std::fs::write(folder.join("people.ndjson"), &done.stdout).expect("a file");
    let told = home.run("import --into client-registry province/people.ndjson");
    assert!(told.status.success(), "{told:?}");
    let fit = (0..count * 2).map(|n| invented.person(n)).filter(Person::fit);
    fit.take(usize::try_from(count).expect("few"))
        .map(|person| Patient {
            phn: person.phn.clone().leak(),
            given: person.given_joined().leak(),
            family: person.family.clone().leak(),
            birth: person.birth_date.to_string().leak(),
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_members_are_one_answer() {
    let server = Server::start().await;
    let people = people(&server, 2_000).await;
    let added = server.post(&message(ADD, PANELS[0], &people)).await;
    assert_eq!(added.response(), "ok", "{:?}", added.codes());
    let path = format!("{}&_count=5000", place(PANELS[0]));
    let page = server.send(server.request(&path).method("GET")).await;
    let found: BTreeSet<String> = members(&page).into_iter().map(|(phn, _)| phn).collect();
    assert_eq!(found, people.iter().map(|one| one.phn.to_owned()).collect());
    assert_eq!(next(&page), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_neither_lose_nor_repeat_anybody_while_adds_go_on() {
    let server = Server::start().await;
    let people = people(&server, 120).await;
    let (before, during) = people.split_at(60);
    assert_eq!(server.post(&message(ADD, PANELS[0], before)).await.response(), "ok");
    let mut adds = during.iter();
    let mut path = format!("{}&_count=7", place(PANELS[0]));
    let mut seen = Vec::new();
    loop {
        let page = server.send(server.request(&path).method("GET")).await;
        let found = members(&page);
        assert!((1..=7).contains(&found.len()) || next(&page).is_none(), "{}", found.len());
        seen.extend(found.into_iter().map(|(phn, _)| phn));
        let Some(more) = next(&page) else { break };
        assert!(people.iter().all(|one| !more.contains(one.phn)), "no number of a person: {more}");
        path = more;
        // Somebody comes, somebody goes and comes back, and somebody is another provider's now.
        for one in adds.by_ref().take(3) {
            let body = message(ADD, PANELS[0], std::slice::from_ref(one));
            assert_eq!(server.post(&body).await.response(), "ok");
        }
        for event in [REMOVE, ADD] {
            let body = message(event, PANELS[0], &before[5..6]);
            assert_eq!(server.post(&body).await.response(), "ok");
        }
        assert_eq!(server.post(&message(ADD, PANELS[1], &before[50..51])).await.response(), "ok");
    }
    let distinct: BTreeSet<&String> = seen.iter().collect();
    assert_eq!(distinct.len(), seen.len(), "nobody twice");
    for one in before {
        assert!(distinct.contains(&one.phn.to_owned()), "everybody who was there");
    }
}
