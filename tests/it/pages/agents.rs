//! Whoever calls the registry, on an agent's pages.

use super::*;
use crate::attachment::{BASIL, COSMO, DAHLIA, JUNIPER, MARIGOLD};
use crate::message::PATIENTS;

const OPAL: &str = "opal.ringwell";
const IRIS: &str = "iris.ledgerly";
const SEARCH: &str = "/my/families";
const REGISTER: &str = "/my/families/new";

/// What somebody on the telephone says of themselves, as the agent types it.
fn saying(page: &Shown, patient: Patient) -> Form {
    let form = page.form(SEARCH).with("phn", patient.phn).with("family", patient.family);
    form.with("birth-date", patient.birth)
}

/// The agent finds the family of somebody who is right; gives where it is shown.
async fn found(opal: &mut Browser<'_>, patient: Patient) -> String {
    let page = opal.get(SEARCH).await;
    let sent = opal.send(&saying(&page, patient)).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    sent.location
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_calls_is_registered_found_changed_reconfirmed_and_withdrawn_by_forms() {
    let town = Town::start().await;
    let mut opal = town.sign_in(OPAL).await;
    let home = opal.get("/my").await;
    let search = opal.follow(&home, "Families who call").await;
    let blank = opal.follow(&search, "Register whoever calls").await;
    blank.is_silent_on("Who registers");
    let patient = PATIENTS[0];
    let filled = blank.form(REGISTER).with("channel", "phone").with("phone", "250-555-0101");
    let filled = filled.with("postal-code", "V0X 9Z1").with("consent", "yes");
    let filled = filled.with("member-0-phn", patient.phn).with("member-0-given", patient.given);
    let filled = filled.with("member-0-family", patient.family);
    let filled = filled.with("member-0-birth-date", patient.birth);
    let registered = opal.click(&filled.with("member-0-looking", "other")).await;
    registered.says("They are registered.");
    registered.says("They are on the registry.");
    registered.is_silent_on("You are");
    let nobodys =
        "SELECT count(*) FROM attachment.family WHERE subject IS NULL AND registered_by = 'agent'";
    assert_eq!(town.count(nobodys).await, 1);

    let place = found(&mut opal, patient).await;
    assert!(registered.path.starts_with(&place), "{place} is not {}", registered.path);
    assert!(!place.contains(patient.phn), "{place}");
    let page = opal.get(&place).await;
    let change = opal.follow(&page, "Change").await;
    assert_eq!(change.link("Leave it as it was"), place);
    let changed = opal.click(&change.form(&change.path).with("language", "pa")).await;
    changed.says("It was changed.");
    let reconfirmed = opal.click(&changed.form_to("/reconfirm")).await;
    reconfirmed.says("They are still on the registry.");
    let sure = opal.follow(&reconfirmed, "They no longer look").await;
    assert_eq!(sure.link("They are still looking"), place);
    let unchosen = opal.send(&sure.form(&sure.path)).await;
    assert_eq!(unchosen.status, 422);
    unchosen.says("Choose who no longer looks.");
    let who = sure.text.split("name=\"registration\" value=\"").nth(1).expect("a person");
    let who = who.split('"').next().expect("a number");
    let gone = opal.click(&sure.form(&sure.path).with("registration", who)).await;
    gone.says("They were taken off the registry.");
    gone.says("No longer looking");
    let acts = "SELECT count(DISTINCT event) FROM audit.event WHERE subject = 'opal.ringwell' AND patients = '{9876500011}'
                AND event IN ('register', 'find-family', 'see-registration', 'updated', 'reconfirmed', 'withdrawn')";
    assert_eq!(town.count(acts).await, 6, "each in the agent's own name");
    let own = opal.get("/my/registrations").await;
    own.says("You have not registered anybody yet");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_sees_the_families_that_the_api_lets_them_see() {
    let town = Town::start().await;
    town.register(MARIGOLD, &PATIENTS[..2]).await;
    let mut opal = town.sign_in(OPAL).await;
    let place = found(&mut opal, PATIENTS[1]).await;
    let found = "SELECT count(*) FROM audit.event WHERE event = 'find-family' AND patients @> '{9876500011,9876500029}'";
    assert_eq!(town.count(found).await, 1, "all who are about to be shown");
    let seen = "SELECT count(*) FROM audit.event WHERE event = 'see-registration' AND subject = 'opal.ringwell'
                AND patients @> '{9876500011,9876500029}'";
    assert_eq!(town.count(seen).await, 0);
    let page = opal.get(&place).await;
    page.says("Marigold Exampleton");
    page.says("Basil Fixturing");
    let id = place.strip_prefix("/my/families/").expect("a family");
    let hers = town.sign_in(MARIGOLD).await.get("/my/registrations").await;
    hers.says(&format!("/my/registrations/{id}/change"));
    assert_eq!(town.count(seen).await, 1);
    let other = format!("{SEARCH}/01890000-0000-7000-8000-000000000000");
    assert_eq!(opal.get(&other).await.status, 404, "of which there is none");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_wrong_of_three_an_agent_is_told_the_same() {
    let town = Town::start().await;
    town.register(MARIGOLD, &PATIENTS[..1]).await;
    let mut opal = town.sign_in(OPAL).await;
    let page = opal.get(SEARCH).await;
    let right = PATIENTS[0];
    let mut told = Vec::new();
    for wrong in [
        Patient { birth: "1984-04-13", ..right },
        Patient { family: "Exampletown", ..right },
        Patient { phn: PATIENTS[1].phn, ..right },
        Patient { phn: "none", ..right },
        PATIENTS[1],
    ] {
        let sent = opal.send(&saying(&page, wrong)).await;
        assert_eq!(sent.status, 404);
        assert_eq!(sent.form(SEARCH).value("birth-date"), wrong.birth, "what was typed is kept");
        sent.is_silent_on("Marigold");
        let alert = sent.text.split("role=\"alert\"").nth(1).expect("an alert");
        told.push(alert.split("<form").next().expect("its text").to_owned());
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:#?}");
    let spaced = Patient { phn: "9876 500 011", ..right };
    assert_eq!(opal.send(&saying(&page, spaced)).await.status, 303, "as it stands on the card");
    for field in ["phn", "family", "birth-date"] {
        let sent = opal.send(&saying(&page, right).with(field, " ")).await;
        assert_eq!(sent.status, 422, "{field}");
        sent.says(&format!("<a href=\"#{field}\">"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_families_who_call_are_there_for_agents_alone() {
    let town = Town::start().await;
    town.register(MARIGOLD, &PATIENTS[..1]).await;
    let mut opal = town.sign_in(OPAL).await;
    let place = found(&mut opal, PATIENTS[0]).await;
    let (change, withdraw) = (format!("{place}/change"), format!("{place}/withdraw"));
    let pages = [SEARCH, REGISTER, &place, &change, &withdraw];
    let search = saying(&opal.get(SEARCH).await, PATIENTS[0]);
    let card = opal.get(&place).await;
    let blank = opal.get(REGISTER).await.form(REGISTER);
    let adding = Form::made_up(REGISTER.into(), &[("add", "yes")]);
    let changing = opal.get(&change).await.form(&change);
    let leaving = opal.get(&withdraw).await.form(&withdraw);
    let forms = [search, blank, adding, changing, card.form_to("/reconfirm"), leaving];
    for page in pages {
        assert_eq!(opal.get(page).await.status, 200, "{page}");
    }
    let before = town.count("SELECT count(*) FROM audit.event WHERE patients <> '{}'").await;
    // Whoever registered the family is among them: theirs is another page.
    for who in [MARIGOLD, BASIL, JUNIPER, DAHLIA, COSMO, IRIS, "rue.clipworth"] {
        let mut browser = town.sign_in(who).await;
        browser.get("/my").await.is_silent_on(SEARCH);
        let missing = browser.get("/my/panels/999999").await;
        assert_eq!(missing.status, 404);
        for page in pages {
            let shown = browser.get(page).await;
            assert_eq!(shown.status, 404, "{page} for {who}");
            assert_eq!(shown.text, missing.text, "nobody learns which of the two it is");
        }
        let key = browser.key().await;
        for form in &forms {
            let mut form = form.clone();
            form.fields.retain(|(name, _)| name != "form_key");
            form.fields.push(("form_key".into(), key.clone()));
            let sent = browser.send(&form).await;
            assert_eq!((sent.status, &sent.text), (404, &missing.text), "{} by {who}", form.action);
        }
    }
    let after = town.count("SELECT count(*) FROM audit.event WHERE patients <> '{}'").await;
    assert_eq!(after, before, "nobody was seen, and nothing done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_does_not_make_an_agent_of_somebody() {
    let town = Town::start().await;
    let mut marigold = town.sign_in(MARIGOLD).await;
    let path = "/my/registrations/new";
    let form = marigold.get(path).await.form(path).with("registered-by", "agent");
    let form = form.with("email", "somebody@mail.example").with("postal-code", "V0X 9Z1");
    let form = form.with("consent", "yes").with("member-0-phn", PATIENTS[0].phn);
    let form = form.with("member-0-given", "Marigold").with("member-0-family", "Exampleton");
    let form = form.with("member-0-birth-date", "1984-04-12").with("member-0-looking", "other");
    marigold.click(&form).await.says("You are registered.");
    let hers = "SELECT count(*) FROM attachment.family WHERE subject = 'marigold.exampleton' AND registered_by = 'self'";
    assert_eq!(town.count(hers).await, 1);
}
