//! How things end that nobody ended well: attachments after a second registration, acceptances that nobody confirms, lists that two empty at once.

use super::story::Accepted;
use super::time::Moving;
use super::*;

const SINCE: &str = "/families/0/members/0/registeredAt";

#[tokio::test(flavor = "multi_thread")]
async fn whoever_registers_anew_while_they_are_attached_has_one_registration_that_goes_on() {
    let moving = Moving::start("anew").await;
    let province = &moving.province;
    province.register(MARIGOLD, &PATIENTS[..1]).await;
    let before = province.get(MARIGOLD, "/api/registrations").await.json;
    province.emr(ADD, &PATIENTS[..1]).await;
    moving.days_later(30).await;
    province.register(MARIGOLD, &PATIENTS[..1]).await;
    let mut states = province.states(MARIGOLD).await;
    states.sort();
    assert_eq!(states, ["active", "withdrawn"]);
    let database = &province.guarded.server.database;
    let dates = "SELECT count(DISTINCT registered_at) FROM attachment.registration";
    assert_eq!(
        database.count(dates).await,
        1,
        "a short attachment takes no waiting time: {before}"
    );
    // The EMR of the provider whom they leave can take them off, and nothing comes back twice.
    province.emr(REMOVE, &PATIENTS[..1]).await;
    let living = "SELECT count(*) FROM attachment.registration WHERE state = 'active'";
    assert_eq!(database.count(living).await, 1);
    province.emr_of(ADD, 1, &PATIENTS[..1]).await;
    let attached = "SELECT count(*) FROM attachment.registration WHERE state = 'attached'";
    assert_eq!(database.count(attached).await, 1);
    let left = "UPDATE pas.practitioner_role SET active = false WHERE practitioner_key = 'prov-2'";
    moving.becomes_so(left).await;
    let passed = moving.days_later(0).await;
    assert_eq!((passed.registrations, passed.failures), (1, 0));
    assert_eq!(database.count(living).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lasting_attachment_begins_a_new_wait() {
    let moving = Moving::start("lasting").await;
    let province = &moving.province;
    province.register(MARIGOLD, &PATIENTS[..1]).await;
    province.emr(ADD, &PATIENTS[..1]).await;
    moving.days_later(500).await;
    province.register(MARIGOLD, &PATIENTS[..1]).await;
    let dates = "SELECT count(DISTINCT registered_at) FROM attachment.registration";
    assert_eq!(province.guarded.server.database.count(dates).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_accepted_and_never_confirmed_is_put_back_with_their_date_after_30_days() {
    let moving = Moving::start("lapses").await;
    let province = &moving.province;
    let Accepted { list, .. } = province.accepted(1).await;
    let since = province.get(MARIGOLD, "/api/registrations").await.json.pointer(SINCE).cloned();
    moving.days_later(29).await;
    assert_eq!(province.states(MARIGOLD).await, ["proposed"]);
    assert_eq!(moving.days_later(1).await.registrations, 1);
    assert_eq!(province.states(MARIGOLD).await, ["active"]);
    let after = province.get(MARIGOLD, "/api/registrations").await.json.pointer(SINCE).cloned();
    assert!(since.is_some() && since == after, "{since:?} {after:?}");
    assert_eq!(province.statuses(&PATIENTS[..1]).await, ["removed"]);
    let seen = province.get(JUNIPER, &list).await.json;
    assert_eq!(seen["proposals"][0]["state"], "expired");
    let why =
        "SELECT count(*) FROM panel.change WHERE became = 'removed' AND reason = 'not-confirmed'";
    let database = &province.guarded.server.database;
    assert_eq!(database.count(why).await, 1);
    let panel = province.panel_of(JUNIPER).await;
    let records = format!("/api/panels/{panel}/records?from=2020-01-01&to=2099-01-01");
    let records = province.get(JUNIPER, &records).await.json;
    assert_eq!(records["records"], json!([]), "nothing to bill: it came to nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_accepted_by_a_provider_who_leaves_is_not_forgotten() {
    let moving = Moving::start("accepted-left").await;
    let province = &moving.province;
    province.accepted(1).await;
    let ends = "UPDATE pas.practitioner_role SET period = jsonb_build_object('end', current_date - 1) WHERE practitioner_key = 'prov-1'";
    moving.becomes_so(ends).await;
    assert_eq!(moving.days_later(0).await.registrations, 0, "a role may be renewed late");
    assert_eq!(moving.days_later(8).await.registrations, 1);
    assert_eq!(province.states(MARIGOLD).await, ["active"]);
    let why =
        "SELECT count(*) FROM panel.change WHERE became = 'removed' AND reason = 'provider-left'";
    assert_eq!(province.guarded.server.database.count(why).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_whose_last_two_people_are_added_at_once_is_closed() {
    let province = Province::start("last-two").await;
    let panel = province.room_for(2).await;
    for _ in 0..5 {
        let (one, _) = province.register(MARIGOLD, &PATIENTS[..1]).await;
        let (other, _) = province.register(BASIL, &PATIENTS[1..2]).await;
        let sent = province.send(panel, &[&one, &other]).await;
        assert_eq!(sent.status, 201, "{:?}", sent.json);
        let list = format!("/api/lists/{}", text(&sent.json["id"]));
        tokio::join!(province.emr(ADD, &PATIENTS[..1]), province.emr(ADD, &PATIENTS[1..2]));
        assert_eq!(province.get(JUNIPER, &list).await.json["state"], "closed");
        // Once more from the beginning.
        province.emr(REMOVE, &PATIENTS[..2]).await;
        for who in [MARIGOLD, BASIL] {
            let families = province.get(who, "/api/registrations").await.json;
            let families = families["families"].as_array().expect("families").iter();
            for member in families.flat_map(|one| one["members"].as_array().expect("members")) {
                if member["state"] == "active" {
                    let path =
                        format!("/api/registrations/{}/withdraw", text(&member["registration"]));
                    assert_eq!(province.post(who, &path, json!({})).await.status, 200);
                }
            }
        }
        province.room_for(2).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_for_one_is_done_for_everybody_else() {
    let moving = Moving::start("one-bad").await;
    let province = &moving.province;
    let panel = province.room_for(2).await;
    let (family, _) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    province.send(panel, &[&family]).await;
    province.register(BASIL, &PATIENTS[1..2]).await;
    // As no act leaves it: on a list, and not proposed.
    moving
        .becomes_so(
            "UPDATE attachment.registration SET state = 'suspended' WHERE state = 'proposed'",
        )
        .await;
    let passed = moving.days_later(91).await;
    assert_eq!((passed.failures, passed.lists), (1, 0));
    assert_eq!(passed.registrations, 1, "Basil is asked all the same");
    assert_eq!(province.states(BASIL).await, ["reconfirm-due"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_on_which_nobody_is_left_is_closed_when_it_is_due() {
    let moving = Moving::start("nobody-left").await;
    let province = &moving.province;
    let Accepted { list, .. } = province.accepted(1).await;
    moving.becomes_so("UPDATE attachment.list SET state = 'sent', closed_at = NULL").await;
    moving.days_later(14).await;
    assert_eq!(province.get(JUNIPER, &list).await.json["state"], "closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_looks_for_another_provider_is_not_proposed_to_the_one_they_have() {
    let province = Province::start("same-again").await;
    province.emr(ADD, &PATIENTS[..1]).await;
    let (family, _) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    let panel = province.room_for(2).await;
    let path = format!("/api/panels/{panel}/candidates");
    assert_eq!(province.get(COSMO, &path).await.json["candidates"], json!([]));
    assert_eq!(province.send(panel, &[&family]).await.status, 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_came_onto_the_panel_by_another_door_is_not_accepted_a_second_time() {
    let province = Province::start("by-another-door").await;
    let (family, _) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    let panel = province.room_for(2).await;
    let sent = province.send(panel, &[&family]).await.json;
    let entry = "INSERT INTO panel.entry (panel_id, phn, status, started_at, status_at, author, message_id)
        SELECT panel_id, '9876500011', 'confirmed', now(), now(), 'test', gen_random_uuid() FROM attachment.list";
    let mut connection = crate::cluster::connect(&province.guarded.server.database.url).await;
    sqlx::raw_sql(entry).execute(&mut connection).await.expect("done");
    let path = format!("/api/lists/{}/answers", text(&sent["id"]));
    let accept = json!({"answers": [{"proposal": proposals(&sent)[0], "answer": "accepted"}]});
    let refused = province.post(JUNIPER, &path, accept).await;
    assert_eq!(refused.status, 409, "{:?}", refused.json);
}
