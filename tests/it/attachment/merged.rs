//! Numbers that the Client Registry merges while their people wait.

use super::story::Accepted;
use super::time::Moving;
use super::*;

impl Moving {
    /// The registry puts the number of one person in place of another's: they are one.
    async fn merge(&self, old: &Patient, new: &Patient) {
        let url = &self.province.guarded.server.database.url;
        let merge =
            "UPDATE client_registry.patient SET active = false, replaced_by = $2 WHERE phn = $1";
        let mut connection = crate::cluster::connect(url).await;
        let merged = sqlx::query(merge).bind(old.phn).bind(new.phn).execute(&mut connection).await;
        assert_eq!(merged.expect("merged").rows_affected(), 1);
    }
}

fn since(registrations: &Value) -> Value {
    registrations["families"][0]["members"][0]["registeredAt"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_under_a_number_that_was_merged_goes_on_under_the_other_one_and_on_the_list()
{
    let moving = Moving::start("merged").await;
    let province = &moving.province;
    let panel = province.room_for(1).await;
    let (family, _) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    let registered = since(&province.get(MARIGOLD, "/api/registrations").await.json);
    let list = province.send(panel, &[&family]).await.json;
    moving.merge(&PATIENTS[0], &PATIENTS[4]).await;
    let answers = format!("/api/lists/{}/answers", text(&list["id"]));
    let accepted = json!({"answers": [{"proposal": proposals(&list)[0], "answer": "accepted"}]});
    let refused = province.post(JUNIPER, &answers, accepted.clone()).await;
    let told = (refused.status, &refused.json["code"]);
    assert_eq!(told, (409, &json!("out-of-use")), "an add would be refused as well");
    let passed = moving.days_later(1).await;
    assert_eq!((passed.registrations, passed.failures), (1, 0));
    assert_eq!(province.states(MARIGOLD).await, ["proposed"]);
    assert_eq!(since(&province.get(MARIGOLD, "/api/registrations").await.json), registered);
    assert_eq!(province.post(JUNIPER, &answers, accepted).await.status, 200);
    assert_eq!(province.statuses(&PATIENTS[4..5]).await, ["pending"]);
    assert_eq!(province.statuses(&PATIENTS[..1]).await, ["not-on-panel"]);
    assert_eq!(moving.days_later(0).await.registrations, 0, "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_registrations_under_both_numbers_one_goes_on_with_the_longer_wait() {
    let moving = Moving::start("merged-both").await;
    let province = &moving.province;
    let (family, _) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    let registered = since(&province.get(MARIGOLD, "/api/registrations").await.json);
    moving.days_later(10).await;
    province.register(BASIL, &PATIENTS[4..5]).await;
    assert_ne!(since(&province.get(BASIL, "/api/registrations").await.json), registered);
    let panel = province.room_for(1).await;
    let list = province.send(panel, &[&family]).await.json;
    moving.merge(&PATIENTS[0], &PATIENTS[4]).await;
    let passed = moving.days_later(0).await;
    assert_eq!((passed.registrations, passed.failures), (1, 0));
    assert_eq!(province.states(MARIGOLD).await, ["withdrawn"]);
    assert_eq!(province.states(BASIL).await, ["active"]);
    assert_eq!(since(&province.get(BASIL, "/api/registrations").await.json), registered);
    let list = province.get(COSMO, &format!("/api/lists/{}", text(&list["id"]))).await.json;
    assert_eq!(
        (&list["state"], &list["proposals"][0]["state"]),
        (&json!("closed"), &json!("lost"))
    );
    province.emr(ADD, &PATIENTS[4..5]).await;
    assert_eq!(province.states(BASIL).await, ["attached"]);
    assert_eq!(moving.days_later(0).await.registrations, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_accepted_is_pending_under_the_other_number_and_is_confirmed_under_it() {
    let moving = Moving::start("merged-accepted").await;
    let province = &moving.province;
    let Accepted { list, .. } = province.accepted(1).await;
    // Merged twice before anybody looked.
    moving.merge(&PATIENTS[0], &PATIENTS[4]).await;
    moving.merge(&PATIENTS[4], &PATIENTS[5]).await;
    let proposal = &proposals(&province.get(JUNIPER, &list).await.json)[0];
    let confirm = json!({"proposals": [proposal]});
    let path = format!("{list}/confirmations");
    assert_eq!(province.post(JUNIPER, &path, confirm.clone()).await.status, 409);
    let passed = moving.days_later(0).await;
    assert_eq!((passed.registrations, passed.failures), (1, 0));
    assert_eq!(province.statuses(&PATIENTS[..1]).await, ["removed"]);
    assert_eq!(province.statuses(&PATIENTS[5..6]).await, ["pending"]);
    let why =
        "SELECT count(*) FROM panel.change WHERE became = 'removed' AND reason = 'number-merged'";
    assert_eq!(province.guarded.server.database.count(why).await, 1);
    assert_eq!(province.post(JUNIPER, &path, confirm).await.status, 200);
    assert_eq!(province.statuses(&PATIENTS[5..6]).await, ["confirmed"]);
    assert_eq!(province.states(MARIGOLD).await, ["attached"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_attached_under_the_other_number_goes_on_looking() {
    let moving = Moving::start("merged-attached").await;
    let province = &moving.province;
    province.register(BASIL, &PATIENTS[4..5]).await;
    province.emr(ADD, &PATIENTS[4..5]).await;
    moving.days_later(500).await;
    province.emr(REMOVE, &PATIENTS[4..5]).await;
    province.register(MARIGOLD, &PATIENTS[..1]).await;
    moving.merge(&PATIENTS[0], &PATIENTS[4]).await;
    let passed = moving.days_later(0).await;
    assert_eq!((passed.registrations, passed.failures), (1, 0));
    assert_eq!(province.states(MARIGOLD).await, ["active"]);
    assert_eq!(province.states(BASIL).await, ["withdrawn"]);
    province.emr(ADD, &PATIENTS[4..5]).await;
    assert_eq!(province.states(MARIGOLD).await, ["attached"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_merged_into_one_that_is_not_in_use_is_not_followed() {
    let moving = Moving::start("merged-round").await;
    let province = &moving.province;
    province.register(MARIGOLD, &PATIENTS[..1]).await;
    moving.merge(&PATIENTS[0], &PATIENTS[4]).await;
    moving.merge(&PATIENTS[4], &PATIENTS[0]).await;
    let passed = moving.days_later(0).await;
    assert_eq!((passed.registrations, passed.failures), (0, 0));
    assert_eq!(province.states(MARIGOLD).await, ["active"]);
}
