//! Whose page it is not, for them it is not there.

use super::*;
use crate::attachment::{BASIL, COSMO, DAHLIA, JUNIPER, MARIGOLD};
use crate::message::PATIENTS;

const BARNABY: &str = "barnaby.sampleworth";
const SAFFRON: &str = "saffron.careling";
const FABLE: &str = "fable.pairwood";
const IRIS: &str = "iris.ledgerly";

#[tokio::test(flavor = "multi_thread")]
async fn each_page_is_there_for_its_own_people_and_for_nobody_else() {
    let town = Town::start().await;
    let panel = town.room_for(1).await;
    let (members, candidates) = (format!("{panel}/members"), format!("{panel}/candidates"));
    let everybody = [JUNIPER, DAHLIA, COSMO, BARNABY, SAFFRON, FABLE, IRIS, BASIL];
    let (records, clean_up) = (format!("{panel}/records"), format!("{panel}/clean-up"));
    let table = format!("{panel}/records.csv?from=2026-11-01&to=2026-11-30");
    let pages: [(&str, &[&str]); 9] = [
        (&panel, &[JUNIPER, DAHLIA]),
        (&records, &[JUNIPER, DAHLIA]),
        (&table, &[JUNIPER, DAHLIA]),
        (&clean_up, &[JUNIPER, DAHLIA]),
        (&members, &[JUNIPER, DAHLIA]),
        (&candidates, &[COSMO]),
        ("/my/networks/lantern-coast", &[COSMO]),
        ("/my/networks/fern-valley", &[FABLE]),
        ("/my/networks/fern-valley/calls", &[FABLE]),
    ];
    for who in everybody {
        let mut browser = town.sign_in(who).await;
        let missing = browser.get("/my/panels/999999").await;
        assert_eq!(missing.status, 404);
        for (page, whose) in pages {
            let shown = browser.get(page).await;
            let expected = if whose.contains(&who) { 200 } else { 404 };
            assert_eq!(shown.status, expected, "{page} for {who}");
            if expected == 404 {
                assert_eq!(shown.text, missing.text, "nobody learns which of the two it is");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_somebody_else_s_panel_does_nothing() {
    let town = Town::start().await;
    town.register(MARIGOLD, &PATIENTS[..1]).await;
    let panel = town.room_for(1).await;
    let sending = town.sign_in(COSMO).await.get(&format!("{panel}/candidates")).await;
    let sending = sending.form(&format!("{panel}/lists"));
    town.send_all(&panel).await;
    let page = town.sign_in(JUNIPER).await.get(&panel).await;
    let review = page.form_to("/answers");
    let first = review.names("answer-").remove(0);
    let mut confirmation = review.clone();
    confirmation.action = review.action.replace("answers", "confirmations");
    confirmation.fields = vec![("proposal".into(), first.replace("answer-", ""))];
    let forms = [
        page.form(&format!("{panel}/capacity")).with("anticipated", "9"),
        review.with(&first, "accepted"),
        confirmation,
    ];
    for who in [COSMO, BARNABY, SAFFRON, FABLE, IRIS, BASIL] {
        let mut browser = town.sign_in(who).await;
        let key = browser.key().await;
        for form in &forms {
            let sent = browser.send(&form.clone().with("form_key", &key)).await;
            assert_eq!(sent.status, 404, "{} by {who}", form.action);
        }
    }
    for who in [JUNIPER, DAHLIA, FABLE, BASIL] {
        let mut browser = town.sign_in(who).await;
        let key = browser.key().await;
        let sent = browser.send(&sending.clone().with("form_key", &key)).await;
        assert_eq!(sent.status, 404, "a list by {who}");
    }
    let changed = "SELECT count(*) FROM attachment.proposal WHERE state <> 'proposed'";
    assert_eq!(town.count(changed).await, 0);
    assert_eq!(town.count("SELECT count(*) FROM attachment.capacity").await, 1);
    assert_eq!(town.count("SELECT count(*) FROM attachment.list").await, 1);
}

impl Browser<'_> {
    /// The key of their session's forms, from where the database holds it.
    pub async fn key(&self) -> String {
        let secret = self.cookie.split_once('=').map(|(_, secret)| secret).unwrap_or_default();
        let digest = ring::digest::digest(&ring::digest::SHA256, secret.as_bytes());
        let digest: [u8; 32] = digest.as_ref().try_into().expect("32 bytes");
        let store = &self.server.store;
        let times = pas::store::SessionTimes::default();
        let session = store.session(&digest, Clock::System.now(), times).await.expect("asks");
        session.expect("a session").form_key
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_signed_in_is_led_to_where_they_can() {
    let town = Town::start().await;
    let panel = town.room_for(1).await;
    let mut nobody = Browser::new(&town.server);
    for path in ["/my", &panel, "/my/networks/lantern-coast"] {
        let shown = nobody.get(path).await;
        assert_eq!((shown.status, shown.location.as_str()), (303, "/sign-in"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_s_home_shows_what_is_theirs() {
    let town = Town::start().await;
    let of = async |who| town.sign_in(who).await.get("/my").await;
    let dahlia = of(DAHLIA).await;
    dahlia.says("Juniper Testwell");
    dahlia.says("Saffron Careling");
    dahlia.is_silent_on("Barnaby");
    let cosmo = of(COSMO).await;
    cosmo.says("Lantern Coast");
    cosmo.is_silent_on("Fern Valley");
    cosmo.is_silent_on("Juniper");
    let basil = of(BASIL).await;
    basil.says("/my/registrations");
    basil.is_silent_on("<h2>Panels");
}
