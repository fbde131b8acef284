//! The registry: who may register, what is told, how it ends.

use super::*;

const NO_MATCH: &str = "The information does not match provincial records";

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_match_and_whoever_waits_already_get_the_same_answer() {
    let province = Province::start("betrays-nothing").await;
    province.register(BASIL, &PATIENTS[1..2]).await;
    let waits = province.post(MARIGOLD, "/api/registrations", family(&PATIENTS[1..2])).await;
    let mut answers = vec![waits.json.clone()];
    let wrong = [
        Patient { birth: "1951-10-01", ..PATIENTS[1] },
        Patient { family: "Somebodyelse", ..PATIENTS[1] },
        Patient { given: "Basilisk", ..PATIENTS[1] },
        Patient { phn: "9876500012", ..PATIENTS[1] },
        Patient { phn: "9999999998", ..PATIENTS[1] },
    ];
    for patient in wrong {
        let answer = province.post(MARIGOLD, "/api/registrations", family(&[patient])).await;
        answers.push(answer.json);
    }
    assert!(text(&waits.json["detail"]).starts_with(NO_MATCH), "{}", waits.json);
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    let tried = "SELECT count(*) FROM audit.event WHERE event = 'register-no-match' AND subject = 'marigold.exampleton'";
    assert_eq!(
        province.guarded.server.database.count(tried).await,
        5,
        "numbers that are none name nobody"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_a_family_who_does_not_match_keeps_all_of_it_out() {
    let province = Province::start("all-or-none").await;
    let wrong = Patient { birth: "2000-01-01", ..PATIENTS[1] };
    let answer = province.post(MARIGOLD, "/api/registrations", family(&[PATIENTS[0], wrong])).await;
    assert_eq!(answer.status, 422);
    assert_eq!(province.states(MARIGOLD).await, [""; 0]);
    province.register(MARIGOLD, &PATIENTS[..2]).await;
    assert_eq!(province.states(MARIGOLD).await, ["active", "active"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_that_makes_no_sense_is_told_why() {
    let province = Province::start("sense").await;
    let with = |field: &str, value: Value| {
        let mut body = family(&PATIENTS[..1]);
        body[field] = value;
        body
    };
    for (body, detail) in [
        (with("consent", json!(false)), "Without consent nothing is kept."),
        (
            with("channel", json!("text")),
            "Give an e-mail address or a telephone number, as the channel says.",
        ),
        (
            with("email", json!("nobody")),
            "Give an e-mail address or a telephone number, as the channel says.",
        ),
        (with("members", json!([])), "A family has 1 to 20 members."),
        (with("distance", json!(7)), "A distance is 5, 20 or 50 km, or left out."),
        (with("language", json!("English")), "A language is a tag such as `en` or `zh-Hant`."),
        (
            with("postalCode", json!("K1A 0B1")),
            "The postal code is in none of the communities on file.",
        ),
        (
            with("community", json!("fernhollow")),
            "Give a postal code, or a community for those who have no fixed address.",
        ),
        (family(&[PATIENTS[0], PATIENTS[0]]), "Each member is named once."),
    ] {
        let answer = province.post(MARIGOLD, "/api/registrations", body).await;
        assert_eq!((answer.status, text(&answer.json["detail"]).as_str()), (422, detail));
    }
    let mut homeless = family(&PATIENTS[..1]);
    homeless.as_object_mut().expect("an object").remove("postalCode");
    homeless["community"] = json!("otter-bridge");
    let answer = province.post(MARIGOLD, "/api/registrations", homeless).await;
    assert_eq!(answer.json["families"][0]["communityName"], "Otter Bridge", "{:?}", answer.json);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_withdraws_leaves_the_list_and_the_pending_place_and_may_come_back() {
    let province = Province::start("withdraws").await;
    let panel = province.room_for(1).await;
    let (family, members) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    let list = province.send(panel, &[&family]).await.json;
    let accepted = json!({"answers": [{"proposal": proposals(&list)[0], "answer": "accepted"}]});
    province.post(JUNIPER, &format!("/api/lists/{}/answers", text(&list["id"])), accepted).await;
    let path = format!("/api/registrations/{}/withdraw", members[0]);
    assert_eq!(province.post(BASIL, &path, json!({})).await.status, 404, "not theirs");
    assert_eq!(province.post(MARIGOLD, &path, json!({})).await.status, 200);
    assert_eq!(province.states(MARIGOLD).await, ["withdrawn"]);
    assert_eq!(province.statuses(&PATIENTS[..1]).await, ["removed"]);
    assert_eq!(province.post(MARIGOLD, &path, json!({})).await.status, 409);
    province.register(MARIGOLD, &PATIENTS[..1]).await;
    assert_eq!(province.states(MARIGOLD).await, ["withdrawn", "active"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_register_the_same_person_at_once_register_them_once() {
    let province = Province::start("twice").await;
    let (one, other) = tokio::join!(
        province.post(MARIGOLD, "/api/registrations", family(&PATIENTS[..2])),
        province.post(BASIL, "/api/registrations", family(&PATIENTS[1..3]))
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422], "{:?} {:?}", one.json, other.json);
    let waiting = "SELECT count(*) FROM attachment.registration";
    assert_eq!(province.guarded.server.database.count(waiting).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn how_somebody_wants_to_be_called_can_be_changed_and_stays_where_it_is_left_out() {
    let province = Province::start("preferred-name").await;
    let (id, members) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    let path = format!("/api/families/{id}");
    let change = |name: Option<Value>| {
        let mut member = json!({"registration": members[0], "conditions": ["diabetes"]});
        if let Some(name) = name {
            member["preferredName"] = name;
        }
        json!({"channel": "email", "email": "somebody@mail.example", "language": "en", "postalCode": "V0X 9Z1", "members": [member]})
    };
    for (name, kept) in [
        (Some(json!("Goldie")), json!("Goldie")),
        (None, json!("Goldie")),
        (Some(json!("Mari")), json!("Mari")),
        (Some(Value::Null), Value::Null),
    ] {
        let answer = province.put(MARIGOLD, &path, change(name)).await;
        assert_eq!(answer.status, 200, "{:?}", answer.json);
        assert_eq!(answer.json["members"][0]["preferredName"], kept);
    }
    for name in [" ".to_owned(), "x".repeat(101)] {
        let answer = province.put(MARIGOLD, &path, change(Some(name.into()))).await;
        assert_eq!(answer.status, 422);
    }
}
