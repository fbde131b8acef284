//! What pages do not show: those who were not taken, those who were left out, names of masked records.

use super::*;
use crate::attachment::{BASIL, COSMO, JUNIPER, MARIGOLD};
use crate::message::PATIENTS;
use crate::patients::run;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_declined_is_no_longer_on_the_page() {
    let town = Town::start().await;
    let panel = town.proposed(&PATIENTS[..1]).await;
    let mut juniper = town.sign_in(JUNIPER).await;
    let review = juniper.get(&panel).await.form_to("/answers");
    let first = review.names("answer-").remove(0);
    let reason = first.replace("answer", "reason");
    let page = juniper.click(&review.with(&first, "declined").with(&reason, "distance")).await;
    page.says("No longer shown");
    for text in ["Marigold Exampleton", PATIENTS[0].phn, "somebody@mail.example"] {
        page.is_silent_on(text);
    }
    let mut cosmo = town.sign_in(COSMO).await;
    let page = cosmo.get(&format!("{panel}/candidates")).await;
    page.says("No longer shown");
    page.is_silent_on("Marigold");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_left_out_is_on_the_coordinators_page_alone() {
    let town = Town::start().await;
    town.register(MARIGOLD, &PATIENTS[..1]).await;
    town.register(BASIL, &PATIENTS[1..2]).await;
    let panel = town.room_for(2).await;
    let mut cosmo = town.sign_in(COSMO).await;
    let page = cosmo.get(&format!("{panel}/candidates")).await;
    let form = page.form(&format!("{panel}/lists"));
    let left = form.names("why-").remove(1);
    let family = left.replace("why-", "");
    let sent = cosmo.click(&form.untick("take", &family).with(&left, "their-wish")).await;
    sent.says("Left out");
    let page = town.sign_in(JUNIPER).await.get(&panel).await;
    page.is_silent_on("Left out");
    page.is_silent_on("No longer shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_in_a_masked_record_is_on_no_page() {
    let town = Town::start().await;
    let panel = town.proposed(&PATIENTS[..1]).await;
    run(&town.server, "UPDATE client_registry.patient SET masked = true").await;
    let page = town.sign_in(JUNIPER).await.get(&panel).await;
    page.says("Name withheld");
    page.is_silent_on("Marigold Exampleton");
    let own = town.sign_in(MARIGOLD).await.get("/my/registrations").await;
    own.says("Name withheld");
}
