//! How large a panel is to be by when: coordinators set it, its provider sees it.

use serde_json::json;

use super::*;
use crate::attachment::{BASIL, COSMO, DAHLIA, JUNIPER};
use crate::message::{ADD, PATIENTS};

const FABLE: &str = "fable.pairwood";
const IRIS: &str = "iris.ledgerly";

#[tokio::test(flavor = "multi_thread")]
async fn targets_are_set_by_coordinators_of_the_network_and_by_nobody_else() {
    let town = Town::start().await;
    let panel = town.room_for(1).await;
    let targets = format!("{panel}/targets");
    let mut cosmo = town.sign_in(COSMO).await;
    let form = cosmo.get(&targets).await.form(&targets);
    let form = form.with("day", "2099-12-31").with("size", "12");
    for who in [JUNIPER, DAHLIA, FABLE, IRIS, BASIL] {
        let mut browser = town.sign_in(who).await;
        let missing = browser.get("/my/panels/999999").await;
        let shown = browser.get(&targets).await;
        assert_eq!((shown.status, &shown.text), (404, &missing.text), "{who}");
        let key = browser.key().await;
        let end = form.clone().to(format!("{targets}/end"));
        for form in [form.clone(), end] {
            let sent = browser.send(&form.with("form_key", &key)).await;
            assert_eq!(sent.status, 404, "{who}");
        }
    }
    assert_eq!(town.count("SELECT count(*) FROM attachment.target").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_is_set_seen_by_the_provider_and_given_up() {
    let town = Town::start().await;
    let panel = town.room_for(1).await;
    town.emr(ADD, 0, &PATIENTS[..3]).await;
    let mut cosmo = town.sign_in(COSMO).await;
    let network = cosmo.get("/my/networks/lantern-coast").await;
    let page = cosmo.follow(&network, "Targets <span").await;
    page.says("3 people on the panel today.");
    page.says("None is set.");
    let targets = format!("{panel}/targets");
    let form = page.form(&targets);
    let page = cosmo.click(&form.clone().with("day", "2099-12-31").with("size", "12")).await;
    page.says("The target is set.");
    page.says("9 more people to come");
    let page = cosmo.click(&form.with("day", "2098-12-31").with("size", "2")).await;
    page.says("Below today&#39;s size by 1 person");
    let set = town.api(JUNIPER, "GET", &targets.replace("/my", "/api"), Value::Null).await.json;
    let both = json!([{"dueOn": "2098-12-31", "size": 2}, {"dueOn": "2099-12-31", "size": 12}]);
    assert_eq!(set["targets"], both);
    let mut juniper = town.sign_in(JUNIPER).await;
    let seen = juniper.get(&panel).await;
    seen.says("31 Dec 2099");
    seen.says("9 more people to come");
    seen.is_silent_on("Give up");
    let page = cosmo.click(&page.form(&format!("{targets}/end"))).await;
    page.says("The target is given up.");
    page.is_silent_on("31 Dec 2098");
    page.says("31 Dec 2099");
    let candidates = cosmo.follow(&page, "Candidates for").await;
    cosmo.follow(&candidates, "Targets: 3 on the panel").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_with_a_mistake_is_shown_again_as_it_was_typed() {
    let town = Town::start().await;
    let panel = town.room_for(1).await;
    let targets = format!("{panel}/targets");
    let mut cosmo = town.sign_in(COSMO).await;
    let form = cosmo.get(&targets).await.form(&targets);
    for (day, size, told) in [
        ("2020-01-01", "12", "That day is over"),
        ("", "12", "Give the day as year-month-day"),
        ("2099-12-31", "many", "A number of people is written in digits."),
        ("2099-12-31", "", "A number of people is written in digits."),
        ("2099-12-31", "200000", "A panel has 100,000 people at most."),
    ] {
        let shown = cosmo.send(&form.clone().with("day", day).with("size", size)).await;
        assert_eq!(shown.status, 422, "{day} {size}");
        shown.says(told);
        let again = shown.form(&targets);
        assert_eq!(
            (again.all("day"), again.all("size")),
            (vec![day.to_owned()], vec![size.to_owned()])
        );
    }
    assert_eq!(town.count("SELECT count(*) FROM attachment.target").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_agreed_for_a_day_that_is_over_stays_as_it_was() {
    let town = Town::start().await;
    let panel = town.room_for(1).await;
    let mut owner = crate::cluster::connect(&town.server.database.url).await;
    sqlx::query("INSERT INTO attachment.target (panel_id, due_on, size, set_at, author, act_id)
        SELECT panel_id, '2020-01-01', 2, '2019-06-01', 'cosmo.matchwright', gen_random_uuid() FROM attachment.capacity")
        .execute(&mut owner)
        .await
        .expect("inserts");
    let api = format!("{panel}/targets").replace("/my", "/api");
    for size in [json!(1), Value::Null] {
        let body = json!({"dueOn": "2020-01-01", "size": size});
        let answer = town.api(COSMO, "POST", &api, body).await;
        assert_eq!(answer.status, 422, "{:?}", answer.json);
    }
    let page = town.sign_in(COSMO).await.get(&format!("{panel}/targets")).await;
    page.says("The day is over, and 2 people are missing");
    page.is_silent_on("Give up");
}
