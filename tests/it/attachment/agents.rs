//! Families who call, and the agents of the registry who answer.

use super::*;

const OPAL: &str = "opal.ringwell";

/// As an agent registers whoever calls.
fn called(people: &[Patient]) -> Value {
    let mut called = family(people);
    called["registeredBy"] = json!("agent");
    called
}

/// What somebody says on the telephone.
fn said(patient: Patient) -> Value {
    json!({"phn": patient.phn, "family": patient.family, "birthDate": patient.birth})
}

impl Province {
    async fn find(&self, who: &str, patient: Patient) -> Answer {
        self.post(who, "/api/families/search", said(patient)).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_an_agent_registers_as_one() {
    let province = Province::start("agents-alone").await;
    for who in [MARIGOLD, COSMO, JUNIPER] {
        let answer = province.post(who, "/api/registrations", called(&PATIENTS[..1])).await;
        assert_eq!(answer.status, 422, "{:?}", answer.json);
    }
    let kept = "SELECT count(*) FROM attachment.family";
    assert_eq!(province.guarded.server.database.count(kept).await, 0);
    let me = province.get(OPAL, "/api/me").await;
    assert_eq!(me.json["roles"], json!([{"role": "agent"}]));
    let answer = province.post(OPAL, "/api/registrations", called(&PATIENTS[..1])).await;
    assert_eq!(answer.status, 201, "{:?}", answer.json);
    let by = "SELECT count(*) FROM attachment.registration_change c JOIN attachment.registration r ON r.id = c.registration_id
                JOIN attachment.family f ON f.id = r.family_id WHERE f.subject IS NULL AND c.author = 'opal.ringwell'";
    assert_eq!(province.guarded.server.database.count(by).await, 1, "it is known who did it");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_does_for_whoever_calls_what_they_could_do_themselves() {
    let province = Province::start("agent-does").await;
    let made = province.post(OPAL, "/api/registrations", called(&PATIENTS[..2])).await;
    assert_eq!(made.status, 201, "{:?}", made.json);
    let own = province.get(OPAL, "/api/registrations").await;
    assert_eq!(own.json["families"], json!([]), "it is not the agent's");
    let found = province.find(OPAL, PATIENTS[1]).await;
    assert_eq!(found.status, 200, "{:?}", found.json);
    assert_eq!(found.json["family"], made.json["families"][0]["family"]);
    let path = format!("/api/families/{}", text(&found.json["family"]));
    let told = json!({"channel": "phone", "phone": "250-555-0101", "language": "pa", "postalCode": "V0X 9Z1"});
    let changed = province.put(OPAL, &path, told).await;
    assert_eq!((changed.status, &changed.json["language"]), (200, &json!("pa")));
    let reconfirmed = province.post(OPAL, &format!("{path}/reconfirm"), json!({})).await;
    assert_eq!(reconfirmed.json["families"][0]["family"], found.json["family"]);
    let member = text(&found.json["members"][0]["registration"]);
    let one = format!("/api/registrations/{member}");
    assert_eq!(province.post(OPAL, &format!("{one}/reconfirm"), json!({})).await.status, 200);
    let gone = province.post(OPAL, &format!("{one}/withdraw"), json!({})).await;
    assert_eq!(gone.json["families"][0]["members"][0]["state"], "withdrawn", "{:?}", gone.json);
    for (method, path) in [
        ("PUT", path.clone()),
        ("POST", format!("{path}/reconfirm")),
        ("POST", format!("{one}/withdraw")),
    ] {
        let body = match method {
            "PUT" => json!({"channel": "phone", "phone": "250-555-0101", "language": "pa"}),
            _ => json!({}),
        };
        assert_eq!(province.ask(COSMO, method, &path, &body).await.status, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_family_is_found_by_all_that_is_asked_and_by_agents_alone() {
    let province = Province::start("agent-finds").await;
    province.register(MARIGOLD, &PATIENTS[..2]).await;
    let right = province.find(OPAL, PATIENTS[0]).await;
    assert_eq!(right.status, 200, "whoever registered: they are on the telephone");
    let mut answers = vec![province.find(MARIGOLD, PATIENTS[0]).await.json];
    for wrong in [
        Patient { birth: "1984-04-13", ..PATIENTS[0] },
        Patient { family: "Exampletown", ..PATIENTS[0] },
        Patient { phn: PATIENTS[1].phn, ..PATIENTS[0] },
        Patient { phn: "9999999998", ..PATIENTS[0] },
        Patient { phn: "none", ..PATIENTS[0] },
        PATIENTS[2],
    ] {
        let answer = province.find(OPAL, wrong).await;
        assert_eq!(answer.status, 404);
        answers.push(answer.json);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    let count = async |sql: &'static str| province.guarded.server.database.count(sql).await;
    let seen =
        "SELECT count(*) FROM audit.event WHERE event = 'find-family' AND subject = 'opal.ringwell'
                   AND patients @> ARRAY['9876500011', '9876500029']";
    assert_eq!(count(seen).await, 1, "all who were shown");
    let tried = "SELECT count(*) FROM audit.event WHERE event = 'find-family'";
    assert_eq!(count(tried).await, 6, "found or not, but for what is no number");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_an_agent_registered_takes_it_over_by_registering_the_same_people() {
    let province = Province::start("claims").await;
    let made = province.post(OPAL, "/api/registrations", called(&PATIENTS[..2])).await.json;
    let family_id = &made["families"][0]["family"];
    let some = province.post(MARIGOLD, "/api/registrations", family(&PATIENTS[..1])).await;
    assert_eq!(some.status, 422, "one of them is not all of them");
    let more = province.post(MARIGOLD, "/api/registrations", family(&PATIENTS[..3])).await;
    assert_eq!(more.status, 422, "nor are others with them");
    let again = province.post(OPAL, "/api/registrations", called(&PATIENTS[..2])).await;
    assert_eq!(again.status, 422, "an agent registers nobody twice");
    let mut told = family(&PATIENTS[..2]);
    told["language"] = json!("pa");
    let claimed = province.post(MARIGOLD, "/api/registrations", told).await;
    assert_eq!(claimed.status, 201, "{:?}", claimed.json);
    let mine = &claimed.json["families"][0];
    assert_eq!((&mine["family"], &mine["language"]), (family_id, &json!("pa")), "told anew");
    assert_eq!(
        mine["members"][0]["registeredAt"], made["families"][0]["members"][0]["registeredAt"],
        "no waiting time is lost"
    );
    let event = "SELECT count(*) FROM audit.event WHERE event = 'claim-family' AND subject = 'marigold.exampleton'";
    assert_eq!(province.guarded.server.database.count(event).await, 1);
    let other = province.post(BASIL, "/api/registrations", family(&PATIENTS[..2])).await;
    assert_eq!(other.status, 422, "it is somebody's now");
    assert_eq!(province.states(MARIGOLD).await, ["active", "active"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_guesses_is_told_to_come_again_later_and_others_are_not() {
    let flags = "--failed-attempts-per-hour 3";
    let province = Province { guarded: Guarded::start("attachment-guesses", flags).await };
    let wrong = Patient { birth: "1951-10-01", ..PATIENTS[1] };
    for round in 0..3_usize {
        let right = PATIENTS[3 + round];
        let registered = province.post(MARIGOLD, "/api/registrations", family(&[right])).await;
        assert_eq!(registered.status, 201, "what is right is not counted");
        let answer = province.post(MARIGOLD, "/api/registrations", family(&[wrong])).await;
        assert_eq!(answer.status, 422);
        assert_eq!(province.find(OPAL, wrong).await.status, 404);
    }
    let right = province.post(MARIGOLD, "/api/registrations", family(&PATIENTS[1..2])).await;
    assert_eq!(right.status, 429, "{:?}", right.json);
    let seconds: u64 = right.header("retry-after").parse().expect("seconds");
    assert!((1..=1200).contains(&seconds), "{seconds}");
    assert_eq!(province.find(OPAL, PATIENTS[1]).await.status, 429);
    let other = province.post(BASIL, "/api/registrations", family(&PATIENTS[1..2])).await;
    assert_eq!(other.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_no_registry_is_told_before_anybody_is_looked_for() {
    let province = Province::start("before-looking").await;
    let wrong = Patient { birth: "1951-10-01", ..PATIENTS[1] };
    let mut answers = Vec::new();
    for patient in [PATIENTS[1], wrong] {
        let mut body = family(&[patient]);
        body["members"][0]["conditions"] = json!(["no-such-thing"]);
        answers.push(province.post(MARIGOLD, "/api/registrations", body).await.json);
    }
    assert!(text(&answers[0]["detail"]).contains("no condition on file"), "{answers:?}");
    assert_eq!(answers[0], answers[1], "nobody learns from it whether they match");
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_text_is_refused_and_never_a_defect() {
    let province = Province::start("odd-text").await;
    let panel = province.panel_of(JUNIPER).await;
    let nul = "a\u{0}b";
    let with = |at: &str, value: &str| {
        let mut body = family(&PATIENTS[..1]);
        *body.pointer_mut(at).expect("a place") = json!(value);
        body
    };
    let mut preferred = family(&PATIENTS[..1]);
    preferred["members"][0]["preferredName"] = json!("two\nlines");
    let mut homeless = family(&PATIENTS[..1]);
    homeless["community"] = json!(nul);
    homeless["postalCode"] = Value::Null;
    let mut other_channel = family(&PATIENTS[..1]);
    other_channel["phone"] = json!("call me");
    let mut twice = family(&[PATIENTS[0], PATIENTS[0]]);
    twice["members"][1]["phn"] = json!("9876 500 011");
    for body in [
        with("/email", &format!("{nul}@mail.example")),
        with("/postalCode", nul),
        with("/language", nul),
        with("/members/0/given", nul),
        with("/members/0/conditions/0", nul),
        preferred,
        homeless,
        other_channel,
        twice,
    ] {
        let answer = province.post(MARIGOLD, "/api/registrations", body.clone()).await;
        assert!([400, 422].contains(&answer.status), "{}: {body}", answer.status);
    }
    let search = format!("/api/panels/{panel}/members/search");
    assert_eq!(province.post(JUNIPER, &search, json!({"words": nul})).await.status, 400);
    let kept = "SELECT count(*) FROM attachment.family";
    assert_eq!(province.guarded.server.database.count(kept).await, 0);
}
