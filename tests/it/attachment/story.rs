//! The four steps: capacity, list, review, attachment.

use super::*;

/// Marigold, accepted.
pub struct Accepted {
    /// Juniper's panel.
    pub panel: i64,
    /// The path of the list.
    pub list: String,
    pub proposal: i64,
}

impl Province {
    /// Juniper has room for so many, and Marigold is on a list for her panel; gives the panel's number, and the list as it was sent.
    async fn proposed(&self, room: u32) -> (i64, Value) {
        let panel = self.room_for(room).await;
        let (family, _) = self.register(MARIGOLD, &PATIENTS[..1]).await;
        (panel, self.send(panel, &[&family]).await.json)
    }

    /// Juniper accepts Marigold.
    pub async fn accepted(&self, room: u32) -> Accepted {
        let (panel, sent) = self.proposed(room).await;
        let list = format!("/api/lists/{}", text(&sent["id"]));
        let proposal = proposals(&sent)[0];
        let accepted = json!({"answers": [{"proposal": proposal, "answer": "accepted"}]});
        let answered = self.post(JUNIPER, &format!("{list}/answers"), accepted).await;
        assert_eq!(answered.status, 200, "{:?}", answered.json);
        Accepted { panel, list, proposal }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_waits_comes_onto_a_panel_and_whoever_is_not_chosen_is_put_back() {
    let province = Province::start("story").await;
    let [marigold, basil] = [PATIENTS[0], PATIENTS[1]];
    let panel = province.room_for(2).await;
    let (marigolds, _) = province.register(MARIGOLD, &[marigold]).await;
    let (basils, _) = province.register(BASIL, &[basil]).await;
    let registered = province.get(BASIL, "/api/registrations").await.json;

    let candidates = province.get(COSMO, &format!("/api/panels/{panel}/candidates")).await;
    let candidates = candidates.json["candidates"].as_array().expect("candidates").clone();
    assert_eq!(candidates.len(), 2);
    assert_eq!(text(&candidates[0]["family"]), marigolds, "who registered first");
    let told = candidates[0]["parts"].as_array().expect("parts").iter();
    let told: Vec<String> =
        told.map(|part| format!("{} {}", part["for"], part["points"])).collect();
    assert_eq!(told, [r#""need" 10"#, r#""distance" 15"#, r#""language" 10"#]);

    let sent = province.send(panel, &[&marigolds, &basils]).await;
    assert_eq!(sent.status, 201, "{:?}", sent.json);
    assert_eq!(province.states(MARIGOLD).await, ["proposed"]);
    let list = format!("/api/lists/{}", text(&sent.json["id"]));
    let [first, second] = proposals(&sent.json)[..] else { panic!("{:?}", sent.json) };

    // The one at the desk answers for her provider.
    let taken_in = json!({"answers": [{"proposal": first, "answer": "in-intake"}]});
    let answered = province.post(DAHLIA, &format!("{list}/answers"), taken_in).await;
    assert_eq!(answered.status, 200, "{:?}", answered.json);
    let rest = json!({"answers": [
        {"proposal": first, "answer": "accepted"},
        {"proposal": second, "answer": "declined", "reason": "balance"},
    ]});
    let answered = province.post(DAHLIA, &format!("{list}/answers"), rest).await;
    assert_eq!(answered.json["state"], "closed", "{:?}", answered.json);

    assert_eq!(province.statuses(&[marigold, basil]).await, ["pending", "not-on-panel"]);
    let after = province.get(BASIL, "/api/registrations").await.json;
    assert_eq!(after["families"][0]["members"][0]["state"], "active");
    let since = |families: &Value| families["families"][0]["members"][0]["registeredAt"].clone();
    assert_eq!(since(&after), since(&registered), "never back to zero");
    assert!(!after.to_string().contains("balance"), "a reason is not the patient's to read");

    let confirmed = json!({"proposals": [first]});
    let confirmed = province.post(JUNIPER, &format!("{list}/confirmations"), confirmed).await;
    assert_eq!(confirmed.json["proposals"][0]["state"], "confirmed", "{:?}", confirmed.json);
    assert_eq!(province.statuses(&[marigold]).await, ["confirmed"]);
    assert_eq!(province.states(MARIGOLD).await, ["attached"]);
    let count = |sql| province.guarded.server.database.count(sql);
    assert_eq!(count("SELECT count(*) FROM attachment.record WHERE code = '98890' AND on_behalf_of = 'prov-1' AND author = 'dahlia.deskworth'").await, 1);
    assert_eq!(count("SELECT count(*) FROM attachment.record").await, 1);
    let reasons = "SELECT count(*) FROM panel.change WHERE reason IN ('accepted', 'confirmed') AND on_behalf_of = 'prov-1'";
    assert_eq!(count(reasons).await, 2);
    let unseen = "SELECT count(*) FROM audit.event WHERE event = 'answer-list' AND subject <> 'dahlia.deskworth'";
    assert_eq!(count(unseen).await, 0);
    assert_eq!(count("SELECT count(*) FROM audit.event WHERE event = 'answer-list'").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_add_of_the_emr_confirms_whoever_was_accepted() {
    let province = Province::start("emr-confirms").await;
    let Accepted { list, .. } = province.accepted(1).await;
    province.emr(ADD, &PATIENTS[..1]).await;
    assert_eq!(province.states(MARIGOLD).await, ["attached"]);
    let seen = province.get(JUNIPER, &list).await;
    assert_eq!(seen.json["proposals"][0]["state"], "confirmed");
    assert_eq!(province.statuses(&PATIENTS[..1]).await, ["confirmed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_add_of_the_emr_is_one_act_with_list_code_and_registration() {
    let province = Province::start("one-act").await;
    let (_, sent) = province.proposed(1).await;
    province.emr(ADD, &PATIENTS[..1]).await;
    let list = province.get(JUNIPER, &format!("/api/lists/{}", text(&sent["id"]))).await;
    assert_eq!(
        (&list.json["state"], &list.json["proposals"][0]["state"]),
        (&json!("closed"), &json!("confirmed"))
    );
    assert_eq!(province.states(MARIGOLD).await, ["attached"]);
    let database = &province.guarded.server.database;
    assert_eq!(database.count("SELECT count(*) FROM attachment.record").await, 1);
    let same_act =
        "SELECT count(DISTINCT act_id) FROM (SELECT act_id FROM attachment.record UNION ALL
        SELECT act_id FROM attachment.proposal_change WHERE became = 'confirmed' UNION ALL
        SELECT act_id FROM attachment.registration_change WHERE became = 'attached' UNION ALL
        SELECT message_id FROM panel.change) a";
    assert_eq!(database.count(same_act).await, 1, "all of it is the message's");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_add_by_somebody_else_takes_the_person_off_the_list() {
    let province = Province::start("elsewhere").await;
    let Accepted { list, proposal, .. } = province.accepted(1).await;
    province.emr_of(ADD, 1, &PATIENTS[..1]).await;
    let seen = province.get(JUNIPER, &list).await;
    assert_eq!(seen.json["proposals"][0]["state"], "lost");
    assert_eq!(province.statuses(&PATIENTS[..1]).await, ["removed"], "not pending any more");
    assert_eq!(province.states(MARIGOLD).await, ["attached"]);
    let again = json!({"proposals": [proposal]});
    let again = province.post(JUNIPER, &format!("{list}/confirmations"), again).await;
    assert_eq!(again.status, 409, "{:?}", again.json);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attachment_that_ends_soon_gives_the_waiting_time_back() {
    let province = Province::start("returns").await;
    province.register(MARIGOLD, &PATIENTS[..1]).await;
    let since = |families: Value| families["families"][0]["members"][0]["registeredAt"].clone();
    let before = since(province.get(MARIGOLD, "/api/registrations").await.json);
    province.emr(ADD, &PATIENTS[..1]).await;
    assert_eq!(province.states(MARIGOLD).await, ["attached"]);
    province.emr(REMOVE, &PATIENTS[..1]).await;
    assert_eq!(province.states(MARIGOLD).await, ["active"]);
    let after = since(province.get(MARIGOLD, "/api/registrations").await.json);
    assert_eq!(before, after);
}
