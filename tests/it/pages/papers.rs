//! Papers of a panel: attachment records, and its clean-up.

use super::*;
use crate::attachment::{DAHLIA, JUNIPER, MARIGOLD};
use crate::message::{ADD, PATIENTS};
use crate::papers::cleaning::{crowd, settle_in};

const CONFIRMED: &str = "SELECT count(*) FROM panel.entry WHERE status = 'confirmed'";
const STEPS: &str = "SELECT count(*) FROM panel.change";

impl Town {
    /// Juniper accepts Marigold; gives the address of her panel.
    async fn accepted(&self) -> String {
        self.register(MARIGOLD, &PATIENTS[..1]).await;
        let panel = self.room_for(1).await;
        self.send_all(&panel).await;
        let mut juniper = self.sign_in(JUNIPER).await;
        let review = juniper.get(&panel).await.form_to("/answers");
        let first = review.names("answer-").remove(0);
        juniper.click(&review.with(&first, "accepted")).await;
        panel
    }
}

/// A list as an EMR exports it.
fn list(patients: &[Patient]) -> String {
    let row = |p: &Patient| format!("{},{},{},{}\r\n", p.phn, p.given, p.family, p.birth);
    format!("PHN,Given,Family,Birth date\r\n{}", patients.iter().map(row).collect::<String>())
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_this_month_are_shown_and_taken_along_with_the_session_alone() {
    let town = Town::start().await;
    let panel = town.accepted().await;
    let mut dahlia = town.sign_in(DAHLIA).await;
    let page = dahlia.get(&panel).await;
    let page = dahlia.follow(&page, "Attachment records").await;
    for text in ["1 record from", "9876500011", "98890", "F0101", "90101"] {
        page.says(text);
    }
    let table = page.link("as a table").replace("&amp;", "&");
    let table = dahlia.get(&table).await;
    assert!(
        table.text.starts_with("code,PHN,facility,provider,date\r\n98890,9876500011,F0101,90101,"),
        "{}",
        table.text
    );
    let before = dahlia.get(&format!("{panel}/records?from=2020-01-01&to=2020-12-31")).await;
    before.says("0 records from 2020-01-01 through 2020-12-31.");
    before.is_silent_on("9876500011");
    let seen = "SELECT count(*) FROM audit.event WHERE event = 'see-records' AND subject = 'dahlia.deskworth' AND patients = '{9876500011}'";
    assert_eq!(town.count(seen).await, 2, "by the page, and by the table");
}

#[tokio::test(flavor = "multi_thread")]
async fn days_that_are_none_are_told_at_the_form() {
    let town = Town::start().await;
    let panel = town.room_for(1).await;
    let mut juniper = town.sign_in(JUNIPER).await;
    for (days, told) in [
        ("from=soon&to=2026-01-01", "Give the first and the last day"),
        ("from=2026-01-01", "Give the first and the last day"),
        ("from=2026-02-01&to=2026-01-01", "The period ends before it begins."),
    ] {
        let page = juniper.get(&format!("{panel}/records?{days}")).await;
        assert_eq!(page.status, 422, "{days}");
        page.says(told);
        let from = days.split(['=', '&']).nth(1).unwrap_or_default();
        assert_eq!(page.form(&format!("{panel}/records")).all("from"), [from]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_uploaded_compared_and_changed_by_ticks() {
    let town = Town::start().await;
    let panel = town.accepted().await;
    town.emr(ADD, 0, &PATIENTS[1..3]).await;
    let mut juniper = town.sign_in(JUNIPER).await;
    let page = juniper.get(&panel).await;
    let page = juniper.follow(&page, "Clean up").await;
    let upload = page.form(&format!("{panel}/clean-up"));
    let mut wrong = PATIENTS[4];
    wrong.birth = "1967-12-24";
    let both = [PATIENTS[0], PATIENTS[1], PATIENTS[3], wrong];
    let emr = format!("{}9876500012,Some,O'Body,1990-01-01\r\n", list(&both));
    let steps = town.count(STEPS).await;
    let dry = juniper.upload(&upload, "application/vnd.ms-excel", emr).await;
    assert_eq!(dry.status, 200, "{}", dry.text);
    for text in [
        "1 person agreed",
        "In both, but not confirmed: 1 person",
        "Only in PAS: 1 person",
        "Clover Mockingham",
        "Only in the EMR: 2 people",
        "Rowan Placeholt",
        "1 number is none",
        "line 6: the check digit does not fit",
    ] {
        dry.says(text);
    }
    assert_eq!(town.count(STEPS).await, steps, "nothing is changed yet");
    let form = dry.form(&format!("{panel}/clean-up/changes"));
    assert_eq!(form.all("confirm"), ["9876500011 Marigold Exampleton"]);
    assert!(form.all("add").is_empty() && form.all("remove").is_empty(), "{form:?}");
    let newcomers = dry.boxes("add");
    let mut form = form;
    for (name, value) in [
        ("remove", dry.boxes("remove").remove(0)),
        ("add", newcomers[0].clone()),
        ("add", newcomers[1].clone()),
    ] {
        form.fields.push((name.to_owned(), value));
    }
    let done = juniper.send(&form).await;
    assert_eq!(done.status, 200, "{}", done.text);
    for text in [
        "4 of 4 done.",
        "1 confirmed, 1 added, 1 taken off.",
        "Not changed",
        "Hazel Sampleford",
        "9876500068",
        "Does not match provincial records",
        "</html>",
    ] {
        done.says(text);
    }
    done.is_silent_on("Rowan");
    assert_eq!(town.count(CONFIRMED).await, 3);
    let members = juniper.get(&format!("{panel}/members")).await;
    members.says("Added in a clean-up");
    members.says("Confirmed in a clean-up");

    let again =
        juniper.upload(&upload, "text/csv", list(&[PATIENTS[0], PATIENTS[1], PATIENTS[3]])).await;
    again.says("3 people agreed");
    again.says("There is nothing to change.");
}

impl Shown {
    /// What the boxes of this name would send.
    fn boxes(&self, name: &str) -> Vec<String> {
        let unticked = self.text.replace(" checked>", ">");
        let ticked: String = unticked
            .split("<input ")
            .map(|tag| match tag.split_once('>') {
                Some((head, rest)) if head.contains(&format!("name=\"{name}\"")) => {
                    format!("<input {head} checked>{rest}")
                }
                _ => format!("<input {tag}"),
            })
            .collect();
        let shown = Shown {
            path: self.path.clone(),
            status: self.status,
            text: ticked,
            location: String::new(),
            policy: String::new(),
        };
        shown.form_to("/changes").all(name)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_with_another_provider_or_lacks_a_birth_date_cannot_be_ticked() {
    let town = Town::start().await;
    let panel = town.room_for(1).await;
    town.emr(ADD, 0, &PATIENTS[..1]).await;
    town.emr(ADD, 1, &PATIENTS[..1]).await;
    let mut juniper = town.sign_in(JUNIPER).await;
    let upload = juniper.get(&format!("{panel}/clean-up")).await.form(&format!("{panel}/clean-up"));
    let dry = juniper.upload(&upload, "text/csv", "PHN\n9876500011\n9876500029\n").await;
    dry.says("9876500011, line 2: With another provider");
    dry.says("9876500029, line 3: the list lacks a name or the birth date");
    let form = dry.form(&format!("{panel}/clean-up/changes"));
    assert_eq!(form.names("").len(), 1, "the key alone: {form:?}");
    assert!(!dry.text.contains("<input type=\"checkbox\""));
    let nobody = juniper.send(&form).await;
    assert_eq!(nobody.status, 422);
    nobody.says("Choose somebody to be changed.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_is_known_by_how_it_begins_and_what_cannot_be_read_is_told_at_the_form() {
    let town = Town::start().await;
    let panel = town.room_for(1).await;
    let mut juniper = town.sign_in(JUNIPER).await;
    let upload = juniper.get(&format!("{panel}/clean-up")).await.form(&format!("{panel}/clean-up"));
    let bundle = " \n{\"resourceType\": \"Bundle\", \"type\": \"collection\", \"entry\": []}";
    let read = juniper.upload(&upload, "application/octet-stream", bundle).await;
    assert_eq!(read.status, 200, "{}", read.text);
    read.says("There is nothing to change.");
    for (kind, file, told) in [
        ("text/csv", &b""[..], "Choose the EMR&#39;s list first"),
        (
            "text/csv",
            b"PHN,Given\n9876500011,Mar\xEFgold\n",
            "Line 2 is not UTF-8. Save the list as CSV UTF-8.",
        ),
        ("text/csv", b"\xFF\xFEP\0H\0N\0\n\0", "Line 1 is not UTF-8."),
        ("text/csv", b"9876500011,Marigold\n", "no column is called PHN"),
        ("application/vnd.ms-excel", b"PK\x03\x04....", "Save the sheet as CSV UTF-8"),
        ("application/vnd.ms-excel", b"\xD0\xCF\x11\xE0....", "Save the sheet as CSV UTF-8"),
        ("application/json", b"{\"resourceType\": \"Patient\"}", "Send a Bundle of Patients."),
    ] {
        let page = juniper.upload(&upload, kind, file).await;
        assert_eq!(page.status, 422, "{told}");
        page.says(told);
        page.says("Compare</button>");
    }
    let broken = juniper.upload(&upload, "application/json", "{").await;
    assert_eq!(broken.status, 400);
    broken.says("Compare</button>");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_without_the_key_of_the_session_or_of_somebody_else_s_panel_is_refused() {
    let town = Town::start().await;
    let panel = town.room_for(1).await;
    let mut juniper = town.sign_in(JUNIPER).await;
    let upload = juniper.get(&format!("{panel}/clean-up")).await.form(&format!("{panel}/clean-up"));
    for key in ["", "0"] {
        let form = upload.clone().with("form_key", key);
        assert_eq!(juniper.upload(&form, "text/csv", list(&PATIENTS[..1])).await.status, 403);
    }
    let changes = Form::made_up(
        format!("{panel}/clean-up/changes"),
        &[("remove", "9876500011 Marigold"), ("form_key", "")],
    );
    assert_eq!(juniper.send(&changes.clone().with("form_key", "0")).await.status, 403);
    let mut barnaby = town.sign_in("barnaby.sampleworth").await;
    let own = barnaby.get("/my").await.link("Barnaby");
    let own = barnaby.get(&format!("{own}/clean-up")).await.form(&format!("{own}/clean-up"));
    let key = own.all("form_key").remove(0);
    let form = upload.with("form_key", &key);
    assert_eq!(barnaby.upload(&form, "text/csv", list(&PATIENTS[..1])).await.status, 404);
    assert_eq!(barnaby.send(&changes.with("form_key", &key)).await.status, 404);
    assert_eq!(town.count(STEPS).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_are_one_folded_page_and_are_changed_batch_by_batch() {
    let town = Town::start().await;
    let panel = town.room_for(1).await;
    let all = crowd(2_000);
    settle_in(&town.server.database.url, &all).await;
    let rows: String = all.iter().map(|phn| format!("{phn},Some,Body,1990-01-01\n")).collect();
    let mut juniper = town.sign_in(JUNIPER).await;
    let upload = juniper.get(&format!("{panel}/clean-up")).await.form(&format!("{panel}/clean-up"));
    let list = format!("PHN,Given,Family,Birth date\n{rows}");
    let dry = juniper.upload(&upload, "text/csv", list).await;
    dry.says("Only in the EMR: 2000 people");
    dry.says("<details><summary>");
    let mut form = dry.form(&format!("{panel}/clean-up/changes"));
    form.fields.extend(dry.boxes("add").into_iter().map(|value| ("add".to_owned(), value)));
    assert_eq!(form.fields.len(), 2_001);
    let done = juniper.send(&form).await;
    for text in [
        "500 of 2,000 done.",
        "1,500 of 2,000 done.",
        "2,000 of 2,000 done.",
        "0 confirmed, 2,000 added, 0 taken off.",
    ] {
        done.says(text);
    }
    assert_eq!(town.count(CONFIRMED).await, 2_000);
}

/// One person more than a batch, of whom the last is held by somebody else: a connection that is to be ended, and the form.
async fn held(town: &Town, juniper: &mut Browser<'_>) -> (sqlx::PgConnection, Form, String) {
    let panel = juniper.get("/my").await.link("Juniper");
    let all = crowd(501);
    settle_in(&town.server.database.url, &all).await;
    let last = all.last().expect("somebody").clone();
    let mut holder = crate::cluster::connect(&town.server.database.url).await;
    let begin = format!("BEGIN; INSERT INTO panel.patient (phn) VALUES ('{last}')");
    sqlx::raw_sql(sqlx::AssertSqlSafe(begin)).execute(&mut holder).await.expect("held");
    let page = juniper.get(&format!("{panel}/clean-up")).await;
    let mut form = page.form(&format!("{panel}/clean-up"));
    form.action = format!("{panel}/clean-up/changes");
    form.fields.retain(|(name, _)| name == "form_key");
    for phn in all {
        let one =
            format!(r#"{{"phn":"{phn}","given":"Some","family":"Body","birthDate":"1990-01-01"}}"#);
        form.fields.push(("add".into(), one));
    }
    (holder, form, last)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_could_not_be_done_is_told_with_whom_it_had_and_the_others_stand() {
    let town = Town::start().await;
    let mut juniper = town.sign_in(JUNIPER).await;
    let (holder, form, last) = held(&town, &mut juniper).await;
    let done = juniper.send(&form).await;
    assert_eq!(done.text.matches("500 of 501 done.").count(), 2, "{}", done.text);
    for text in
        ["0 confirmed, 500 added, 0 taken off.", "Some Body", &last, "could not be done now"]
    {
        done.says(text);
    }
    drop(holder);
    assert_eq!(town.count(CONFIRMED).await, 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_grows_while_batches_are_done() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let town = Town::start().await;
    let mut juniper = town.sign_in(JUNIPER).await;
    let (mut holder, form, _) = held(&town, &mut juniper).await;
    let (action, cookie) = (&form.action, &juniper.cookie);
    let body = serde_urlencoded::to_string(&form.fields).expect("fields");
    let request = format!(
        "POST {action} HTTP/1.1\r\nhost: pas.test\r\ncookie: {cookie}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = tokio::net::TcpStream::connect(town.server.address).await.expect("connects");
    stream.write_all(request.as_bytes()).await.expect("sends");
    let (mut shown, mut piece) = (String::new(), [0; 4096]);
    while !shown.contains("500 of 501 done.") {
        let read = stream.read(&mut piece).await.expect("reads");
        assert!(read > 0, "ended with {shown}");
        shown.push_str(&String::from_utf8_lossy(&piece[..read]));
    }
    assert!(!shown.contains("</html>"), "the second batch waits: {shown}");
    sqlx::raw_sql("ROLLBACK").execute(&mut holder).await.expect("let go");
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.expect("reads");
    let rest = String::from_utf8_lossy(&rest);
    assert!(rest.contains("501 of 501 done.") && rest.contains("</html>"), "{rest}");
    assert_eq!(town.count(CONFIRMED).await, 501);
}
