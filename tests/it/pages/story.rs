//! The four steps, clicked.

use super::*;
use crate::attachment::{BASIL, COSMO, DAHLIA, JUNIPER, MARIGOLD};
use crate::message::{ADD, PATIENTS};

impl Town {
    /// Juniper states this room through her form; gives the address of her panel.
    pub async fn room_for(&self, people: u32) -> String {
        let mut juniper = self.sign_in(JUNIPER).await;
        let home = juniper.get("/my").await;
        let panel = home.link("Juniper Testwell");
        let form = juniper.get(&panel).await.form(&format!("{panel}/capacity"));
        let form = form.with("accepting", "yes").with("anticipated", &people.to_string());
        let stated = juniper.click(&form.with("language", "en")).await;
        stated.says("Your capacity is stated.");
        panel
    }

    /// Marigold's family of so many is on a list that Juniper has to answer; gives the address of her panel.
    pub async fn proposed(&self, family: &[Patient]) -> String {
        self.register(MARIGOLD, family).await;
        let people = u32::try_from(family.len()).expect("a few");
        let panel = self.room_for(people).await;
        self.send_all(&panel).await;
        panel
    }

    /// Cosmo sends everybody who fits.
    pub async fn send_all(&self, panel: &str) -> Shown {
        let mut cosmo = self.sign_in(COSMO).await;
        let page = cosmo.get(&format!("{panel}/candidates")).await;
        cosmo.click(&page.form(&format!("{panel}/lists"))).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn capacity_list_answers_and_confirmation_are_clicked_by_forms() {
    let town = Town::start().await;
    town.register(MARIGOLD, &PATIENTS[..1]).await;
    town.register(BASIL, &PATIENTS[1..2]).await;
    let panel = town.room_for(2).await;

    let mut cosmo = town.sign_in(COSMO).await;
    let home = cosmo.get("/my").await;
    let network = cosmo.follow(&home, "Lantern Coast").await;
    let candidates = cosmo.follow(&network, "Candidates").await;
    candidates.says("10 points for how much care they need");
    candidates.is_silent_on("Marigold");
    let sent = cosmo.click(&candidates.form(&format!("{panel}/lists"))).await;
    sent.says("The list is sent.");
    sent.says("To be answered");

    let mut dahlia = town.sign_in(DAHLIA).await;
    let home = dahlia.get("/my").await;
    home.says("2 people to answer by ");
    let page = dahlia.follow(&home, "Juniper Testwell").await;
    for text in
        ["Marigold Exampleton", "9876500011", "Diabetes", "Cedar Lantern", "somebody@mail.example"]
    {
        page.says(text);
    }
    let review = page.form_to("/answers");
    let [first, second] = &review.names("answer-")[..] else { panic!("{review:?}") };
    let reason = second.replace("answer", "reason");
    let answers = review.clone().with(first, "accepted").with(second, "declined");
    let page = dahlia.click(&answers.with(&reason, "balance")).await;
    page.says("Your answers are sent.");
    page.says("Accepted, to be confirmed");
    page.says("The panel&#39;s balance would suffer");

    let proposal = first.replace("answer-", "");
    let confirmation = page.form_to("/confirmations").with("proposal", &proposal);
    let page = dahlia.click(&confirmation).await;
    page.says("Confirmed: they are on the panel.");
    page.says("There is nobody to answer or to confirm.");

    let attached = "SELECT count(*) FROM attachment.registration WHERE state = 'attached' AND phn = '9876500011'";
    assert_eq!(town.count(attached).await, 1);
    let active = "SELECT count(*) FROM attachment.registration WHERE state = 'active' AND phn = '9876500029'";
    assert_eq!(town.count(active).await, 1);
    let acts = "SELECT count(*) FROM audit.event WHERE subject = 'dahlia.deskworth' AND event IN ('answer-list', 'confirm-attachment')";
    assert_eq!(town.count(acts).await, 2, "with her name, and for her provider");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_taken_in_is_still_to_be_answered() {
    let town = Town::start().await;
    let panel = town.proposed(&PATIENTS[..1]).await;
    let mut juniper = town.sign_in(JUNIPER).await;
    let review = juniper.get(&panel).await.form_to("/answers");
    let first = review.names("answer-").remove(0);
    let page = juniper.click(&review.with(&first, "in-intake")).await;
    page.says("In intake");
    page.is_silent_on("Take in: we are talking with them");
    assert_eq!(page.form_to("/answers").names("answer-"), [first]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_a_family_is_shown_as_such_when_the_other_is_answered() {
    let town = Town::start().await;
    let panel = town.proposed(&PATIENTS[..2]).await;
    let mut juniper = town.sign_in(JUNIPER).await;
    // The EMR takes one of them by itself.
    town.emr(ADD, 0, &PATIENTS[..1]).await;
    let page = juniper.get(&panel).await;
    assert_eq!(page.form_to("/answers").names("answer-").len(), 1);
    page.says("A family of 2, placed together");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_looks_at_a_list_is_in_the_trail_before_they_see_it() {
    let town = Town::start().await;
    let panel = town.proposed(&PATIENTS[..1]).await;
    let mut dahlia = town.sign_in(DAHLIA).await;
    let seen = "SELECT count(*) FROM audit.event WHERE event = 'see-list' AND subject = 'dahlia.deskworth'";
    dahlia.get("/my").await.is_silent_on("Marigold");
    assert_eq!(town.count(seen).await, 0, "home shows numbers alone");
    dahlia.get(&panel).await.says("Marigold");
    assert_eq!(town.count(seen).await, 1);
}
