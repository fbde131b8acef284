//! Who is on a panel, and what happened to them.

use super::*;
use crate::attachment::{DAHLIA, JUNIPER};
use crate::message::{ADD, PANELS, PATIENTS, REMOVE, message};

impl Town {
    /// The EMR of a panel's clinic says so.
    pub async fn emr(&self, event: &str, panel: usize, patients: &[Patient]) {
        let Some(Desk::Sandbox(sandbox)) = self.server.app.desk.as_deref() else {
            panic!("a sandbox has a desk")
        };
        let client = if PANELS[panel].facility == "F0102" { "emr-otter" } else { "emr-lantern" };
        let scope = "system/Group.read system/Group.write";
        let claims = Claims { client, subject: client, scope, id: Clock::System.id() };
        let token = sandbox.mint.mint(&claims, Clock::System.now()).expect("a token");
        let body = message(event, PANELS[panel], patients).to_string().into_bytes();
        let ask = self.server.request("/$process-message").body(body);
        let answer =
            self.server.send(ask.header("authorization", &format!("Bearer {token}"))).await;
        assert_eq!(answer.response(), "ok", "{:?}", answer.codes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_by_name_or_number_with_what_changed_and_why() {
    let town = Town::start().await;
    town.emr(ADD, 0, &PATIENTS[..3]).await;
    town.emr(ADD, 1, &PATIENTS[1..2]).await;
    let mut juniper = town.sign_in(JUNIPER).await;
    let home = juniper.get("/my").await;
    let panel = juniper.follow(&home, "Juniper").await;
    let all = juniper.follow(&panel, "see who").await;
    for text in [
        "Marigold Exampleton",
        "Basil Fixturing",
        "Another provider took them over",
        "With another provider",
        "Added by the EMR",
    ] {
        all.says(text);
    }
    let search = all.form(&panel.link("see who"));
    for query in ["exampl", "MARIGOLD EX", "98765 00011", "9876500011"] {
        let found = juniper.send(&search.clone().with("q", query)).await;
        found.says("Marigold Exampleton");
        found.is_silent_on("Basil Fixturing");
    }
    for query in ["nobody", "%"] {
        juniper.send(&search.clone().with("q", query)).await.says("Nobody is found.");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_left_is_told_apart_from_whoever_is_there() {
    let town = Town::start().await;
    town.emr(ADD, 0, &PATIENTS[..2]).await;
    town.emr(REMOVE, 0, &PATIENTS[..1]).await;
    let mut juniper = town.sign_in(JUNIPER).await;
    let members = format!("{}/members", juniper.get("/my").await.link("Juniper"));
    let there = juniper.get(&members).await;
    there.says("Basil");
    there.is_silent_on("Marigold");
    let left = juniper.send(&there.form(&members).with("left", "yes")).await;
    left.says("Marigold");
    left.says("Taken off by the EMR");
    left.is_silent_on("Basil");
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_at_a_panel_is_in_the_trail_with_whom_was_seen() {
    let town = Town::start().await;
    town.emr(ADD, 0, &PATIENTS[..2]).await;
    let mut dahlia = town.sign_in(DAHLIA).await;
    let members = format!("{}/members", dahlia.get("/my").await.link("Juniper"));
    let search = dahlia.get(&members).await.form(&members).with("q", "marigold");
    dahlia.send(&search).await.says("Marigold");
    let seen = "SELECT count(*) FROM audit.event WHERE event = 'see-panel' AND subject = 'dahlia.deskworth' AND patients = ARRAY['9876500011']";
    assert_eq!(town.count(seen).await, 1, "the one whom she saw, and no other");
}
