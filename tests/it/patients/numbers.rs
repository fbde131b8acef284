//! The numbers for everybody: out of the histories, and nobody in them.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};

use super::*;

/// People with numbers of their own from one on, registered at an instant in a community.
fn people(first: u32, count: u32, community: &str, at: &str) -> String {
    let last = first + count - 1;
    format!(
        "INSERT INTO client_registry.patient SELECT (jsonb_populate_record(p, jsonb_build_object('phn', n::text))).*
           FROM client_registry.patient p, generate_series({first}, {last}) n WHERE p.phn = '9876500011';
         INSERT INTO panel.patient (phn) SELECT n::text FROM generate_series({first}, {last}) n;
         INSERT INTO attachment.family (id, registered_by, consented_at, email, channel, language, community)
         SELECT lpad(n::text, 32, '0')::uuid, 'self', '{at}', 'somebody@mail.example', 'email', 'en', '{community}' FROM generate_series({first}, {last}) n;
         INSERT INTO attachment.registration (id, family_id, phn, state, registered_at, state_at, reconfirmed_at, attached_now, looking, changed, conditions, complexity)
         SELECT id, id, n::text, 'active', '{at}', '{at}', '{at}', false, 'other', false, '{{}}', 'low'
           FROM generate_series({first}, {last}) n, LATERAL (SELECT lpad(n::text, 32, '0')::uuid AS id) i;
         {}",
        moved(first, count, ("NULL", "active", "registered"), at)
    )
}

/// A step of each of them.
fn moved(first: u32, count: u32, (was, became, reason): (&str, &str, &str), at: &str) -> String {
    let last = first + count - 1;
    format!(
        "INSERT INTO attachment.registration_change (registration_id, was, became, reason, at, author, act_id)
         SELECT lpad(n::text, 32, '0')::uuid, {was}, '{became}', '{reason}', '{at}', 'somebody', gen_random_uuid() FROM generate_series({first}, {last}) n;"
    )
}

async fn counted() -> Server {
    counted_by(Setup { fixed: true, ..Setup::default() }).await
}

async fn counted_by(setup: Setup) -> Server {
    let server = sandbox(setup).await;
    let found = ("'active'", "attached", "attached");
    let back = ("'attached'", "active", "attachment-ended");
    for sql in [
        people(1_000_000_001, 11, "cedar-lantern", "2026-08-10T12:00:00Z"),
        // The evening of 31 August in British Columbia.
        people(1_000_000_012, 1, "cedar-lantern", "2026-09-01T03:00:00Z"),
        people(1_000_000_101, 3, "otter-bridge", "2026-08-10T12:00:00Z"),
        moved(1_000_000_001, 6, found, "2026-09-15T12:00:00Z"),
        // To another provider: they were attached once.
        moved(1_000_000_001, 6, ("'attached'", "attached", "attached"), "2026-09-16T12:00:00Z"),
        moved(1_000_000_001, 5, back, "2026-10-02T12:00:00Z"),
        moved(1_000_000_008, 2, ("'active'", "withdrawn", "withdrawn"), "2026-10-03T12:00:00Z"),
        // This month is not over, and is not told.
        people(1_000_000_201, 9, "fernhollow", "2026-11-05T12:00:00Z"),
    ] {
        run(&server, &sql).await;
    }
    server
}

/// Fetched by somebody who is not signed in.
async fn public(server: &Server, path: &str) -> Answer {
    server.send(server.request(path).method("GET")).await
}

fn read(answer: &Answer) -> String {
    String::from_utf8(answer.bytes.to_vec()).expect("text")
}

#[tokio::test(flavor = "multi_thread")]
async fn months_are_counted_from_the_histories_and_small_numbers_are_not_told() {
    let server = counted().await;
    let answer = public(&server, "/numbers.csv").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/csv; charset=utf-8"));
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let csv = read(&answer);
    let lines: Vec<&str> = csv.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 1 + 12 * 4, "three communities and all of them:\n{csv}");
    assert_eq!(lines[1], "Cedar Lantern,2025-11,<5,<5,<5,<5,<5,withheld,withheld");
    for line in [
        "Cedar Lantern,2026-08,12,<5,<5,<5,10,0,0",
        "Cedar Lantern,2026-09,<5,6,<5,<5,5,1,1",
        "Cedar Lantern,2026-10,<5,<5,5,<5,10,2,2",
        "Otter Bridge,2026-08,<5,<5,<5,<5,<5,withheld,withheld",
        "Fernhollow,2026-10,<5,<5,<5,<5,<5,withheld,withheld",
        // Two are hidden in August, and their sum says of neither what it is. In September those who are not told were nobody.
        "All communities,2026-08,15,<5,<5,<5,15,withheld,withheld",
        "All communities,2026-09,<5,withheld,<5,<5,10,withheld,withheld",
    ] {
        assert!(lines.contains(&line), "{line} is not in\n{csv}");
    }
    let cells = lines.iter().map(|line| line.split(',').count());
    assert!(cells.clone().all(|count| count == 9), "{:?}", cells.collect::<Vec<_>>());
    assert!(!csv.contains("2026-11"), "the month is not over");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_has_a_chart_its_text_and_the_table_for_each_community_and_nobody_in_it() {
    let server = counted().await;
    let answer = public(&server, "/numbers").await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "public, max-age=300"));
    assert_eq!(answer.header("set-cookie"), "");
    let page = read(&answer);
    assert_eq!(page.matches("<svg ").count(), 8);
    assert_eq!(page.matches("role=\"img\"").count(), 8);
    assert_eq!(page.matches("<table>").count(), 4);
    assert!(page.contains("Aug 2026 10, Sep 2026 5, Oct 2026 10</desc>"), "{page}");
    // "All communities", September: who found a provider is withheld; where nobody did, fewer than five did.
    assert!(page.contains(" class=\"withheld\"/>") && page.contains(" class=\"few\"/>"), "{page}");
    assert!(!page.contains("10000000") && !page.contains("mail.example"), "nobody is in it");
    assert!(!page.contains("<script") && !page.contains(" style=\""), "the policy forbids both");
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_number_was_merged_into_another_ones_no_longer_counts_as_waiting() {
    let server = sandbox(Setup { fixed: true, ..Setup::default() }).await;
    run(&server, &people(1_000_000_001, 11, "fernhollow", "2026-08-10T12:00:00Z")).await;
    let merged = ("'active'", "withdrawn", "number-merged");
    run(&server, &moved(1_000_000_001, 8, merged, "2026-09-15T12:00:00Z")).await;
    let csv = read(&public(&server, "/numbers.csv").await);
    let waiting = |month: &str| {
        let line = csv.lines().find(|line| line.starts_with(&format!("Fernhollow,{month},")));
        line.and_then(|line| line.split(',').nth(6)).map(str::to_owned)
    };
    let months = ["2026-07", "2026-08", "2026-09"].map(waiting);
    assert_eq!(months.map(Option::unwrap_or_default), ["<5", "10", "<5"], "{csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_no_formula_in_the_spreadsheet_of_whoever_opens_the_file() {
    let server = sandbox(Setup::default()).await;
    run(
        &server,
        "UPDATE area.community SET name = '=HYPERLINK(\"http://x\",1)' WHERE code = 'fernhollow'",
    )
    .await;
    let csv = read(&public(&server, "/numbers.csv").await);
    assert!(csv.contains("\r\n\"'=HYPERLINK(\"\"http://x\"\",1)\",20"), "{csv}");
    assert!(!csv.contains("\n="), "{csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_again_within_five_minutes_gets_what_was_counted() {
    let server = counted().await;
    let first = public(&server, "/numbers.csv").await;
    run(&server, &people(1_000_000_301, 8, "fernhollow", "2026-10-05T12:00:00Z")).await;
    assert_eq!(public(&server, "/numbers.csv").await.bytes, first.bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_later_waits_only_when_what_was_counted_is_an_hour_old() {
    let noon: DateTime<Utc> = "2026-11-20T12:00:00Z".parse().expect("an instant");
    let clock = Arc::new(Mutex::new(noon));
    let server = counted_by(Setup { clock: Some(clock.clone()), ..Setup::default() }).await;
    let first = public(&server, "/numbers.csv").await.bytes;
    run(&server, &people(1_000_000_301, 8, "fernhollow", "2026-10-05T12:00:00Z")).await;
    *clock.lock().expect("a clock") = noon + TimeDelta::minutes(10);
    assert_eq!(public(&server, "/numbers.csv").await.bytes, first, "and it is counted meanwhile");
    let mut second = first.clone();
    for _ in 0..500 {
        second = public(&server, "/numbers.csv").await.bytes;
        if second != first {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_ne!(second, first);
    run(&server, &people(1_000_000_401, 8, "fernhollow", "2026-10-06T12:00:00Z")).await;
    *clock.lock().expect("a clock") = noon + TimeDelta::hours(2);
    assert_ne!(public(&server, "/numbers.csv").await.bytes, second);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_family_reads_how_many_were_attached_last_month_where_it_lives() {
    let server = sandbox(Setup { fixed: true, ..Setup::default() }).await;
    run(&server, &people(1_000_000_001, 6, "otter-bridge", "2026-08-10T12:00:00Z")).await;
    let found =
        moved(1_000_000_001, 6, ("'active'", "attached", "attached"), "2026-10-15T12:00:00Z");
    run(&server, &found).await;
    let mut browser = Browser::of(&server, MARIGOLD).await;
    let mut page = browser.register(&PATIENTS[..1]).await;
    for (patient, postal_code) in [(PATIENTS[1], "V0X 9Z2"), (PATIENTS[2], "V0X 9Z1")] {
        let mut form = browser.get("/my/registrations/new").await.first_form();
        fill(&mut form, &[patient]);
        form.set("postal-code", postal_code);
        page = browser.press(&form, ("", "")).await;
    }
    let told = page.text.split("<dt>Found a provider there last month</dt><dd>").skip(1);
    let told: Vec<&str> = told.filter_map(|rest| rest.split('<').next()).collect();
    assert_eq!(told, ["fewer than 5 people", "6 people", "fewer than 5 people"]);
}
