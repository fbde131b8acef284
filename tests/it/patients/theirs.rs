//! What is theirs: states in words, changes, saying that they are still looking or no longer. And what is not.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::*;
use crate::attachment::{Province, text};

#[tokio::test(flavor = "multi_thread")]
async fn states_are_told_in_plain_words_and_we_are_still_looking_is_one_button() {
    let now: DateTime<Utc> = NOW.parse().expect("an instant");
    let clock = Arc::new(Mutex::new(now));
    let server = sandbox(Setup { clock: Some(clock.clone()), ..Setup::default() }).await;
    let mut browser = Browser::of(&server, MARIGOLD).await;
    let page = browser.register(&PATIENTS[..2]).await;
    page.says(">Waiting</span>");
    page.says("<dt>We ask whether you are still looking on</dt><dd>20 February 2027</dd>");
    page.says("<dt>Found a provider there last month</dt><dd>fewer than 5 people</dd>");
    run(&server, "UPDATE attachment.registration SET state = CASE phn WHEN '9876500011' THEN 'reconfirm-due' ELSE 'suspended' END").await;
    *clock.lock().expect("the clock") = now + TimeDelta::days(100);
    let mut browser = Browser::of(&server, MARIGOLD).await;
    let page = browser.get("/my/registrations").await;
    page.says("Are you still looking?");
    page.says("no waiting time is lost");
    page.says("<dt>Tell us that you are still looking by</dt><dd>22 March 2027</dd>");
    page.says("<dt>Waiting for</dt><dd>3 months</dd>");
    let reconfirmed = browser.press(&page.first_form(), ("", "")).await;
    assert_eq!(reconfirmed.path, "/my/registrations?done=reconfirmed");
    assert_eq!(reconfirmed.text.matches(">Waiting</span>").count(), 2);
    reconfirmed.says("<dt>Waiting for</dt><dd>3 months</dd>");
    reconfirmed.says("<dt>We ask whether you are still looking on</dt><dd>31 May 2027</dd>");
    let acts = "SELECT count(DISTINCT act_id) FROM attachment.registration_change WHERE reason = 'reconfirmed'";
    assert_eq!(server.database.count(acts).await, 1, "the family at once");
    let seen = "SELECT count(*) FROM audit.event WHERE event = 'see-registration' AND subject = 'marigold.exampleton' AND patients @> '{9876500029}'";
    assert_eq!(server.database.count(seen).await, 3, "every page with somebody on it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_told_can_be_changed_and_the_date_stays() {
    let server = sandbox(Setup::default()).await;
    let mut browser = Browser::of(&server, MARIGOLD).await;
    let page = browser.register(&PATIENTS[..2]).await;
    let dates = "SELECT count(*) FROM attachment.registration WHERE registered_at = state_at AND registered_at = reconfirmed_at";
    assert_eq!(server.database.count(dates).await, 2);
    let mut form = browser.get(&page.address("/change")).await.first_form();
    assert_eq!(form.value("postal-code"), "V0X9Z1");
    form.set("channel", "text");
    form.set("phone", "604 555 0100");
    form.set("postal-code", "V0X 9Z2");
    form.set("interpreter", "pa");
    form.check("member-1-condition", "heart-failure");
    form.check("member-1-condition", "diabetes");
    let page = browser.press(&form, ("", "")).await;
    assert_eq!(page.path, "/my/registrations?done=changed", "{}", page.text);
    page.says("<dt>Community</dt><dd>Otter Bridge</dd>");
    let kept = "SELECT count(*) FROM attachment.family WHERE channel = 'text' AND community = 'otter-bridge' AND interpreter = 'pa' AND email IS NOT NULL";
    assert_eq!(server.database.count(kept).await, 1);
    let anew = "SELECT count(*) FROM attachment.registration WHERE complexity = 'high' AND NOT changed AND conditions @> '{heart-failure,diabetes}'";
    assert_eq!(server.database.count(anew).await, 1);
    assert_eq!(server.database.count(dates).await, 2, "no date moves");
    let history = "SELECT count(*) FROM attachment.registration_change WHERE reason = 'updated' AND was = 'active' AND became = 'active' AND author = 'marigold.exampleton'";
    assert_eq!(server.database.count(history).await, 2);
    assert_eq!(
        server.database.count("SELECT count(*) FROM audit.event WHERE event = 'updated'").await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_makes_no_sense_keeps_what_was_typed_and_changes_nothing() {
    let server = sandbox(Setup::default()).await;
    let mut browser = Browser::of(&server, MARIGOLD).await;
    let page = browser.register(&PATIENTS[..1]).await;
    let mut form = browser.get(&page.address("/change")).await.first_form();
    form.set("postal-code", "K1A");
    form.set("gender", "male");
    let page = browser.press(&form, ("", "")).await;
    assert_eq!(page.status, 422);
    page.says(
        "<a href=\"#postal-code\">The postal code is in none of the communities on file.</a>",
    );
    assert_eq!(
        page.first_form().fields.iter().find(|(name, _)| name == "gender"),
        Some(&("gender".into(), "male".into()))
    );
    assert_eq!(
        server.database.count("SELECT count(*) FROM attachment.family WHERE gender IS NULL").await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_a_family_can_stop_looking_and_is_asked_whether_they_are_sure() {
    let server = sandbox(Setup::default()).await;
    let mut browser = Browser::of(&server, MARIGOLD).await;
    let page = browser.register(&PATIENTS[..2]).await;
    let sure = browser.get(&page.address("/withdraw")).await;
    sure.says("Do you no longer look for a provider?");
    let mut form = sure.first_form();
    assert_eq!(form.all("registration"), [""; 0], "nobody is ticked");
    let boxes = sure.text.split("name=\"registration\" value=\"").skip(1);
    let who: Vec<&str> = boxes.filter_map(|rest| rest.split('"').next()).collect();
    form.check("registration", who[0]);
    let page = browser.press(&form, ("", "")).await;
    assert_eq!(page.path, "/my/registrations?done=withdrawn", "{}", page.text);
    page.says(">No longer looking</span>");
    page.says(">Waiting</span>");
    let again = browser.press(&form, ("", "")).await;
    assert_eq!(again.status, 409, "{}", again.text);
    form.fields.retain(|(name, _)| name != "registration");
    let nobody = browser.press(&form, ("", "")).await;
    assert_eq!(nobody.status, 422);
    nobody.says("Choose who no longer looks.");
    form.check("registration", who[1]);
    let page = browser.press(&form, ("", "")).await;
    assert!(!page.text.contains("We are still looking"), "nothing is left to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_registered_is_not_there() {
    let server = sandbox(Setup::default()).await;
    let mut marigold = Browser::of(&server, MARIGOLD).await;
    let page = marigold.register(&PATIENTS[..1]).await;
    let (change, withdraw) = (page.address("/change"), page.address("/withdraw"));
    let forms = [
        page.first_form(),
        marigold.get(&change).await.first_form(),
        marigold.get(&withdraw).await.first_form(),
    ];
    let mut basil = Browser::of(&server, BASIL).await;
    let key = basil.get("/my/registrations/new").await.first_form().value("form_key").to_owned();
    let nowhere = "/my/registrations/00000000-0000-7000-8000-000000000000/change";
    let absent = basil.get(nowhere).await;
    for path in [change.as_str(), withdraw.as_str(), "/my/registrations/nonsense/change"] {
        let page = basil.get(path).await;
        assert_eq!((page.status, &page.text), (404, &absent.text), "{path}");
    }
    for mut form in forms {
        form.fields.retain(|(name, _)| name != "form_key");
        form.fields.push(("form_key".into(), key.clone()));
        let page = basil.press(&form, ("", "")).await;
        assert_eq!((page.status, &page.text), (404, &absent.text), "{}", form.action);
    }
    let page = basil.get("/my/registrations").await;
    assert!(page.status == 200 && !page.text.contains(PATIENTS[0].phn));
    let changes = "SELECT count(*) FROM attachment.registration_change";
    assert_eq!(server.database.count(changes).await, 1, "nothing of it was done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_session_is_refused_and_nobody_is_shown_without_signing_in() {
    let server = sandbox(Setup::default()).await;
    let mut marigold = Browser::of(&server, MARIGOLD).await;
    let form = marigold.register(&PATIENTS[..1]).await.first_form();
    let mut other = Browser::of(&server, MARIGOLD).await;
    assert_eq!(other.press(&form, ("", "")).await.status, 403);
    let mut stranger = Browser::new(&server);
    let page = stranger.get("/my/registrations").await;
    assert_eq!((page.status, page.text.as_str()), (303, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_changes_what_a_family_told_in_its_name_alone() {
    let province = Province::start("update").await;
    let (family, members) = province.register(MARIGOLD, &PATIENTS[..1]).await;
    let path = format!("/api/families/{family}");
    let change = |member: &str| {
        json!({
            "channel": "phone", "phone": "604 555 0100", "language": "fr", "community": "fernhollow",
            "members": [{"registration": member, "healthChanged": true, "conditions": ["heart-failure"]}],
        })
    };
    let before = province.get(MARIGOLD, "/api/registrations").await.json;
    assert_eq!(province.put(BASIL, &path, change(&members[0])).await.status, 404);
    let (_, basils) = province.register(BASIL, &PATIENTS[1..2]).await;
    assert_eq!(
        province.put(MARIGOLD, &path, change(&basils[0])).await.status,
        404,
        "of another family"
    );
    let unknown = json!({"channel": "email", "email": "a@b.example", "language": "en", "postalCode": "V0X", "members": [{"registration": members[0], "conditions": ["hiccups"]}]});
    assert_eq!(province.put(MARIGOLD, &path, unknown).await.status, 422);
    let changed = province.put(MARIGOLD, &path, change(&members[0])).await;
    assert_eq!((changed.status, text(&changed.json["communityName"])), (200, "Fernhollow".into()));
    assert_eq!([&changed.json["email"], &changed.json["language"]], [&Value::Null, &json!("fr")]);
    let since = |family: &Value| family["members"][0]["registeredAt"].clone();
    assert_eq!(since(&changed.json), since(&before["families"][0]));
    let anew = "SELECT count(*) FROM attachment.registration WHERE complexity = 'high' AND changed";
    assert_eq!(province.guarded.server.database.count(anew).await, 1);
    province
        .post(MARIGOLD, &format!("/api/registrations/{}/withdraw", members[0]), json!({}))
        .await;
    assert_eq!(
        province.put(MARIGOLD, &path, change(&members[0])).await.status,
        409,
        "it has ended"
    );
}
