//! Lists: as many as there is room for, nobody twice, families whole.

use super::time::Moving;
use super::*;

pub const SAFFRON: &str = "saffron.careling";

impl Province {
    /// Saffron has room as well; gives the number of her panel at clinic 1.
    pub async fn room_beside(&self, people: u32) -> i64 {
        let panels = self.get(SAFFRON, "/api/panels").await;
        let panels = panels.json["panels"].as_array().expect("panels").clone();
        let here = panels.iter().find(|panel| panel["organization"]["key"] == "clinic-1");
        let panel = here.expect("a panel")["id"].as_i64().expect("a number");
        let body = json!({"accepting": true, "anticipated": people});
        let stated = self.put(SAFFRON, &format!("/api/panels/{panel}/capacity"), body).await;
        assert_eq!(stated.status, 200, "{:?}", stated.json);
        panel
    }

    async fn answer(&self, list: &Value, answers: Value) -> Answer {
        let path = format!("/api/lists/{}/answers", text(&list["id"]));
        self.post(JUNIPER, &path, json!({"answers": answers})).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_people_are_proposed_than_there_is_room_for() {
    let province = Province::start("room").await;
    let panel = province.room_for(2).await;
    let (three, _) = province.register(MARIGOLD, &PATIENTS[..3]).await;
    let (one, _) = province.register(BASIL, &PATIENTS[3..4]).await;
    let sent = province.send(panel, &[&three]).await;
    assert_eq!(
        (sent.status, &sent.json["detail"]),
        (409, &json!("There are more people on the list than the panel has room for."))
    );
    let candidates = province.get(COSMO, &format!("/api/panels/{panel}/candidates")).await;
    let families = candidates.json["candidates"].as_array().expect("candidates").iter();
    let families: Vec<String> = families.map(|candidate| text(&candidate["family"])).collect();
    assert_eq!(families, std::slice::from_ref(&one), "a family too large is passed over");
    let closed = json!({"accepting": false, "anticipated": 5});
    province.put(JUNIPER, &format!("/api/panels/{panel}/capacity"), closed).await;
    assert_eq!(province.send(panel, &[&one]).await.status, 409);
    assert_eq!(province.states(BASIL).await, ["active"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_provider_takes_a_month_and_how_large_the_panel_is_to_be_bound_the_room() {
    let moving = Moving::start("bounds").await;
    let province = &moving.province;
    let panel = province.panel_of(JUNIPER).await;
    let state = async |also: Value| {
        let mut body = json!({"accepting": true, "anticipated": 9});
        body.as_object_mut().expect("members").extend(also.as_object().expect("members").clone());
        let path = format!("/api/panels/{panel}/capacity");
        let stated = province.put(JUNIPER, &path, body).await.json;
        (stated["open"].as_u64(), text(&stated["bound"]), stated["size"].as_u64())
    };
    let (open, bound, size) = state(json!({})).await;
    assert_eq!((open, bound.as_str()), (Some(9), "anticipated"));
    let size = size.expect("a number");
    let large = state(json!({"desiredSize": size + 2, "monthly": 3})).await;
    assert_eq!(large, (Some(2), "desired-size".to_owned(), Some(size)));
    let monthly = state(json!({"monthly": 2})).await;
    assert_eq!(monthly, (Some(2), "monthly".to_owned(), Some(size)));
    let (three, _) = province.register(BASIL, &PATIENTS[1..4]).await;
    assert_eq!(province.send(panel, &[&three]).await.status, 409, "three of two");
    let (one, _) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    let list = province.send(panel, &[&one]).await.json;
    let before = province.get(JUNIPER, &format!("/api/panels/{panel}")).await.json;
    assert_eq!(before["open"], 1, "whoever is before the provider counts");
    let accepted = json!([{"proposal": proposals(&list)[0], "answer": "accepted"}]);
    assert_eq!(province.answer(&list, accepted).await.status, 200);
    // Stating it anew begins no new month, and begins to count anew who is anticipated.
    let (open, bound, _) = state(json!({"monthly": 2})).await;
    assert_eq!((open, bound.as_str()), (Some(1), "monthly"));
    let confirm = format!("/api/lists/{}/confirmations", text(&list["id"]));
    let confirmed = json!({"proposals": proposals(&list)});
    assert_eq!(province.post(JUNIPER, &confirm, confirmed).await.status, 200);
    moving.days_later(31).await;
    let later = province.get(JUNIPER, &format!("/api/panels/{panel}")).await.json;
    assert_eq!((&later["open"], &later["bound"]), (&json!(2), &json!("monthly")));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_proposed_farther_away_than_they_would_go() {
    let province = Province::start("distance").await;
    let panel = province.room_for(3).await;
    let mut otter = family(&PATIENTS[..1]);
    otter["postalCode"] = "V0X 9Z2".into();
    otter["distance"] = 5.into();
    let registered = province.post(MARIGOLD, "/api/registrations", otter).await;
    assert_eq!(registered.status, 201, "{:?}", registered.json);
    let (near, _) = province.register(BASIL, &PATIENTS[1..2]).await;
    let far = text(&registered.json["families"][0]["family"]);
    let sent = province.send(panel, &[&far]).await;
    assert_eq!((sent.status, &sent.json["code"]), (409, &json!("no-candidate")));
    let path = format!("/api/panels/{panel}/lists");
    let left = json!({"families": [near], "leftOut": [{"family": far, "reason": "their-wish"}]});
    assert_eq!(province.post(COSMO, &path, left).await.status, 409, "nor left out");
    assert_eq!(province.send(panel, &[&near]).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panel_has_one_list_until_all_of_it_is_answered() {
    let province = Province::start("one-list").await;
    let panel = province.room_for(5).await;
    let (first, _) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    let (second, _) = province.register(BASIL, &PATIENTS[1..2]).await;
    let list = province.send(panel, &[&first]).await.json;
    assert_eq!(province.send(panel, &[&second]).await.status, 409);
    let unreachable = json!([{"proposal": proposals(&list)[0], "answer": "unreachable"}]);
    assert_eq!(province.answer(&list, unreachable.clone()).await.json["state"], "closed");
    assert_eq!(province.answer(&list, unreachable).await.status, 409, "answered once");
    assert_eq!(province.send(panel, &[&second]).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_family_is_taken_whole_or_not_at_all() {
    let province = Province::start("whole").await;
    let panel = province.room_for(3).await;
    let (family, _) = province.register(MARIGOLD, &PATIENTS[..2]).await;
    let list = province.send(panel, &[&family]).await.json;
    let [one, other] = proposals(&list)[..] else { panic!("{list}") };
    let split = json!([{"proposal": one, "answer": "accepted"}, {"proposal": other, "answer": "patient-declined"}]);
    assert_eq!(province.answer(&list, split).await.status, 409);
    assert_eq!(province.statuses(&PATIENTS[..2]).await, ["not-on-panel", "not-on-panel"]);
    let half = json!([{"proposal": one, "answer": "accepted"}]);
    assert_eq!(province.answer(&list, half).await.status, 409, "time would part them");
    let accepted =
        json!([{"proposal": one, "answer": "accepted"}, {"proposal": other, "answer": "accepted"}]);
    assert_eq!(province.answer(&list, accepted).await.json["state"], "closed");
    assert_eq!(province.statuses(&PATIENTS[..2]).await, ["pending", "pending"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn to_decline_and_to_leave_out_have_reasons_which_are_kept() {
    let province = Province::start("reasons").await;
    let panel = province.room_for(3).await;
    let (first, _) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    let (second, _) = province.register(BASIL, &PATIENTS[1..2]).await;
    let body =
        json!({"families": [first], "leftOut": [{"family": second, "reason": "their-wish"}]});
    let list = province.post(COSMO, &format!("/api/panels/{panel}/lists"), body).await.json;
    assert_eq!(list["proposals"][1]["state"], "left-out");
    assert_eq!(list["proposals"][1]["reason"], "their-wish");
    assert_eq!(province.states(BASIL).await, ["active"]);
    let proposal = proposals(&list)[0];
    let without =
        province.answer(&list, json!([{"proposal": proposal, "answer": "declined"}])).await;
    assert_eq!(without.status, 422);
    let made_up = json!([{"proposal": proposal, "answer": "declined", "reason": "too nice"}]);
    assert_eq!(province.answer(&list, made_up).await.status, 422);
    let with = json!([{"proposal": proposal, "answer": "declined", "reason": "distance"}]);
    assert_eq!(province.answer(&list, with).await.json["proposals"][0]["reason"], "distance");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_coordinators_who_want_the_same_people_one_gets_them() {
    let province = Province::start("two-coordinators").await;
    let here = province.room_for(9).await;
    let beside = province.room_beside(9).await;
    let (marigolds, _) = province.register(MARIGOLD, &PATIENTS[..2]).await;
    let (basils, _) = province.register(BASIL, &PATIENTS[2..4]).await;
    let (these, those) = ([marigolds.as_str(), &basils], [basils.as_str(), &marigolds]);
    let (one, other) = tokio::join!(province.send(here, &these), province.send(beside, &those));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "{:?} {:?}", one.json, other.json);
    let open = "SELECT count(*) FROM attachment.proposal WHERE state = 'proposed'";
    assert_eq!(province.guarded.server.database.count(open).await, 4);
    assert_eq!(province.states(MARIGOLD).await, ["proposed", "proposed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_add_and_a_list_at_the_same_moment_leave_nobody_in_between() {
    let province = Province::start("add-and-list").await;
    let panel = province.room_for(9).await;
    for (round, patient) in PATIENTS[..3].iter().enumerate() {
        let patient = [*patient];
        let (family, _) = province.register(MARIGOLD, &patient).await;
        let families = [family.as_str()];
        let (sent, _) =
            tokio::join!(province.send(panel, &families), province.emr_of(ADD, 1, &patient));
        assert!([201, 409].contains(&sent.status), "{:?}", sent.json);
        assert_eq!(province.states(MARIGOLD).await[round], "attached");
        let open = "SELECT count(*) FROM attachment.proposal WHERE state IN ('proposed', 'in-intake', 'accepted')";
        assert_eq!(province.guarded.server.database.count(open).await, 0);
        let lists = "SELECT count(*) FROM attachment.list WHERE state = 'sent'";
        assert_eq!(province.guarded.server.database.count(lists).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_would_not_go_as_far_as_the_clinic_is_no_candidate() {
    let province = Province::start("reach").await;
    let panel = province.room_for(5).await;
    let far = |people: &[Patient], distance: u32| {
        let mut far = family(people);
        // Otter Bridge, 13 km away.
        (far["postalCode"], far["distance"]) = (json!("V0X 9Z2"), json!(distance));
        far
    };
    let registered = province.post(MARIGOLD, "/api/registrations", far(&PATIENTS[..1], 5)).await;
    assert_eq!(registered.status, 201, "{:?}", registered.json);
    let candidates = format!("/api/panels/{panel}/candidates");
    let nobody = province.get(COSMO, &candidates).await;
    assert_eq!(nobody.json["candidates"], json!([]), "not within 5 km");
    province.post(BASIL, "/api/registrations", far(&PATIENTS[1..2], 20)).await;
    let found = province.get(COSMO, &candidates).await;
    let found = found.json["candidates"].as_array().expect("candidates").clone();
    assert_eq!((found.len(), &found[0]["km"]), (1, &json!(13.0)));
}
