//! Who may act for a provider.

use serde_json::json;

use super::*;
use crate::attachment::{BASIL, COSMO, DAHLIA, JUNIPER};

const IRIS: &str = "iris.ledgerly";
const SAFFRON: &str = "saffron.careling";
const RUE: &str = "rue.clipworth";

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_there_for_providers_and_nobody_hands_on_what_was_handed_to_them() {
    let town = Town::start().await;
    let mut juniper = town.sign_in(JUNIPER).await;
    let home = juniper.get("/my").await;
    let page = juniper.follow(&home, "Who may act for me").await;
    page.says("dahlia.deskworth");
    let give = page.form("/my/delegates").with("subject", BASIL);
    let end = page.form("/my/delegates/end");
    for who in [DAHLIA, COSMO, IRIS, BASIL] {
        let mut browser = town.sign_in(who).await;
        assert_eq!(browser.get("/my/delegates").await.status, 404, "{who}");
        browser.get("/my").await.is_silent_on("/my/delegates");
    }
    for who in [DAHLIA, COSMO, IRIS, BASIL, SAFFRON] {
        let mut browser = town.sign_in(who).await;
        let key = browser.key().await;
        for form in [&give, &end] {
            let sent = browser.send(&form.clone().with("form_key", &key)).await;
            assert_eq!(sent.status, 404, "{} by {who}", form.action);
        }
    }
    let delegates = town.api(JUNIPER, "GET", "/api/delegates", Value::Null).await.json;
    assert_eq!(delegates["delegates"].as_array().map(Vec::len), Some(1), "{delegates}");
    assert_eq!(delegates["delegates"][0]["subject"], DAHLIA);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_of_the_staff_is_chosen_and_may_act_until_it_is_ended() {
    let town = Town::start().await;
    town.employ(IRIS, "clinic-1", RUE, "Rue Clipworth").await;
    town.employ(IRIS, "clinic-1", DAHLIA, "Dahlia Deskworth").await;
    let mut juniper = town.sign_in(JUNIPER).await;
    let page = juniper.get("/my/delegates").await;
    page.says("Rue Clipworth, Medical office assistant");
    page.is_silent_on("Dahlia Deskworth, Medical office assistant");
    page.says("Dahlia Deskworth</strong> (dahlia.deskworth), since ");
    let page = juniper.click(&page.form("/my/delegates").with("staff", RUE)).await;
    page.says("They may act for you from now on.");
    page.says("Rue Clipworth</strong> (rue.clipworth), since ");
    let panels = town.api(RUE, "GET", "/api/panels", Value::Null).await.json;
    assert_eq!(panels["panels"][0]["practitioner"]["key"], "prov-1");
    let end = page.form("/my/delegates/end").with("subject", RUE);
    juniper.click(&end).await.says("They act for you no longer.");
    let panels = town.api(RUE, "GET", "/api/panels", Value::Null).await.json;
    assert_eq!(panels["panels"], json!([]));
    assert_eq!(juniper.send(&end).await.status, 404, "nothing ends twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_shown_the_staff_of_a_clinic_where_they_do_not_work() {
    let town = Town::start().await;
    town.employ("wilder.roomkeep", "clinic-2", RUE, "Rue Clipworth").await;
    // Corwin worked at clinic 2 until spring, and has a panel there still.
    let role = pas::attachment::Role::Provider { practitioner_key: "prov-8".into() };
    let now = Clock::System.now();
    town.server.store.give_role("corwin.formerleigh", &role, "a test", now).await.expect("gives");
    for (who, shown) in
        [("corwin.formerleigh", false), (JUNIPER, false), ("barnaby.sampleworth", true)]
    {
        let page = town.sign_in(who).await.get("/my/delegates").await;
        assert_eq!((page.status, page.text.contains("Rue Clipworth")), (200, shown), "{who}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_is_named_as_they_sign_in() {
    let town = Town::start().await;
    let mut juniper = town.sign_in(JUNIPER).await;
    let page = juniper.get("/my/delegates").await;
    page.says("The name that they sign in with");
    juniper.click(&page.form("/my/delegates").with("subject", " basil.fixturing ")).await;
    let me = town.api(BASIL, "GET", "/api/me", Value::Null).await.json;
    assert_eq!(me["roles"], json!([{"role": "delegate", "practitioner": "prov-1"}]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_is_told_and_what_was_typed_stays() {
    let town = Town::start().await;
    town.employ(IRIS, "clinic-1", RUE, "Rue Clipworth").await;
    let mut juniper = town.sign_in(JUNIPER).await;
    let form = juniper.get("/my/delegates").await.form("/my/delegates");
    for (staff, typed, told) in [
        ("", "", "Choose somebody of the staff, or type"),
        (RUE, "basil.fixturing", "not both"),
        ("", "basil fixturing", "has no space in it"),
    ] {
        let shown = juniper.send(&form.clone().with("staff", staff).with("subject", typed)).await;
        assert_eq!(shown.status, 422, "{staff} {typed}");
        shown.says(told);
        let again = shown.form("/my/delegates");
        assert_eq!(
            (again.all("staff"), again.all("subject")),
            (vec![staff.to_owned()], vec![typed.to_owned()])
        );
    }
    let given = "SELECT count(*) FROM access.role WHERE granted_by = 'juniper.testwell'";
    assert_eq!(town.count(given).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn delegates_see_for_whom_they_act_and_since_when() {
    let town = Town::start().await;
    let home = town.sign_in(DAHLIA).await.get("/my").await;
    home.says("For whom I act");
    home.says("Juniper Testwell, since ");
    home.says("Saffron Careling, since ");
    home.says("Only they can let somebody else.");
}
