//! Registering by the form.

use super::*;

const NO_MATCH: &str = "The information does not match provincial records";

#[tokio::test(flavor = "multi_thread")]
async fn a_family_of_two_registers_by_adding_a_person_and_nothing_typed_is_lost() {
    let server = sandbox(Setup::default()).await;
    let mut browser = Browser::of(&server, MARIGOLD).await;
    let mut form = browser.get("/my/registrations/new").await.first_form();
    fill(&mut form, &PATIENTS[..1]);
    form.set("phone", "604 555 0100");
    form.set("language", "fr");
    form.set("distance", "20");
    form.set("gender", "female");
    form.set("member-0-preferred-name", "Mari \"Gold\" <& Co>");
    form.check("member-0-condition", "asthma");
    form.check("member-0-condition", "diabetes");
    form.check("member-0-health-changed", "yes");
    let sent = form.fields.clone();
    let page = browser.press(&form, ("add", "yes")).await;
    assert_eq!(page.status, 200);
    let mut form = page.first_form();
    for pair in &sent {
        assert!(form.fields.contains(pair), "{pair:?} is not kept in {:?}", form.fields);
    }
    form.set("member-1-phn", PATIENTS[1].phn);
    form.set("member-1-given", PATIENTS[1].given);
    form.set("member-1-family", PATIENTS[1].family);
    form.set("member-1-birth-date", PATIENTS[1].birth);
    form.set("member-1-looking", "never-had-one");
    let page = browser.press(&form, ("", "")).await;
    assert_eq!((page.status, page.path.as_str()), (200, "/my/registrations?done=registered"));
    page.says("Basil Fixturing");
    page.says("among the first ten");
    page.says("less than a month");
    let kept = "SELECT count(*) FROM attachment.registration r JOIN attachment.family f ON f.id = r.family_id
         WHERE f.subject = 'marigold.exampleton' AND f.language = 'fr' AND f.distance = 20 AND f.gender = 'female' AND f.postal_code = 'V0X9Z1'
           AND (r.phn = '9876500011' AND r.conditions = '{asthma,diabetes}' AND r.changed AND r.complexity = 'medium'
             OR r.phn = '9876500029' AND r.conditions = '{}' AND r.looking = 'never-had-one')";
    assert_eq!(server.database.count(kept).await, 2);
    assert_eq!(
        server
            .database
            .count("SELECT count(DISTINCT family_id) FROM attachment.registration")
            .await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_sent_after_the_session_ended_is_kept_and_sent_again() {
    let server = sandbox(Setup::default()).await;
    let mut browser = Browser::of(&server, MARIGOLD).await;
    let mut form = browser.get("/my/registrations/new").await.first_form();
    fill(&mut form, &PATIENTS[..1]);
    form.set("member-0-preferred-name", "Mari \"Gold\" <& Co>");
    form.check("member-0-condition", "asthma");
    form.check("member-0-condition", "diabetes");
    let typed = |form: &Form| -> Vec<(String, String)> {
        form.fields.iter().filter(|(name, _)| name != "form_key").cloned().collect()
    };
    let out = browser.get("/my").await.form("/sign-out");
    browser.send(&out).await;
    let page = browser.send(&form).await;
    assert_eq!(page.status, 403);
    page.says("<h1>You were signed out</h1>");
    page.says("href=\"/sign-in\" target=\"_blank\"");
    let kept = page.form("/my/registrations/new");
    assert_eq!(typed(&kept), typed(&form), "every field in its order");
    let again = browser.send(&kept).await;
    again.says("<h1>You were signed out</h1>");
    let mut browser = Browser::of(&server, MARIGOLD).await;
    let page = browser.send(&kept).await;
    page.says("<h1>Send it now</h1>");
    let kept = page.form("/my/registrations/new");
    assert_eq!(typed(&kept), typed(&form), "every field in its order");
    assert_eq!(server.database.count("SELECT count(*) FROM attachment.registration").await, 0);
    let page = browser.press(&kept, ("", "")).await;
    assert_eq!((page.status, page.path.as_str()), (200, "/my/registrations?done=registered"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_site_sends_is_not_shown_to_be_sent_again() {
    let server = sandbox(Setup::default()).await;
    let ask =
        server.request("/my/registrations/new").body(b"email=mallory%40mail.example".to_vec());
    let ask = ask.header("content-type", "application/x-www-form-urlencoded");
    let answer = server.send(ask.header("sec-fetch-site", "cross-site")).await;
    assert_eq!(answer.status, 403);
    assert!(!String::from_utf8_lossy(&answer.bytes).contains("mallory"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_focus_goes_to_whoever_was_added_and_to_nobody_else() {
    let server = sandbox(Setup::default()).await;
    let mut browser = Browser::of(&server, MARIGOLD).await;
    let focused = |page: &Shown| page.text.matches(" autofocus").count();
    let page = browser.get("/my/registrations/new").await;
    assert_eq!(focused(&page), 0);
    page.says("Postal code <span class=\"hint\">required");
    let page = browser.press(&page.first_form(), ("add", "yes")).await;
    assert_eq!(focused(&page), 1);
    page.says("name=\"member-1-phn\" autofocus");
    // A browser gives no focus by itself where the address names a place of the page.
    page.says("name=\"add\" value=\"yes\" formaction=\"/my/registrations/new\"");
    let page = browser.press(&page.first_form(), ("leave-out", "1")).await;
    assert_eq!(focused(&page), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_left_out_is_gone_and_the_others_move_up() {
    let server = sandbox(Setup::default()).await;
    let mut browser = Browser::of(&server, MARIGOLD).await;
    let mut form = browser.get("/my/registrations/new").await.first_form();
    form = browser.press(&form, ("add", "yes")).await.first_form();
    fill(&mut form, &PATIENTS[..2]);
    let form = browser.press(&form, ("leave-out", "0")).await.first_form();
    assert_eq!(form.value("member-0-phn"), PATIENTS[1].phn);
    assert_eq!(form.value("member-0-looking"), "moved-here");
    assert_eq!(form.value("member-1-phn"), "", "nobody else is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_match_reads_the_one_text_and_what_was_typed_is_kept() {
    let server = sandbox(Setup::default()).await;
    let mut browser = Browser::of(&server, MARIGOLD).await;
    let mut waits = Browser::of(&server, BASIL).await;
    assert_eq!(waits.register(&PATIENTS[1..2]).await.status, 200);
    let mut told = Vec::new();
    for patient in [
        Patient { birth: "1984-04-13", ..PATIENTS[0] },
        Patient { family: "Somebodyelse", ..PATIENTS[0] },
        Patient { phn: "9999999998", ..PATIENTS[0] },
        PATIENTS[1],
    ] {
        let page = browser.register(&[patient]).await;
        assert_eq!(page.status, 422);
        page.says("<title>Error: Register");
        let (_, fault) = page.text.split_once("<div class=\"notice bad\"").expect("what is wrong");
        told.push(fault.split("</div>").next().unwrap_or_default().to_owned());
        let form = page.first_form();
        assert_eq!(form.value("member-0-phn"), patient.phn);
        assert_eq!(form.value("member-0-family"), patient.family);
        assert_eq!(form.value("member-0-birth-date"), patient.birth);
        assert_eq!(form.value("consent"), "yes");
    }
    assert!(told[0].contains(NO_MATCH), "{}", told[0]);
    told.dedup();
    assert_eq!(told.len(), 1, "who waits already and who does not match are the same: {told:?}");
    assert_eq!(server.database.count("SELECT count(*) FROM attachment.registration").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_above_with_a_link_to_the_field() {
    let server = sandbox(Setup::default()).await;
    let mut browser = Browser::of(&server, MARIGOLD).await;
    let blank = browser.get("/my/registrations/new").await.first_form();
    let page = browser.press(&blank, ("", "")).await;
    assert_eq!(page.status, 422);
    page.says("<a href=\"#member-0-birth-date\">Give the birth date as year-month-day");
    page.says("<a href=\"#member-0-looking\">Choose why");
    page.says("<a href=\"#member-0-phn\">Give the personal health number");
    page.says("<a href=\"#member-0-given\">Give the given names");
    page.says("<a href=\"#member-0-family\">Give the family name");
    let mut form = page.first_form();
    fill(&mut form, &PATIENTS[..1]);
    for (field, value, told) in [
        (
            "email",
            "nobody",
            "<a href=\"#email\">Give an e-mail address or a telephone number, as the channel says.</a>",
        ),
        (
            "postal-code",
            "K1A",
            "<a href=\"#postal-code\">The postal code is in none of the communities on file.</a>",
        ),
        (
            "postal-code",
            "",
            "<a href=\"#postal-code\">Give a postal code, or a community for those who have no fixed address.</a>",
        ),
    ] {
        let before = form.value(field).to_owned();
        form.set(field, value);
        browser.press(&form, ("", "")).await.says(told);
        form.set(field, &before);
    }
    let page = browser.press(&form.untick("consent", "yes"), ("", "")).await;
    page.says("<a href=\"#consent\">Without consent nothing is kept.</a>");
    let mut form = page.first_form();
    form.check("consent", "yes");
    form.set("postal-code", "");
    form.set("community", "otter-bridge");
    browser.press(&form, ("", "")).await.says("Otter Bridge");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_the_form_has_its_label_and_every_hint_is_there() {
    let server = sandbox(Setup::default()).await;
    let mut browser = Browser::of(&server, MARIGOLD).await;
    let form = browser.get("/my/registrations/new").await.first_form();
    let page = browser.press(&form, ("add", "yes")).await.text;
    let named = |attribute: &str| -> Vec<String> {
        let beginning = format!(" {attribute}=\"");
        let parts = page.split(&beginning).skip(1);
        parts.map(|rest| rest.split('"').next().unwrap_or_default().to_owned()).collect()
    };
    let ids = named("id");
    let mut distinct = ids.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(ids.len(), distinct.len(), "an id is one element's");
    for target in named("for").into_iter().chain(named("aria-describedby")) {
        assert!(ids.contains(&target), "{target} is nowhere");
    }
    let labels = named("for");
    let mut fields = 0;
    for tag in page.split('<').filter(|tag| tag.starts_with("input ") || tag.starts_with("select "))
    {
        if ["\"hidden\"", "\"radio\"", "\"checkbox\""].iter().any(|kind| tag.contains(kind)) {
            continue;
        }
        let id = tag.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next());
        assert!(labels.iter().any(|label| Some(label.as_str()) == id), "no label: {tag}");
        fields += 1;
    }
    assert!(fields > 15, "the page was read: {fields}");
    assert!(!page.contains("<script") && !page.contains(" style=\""), "the policy forbids both");
}
