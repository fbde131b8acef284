//! A coordinator's pages.

use super::*;
use crate::attachment::{BASIL, COSMO, MARIGOLD};
use crate::message::PATIENTS;

/// The cells of the row that begins so.
fn row(page: &Shown, name: &str) -> Vec<String> {
    let begins = format!("<th scope=\"row\">{name}</th>");
    let (_, rest) = page.text.split_once(&begins).unwrap_or_else(|| panic!("no {name}"));
    let row = rest.split("</tr>").next().unwrap_or_default();
    let cells = row.split("<td class=\"number\">").skip(1);
    cells.map(|cell| cell.split('<').next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_and_room_stand_side_by_side_for_each_community() {
    let town = Town::start().await;
    town.register(MARIGOLD, &PATIENTS[..2]).await;
    let mut otter = family(&PATIENTS[3..4]);
    otter["postalCode"] = "V0X 9Z2".into();
    town.registers(BASIL, otter).await;
    town.room_for(4).await;
    let earlier = "UPDATE attachment.registration SET registered_at = registered_at - interval '90 days' WHERE phn = '9876500011' RETURNING 1::bigint";
    assert_eq!(town.count(earlier).await, 1, "Marigold has waited for three months");
    let page = town.sign_in(COSMO).await.get("/my/networks/lantern-coast").await;
    assert_eq!(row(&page, "Cedar Lantern"), ["2", "1", "1.5", "1", "4"]);
    assert_eq!(row(&page, "Otter Bridge"), ["1", "1", "0.0", "0", "0"]);
    page.is_silent_on("Fernhollow");
}

/// Two families wait, and Juniper has room for both; with her panel's page.
async fn two_fit() -> (Town, String) {
    let town = Town::start().await;
    town.register(MARIGOLD, &PATIENTS[..1]).await;
    town.register(BASIL, &PATIENTS[1..2]).await;
    let panel = town.room_for(2).await;
    (town, panel)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_fits_is_not_left_out_without_a_reason() {
    let (town, panel) = two_fit().await;
    let mut cosmo = town.sign_in(COSMO).await;
    let form = cosmo.get(&format!("{panel}/candidates")).await.form(&format!("{panel}/lists"));
    let out = form.all("take").remove(0);
    let page = cosmo.send(&form.untick("take", &out)).await;
    assert_eq!(page.status, 422);
    page.says("1 candidate who fits is left out without a reason.");
    page.says("<title>Error: Candidates for Juniper Testwell");
    assert_eq!(town.count("SELECT count(*) FROM attachment.list").await, 0);
    let again = page.form(&format!("{panel}/lists"));
    assert_eq!(again.all("take").len(), 1, "what was chosen stays");
    cosmo.click(&again.with(&format!("why-{out}"), "unclear")).await.says("The list is sent.");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_left_out_is_left_out_with_the_reason_that_was_chosen() {
    let town = Town::start().await;
    town.register(MARIGOLD, &PATIENTS[..1]).await;
    town.register(BASIL, &PATIENTS[1..2]).await;
    let panel = town.room_for(1).await;
    let mut cosmo = town.sign_in(COSMO).await;
    let page = cosmo.get(&format!("{panel}/candidates")).await;
    page.says("Who comes next");
    let form = page.form(&format!("{panel}/lists"));
    let ticked = form.all("take");
    assert_eq!(ticked.len(), 1, "those who fit, and no more");
    let families = form.names("why-");
    let next = families.iter().map(|name| name.replace("why-", "")).find(|f| *f != ticked[0]);
    let next = next.expect("somebody comes next");
    let form = form.with(&format!("why-{}", ticked[0]), "their-wish").untick("take", &ticked[0]);
    let sent = cosmo.click(&form.with("take", &next)).await;
    sent.says("They asked for somebody else");
    let kept = "SELECT count(*) FROM attachment.proposal p JOIN attachment.registration r ON r.id = p.registration_id
        WHERE (r.phn, p.state, coalesce(p.reason, '')) IN (('9876500011', 'left-out', 'their-wish'), ('9876500029', 'proposed', ''))";
    assert_eq!(town.count(kept).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_with_nobody_ticked_is_told_and_the_reasons_stay() {
    let town = Town::start().await;
    town.register(MARIGOLD, &PATIENTS[..1]).await;
    let panel = town.room_for(1).await;
    let mut cosmo = town.sign_in(COSMO).await;
    let page = cosmo.get(&format!("{panel}/candidates")).await;
    let form = page.form(&format!("{panel}/lists"));
    let family = form.all("take").remove(0);
    let why = format!("why-{family}");
    let page = cosmo.send(&form.untick("take", &family).with(&why, "unclear")).await;
    assert_eq!(page.status, 422);
    let again = page.form(&format!("{panel}/lists"));
    assert_eq!((again.all("take"), again.all(&why)), (vec![], vec!["unclear".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coordinator_sends_a_list_in_an_order_of_their_own() {
    let (town, panel) = two_fit().await;
    let mut cosmo = town.sign_in(COSMO).await;
    let form = cosmo.get(&format!("{panel}/candidates")).await.form(&format!("{panel}/lists"));
    let last = format!("place-{}", form.all("take")[1]);
    let chosen = form.all("take");
    let page = cosmo.send(&form.with(&last, "top")).await;
    assert_eq!(page.status, 422);
    page.says("A place on the list is a number, such as 1.");
    let again = page.form(&format!("{panel}/lists"));
    assert_eq!((again.value(&last), again.all("take")), ("top", chosen.clone()), "all stays");
    assert_eq!(town.count("SELECT count(*) FROM attachment.list").await, 0);
    cosmo.click(&again.with(&last, "1")).await.says("The list is sent.");
    let first = format!(
        "SELECT p.place::bigint FROM attachment.proposal p JOIN attachment.registration r ON r.id = p.registration_id WHERE r.family_id = '{}'",
        chosen[1]
    );
    assert_eq!(town.count(first.leak()).await, 1);
}
