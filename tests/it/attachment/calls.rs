//! Families who want to be called: their coordinators see whom, about what, and tick them off.

use super::time::Moving;
use super::*;

const FABLE: &str = "fable.pairwood";
const CALLS: &str = "/api/networks/lantern-coast/calls";

/// A family by telephone, and the number of days that bring it to be called.
async fn to_be_called(name: &str) -> Moving {
    let moving = Moving::start(name).await;
    let mut marigolds = family(&PATIENTS[..2]);
    marigolds["channel"] = "phone".into();
    marigolds["phone"] = "250 555 0199".into();
    let province = &moving.province;
    assert_eq!(province.post(MARIGOLD, "/api/registrations", marigolds).await.status, 201);
    province.register(BASIL, &PATIENTS[2..3]).await;
    let calls = province.get(COSMO, CALLS).await;
    assert_eq!((calls.status, &calls.json["calls"]), (200, &json!([])), "nobody is called yet");
    let told = "SELECT count(*) FROM attachment.notice n JOIN attachment.family f ON f.id = n.family_id WHERE f.channel = 'phone'";
    assert_eq!(
        province.guarded.server.database.count(told).await,
        0,
        "nor later of being registered"
    );
    moving.days_later(90).await;
    moving
}

fn notices(calls: &Value) -> Vec<i64> {
    let about = calls["calls"].as_array().expect("calls").iter();
    let about = about.flat_map(|call| call["about"].as_array().expect("reasons"));
    about.map(|one| one["notice"].as_i64().expect("a number")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_family_that_wants_a_call_is_on_the_list_of_its_coordinators_until_it_was_called() {
    let moving = to_be_called("calls").await;
    let province = &moving.province;
    let calls = province.get(COSMO, CALLS).await.json;
    let all = calls["calls"].as_array().expect("calls");
    assert_eq!(all.len(), 1, "not whoever wants letters: {calls}");
    let (call, people) = (&all[0], all[0]["people"].as_array().expect("people"));
    assert_eq!(
        (&call["phone"], &call["about"][0]["kind"]),
        (&json!("250 555 0199"), &json!("asked"))
    );
    let phns: Vec<_> = people.iter().map(|one| text(&one["phn"])).collect();
    assert_eq!(phns, [PATIENTS[0].phn, PATIENTS[1].phn]);
    assert_eq!(people[0]["name"], "Marigold Exampleton");
    for who in [FABLE, JUNIPER, DAHLIA, MARIGOLD] {
        assert_eq!(province.get(who, CALLS).await.status, 404, "{who}");
    }
    let count = |sql| province.guarded.server.database.count(sql);
    let seen = "SELECT count(*) FROM audit.event WHERE event = 'see-calls' AND subject = 'cosmo.matchwright' AND patients @> '{9876500011,9876500029}'";
    assert_eq!(count(seen).await, 1);

    let due = "SELECT count(*) FROM attachment.notice WHERE due_at < 'infinity' AND kind = 'asked'";
    assert_eq!(count(due).await, 1, "Basil's letter; nobody who sends looks at a call");
    let masked = "UPDATE client_registry.patient SET masked = true WHERE phn = '9876500011'";
    moving.becomes_so(masked).await;
    let names = province.get(COSMO, CALLS).await.json["calls"][0]["people"].clone();
    assert_eq!(names[0]["name"], "Name withheld", "{names}");

    let ticked = json!({"notices": notices(&calls)});
    assert_eq!(province.post(FABLE, CALLS, ticked.clone()).await.status, 404);
    let elsewhere = province.post(FABLE, "/api/networks/fern-valley/calls", ticked.clone()).await;
    assert_eq!(elsewhere.status, 409, "not a family of that network");
    let left = province.post(COSMO, CALLS, ticked.clone()).await;
    assert_eq!((left.status, &left.json["calls"]), (200, &json!([])));
    assert_eq!(province.post(COSMO, CALLS, ticked).await.status, 409, "called once");
    let history = "SELECT count(*) FROM attachment.call WHERE author = 'cosmo.matchwright'";
    assert_eq!(count(history).await, 1);
    let trail = "SELECT count(*) FROM audit.event WHERE event = 'call-family' AND subject = 'cosmo.matchwright' AND patients @> '{9876500011,9876500029}'";
    assert_eq!(count(trail).await, 1);
    assert_eq!(province.post(COSMO, CALLS, json!({"notices": []})).await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_coordinators_who_called_at_once_one_has() {
    let moving = to_be_called("calls-twice").await;
    let province = &moving.province;
    let ticked = json!({"notices": notices(&province.get(COSMO, CALLS).await.json)});
    let (one, other) = tokio::join!(
        province.post(COSMO, CALLS, ticked.clone()),
        province.post(COSMO, CALLS, ticked.clone())
    );
    let statuses = (one.status.min(other.status), one.status.max(other.status));
    assert_eq!(statuses, (200, 409));
    let history = "SELECT count(*) FROM attachment.call";
    assert_eq!(province.guarded.server.database.count(history).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_called_about_what_does_not_hold_any_more() {
    let moving = to_be_called("calls-past").await;
    let province = &moving.province;
    let mine = province.get(MARIGOLD, "/api/registrations").await.json;
    let calls = province.get(COSMO, CALLS).await.json;
    for member in mine["families"][0]["members"].as_array().expect("members") {
        let path = format!("/api/registrations/{}/reconfirm", text(&member["registration"]));
        assert_eq!(province.post(MARIGOLD, &path, json!({})).await.status, 200);
    }
    assert_eq!(province.get(COSMO, CALLS).await.json["calls"], json!([]));
    let late = province.post(COSMO, CALLS, json!({"notices": notices(&calls)})).await;
    assert_eq!(late.status, 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_family_that_was_put_back_is_called_and_no_letter_goes_to_it() {
    let moving = to_be_called("calls-put-back").await;
    let province = &moving.province;
    let mine = province.get(MARIGOLD, "/api/registrations").await.json;
    let marigolds = &mine["families"][0];
    for member in marigolds["members"].as_array().expect("members") {
        let path = format!("/api/registrations/{}/reconfirm", text(&member["registration"]));
        assert_eq!(province.post(MARIGOLD, &path, json!({})).await.status, 200);
    }
    let panel = province.room_for(2).await;
    assert_eq!(province.send(panel, &[&text(&marigolds["family"])]).await.status, 201);
    moving.days_later(14).await;
    let calls = province.get(COSMO, CALLS).await.json;
    let kinds: Vec<_> = calls["calls"][0]["about"]
        .as_array()
        .expect("reasons")
        .iter()
        .map(|one| text(&one["kind"]))
        .collect();
    assert_eq!(kinds, ["put-back"], "{calls}");
    let told = province.delivered().await;
    assert!(told.iter().all(|(to, _)| to != "250 555 0199"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_wants_letters_from_now_on_is_written_what_they_were_to_be_called_about() {
    let moving = to_be_called("calls-to-letters").await;
    let province = &moving.province;
    let mine = province.get(MARIGOLD, "/api/registrations").await.json;
    let path = format!("/api/families/{}", text(&mine["families"][0]["family"]));
    let due = "SELECT count(*) FROM attachment.notice n JOIN attachment.family f ON f.id = n.family_id
                WHERE f.subject = 'marigold.exampleton' AND n.kind = 'asked' AND n.due_at < 'infinity'";
    let mut anew = json!({"channel": "email", "email": "marigold@mail.example", "phone": "250 555 0199", "language": "en", "postalCode": "V0X 9Z1"});
    for (channel, letters) in [("email", 1), ("phone", 0), ("email", 1)] {
        anew["channel"] = channel.into();
        let updated = province.put(MARIGOLD, &path, anew.clone()).await;
        assert_eq!(updated.status, 200, "{:?}", updated.json);
        assert_eq!(province.guarded.server.database.count(due).await, letters, "{channel}");
        let calls = province.get(COSMO, CALLS).await.json["calls"].as_array().map(Vec::len);
        assert_eq!(calls, Some(1 - usize::try_from(letters).expect("a number")), "{channel}");
    }
}
