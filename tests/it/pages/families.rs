//! What families change, and lists of them confirmed at once.

use super::*;
use crate::attachment::{JUNIPER, MARIGOLD};
use crate::message::PATIENTS;

#[tokio::test(flavor = "multi_thread")]
async fn how_somebody_wants_to_be_called_is_changed_by_the_form_and_taken_back() {
    let town = Town::start().await;
    town.register(MARIGOLD, &PATIENTS[..1]).await;
    let mut marigold = town.sign_in(MARIGOLD).await;
    let page = marigold.get("/my/registrations").await;
    let change = page.link("Change");
    let form = |page: &Shown| page.form(&change);
    let shown = marigold.get(&change).await;
    let goldie = form(&shown).with("member-0-preferred-name", "Goldie");
    marigold.click(&goldie).await.says("It was changed.");
    let called = "SELECT count(*) FROM attachment.registration WHERE preferred_name = 'Goldie' AND conditions = '{diabetes}'";
    assert_eq!(town.count(called).await, 1, "and keeps what was told besides");
    let shown = marigold.get(&change).await;
    let filled = form(&shown);
    assert_eq!(filled.all("member-0-preferred-name"), ["Goldie"]);
    marigold.click(&filled.with("member-0-preferred-name", " ")).await;
    let by_name = "SELECT count(*) FROM attachment.registration WHERE preferred_name IS NULL";
    assert_eq!(town.count(by_name).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_who_is_accepted_is_confirmed_by_one_button() {
    let town = Town::start().await;
    town.register(MARIGOLD, &PATIENTS[..3]).await;
    let panel = town.room_for(3).await;
    town.send_all(&panel).await;
    let mut juniper = town.sign_in(JUNIPER).await;
    let review = juniper.get(&panel).await.form_to("/answers");
    let names = review.names("answer-");
    let answers = names.iter().fold(review, |form, name| form.with(name, "accepted"));
    let page = juniper.click(&answers).await;
    page.says("Confirm all 3");
    assert_eq!(page.text.matches("aria-label=\"Confirm ").count(), 3, "beside the single ones");
    let single = page.form_to("/confirmations");
    let (before, _) = page.text.split_once("Confirm all 3").expect("the button");
    let at = before.rfind("<form ").expect("its form");
    let all = Form::all_of(&page.text[at..], &page.path).remove(0);
    assert_eq!(all.action, single.action);
    assert_eq!(all.all("proposal").len(), 3);
    juniper.click(&all).await.says("There is nobody to answer or to confirm.");
    let attached = "SELECT count(*) FROM attachment.registration WHERE state = 'attached'";
    assert_eq!(town.count(attached).await, 3);
    let acts = "SELECT count(*) FROM audit.event WHERE event = 'confirm-attachment'";
    assert_eq!(town.count(acts).await, 1, "in one act");
}
