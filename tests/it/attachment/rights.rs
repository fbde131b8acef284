//! Who may do what, object by object: whatever is not somebody's is not there.

use super::time::Moving;
use super::*;
use crate::patients::run;

const BARNABY: &str = "barnaby.sampleworth";
const FABLE: &str = "fable.pairwood";
const IRIS: &str = "iris.ledgerly";
const EVERYBODY: [&str; 8] =
    [JUNIPER, DAHLIA, COSMO, BARNABY, FABLE, IRIS, MARIGOLD, "somebody.unknown"];

/// Who is let do this with Juniper's panel; for everybody else it is not there.
async fn allowed(province: &Province, method: &str, path: &str, body: &Value) -> Vec<&'static str> {
    let mut allowed = Vec::new();
    for who in EVERYBODY {
        let answer = province.ask(who, method, path, body).await;
        if answer.status == 404 {
            assert_eq!(answer.json["detail"], "There is no such thing, or it is not yours.");
        } else {
            allowed.push(who);
        }
    }
    allowed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panel_and_its_lists_are_there_for_those_whose_they_are() {
    let province = Province::start("rights").await;
    let panel = province.room_for(3).await;
    let (family, members) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    let sent = province.send(panel, &[&family]).await.json;
    let list = format!("/api/lists/{}", text(&sent["id"]));
    let panel = format!("/api/panels/{panel}");
    let room = json!({"accepting": true, "anticipated": 3});
    let nobody = json!({"families": []});
    let no_answer = json!({"answers": []});
    let no_proposal = json!({"proposals": []});
    for (method, path, body, who) in [
        ("GET", panel.clone(), &Value::Null, vec![JUNIPER, DAHLIA, COSMO]),
        ("PUT", format!("{panel}/capacity"), &room, vec![JUNIPER, DAHLIA]),
        ("GET", format!("{panel}/candidates"), &Value::Null, vec![COSMO]),
        ("GET", format!("{panel}/lists"), &Value::Null, vec![JUNIPER, DAHLIA, COSMO]),
        ("POST", format!("{panel}/lists"), &nobody, vec![COSMO]),
        ("GET", list.clone(), &Value::Null, vec![JUNIPER, DAHLIA, COSMO]),
        ("POST", format!("{list}/answers"), &no_answer, vec![JUNIPER, DAHLIA]),
        ("POST", format!("{list}/confirmations"), &no_proposal, vec![JUNIPER, DAHLIA]),
        (
            "POST",
            format!("/api/registrations/{}/reconfirm", members[0]),
            &json!({}),
            vec![MARIGOLD],
        ),
    ] {
        assert_eq!(allowed(&province, method, &path, body).await, who, "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_person_or_without_the_scope_there_is_no_workflow() {
    let province = Province::start("no-person").await;
    let guarded = &province.guarded;
    let me = |token: &str| {
        let ask = guarded.server.request("/api/me").method("GET");
        guarded.server.send(ask.header("authorization", &format!("Bearer {token}")))
    };
    let program = guarded.token("emr-lantern", "emr-lantern", "system/Group.read");
    assert_eq!(me(&program).await.status, 403);
    let reader = guarded.token("emr-lantern", JUNIPER, "user/Group.read");
    assert_eq!(me(&reader).await.json["roles"][0]["role"], "provider");
    let body = json!({"accepting": false, "anticipated": 0}).to_string().into_bytes();
    let ask = guarded.server.request("/api/panels/1/capacity").method("PUT").body(body);
    let ask = ask.header("content-type", "application/json");
    let answer =
        guarded.server.send(ask.header("authorization", &format!("Bearer {reader}"))).await;
    assert_eq!(answer.status, 403);
    let ask = guarded.server.request("/api/me").method("GET");
    assert_eq!(guarded.server.send(ask).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_told_and_nothing_is_kept() {
    let province = Province::start("unreadable").await;
    let panel = province.panel_of(JUNIPER).await;
    let path = format!("/api/panels/{panel}/capacity");
    for (body, status) in [
        (json!({"accepting": true}), 422),
        (json!({"accepting": true, "anticipated": -1}), 422),
        (json!({"accepting": true, "anticipated": 1, "surprise": 1}), 422),
        (json!({"accepting": true, "anticipated": 99_999}), 422),
        (
            json!({"accepting": true, "anticipated": 1, "mix": {"low": 1, "medium": 1, "high": 1}}),
            422,
        ),
    ] {
        let answer = province.put(JUNIPER, &path, body).await;
        assert_eq!(answer.status, status, "{:?}", answer.json);
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    for path in [
        "/api/panels/none",
        "/api/lists/none",
        "/api/panels/none/records?from=2026-01-01&to=2026-02-01",
    ] {
        let answer = province.get(JUNIPER, path).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (400, "application/problem+json"),
            "{path}"
        );
    }
    let stated = "SELECT count(*) FROM attachment.capacity";
    assert_eq!(province.guarded.server.database.count(stated).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_json_is_400_and_json_of_another_shape_is_422_by_its_field() {
    let province = Province::start("shapes").await;
    let panel = province.panel_of(JUNIPER).await;
    let path = format!("/api/panels/{panel}/capacity");
    for (body, status, told) in [
        ("{\"accepting\": true,", 400, "The body is no JSON: see line 1."),
        ("", 400, "The body is no JSON: see line 1."),
        ("{\"accepting\": true}", 422, "anticipated is missing."),
        ("{\"accepting\": \"yes\"}", 422, "accepting is not of the kind that is taken."),
        (
            "{\"accepting\": true, \"anticipated\": 1, \"gender\": \"any\"}",
            422,
            "gender is none of the words that are taken: female, male, another.",
        ),
        (
            "{\"accepting\": true, \"anticipated\": 1, \"anticipated\": 2}",
            422,
            "A member of it is there twice.",
        ),
    ] {
        let kind = [("content-type", "application/json")];
        let answer = province.paper(JUNIPER, "PUT", &path, &kind, body).await;
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!((answer.status, text(&answer.json["detail"])), (status, told.into()), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn below_api_what_is_not_there_and_what_is_not_by_this_method_are_problems() {
    let province = Province::start("nowhere").await;
    for (method, path, status, allow) in [
        ("GET", "/api", 404, ""),
        ("GET", "/api/nothing", 404, ""),
        ("POST", "/api/panels/1/nothing", 404, ""),
        ("PATCH", "/api/me", 405, "GET,HEAD"),
        ("DELETE", "/api/panels/1/lists", 405, "GET,HEAD,POST"),
        ("GET", "/api/panels/1/clean-up", 405, "POST"),
    ] {
        let answer = province.ask(JUNIPER, method, path, &Value::Null).await;
        assert_eq!((answer.status, answer.header("allow")), (status, allow), "{method} {path}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{method} {path}");
        assert_eq!(answer.json["status"], status, "{method} {path}");
    }
    let elsewhere = province.get(JUNIPER, "/apis").await;
    assert_eq!(
        (elsewhere.status, &elsewhere.json["resourceType"]),
        (404, &json!("OperationOutcome"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn to_do_something_of_which_there_is_nothing_to_say_takes_no_body() {
    let province = Province::start("no-body").await;
    let token = province.guarded.token("emr-lantern", JUNIPER, USER);
    let server = &province.guarded.server;
    let somebody = "/api/delegates/prov-1/iris.ledgerly";
    for (method, people) in [("PUT", 2), ("DELETE", 1)] {
        let mut ask = server.request(somebody).method(method);
        ask.headers.clear();
        let answer = server.send(ask.header("authorization", &format!("Bearer {token}"))).await;
        assert_eq!(answer.status, 200, "{method}: {:?}", answer.json);
        let all = answer.json["delegates"].as_array().map(Vec::len);
        assert_eq!(all, Some(people), "{method}");
    }
    let text = province.paper(JUNIPER, "PUT", somebody, &[("content-type", "text/plain")], "{}");
    assert_eq!(text.await.status, 415);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_says_who_acts_for_them_and_nobody_hands_it_on() {
    let province = Province::start("delegates").await;
    let panel = format!("/api/panels/{}", province.panel_of(JUNIPER).await);
    let somebody = "/api/delegates/prov-1/iris.ledgerly";
    let ask = async |who, method| province.ask(who, method, somebody, &json!({})).await;
    assert_eq!(ask(DAHLIA, "PUT").await.status, 404, "she acts for her, and may not hand it on");
    assert_eq!(ask(BARNABY, "PUT").await.status, 404);
    assert_eq!(province.get(IRIS, &panel).await.status, 404);
    let given = ask(JUNIPER, "PUT").await;
    let names = |answer: &Answer| {
        let all = answer.json["delegates"].as_array().expect("delegates").iter();
        all.map(|one| text(&one["subject"])).collect::<Vec<_>>()
    };
    assert_eq!(names(&given), [DAHLIA, IRIS]);
    assert_eq!(province.get(IRIS, &panel).await.status, 200);
    assert_eq!(names(&ask(JUNIPER, "DELETE").await), [DAHLIA]);
    assert_eq!(province.get(IRIS, &panel).await.status, 404, "from the next request on");
    assert_eq!(ask(JUNIPER, "DELETE").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_acts_for_a_provider_and_its_record_are_kept_together_or_not_at_all() {
    let province = Province::start("delegates-one-act").await;
    let server = &province.guarded.server;
    let somebody = "/api/delegates/prov-1/iris.ledgerly";
    let ask = async |method| province.ask(JUNIPER, method, somebody, &json!({})).await.status;
    let stands = async || {
        let roles = "SELECT count(*) FROM access.role WHERE subject = 'iris.ledgerly' AND role = 'delegate' AND revoked_at IS NULL";
        let events = "SELECT count(*) FROM audit.event WHERE event IN ('give-delegate', 'take-delegate') AND outcome = 'ok'";
        (server.database.count(roles).await, server.database.count(events).await)
    };
    let no_record = "ALTER TABLE audit.event ADD CONSTRAINT no_record CHECK (event NOT IN ('give-delegate', 'take-delegate')) NOT VALID";
    let no_role = "ALTER TABLE access.role ADD CONSTRAINT no_role CHECK (subject <> 'iris.ledgerly') NOT VALID";
    run(server, no_record).await;
    assert_eq!((ask("PUT").await, stands().await), (500, (0, 0)), "no role without its record");
    run(server, "ALTER TABLE audit.event DROP CONSTRAINT no_record").await;
    run(server, no_role).await;
    assert_eq!((ask("PUT").await, stands().await), (500, (0, 0)), "no record without the role");
    run(server, "ALTER TABLE access.role DROP CONSTRAINT no_role").await;
    assert_eq!((ask("PUT").await, stands().await), (200, (1, 1)));
    run(server, no_record).await;
    assert_eq!((ask("DELETE").await, stands().await), (500, (1, 1)), "nor is it taken back");
    run(server, "ALTER TABLE audit.event DROP CONSTRAINT no_record").await;
    assert_eq!((ask("DELETE").await, stands().await), (200, (0, 2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coordinator_sets_targets_and_the_last_one_of_a_day_counts() {
    let province = Province::start("targets").await;
    let path = format!("/api/panels/{}/targets", province.panel_of(JUNIPER).await);
    for (day, size) in
        [("2027-03-01", json!(400)), ("2027-06-01", json!(800)), ("2027-03-01", json!(300))]
    {
        let set = province.post(COSMO, &path, json!({"dueOn": day, "size": size})).await;
        assert_eq!(set.status, 200, "{:?}", set.json);
    }
    let told = json!([{"dueOn": "2027-03-01", "size": 300}, {"dueOn": "2027-06-01", "size": 800}]);
    assert_eq!(province.get(JUNIPER, &path).await.json["targets"], told);
    assert_eq!(
        province.post(JUNIPER, &path, json!({"dueOn": "2027-03-01", "size": 1})).await.status,
        404
    );
    let given_up = province.post(COSMO, &path, json!({"dueOn": "2027-03-01", "size": null})).await;
    assert_eq!(given_up.json["targets"], json!([{"dueOn": "2027-06-01", "size": 800}]));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_acts_for_a_provider_where_they_are_no_longer_and_nobody_is_proposed_to_them() {
    let moving = Moving::start("left").await;
    let province = &moving.province;
    let panel = province.room_for(5).await;
    let (family, _) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    let ended =
        "UPDATE pas.practitioner_role SET period = jsonb_build_object('end', current_date - 3)
                  WHERE practitioner_key = 'prov-1' AND organization_key = 'clinic-1'";
    moving.becomes_so(ended).await;
    let path = format!("/api/panels/{panel}");
    assert_eq!(province.get(JUNIPER, &path).await.status, 200, "it may be renewed late");
    moving
        .becomes_so("UPDATE pas.practitioner_role SET active = false WHERE practitioner_key = 'prov-1' AND organization_key = 'clinic-1'")
        .await;
    for who in [JUNIPER, DAHLIA] {
        let panels = province.get(who, "/api/panels").await.json;
        let panels = panels["panels"].as_array().expect("panels").iter();
        assert!(panels.clone().all(|one| one["id"] != panel), "{who}");
        for rest in ["", "/members", "/lists", "/targets", "/records?from=2026-01-01&to=2026-02-01"]
        {
            assert_eq!(
                province.get(who, &format!("{path}{rest}")).await.status,
                404,
                "{who} {rest}"
            );
        }
        let capacity = json!({"accepting": true, "anticipated": 1});
        assert_eq!(province.put(who, &format!("{path}/capacity"), capacity).await.status, 404);
        let add = json!({"remove": [PATIENTS[1].phn]});
        assert_eq!(province.post(who, &format!("{path}/clean-up/changes"), add).await.status, 404);
    }
    let seen = province.get(COSMO, &path).await.json;
    assert_eq!((&seen["open"], &seen["bound"]), (&json!(0), &json!("provider-left")));
    let sent = province.send(panel, &[&family]).await;
    assert_eq!((sent.status, &sent.json["code"]), (409, &json!("no-room")));
    assert_eq!(province.states(MARIGOLD).await, ["active"]);
}
