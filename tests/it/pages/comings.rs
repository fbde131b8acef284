//! Who signs in and out, in the audit trail.

use super::*;
use crate::attachment::{COSMO, JUNIPER};
use crate::patients::run;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_in_is_in_the_trail_and_no_patient_is() {
    let town = Town::start().await;
    town.sign_in(JUNIPER).await;
    let came = "SELECT count(*) FROM audit.event WHERE event = 'signed-in' AND subject = 'juniper.testwell' AND client = 'pas'
                AND patients = '{}' AND on_behalf_of = '{}' AND address IS NOT NULL AND request_id IS NOT NULL AND outcome = 'ok'";
    assert_eq!(town.count(came).await, 1);
    assert_eq!(town.count("SELECT count(*) FROM audit.event").await, 1, "and nothing besides");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_out_is_in_the_trail_once() {
    let town = Town::start().await;
    let mut juniper = town.sign_in(JUNIPER).await;
    let again = juniper.cookie.clone();
    let out = Form::made_up("/sign-out".into(), &[]);
    assert_eq!(juniper.send(&out).await.status, 303);
    juniper.cookie = again;
    assert_eq!(juniper.send(&out).await.status, 303, "by a page that was open still");
    let went = "SELECT count(*) FROM audit.event WHERE event = 'signed-out' AND subject = 'juniper.testwell' AND patients = '{}'";
    assert_eq!(town.count(went).await, 1);
    let nobody = Browser::new(&town.server).send(&out).await;
    assert_eq!(nobody.status, 303);
    let all = "SELECT count(*) FROM audit.event WHERE event = 'signed-out'";
    assert_eq!(town.count(all).await, 1, "nobody was there to go");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_where_somebody_is_signed_in_signs_them_out() {
    let town = Town::start().await;
    let mut browser = town.sign_in(JUNIPER).await;
    let form = browser.get("/sign-in").await.form("/sign-in").with("subject", COSMO);
    browser.click(&form).await.says("Cosmo Matchwright");
    let trail = "SELECT count(*) FROM audit.event i JOIN audit.event o ON o.number > i.number JOIN audit.event j ON j.number > o.number
                 WHERE (i.event, i.subject) = ('signed-in', 'juniper.testwell') AND (o.event, o.subject) = ('signed-out', 'juniper.testwell')
                 AND (j.event, j.subject) = ('signed-in', 'cosmo.matchwright')";
    assert_eq!(town.count(trail).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_time_ended_is_nobody_s_signing_out() {
    let town = Town::start().await;
    let mut juniper = town.sign_in(JUNIPER).await;
    let ended = "UPDATE web.session SET opened_at = opened_at - interval '2 days', seen_at = seen_at - interval '2 days',
                 expires_at = expires_at - interval '2 days'";
    run(&town.server, ended).await;
    juniper.send(&Form::made_up("/sign-out".into(), &[])).await;
    assert_eq!(town.count("SELECT count(*) FROM web.session").await, 0);
    assert_eq!(town.count("SELECT count(*) FROM audit.event WHERE event = 'signed-out'").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_nobody_has_is_written_down_as_nobody() {
    let town = Town::start().await;
    let form = Form::made_up("/sign-in".into(), &[("subject", "mallory")]);
    let sent = Browser::new(&town.server).send(&form).await;
    assert_eq!(sent.status, 404);
    assert_eq!(town.count("SELECT count(*) FROM audit.event").await, 0, "anybody can say a name");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_signs_in_unrecorded() {
    let town = Town::start().await;
    run(&town.server, "ALTER TABLE audit.event RENAME TO elsewhere").await;
    let mut browser = Browser::new(&town.server);
    let form = browser.get("/sign-in").await.form("/sign-in").with("subject", JUNIPER);
    assert_eq!(browser.send(&form).await.status, 503);
    assert_eq!(town.count("SELECT count(*) FROM web.session").await, 0);
}
