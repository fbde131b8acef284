//! Why something is refused, in a word for programs.

use super::*;

/// What is refused: by whom it is asked, how, where, and with what; then the status and the word.
async fn refused(province: &Province, asked: &[(&str, &str, &str, Value, u16, &str)]) {
    for (who, method, path, body, status, code) in asked {
        let answer = province.ask(who, method, path, body).await;
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path} {body}");
        let told = (answer.status, answer.json["code"].as_str());
        assert_eq!(told, (*status, Some(*code)), "{path} {body}: {:?}", answer.json);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_asked_amiss_has_its_code() {
    let province = Province::start("codes").await;
    let panel = province.panel_of(JUNIPER).await;
    let at = |rest: &str| format!("/api/panels/{panel}{rest}");
    let with = |field: &str, value: Value| {
        let mut body = family(&PATIENTS[..1]);
        body[field] = value;
        body
    };
    let wrong = Patient { birth: "1984-04-13", ..PATIENTS[0] };
    let mut unknown = family(&PATIENTS[..1]);
    unknown["members"][0]["conditions"] = json!(["gout"]);
    let capacity =
        |wish: &str, value: Value| json!({"accepting": true, "anticipated": 1, wish: value});
    let home = "/api/registrations";
    let clean_up = at("/clean-up/changes");
    let (room, target, period) =
        (at("/capacity"), at("/targets"), at("/records?from=2026-02-01&to=2026-01-01"));
    let mix = json!({"low": 1, "medium": 1, "high": 1});
    refused(
        &province,
        &[
            (JUNIPER, "GET", "/api/panels/0", Value::Null, 404, "not-found"),
            (JUNIPER, "GET", "/api/nothing", Value::Null, 404, "not-found"),
            (JUNIPER, "GET", "/api/panels/none", Value::Null, 400, "address"),
            (JUNIPER, "PATCH", "/api/me", Value::Null, 405, "method"),
            (MARIGOLD, "POST", home, Value::Null, 400, "json"),
            (MARIGOLD, "POST", home, json!({}), 422, "shape"),
            (MARIGOLD, "POST", home, with("consent", json!(false)), 422, "consent"),
            (MARIGOLD, "POST", home, with("channel", json!("text")), 422, "reach"),
            (MARIGOLD, "POST", home, with("phone", json!("none")), 422, "phone"),
            (MARIGOLD, "POST", home, with("members", json!([])), 422, "people"),
            (MARIGOLD, "POST", home, with("distance", json!(7)), 422, "distance"),
            (MARIGOLD, "POST", home, with("language", json!("English")), 422, "language"),
            (MARIGOLD, "POST", home, with("postalCode", json!("K1A 0B1")), 422, "postal-code"),
            (MARIGOLD, "POST", home, with("community", json!("fernhollow")), 422, "home"),
            (MARIGOLD, "POST", home, with("registeredBy", json!("agent")), 422, "not-an-agent"),
            (MARIGOLD, "POST", home, unknown, 422, "condition"),
            (MARIGOLD, "POST", home, family(&[wrong]), 422, "no-match"),
            (JUNIPER, "PUT", &room, capacity("monthly", json!(99_999)), 422, "number"),
            (JUNIPER, "PUT", &room, capacity("mix", mix), 422, "mix"),
            (COSMO, "POST", &target, json!({"dueOn": "2000-01-01", "size": 1}), 422, "day"),
            (JUNIPER, "GET", &period, Value::Null, 422, "day"),
            (JUNIPER, "POST", &clean_up, json!({"confirm": ["1"]}), 422, "phn"),
            (JUNIPER, "POST", &clean_up, json!({}), 422, "people"),
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_not_possible_as_things_stand_has_its_code() {
    let province = Province::start("conflicts").await;
    let (marigold, members) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    let (basil, _) = province.register(BASIL, &PATIENTS[1..2]).await;
    let panel = province.room_for(1).await;
    let lists = format!("/api/panels/{panel}/lists");
    let both = json!({"families": [marigold, basil]});
    refused(&province, &[(COSMO, "POST", &lists, both, 409, "no-room")]).await;
    let sent = province.send(panel, &[&marigold]).await;
    let list = text(&sent.json["id"]);
    let (answers, confirm) =
        (format!("/api/lists/{list}/answers"), format!("/api/lists/{list}/confirmations"));
    let proposal = proposals(&sent.json)[0];
    let decline = json!({"answers": [{"proposal": proposal, "answer": "declined"}]});
    let withdraw = format!("/api/registrations/{}/withdraw", members[0]);
    refused(
        &province,
        &[
            (COSMO, "POST", &lists, json!({"families": [basil]}), 409, "open-list"),
            (JUNIPER, "POST", &answers, decline, 422, "answer"),
            (JUNIPER, "POST", &confirm, json!({"proposals": [proposal]}), 409, "answered"),
        ],
    )
    .await;
    assert_eq!(province.post(MARIGOLD, &withdraw, json!({})).await.status, 200);
    refused(&province, &[(MARIGOLD, "POST", &withdraw, json!({}), 409, "ended")]).await;
}
