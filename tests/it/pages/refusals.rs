//! What is not taken, and what the page says then.

use super::*;
use crate::attachment::{COSMO, JUNIPER, MARIGOLD};
use crate::message::PATIENTS;

#[tokio::test(flavor = "multi_thread")]
async fn a_form_without_its_key_is_refused_and_nothing_changes() {
    let town = Town::start().await;
    town.register(MARIGOLD, &PATIENTS[..1]).await;
    let panel = town.room_for(1).await;
    let mut cosmo = town.sign_in(COSMO).await;
    let list = cosmo.get(&format!("{panel}/candidates")).await.form(&format!("{panel}/lists"));
    let other = town.sign_in(COSMO).await.get(&format!("{panel}/candidates")).await;
    let others = other.form(&format!("{panel}/lists")).all("form_key").remove(0);
    for key in ["", "0", &others] {
        assert_eq!(cosmo.send(&list.clone().with("form_key", key)).await.status, 403, "{key}");
    }
    assert_eq!(town.count("SELECT count(*) FROM attachment.list").await, 0);
    cosmo.click(&list).await;

    let mut juniper = town.sign_in(JUNIPER).await;
    let page = juniper.get(&panel).await;
    let review = page.form_to("/answers");
    let first = review.names("answer-").remove(0);
    let answers = review.with(&first, "accepted").with("form_key", "0");
    assert_eq!(juniper.send(&answers).await.status, 403);
    let capacity = page.form(&format!("{panel}/capacity")).with("anticipated", "9");
    assert_eq!(juniper.send(&capacity.with("form_key", "0")).await.status, 403);
    let unanswered = "SELECT count(*) FROM attachment.proposal WHERE state = 'proposed'";
    assert_eq!(town.count(unanswered).await, 1);
    assert_eq!(town.count("SELECT count(*) FROM attachment.capacity").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capacity_that_makes_no_sense_is_told_and_what_was_filled_in_stays() {
    let town = Town::start().await;
    let panel = town.room_for(3).await;
    let mut juniper = town.sign_in(JUNIPER).await;
    let form = juniper.get(&panel).await.form(&format!("{panel}/capacity"));
    assert_eq!(form.all("anticipated"), ["3"], "as it was stated");
    assert_eq!(form.all("language"), ["en"]);
    let wrong = [("low", "50"), ("medium", "30"), ("high", "30"), ("monthly", "7")];
    let wrong = wrong.into_iter().fold(form.clone(), |form, (name, value)| form.with(name, value));
    let page = juniper.send(&wrong).await;
    assert_eq!(page.status, 422);
    page.says("<a href=\"#low\">low, medium and high must come to 100 per cent</a>");
    page.says("<title>Error: Juniper Testwell");
    page.says("id=\"low\" aria-invalid=\"true\"");
    let again = page.form(&format!("{panel}/capacity"));
    assert_eq!((again.all("high"), again.all("monthly")), (vec!["30".into()], vec!["7".into()]));
    let page = juniper.send(&form.clone().with("anticipated", "<b>many</b>")).await;
    assert_eq!(page.status, 422);
    page.is_silent_on("<b>many");
    page.says("<a href=\"#anticipated\">");
    let page = juniper.send(&form.with("others", "English")).await;
    page.says("<a href=\"#others\">a language is a tag such as en or zh-Hant</a>");
    assert_eq!(town.count("SELECT count(*) FROM attachment.capacity").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_splits_a_family_is_told_and_the_choices_stay() {
    let town = Town::start().await;
    let panel = town.proposed(&PATIENTS[..2]).await;
    let mut juniper = town.sign_in(JUNIPER).await;
    let page = juniper.get(&panel).await;
    page.says("A family of 2, placed together");
    let review = page.form_to("/answers");
    let [first, second] = &review.names("answer-")[..] else { panic!("{review:?}") };
    let split = review.clone().with(first, "accepted").with(second, "unreachable");
    let page = juniper.send(&split).await;
    assert_eq!(page.status, 409);
    page.says("A family is placed together");
    let again = page.form_to("/answers");
    assert_eq!(again.all(first), ["accepted"]);
    assert_eq!(again.all(second), ["unreachable"]);
    assert_eq!(town.count("SELECT count(*) FROM panel.entry").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn to_decline_without_a_reason_is_told_and_nobody_is_declined() {
    let town = Town::start().await;
    let panel = town.proposed(&PATIENTS[..1]).await;
    let mut juniper = town.sign_in(JUNIPER).await;
    let review = juniper.get(&panel).await.form_to("/answers");
    let nothing = juniper.send(&review).await;
    assert_eq!(nothing.status, 422, "everybody left as they are");
    let first = review.names("answer-").remove(0);
    let page = juniper.send(&review.with(&first, "declined")).await;
    assert_eq!(page.status, 422);
    page.says("<a href=\"#reason-1\">Choose why Marigold Exampleton is declined: to decline has a reason.</a>");
    page.says("name=\"reason-1\" aria-invalid=\"true\"");
    let declined = "SELECT count(*) FROM attachment.proposal WHERE state <> 'proposed'";
    assert_eq!(town.count(declined).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_was_sent_already_is_told_as_a_conflict() {
    let town = Town::start().await;
    town.register(MARIGOLD, &PATIENTS[..1]).await;
    let panel = town.room_for(1).await;
    let mut cosmo = town.sign_in(COSMO).await;
    let list = cosmo.get(&format!("{panel}/candidates")).await.form(&format!("{panel}/lists"));
    cosmo.click(&list).await;
    let again = cosmo.send(&list).await;
    assert_eq!(again.status, 409);
    again.says("The panel has a list that is not answered yet.");
    assert_eq!(town.count("SELECT count(*) FROM attachment.list").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_in_the_address_is_never_shown() {
    let town = Town::start().await;
    let panel = town.room_for(1).await;
    let mut juniper = town.sign_in(JUNIPER).await;
    let page = juniper.get(&format!("{panel}?done=You+won+a+prize")).await;
    assert_eq!(page.status, 200);
    page.is_silent_on("prize");
}
