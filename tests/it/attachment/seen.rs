//! Who is shown on lists, to whom and for how long; and that it is in the trail.

use super::story::Accepted;
use super::*;
use crate::patients::run;

const NOTHING: [&str; 11] = [
    "phn",
    "name",
    "birthDate",
    "registeredAt",
    "complexity",
    "conditions",
    "healthChanged",
    "community",
    "language",
    "reach",
    "parts",
];

impl Province {
    /// As somebody sees the only list of a panel.
    async fn list_of(&self, who: &str, panel: i64) -> Value {
        let lists = self.get(who, &format!("/api/panels/{panel}/lists")).await;
        lists.json["lists"][0].clone()
    }

    async fn answers(&self, list: &Value, answers: Value) -> Answer {
        let path = format!("/api/lists/{}/answers", text(&list["id"]));
        self.post(JUNIPER, &path, json!({"answers": answers})).await
    }

    async fn rows(&self, sql: &'static str) -> i64 {
        self.guarded.server.database.count(sql).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_left_out_and_why_is_for_coordinators_alone() {
    let province = Province::start("left-out").await;
    let panel = province.room_for(3).await;
    let (first, _) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    let (second, _) = province.register(BASIL, &PATIENTS[1..2]).await;
    let body =
        json!({"families": [first], "leftOut": [{"family": second, "reason": "their-wish"}]});
    let sent = province.post(COSMO, &format!("/api/panels/{panel}/lists"), body).await;
    assert_eq!(sent.status, 201, "{:?}", sent.json);
    let list = format!("/api/lists/{}", text(&sent.json["id"]));
    let states = |list: &Value| -> Vec<String> {
        let all = list["proposals"].as_array().expect("proposals").iter();
        all.map(|one| text(&one["state"])).collect()
    };
    let cosmos = province.list_of(COSMO, panel).await;
    assert_eq!(states(&cosmos), ["proposed", "left-out"]);
    assert_eq!(cosmos["proposals"][1]["family"], second.as_str());
    for who in [JUNIPER, DAHLIA] {
        assert_eq!(states(&province.list_of(who, panel).await), ["proposed"], "{who}");
        assert_eq!(states(&province.get(who, &list).await.json), ["proposed"], "{who}");
    }
    let accept = json!([{"proposal": proposals(&sent.json)[0], "answer": "accepted"}]);
    assert_eq!(states(&province.answers(&sent.json, accept).await.json), ["accepted"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_left_out_who_could_not_be_proposed() {
    let province = Province::start("left-out-who").await;
    let (here, beside) = (province.room_for(3).await, province.room_beside(3).await);
    let (first, _) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    let (proposed, _) = province.register(BASIL, &PATIENTS[1..2]).await;
    assert_eq!(province.send(beside, &[&proposed]).await.status, 201);
    let mut far = family(&PATIENTS[2..3]);
    // Fernhollow, in another network.
    far["postalCode"] = json!("V0X 9Z5");
    let far = province.post(BASIL, "/api/registrations", far).await.json;
    let far = far["families"].as_array().expect("families").iter();
    let far = far.clone().find(|one| one["communityName"] == "Fernhollow").expect("a family");
    let nobody = json!("00000000-0000-0000-0000-000000000001");
    for family in [json!(proposed), far["family"].clone(), nobody] {
        let body = json!({"families": [first], "leftOut": [{"family": family, "reason": "other"}]});
        let sent = province.post(COSMO, &format!("/api/panels/{here}/lists"), body).await;
        assert_eq!(sent.status, 409, "{family}: {:?}", sent.json);
    }
    let left_out = "SELECT count(*) FROM attachment.proposal WHERE state = 'left-out'";
    assert_eq!(province.rows(left_out).await, 0);
    assert_eq!(province.send(here, &[&first]).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_not_taken_is_no_longer_shown_and_whoever_was_is() {
    let province = Province::start("no-longer").await;
    let panel = province.room_for(5).await;
    let (first, _) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    let (second, _) = province.register(BASIL, &PATIENTS[1..2]).await;
    let sent = province.send(panel, &[&first, &second]).await.json;
    let [declined, taken] = proposals(&sent)[..] else { panic!("{sent}") };
    assert!(NOTHING.iter().all(|field| !sent["proposals"][0][field].is_null()), "{sent}");
    let answers = json!([
        {"proposal": declined, "answer": "declined", "reason": "distance"},
        {"proposal": taken, "answer": "accepted"},
    ]);
    let answered = province.answers(&sent, answers).await.json;
    let path = format!("/api/lists/{}/confirmations", text(&sent["id"]));
    let confirmed = province.post(JUNIPER, &path, json!({"proposals": [taken]})).await.json;
    let later = province.list_of(JUNIPER, panel).await;
    for list in [&answered, &confirmed, &later] {
        let gone = &list["proposals"][0];
        assert!(NOTHING.iter().all(|field| gone[field].is_null()), "{gone}");
        assert_eq!((&gone["family"], &gone["reason"]), (&Value::Null, &json!("distance")));
        assert_eq!(list["proposals"][1]["phn"], PATIENTS[1].phn);
    }
    let cosmos = province.list_of(COSMO, panel).await;
    assert!(NOTHING.iter().all(|field| cosmos["proposals"][0][field].is_null()), "{cosmos}");
    assert_eq!(cosmos["proposals"][0]["family"], first.as_str(), "coordinators know the family");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_and_birth_date_of_a_masked_record_are_shown_to_nobody() {
    let province = Province::start("masked").await;
    let panel = province.room_for(5).await;
    let mut body = family(&PATIENTS[..1]);
    body["members"][0]["preferredName"] = json!("Goldie");
    let registered = province.post(MARIGOLD, "/api/registrations", body).await.json;
    let id = text(&registered["families"][0]["family"]);
    province.send(panel, &[&id]).await;
    let name = &province.list_of(JUNIPER, panel).await["proposals"][0]["name"];
    assert_eq!(name, "Marigold Exampleton (Goldie)");
    run(&province.guarded.server, "UPDATE client_registry.patient SET masked = true").await;
    for who in [JUNIPER, COSMO] {
        let shown = province.list_of(who, panel).await["proposals"][0].clone();
        assert_eq!((&shown["name"], &shown["birthDate"]), (&Value::Null, &Value::Null), "{who}");
        assert_eq!(shown["phn"], PATIENTS[0].phn, "whom they are to reach");
        assert!(!shown.to_string().contains("Goldie"), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn candidates_are_in_the_trail_with_whom_before_they_are_shown() {
    let province = Province::start("see-candidates").await;
    let panel = province.room_for(2).await;
    province.register(MARIGOLD, &PATIENTS[..2]).await;
    province.register(BASIL, &PATIENTS[2..3]).await;
    let mut elsewhere = family(&PATIENTS[3..4]);
    elsewhere["postalCode"] = "V0X 9Z4".into();
    assert_eq!(province.post(BASIL, "/api/registrations", elsewhere).await.status, 201);
    let path = format!("/api/panels/{panel}/candidates");
    let shown = province.get(COSMO, &path).await.json;
    assert_eq!(shown["candidates"].as_array().map(Vec::len), Some(1), "two people fit");
    assert_eq!(shown["next"].as_array().map(Vec::len), Some(1), "and who comes after them");
    let seen = "SELECT count(*) FROM audit.event WHERE event = 'see-candidates' AND subject = 'cosmo.matchwright'
                   AND patients = ARRAY['9876500011', '9876500029', '9876500036'] AND on_behalf_of = '{}' AND facility = ARRAY['clinic-1']";
    assert_eq!(province.rows(seen).await, 1, "one record, and of nobody who was not shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_shown_after_an_act_is_in_the_trail_as_seen() {
    let province = Province::start("seen-after").await;
    let panel = province.room_for(5).await;
    let (first, members) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    let (second, _) = province.register(MARIGOLD, &PATIENTS[1..2]).await;
    let both = "SELECT count(*) FROM audit.event WHERE event = 'see-registration' AND subject = 'marigold.exampleton'
                   AND patients @> ARRAY['9876500011', '9876500029']";
    assert_eq!(province.rows(both).await, 1, "registering the second shows the first as well");
    let path = format!("/api/registrations/{}/reconfirm", members[0]);
    province.post(MARIGOLD, &path, json!({})).await;
    assert_eq!(province.rows(both).await, 2);
    let sent = province.send(panel, &[&first, &second]).await.json;
    let seen = "SELECT count(*) FROM audit.event WHERE event = 'see-list' AND subject = 'juniper.testwell'
                   AND patients @> ARRAY['9876500011', '9876500029'] AND on_behalf_of = ARRAY['prov-1']";
    assert_eq!(province.rows(seen).await, 0);
    let one = json!([{"proposal": proposals(&sent)[0], "answer": "in-intake"}]);
    assert_eq!(province.answers(&sent, one).await.status, 200);
    assert_eq!(province.rows(seen).await, 1, "the other one was shown as well");
    let accepted = json!([{"proposal": proposals(&sent)[0], "answer": "accepted"}]);
    province.answers(&sent, accepted).await;
    let path = format!("/api/lists/{}/confirmations", text(&sent["id"]));
    province.post(JUNIPER, &path, json!({"proposals": [proposals(&sent)[0]]})).await;
    assert_eq!(province.rows(seen).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coordinator_sends_a_list_in_nobodys_name() {
    let province = Province::start("nobodys-name").await;
    let panel = province.room_for(5).await;
    let (family, _) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    assert_eq!(province.send(panel, &[&family]).await.status, 201);
    let sent = "SELECT count(*) FROM audit.event WHERE event IN ('send-list', 'see-list') AND subject = 'cosmo.matchwright'
                   AND on_behalf_of = '{}' AND facility = ARRAY['clinic-1']";
    assert_eq!(province.rows(sent).await, 2, "done, and shown what came of it");
    let proposed = "SELECT count(*) FROM attachment.registration_change WHERE reason = 'proposed' AND on_behalf_of IS NULL";
    assert_eq!(province.rows(proposed).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_came_onto_the_panel_is_shown_as_long_as_they_are_on_it() {
    let province = Province::start("shown-while").await;
    let Accepted { list, proposal, .. } = province.accepted(1).await;
    let confirm = json!({"proposals": [proposal]});
    let confirmed = province.post(JUNIPER, &format!("{list}/confirmations"), confirm).await;
    assert_eq!(confirmed.json["proposals"][0]["phn"], PATIENTS[0].phn, "{:?}", confirmed.json);
    province.emr(REMOVE, &PATIENTS[..1]).await;
    for who in [JUNIPER, DAHLIA, COSMO] {
        let left = province.get(who, &list).await.json["proposals"][0].clone();
        assert_eq!(left["state"], "confirmed", "{who}");
        for what in NOTHING {
            assert_eq!(left[what], Value::Null, "{who} {what}");
        }
    }
}
