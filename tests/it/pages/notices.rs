//! How somebody is told, and whom to call, as pages.

use super::*;
use crate::attachment::{COSMO, JUNIPER, MARIGOLD};
use crate::message::PATIENTS;

#[tokio::test(flavor = "multi_thread")]
async fn how_somebody_wants_to_be_told_is_a_form_that_keeps_what_was_typed() {
    let town = Town::start().await;
    let mut juniper = town.sign_in(JUNIPER).await;
    let home = juniper.get("/my").await;
    let page = juniper.follow(&home, "Notices").await;
    let form = page.form("/my/notices");
    assert_eq!(form.all("channel"), ["none"], "not at all, until they say so");
    let wrong = form.clone().with("channel", "text").with("phone", "555 0100");
    let refused = juniper.send(&wrong).await;
    assert_eq!(refused.status, 422);
    refused.says("area code");
    let again = refused.form("/my/notices");
    assert_eq!(
        (again.all("channel"), again.all("phone")),
        (vec!["text".into()], vec!["555 0100".into()])
    );
    let kept = juniper.click(&again.with("phone", "250 555 0100")).await;
    kept.says("this is how we tell you from now on");
    assert_eq!(kept.form("/my/notices").all("phone"), ["250 555 0100"]);
    let kept = "SELECT count(*) FROM access.contact WHERE subject = 'juniper.testwell' AND channel = 'text' AND phone = '250 555 0100'";
    assert_eq!(town.count(kept).await, 1);
    town.sign_in(MARIGOLD).await.get("/my").await.is_silent_on("/my/notices");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coordinator_sees_whom_to_call_and_ticks_them_off() {
    let town = Town::start().await;
    let mut by_phone = family(&PATIENTS[..1]);
    by_phone["channel"] = "phone".into();
    by_phone["phone"] = "250 555 0188".into();
    by_phone["members"][0]["preferredName"] = "Goldie".into();
    town.registers(MARIGOLD, by_phone).await;
    let asked = "WITH due AS (UPDATE attachment.registration SET state = 'reconfirm-due' RETURNING family_id)
        INSERT INTO attachment.notice (family_id, kind, act_id, made_at, due_at)
        SELECT family_id, 'asked', gen_random_uuid(), now(), now() FROM due RETURNING 1::bigint";
    assert_eq!(town.count(asked).await, 1);
    let mut cosmo = town.sign_in(COSMO).await;
    let network = cosmo.get("/my/networks/lantern-coast").await;
    let page = cosmo.follow(&network, "Families to call").await;
    page.says("Marigold Exampleton (Goldie)");
    page.says("250 555 0188");
    page.says("Are they still looking for a provider?");
    let form = page.form("/my/networks/lantern-coast/calls");
    let ticked = cosmo.click(&form).await;
    ticked.says("Ticked off: they were called.");
    ticked.says("There is nobody to call.");
    let again = cosmo.send(&form).await;
    assert_eq!(again.status, 409);
    again.says("Somebody else called them already");
    for who in [JUNIPER, "fable.pairwood"] {
        let theirs = town.sign_in(who).await.get("/my/networks/lantern-coast/calls").await;
        assert_eq!(theirs.status, 404, "{who}");
        theirs.is_silent_on("Marigold");
    }
}
