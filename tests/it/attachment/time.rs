//! What time drives, and what registries do: asked at 90 days, put back at 14, and never twice.

use chrono::TimeDelta;
use pas::workflow::{Passed, pass_time};

use super::*;

/// A province whose time is the test's.
pub struct Moving {
    pub province: Province,
    pub clock: Arc<Mutex<DateTime<Utc>>>,
}

impl Moving {
    pub async fn start(name: &str) -> Moving {
        let clock = Arc::new(Mutex::new(pas::clock::Clock::System.now()));
        Moving { province: Province::with_clock(name, &clock).await, clock }
    }

    /// So many days later, what is due is done.
    pub async fn days_later(&self, days: i64) -> Passed {
        *self.clock.lock().expect("a clock") += TimeDelta::days(days);
        pass_time(&self.province.guarded.server.app.service).await.expect("time passes")
    }

    /// As a registry would.
    pub async fn becomes_so(&self, sql: &'static str) {
        let mut connection =
            crate::cluster::connect(&self.province.guarded.server.database.url).await;
        sqlx::raw_sql(sql).execute(&mut connection).await.expect("done");
    }
}

const NOTHING: Passed = Passed { registrations: 0, lists: 0, reminders: 0, failures: 0 };

#[tokio::test(flavor = "multi_thread")]
async fn people_are_asked_after_90_days_and_suspended_when_they_do_not_answer() {
    let moving = Moving::start("reconfirm").await;
    let province = &moving.province;
    let (_, members) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    province.register(BASIL, &PATIENTS[1..2]).await;
    assert_eq!(moving.days_later(89).await, NOTHING);
    assert_eq!(moving.days_later(1).await, Passed { registrations: 2, ..NOTHING });
    assert_eq!(moving.days_later(0).await, NOTHING, "asked once");
    assert_eq!(province.states(MARIGOLD).await, ["reconfirm-due"]);
    let path = format!("/api/registrations/{}/reconfirm", members[0]);
    assert_eq!(province.post(MARIGOLD, &path, json!({})).await.status, 200);
    assert_eq!(moving.days_later(30).await, Passed { registrations: 1, ..NOTHING });
    assert_eq!(province.states(MARIGOLD).await, ["active"]);
    assert_eq!(province.states(BASIL).await, ["suspended"]);
    let panel = province.room_for(5).await;
    let candidates = province.get(COSMO, &format!("/api/panels/{panel}/candidates")).await;
    assert_eq!(
        candidates.json["candidates"].as_array().map(Vec::len),
        Some(1),
        "not the suspended"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_reminded_of_at_7_days_and_put_back_at_14_however_many_servers_there_are() {
    let moving = Moving::start("expiry").await;
    let province = &moving.province;
    let panel = province.room_for(2).await;
    let (family, _) = province.register(MARIGOLD, &PATIENTS[..2]).await;
    let list = province.send(panel, &[&family]).await.json;
    let path = format!("/api/lists/{}", text(&list["id"]));
    let taken_in = json!({"answers": [{"proposal": proposals(&list)[0], "answer": "in-intake"}]});
    province.post(JUNIPER, &format!("{path}/answers"), taken_in).await;
    assert_eq!(moving.days_later(6).await, NOTHING);
    assert_eq!(moving.days_later(1).await, Passed { reminders: 1, ..NOTHING });
    assert_eq!(moving.days_later(6).await, NOTHING);
    *moving.clock.lock().expect("a clock") += TimeDelta::days(1);
    let service = &province.guarded.server.app.service;
    let (one, other) = tokio::join!(pass_time(service), pass_time(service));
    let lists = one.expect("time passes").lists + other.expect("time passes").lists;
    assert_eq!(lists, 1, "by one of the two");
    let list = province.get(JUNIPER, &path).await.json;
    assert_eq!(list["state"], "closed");
    let states = list["proposals"].as_array().expect("proposals").iter();
    assert_eq!(states.map(|p| text(&p["state"])).collect::<Vec<_>>(), ["expired", "expired"]);
    assert_eq!(province.states(MARIGOLD).await, ["active", "active"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_dies_leaves_the_registry_and_every_list() {
    let moving = Moving::start("dies").await;
    let province = &moving.province;
    let panel = province.room_for(2).await;
    let (family, _) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    let list = province.send(panel, &[&family]).await.json;
    moving
        .becomes_so("UPDATE client_registry.patient SET deceased = true WHERE phn = '9876500011'")
        .await;
    assert_eq!(moving.days_later(0).await, Passed { registrations: 1, ..NOTHING });
    assert_eq!(province.states(MARIGOLD).await, ["deceased"]);
    let list = province.get(JUNIPER, &format!("/api/lists/{}", text(&list["id"]))).await.json;
    assert_eq!(
        (&list["state"], &list["proposals"][0]["state"]),
        (&json!("closed"), &json!("lost"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_loses_their_provider_waits_again_since_the_day_they_registered() {
    let moving = Moving::start("provider-leaves").await;
    let province = &moving.province;
    province.register(MARIGOLD, &PATIENTS[..1]).await;
    let since = |families: Value| families["families"][0]["members"][0]["registeredAt"].clone();
    let before = since(province.get(MARIGOLD, "/api/registrations").await.json);
    province.emr(ADD, &PATIENTS[..1]).await;
    assert_eq!(moving.days_later(500).await, NOTHING);
    moving
        .becomes_so(
            "UPDATE pas.practitioner_role SET active = false WHERE practitioner_key = 'prov-1'",
        )
        .await;
    assert_eq!(moving.days_later(0).await, Passed { registrations: 1, ..NOTHING });
    assert_eq!(province.states(MARIGOLD).await, ["active"]);
    let told = "SELECT count(*) FROM attachment.notice WHERE kind = 'provider-left'";
    assert_eq!(province.guarded.server.database.count(told).await, 1);
    assert_eq!(since(province.get(MARIGOLD, "/api/registrations").await.json), before);
    assert_eq!(moving.days_later(0).await, NOTHING);
}

/// Families of one, who registered now and live in Cedar Lantern; their people are invented as well.
const CROWD: &str = "
INSERT INTO client_registry.patient (phn, active, names, deceased, masked)
    SELECT '98' || lpad(n::text, 8, '0'), true, '[]', false, false FROM generate_series(1, 450) n;
INSERT INTO panel.patient (phn, registered) SELECT '98' || lpad(n::text, 8, '0'), true FROM generate_series(1, 450) n;
INSERT INTO attachment.family (id, registered_by, consented_at, email, channel, language, community)
    SELECT md5('family' || n)::uuid, 'agent', now(), 'somebody@mail.example', 'email', 'en', 'cedar-lantern' FROM generate_series(1, 450) n;
INSERT INTO attachment.registration (id, family_id, phn, state, registered_at, state_at, reconfirmed_at, attached_now, looking, changed, conditions, complexity)
    SELECT md5('registration' || n)::uuid, md5('family' || n)::uuid, '98' || lpad(n::text, 8, '0'), 'active', now(), now(), now(), false, 'other', false, '{}', 'low'
      FROM generate_series(1, 450) n";

#[tokio::test(flavor = "multi_thread")]
async fn however_many_are_due_they_are_asked_at_once_and_each_is_asked_once() {
    let moving = Moving::start("crowd").await;
    moving.becomes_so(CROWD).await;
    assert_eq!(moving.days_later(91).await, Passed { registrations: 450, ..NOTHING });
    assert_eq!(moving.days_later(0).await, NOTHING);
    assert_eq!(moving.days_later(31).await, Passed { registrations: 450, ..NOTHING }, "suspended");
    assert_eq!(moving.days_later(0).await, NOTHING);
}
