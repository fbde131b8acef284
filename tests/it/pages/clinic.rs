//! A director's clinic: its details, its staff, and what ends when somebody leaves.

use serde_json::json;

use super::*;
use crate::attachment::{BASIL, COSMO, DAHLIA, JUNIPER, MARIGOLD};
use crate::message::PATIENTS;

const IRIS: &str = "iris.ledgerly";
const WILDER: &str = "wilder.roomkeep";
const CLINIC: &str = "/my/clinics/clinic-1";
const API: &str = "/api/clinics/clinic-1";

impl Town {
    /// Somebody asks through a program of theirs.
    pub async fn api(&self, who: &str, method: &str, path: &str, body: Value) -> Answer {
        let Some(Desk::Sandbox(sandbox)) = self.server.app.desk.as_deref() else {
            panic!("a sandbox has a desk")
        };
        let id = Clock::System.id();
        let claims = Claims { client: "emr-lantern", subject: who, scope: USER, id };
        let token = sandbox.mint.mint(&claims, Clock::System.now()).expect("a token");
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let ask = self.server.request(path).method(method).body(body);
        let ask = ask.header("content-type", "application/json");
        self.server.send(ask.header("authorization", &format!("Bearer {token}"))).await
    }

    /// A director keeps somebody on the staff of their clinic.
    pub async fn employ(&self, director: &str, clinic: &str, subject: &str, name: &str) -> Answer {
        let path = format!("/api/clinics/{clinic}/staff/{subject}");
        let post = json!({"name": name, "job": "medical-office-assistant"});
        let kept = self.api(director, "PUT", &path, post).await;
        assert_eq!(kept.status, 200, "{:?}", kept.json);
        kept
    }
}

/// The details of clinic 1, filled in.
fn details(page: &Shown) -> Form {
    page.form(CLINIC)
        .with("phone", "250-555-0101 ext. 4")
        .with("email", "desk@cedar.example")
        .with("address", "12 Lantern Row\r\nSecond floor")
        .with("postal_code", "v0x 9z1")
        .with("text", "The door with the lantern.\r\nA ramp leads to it.")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clinic_is_there_for_whoever_directs_it_and_for_nobody_else() {
    let town = Town::start().await;
    let mut iris = town.sign_in(IRIS).await;
    let page = iris.get(CLINIC).await;
    assert_eq!(page.status, 200);
    let employing = page.form(&format!("{CLINIC}/staff")).with("subject", DAHLIA);
    let employing = employing.with("name", "Dahlia").with("job", "nurse");
    let letting_go = employing.clone().to(format!("{CLINIC}/staff/end"));
    assert_eq!(town.api(IRIS, "GET", API, Value::Null).await.status, 200);
    for who in [WILDER, JUNIPER, DAHLIA, COSMO, BASIL] {
        let mut browser = town.sign_in(who).await;
        let missing = browser.get("/my/panels/999999").await;
        let shown = browser.get(CLINIC).await;
        assert_eq!((shown.status, &shown.text), (404, &missing.text), "{who}");
        let key = browser.key().await;
        for form in [&details(&page), &employing, &letting_go] {
            let sent = browser.send(&form.clone().with("form_key", &key)).await;
            assert_eq!(sent.status, 404, "{} by {who}", form.action);
        }
        let staff = format!("{API}/staff/{DAHLIA}");
        for (method, path, body) in [
            ("GET", API, Value::Null),
            ("PUT", API, json!({"phone": "250-555-0199"})),
            ("PUT", &staff, json!({"name": "Dahlia", "job": "nurse"})),
            ("DELETE", &staff, json!({})),
        ] {
            let answer = town.api(who, method, path, body).await;
            assert_eq!(answer.status, 404, "{method} {path} by {who}");
            assert_eq!(answer.json["detail"], "There is no such thing, or it is not yours.");
        }
    }
    assert_eq!(town.count("SELECT count(*) FROM clinic.details").await, 0);
    assert_eq!(town.count("SELECT count(*) FROM clinic.staff").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_director_finds_their_clinic_with_its_numbers_its_panels_and_who_acts_for_whom() {
    let town = Town::start().await;
    town.room_for(5).await;
    let mut iris = town.sign_in(IRIS).await;
    let home = iris.get("/my").await;
    let page = iris.follow(&home, "Cedar Lantern Family Practice").await;
    for text in [
        "F0101 (facility)",
        "V0X 9Z1",
        "Juniper Testwell",
        "Saffron Careling",
        "5 of 5 open",
        "dahlia.deskworth, since ",
    ] {
        page.says(text);
    }
    page.is_silent_on("Barnaby");
    page.is_silent_on("Corwin");
    let answer = town.api(IRIS, "GET", API, Value::Null).await.json;
    assert_eq!(answer["registries"][0]["registry"], "PAS");
    assert_eq!(answer["registries"][1]["registry"], "PLR");
    let juniper = &answer["providers"][0];
    assert_eq!((&juniper["size"], &juniper["open"]), (&json!(0), &json!(5)));
    assert_eq!(juniper["delegates"][0]["subject"], DAHLIA);
}

#[tokio::test(flavor = "multi_thread")]
async fn details_are_kept_with_their_author_and_the_last_ones_count() {
    let town = Town::start().await;
    let mut iris = town.sign_in(IRIS).await;
    let page = iris.get(CLINIC).await;
    page.says("Nothing is kept yet.");
    let page = iris.click(&details(&page)).await;
    page.says("The details are kept.");
    page.says("by iris.ledgerly.");
    assert_eq!(page.form(CLINIC).all("postal_code"), ["V0X 9Z1"]);
    let kept = json!({
        "phone": "250-555-0101 ext. 4", "email": "desk@cedar.example",
        "lines": ["12 Lantern Row", "Second floor"], "postalCode": "V0X9Z1",
        "forFamilies": "The door with the lantern.\nA ramp leads to it.",
    });
    let answer = town.api(IRIS, "GET", API, Value::Null).await.json;
    assert_eq!((&answer["details"], &answer["keptBy"]), (&kept, &json!(IRIS)));
    let less = town.api(IRIS, "PUT", API, json!({"phone": "250-555-0199"})).await;
    assert_eq!((less.status, &less.json["details"]["email"]), (200, &Value::Null));
    iris.get(CLINIC).await.says("250-555-0199");
    let history =
        "SELECT count(*) FROM clinic.details d JOIN audit.event e ON e.message_id = d.act_id
        WHERE e.event = 'keep-clinic' AND e.subject = d.author AND e.facility = ARRAY['clinic-1']";
    assert_eq!(town.count(history).await, 2, "both are kept, each with its act");
}

#[tokio::test(flavor = "multi_thread")]
async fn details_with_a_mistake_are_shown_again_as_they_were_typed() {
    let town = Town::start().await;
    let mut iris = town.sign_in(IRIS).await;
    let form = details(&iris.get(CLINIC).await);
    for (field, typed, told) in [
        ("phone", "call us", "A telephone number has"),
        ("email", "nobody", "An e-mail address has"),
        ("postal_code", "V0X", "The postal code of a clinic has six characters"),
        ("text", "See https://somewhere.example", "holds no web address"),
        ("text", &"a".repeat(501), "500 characters at most"),
        ("address", "a\nb\nc\nd\ne", "four lines at most"),
    ] {
        let shown = iris.send(&form.clone().with(field, typed)).await;
        assert_eq!(shown.status, 422, "{field}");
        shown.says(told);
        shown.says(typed);
        if field != "phone" {
            shown.says("250-555-0101 ext. 4");
        }
    }
    assert_eq!(town.count("SELECT count(*) FROM clinic.details").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_are_kept_by_name_and_job_and_a_mistake_is_told() {
    let town = Town::start().await;
    let mut iris = town.sign_in(IRIS).await;
    let form = iris.get(CLINIC).await.form(&format!("{CLINIC}/staff"));
    let form = form.with("subject", "rue.clipworth").with("name", "Rue Clipworth");
    for (field, typed, told) in [
        ("job", "", "Choose what they do"),
        ("job", "wizard", "Choose what they do"),
        ("subject", "rue clipworth", "has no space in it"),
        ("name", " ", "A name has 1 to 100 characters."),
    ] {
        let shown = iris.send(&form.clone().with("job", "nurse").with(field, typed)).await;
        assert_eq!(shown.status, 422, "{field}");
        shown.says(told);
        let again = shown.form(&format!("{CLINIC}/staff"));
        assert_eq!(again.all(field), [if typed == "wizard" { "" } else { typed }]);
        assert!(field == "name" || again.all("name") == ["Rue Clipworth"], "{again:?}");
    }
    let page = iris.click(&form.with("job", "nurse")).await;
    page.says("They are on the staff.");
    page.says("Rue Clipworth");
    let staff = town.api(IRIS, "GET", API, Value::Null).await.json["staff"].clone();
    assert_eq!(staff.as_array().map(Vec::len), Some(1));
    assert_eq!((&staff[0]["job"], &staff[0]["keptBy"]), (&json!("nurse"), &json!(IRIS)));
    let again = town.employ(IRIS, "clinic-1", "rue.clipworth", "Rue Clipworth-Testwell").await;
    let staff = &again.json["staff"];
    assert_eq!(staff.as_array().map(Vec::len), Some(1), "once, as kept last: {staff}");
    assert_eq!(staff[0]["job"], "medical-office-assistant");
    let history =
        "SELECT count(*) FROM clinic.staff s JOIN audit.event e ON e.message_id = s.act_id
        WHERE e.event = 'keep-staff' AND e.subject = s.author AND s.subject = 'rue.clipworth'";
    assert_eq!(town.count(history).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_the_staff_acts_for_its_providers_no_longer() {
    let town = Town::start().await;
    let panel = town.room_for(1).await;
    town.employ(IRIS, "clinic-1", DAHLIA, "Dahlia Deskworth").await;
    let mut dahlia = town.sign_in(DAHLIA).await;
    assert_eq!(dahlia.get(&panel).await.status, 200);
    let mut iris = town.sign_in(IRIS).await;
    let end = iris.get(CLINIC).await.form(&format!("{CLINIC}/staff/end"));
    let page = iris.click(&end).await;
    page.says("They are on the staff no longer");
    page.says("Nobody is on the staff yet.");
    assert_eq!(dahlia.get(&panel).await.status, 404, "from the next request on");
    dahlia.get("/my").await.is_silent_on("For whom I act");
    let delegates = town.api(JUNIPER, "GET", "/api/delegates", Value::Null).await;
    assert_eq!(delegates.json["delegates"], json!([]));
    let together = "SELECT count(*) FROM audit.event e JOIN clinic.staff s ON s.act_id = e.message_id AND s.job IS NULL
        WHERE e.event = 'take-delegate' AND e.subject = 'iris.ledgerly' AND e.on_behalf_of[1] IN ('prov-1', 'prov-3')";
    assert_eq!(town.count(together).await, 2, "one act, a record for each provider");
    assert_eq!(iris.send(&end).await.status, 404, "nobody leaves twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_works_for_a_provider_at_another_clinic_goes_on_acting_for_them() {
    let town = Town::start().await;
    // Saffron has visiting days at clinic 5.
    let role = pas::attachment::Role::Director { organization_key: "clinic-5".into() };
    let now = Clock::System.now();
    town.server.store.give_role(WILDER, &role, "a test", now).await.expect("gives");
    town.employ(IRIS, "clinic-1", DAHLIA, "Dahlia Deskworth").await;
    town.employ(WILDER, "clinic-5", DAHLIA, "Dahlia Deskworth").await;
    let staff = |clinic: &str| format!("/api/clinics/{clinic}/staff/{DAHLIA}");
    let left = town.api(IRIS, "DELETE", &staff("clinic-1"), json!({})).await;
    assert_eq!(left.status, 200, "{:?}", left.json);
    let acts = async || {
        let me = town.api(DAHLIA, "GET", "/api/me", Value::Null).await.json;
        let roles = me["roles"].as_array().expect("roles").clone();
        roles.iter().map(|role| role["practitioner"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(acts().await, ["prov-3"], "for Saffron still, and for Juniper no longer");
    town.api(WILDER, "DELETE", &staff("clinic-5"), json!({})).await;
    assert!(acts().await.is_empty(), "nowhere any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_let_go_by_two_clinics_at_once_is_spared_by_neither() {
    let town = Town::start().await;
    let now = Clock::System.now();
    let director = pas::attachment::Role::Director { organization_key: "clinic-5".into() };
    town.server.store.give_role(WILDER, &director, "a test", now).await.expect("gives");
    let held = "SELECT count(*) FROM access.role WHERE subject = 'dahlia.deskworth' AND revoked_at IS NULL AND practitioner_key = 'prov-3'";
    for _ in 0..8 {
        let delegate = pas::attachment::Role::Delegate { practitioner_key: "prov-3".into() };
        let now = Clock::System.now();
        town.server.store.give_role(DAHLIA, &delegate, "a test", now).await.expect("gives");
        town.employ(IRIS, "clinic-1", DAHLIA, "Dahlia Deskworth").await;
        town.employ(WILDER, "clinic-5", DAHLIA, "Dahlia Deskworth").await;
        assert_eq!(town.count(held).await, 1);
        let leave = async |who, clinic: &str| {
            let path = format!("/api/clinics/{clinic}/staff/{DAHLIA}");
            town.api(who, "DELETE", &path, json!({})).await.status
        };
        let left = tokio::join!(leave(IRIS, "clinic-1"), leave(WILDER, "clinic-5"));
        assert_eq!(left, (200, 200));
        assert_eq!(town.count(held).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_one_clinic_keeps_what_they_do_for_another() {
    let town = Town::start().await;
    let role = pas::attachment::Role::Delegate { practitioner_key: "prov-2".into() };
    let now = Clock::System.now();
    town.server.store.give_role(DAHLIA, &role, "a test", now).await.expect("gives");
    town.employ(IRIS, "clinic-1", DAHLIA, "Dahlia Deskworth").await;
    let path = format!("{API}/staff/{DAHLIA}");
    assert_eq!(town.api(IRIS, "DELETE", &path, json!({})).await.status, 200);
    let me = town.api(DAHLIA, "GET", "/api/me", Value::Null).await.json;
    assert_eq!(me["roles"], json!([{"role": "delegate", "practitioner": "prov-2"}]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_family_sees_the_clinic_that_took_it_and_no_other_family_does() {
    let town = Town::start().await;
    town.register(MARIGOLD, &PATIENTS[..1]).await;
    town.register(BASIL, &PATIENTS[1..2]).await;
    let mut iris = town.sign_in(IRIS).await;
    let form = details(&iris.get(CLINIC).await);
    iris.click(&form).await;
    let panel = town.room_for(2).await;
    town.send_all(&panel).await;
    let mut marigold = town.sign_in(MARIGOLD).await;
    marigold.get("/my/registrations").await.is_silent_on("Cedar Lantern Family Practice");
    let mut juniper = town.sign_in(JUNIPER).await;
    let page = juniper.get(&panel).await;
    let review = page.form_to("/answers");
    // Marigold registered first, and stands first on the list.
    let [first, second] = &review.names("answer-")[..] else { panic!("{review:?}") };
    let reason = second.replace("answer", "reason");
    let answers = review.clone().with(first, "accepted").with(second, "declined");
    let page = juniper.click(&answers.with(&reason, "balance")).await;
    let seen = async |who| town.sign_in(who).await.get("/my/registrations").await;
    let taken = seen(MARIGOLD).await;
    for text in [
        "Cedar Lantern Family Practice",
        "250-555-0101 ext. 4",
        "tel:2505550101",
        "12 Lantern Row",
        "V0X 9Z1",
        "A ramp leads to it.",
    ] {
        taken.says(text);
    }
    taken.is_silent_on("desk@cedar.example");
    seen(BASIL).await.is_silent_on("Cedar Lantern Family Practice");
    let proposal = first.replace("answer-", "");
    juniper.click(&page.form_to("/confirmations").with("proposal", &proposal)).await;
    seen(MARIGOLD).await.says("A ramp leads to it.");
}

#[tokio::test(flavor = "multi_thread")]
async fn coordinators_see_how_a_clinic_is_reached() {
    let town = Town::start().await;
    let panel = town.room_for(1).await;
    let mut cosmo = town.sign_in(COSMO).await;
    let candidates = format!("{panel}/candidates");
    cosmo.get(&candidates).await.says("Its director keeps no details yet.");
    let mut iris = town.sign_in(IRIS).await;
    let form = details(&iris.get(CLINIC).await);
    iris.click(&form).await;
    let page = cosmo.get(&candidates).await;
    page.says("250-555-0101 ext. 4");
    page.says("mailto:desk@cedar.example");
}
