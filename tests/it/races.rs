//! Many at once.

use std::collections::HashSet;

use crate::answer::Answer;
use crate::cluster;
use crate::message::{ADD, PANELS, PATIENTS, Panel, QUERY, REMOVE, message};
use crate::server::{Ask, Server};

/// Sends all of them at once; the answers come in the order of the requests.
async fn at_once(server: &Server, asks: Vec<Ask>) -> Vec<Answer> {
    let tasks: Vec<_> =
        asks.into_iter().map(|ask| tokio::spawn(ask.send(server.address))).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("no panic"));
    }
    answers
}

fn ask(server: &Server, message: &serde_json::Value) -> Ask {
    server.request("/$process-message").body(message.to_string().into_bytes())
}

const CONFIRMED: &str = "SELECT count(*) FROM panel.entry WHERE status = 'confirmed'";

/// Thirty-two providers more at the first clinic, all with the same name and numbers of their own.
async fn colleagues(server: &Server) -> Vec<Panel> {
    let copies = ["plr", "pas"].map(|schema| {
        format!(
            "INSERT INTO {schema}.practitioner
             SELECT 'colleague-' || n, active, ARRAY[replace(tokens[1], '90101', (91000 + n)::text)],
                    replace(identifiers::text, '90101', (91000 + n)::text)::jsonb, names, licences
               FROM {schema}.practitioner, generate_series(1, 32) n WHERE key = 'prov-1';"
        )
    });
    let sql = copies.concat()
        + "INSERT INTO pas.practitioner_role
           SELECT 'colleague-role-' || n, 'colleague-' || n, 'clinic-1', true, '{}' FROM generate_series(1, 32) n;
           INSERT INTO panel.panel (practitioner_key, organization_key)
           SELECT 'colleague-' || n, 'clinic-1' FROM generate_series(1, 32) n";
    let mut connection = cluster::connect(&server.database.url).await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.expect("colleagues");
    let number = |n: u32| &*format!("{}", 91_000 + n).leak();
    (1..=32).map(|n| Panel { msp: number(n), ..PANELS[0] }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_two_at_once_add_one_patient_to_different_panels_and_one_provider_is_mrp() {
    let server = Server::start().await;
    let panels = colleagues(&server).await;
    let asks =
        panels.iter().map(|panel| ask(&server, &message(ADD, *panel, &PATIENTS[..1]))).collect();
    let answers = at_once(&server, asks).await;
    for answer in &answers {
        assert_eq!((answer.status, answer.response()), (200, "ok"));
        assert_eq!(answer.statuses(), ["confirmed"]);
    }
    assert_eq!(server.database.count(CONFIRMED).await, 1);
    // Every answer told the truth: it moved the patient exactly when another panel's entry gave way for it.
    let moved = answers.iter().filter(|answer| answer.codes().contains(&"mrp-moved")).count();
    let gave_way = "SELECT count(*) FROM panel.change WHERE reason = 'mrp-moved'";
    assert_eq!(server.database.count(gave_way).await, i64::try_from(moved).unwrap());
    let confirmations = "SELECT count(*) FROM panel.change WHERE became = 'confirmed'";
    assert_eq!(server.database.count(confirmations).await, 32);
    assert_eq!(moved, 31, "all but the first found the patient attached");
    // One serial order: confirmations and givings-way alternate.
    let broken = "SELECT count(*) FROM (SELECT became, lag(became) OVER (ORDER BY id) AS before FROM panel.change) c
                   WHERE c.became = c.before";
    assert_eq!(server.database.count(broken).await, 0);
    let told = "SELECT count(*) FROM panel.notice";
    assert_eq!(server.database.count(told).await, i64::try_from(moved).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_message_sixteen_times_at_once_has_one_effect_and_one_answer() {
    let server = Server::start().await;
    for event in [ADD, QUERY, REMOVE] {
        let sent = message(event, PANELS[0], &PATIENTS);
        let before = server.database.count("SELECT count(*) FROM panel.change").await;
        let answers = at_once(&server, vec![ask(&server, &sent); 16]).await;
        let different: HashSet<_> = answers.iter().map(|answer| answer.bytes.clone()).collect();
        assert_eq!(different.len(), 1, "{event}");
        assert_eq!(answers[0].response(), "ok");
        let changes = if event == QUERY { 0 } else { i64::try_from(PATIENTS.len()).unwrap() };
        let after = server.database.count("SELECT count(*) FROM panel.change").await;
        assert_eq!(after - before, changes, "{event}");
    }
    assert_eq!(server.database.count("SELECT count(*) FROM inbox.message").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_ids_around_different_content_at_once_are_processed_once() {
    let server = Server::start().await;
    for event in [ADD, QUERY] {
        let first = message(event, PANELS[0], &PATIENTS[..1]);
        let mut second = message(event, PANELS[1], &PATIENTS[1..2]);
        second["id"] = first["id"].clone();
        second["entry"][0]["resource"]["id"] = first["entry"][0]["resource"]["id"].clone();
        let asks =
            [&first, &second].into_iter().cycle().take(12).map(|sent| ask(&server, sent)).collect();
        let answers = at_once(&server, asks).await;
        let altered = answers.iter().filter(|answer| answer.codes() == ["message-altered"]).count();
        assert_eq!(altered, 6, "{event}");
    }
    assert_eq!(server.database.count("SELECT count(*) FROM panel.entry").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn adds_and_removes_mixed_on_one_panel_leave_what_their_answers_say() {
    let server = Server::start().await;
    let asks = (0..48).map(|n| {
        let event = if n % 3 == 0 { REMOVE } else { ADD };
        // Overlapping groups of patients, in different orders.
        let mut patients = [PATIENTS[n % 6], PATIENTS[(n + 1) % 6], PATIENTS[(n + 3) % 6]];
        if n % 2 == 0 {
            patients.reverse();
        }
        ask(&server, &message(event, PANELS[0], &patients))
    });
    let answers = at_once(&server, asks.collect()).await;
    let mut steps = 0;
    for answer in &answers {
        assert_eq!((answer.status, answer.response()), (200, "ok"));
        let unchanged = ["already-on-panel", "not-on-panel"];
        steps += 3 - answer.codes().iter().filter(|code| unchanged.contains(code)).count();
    }
    let changes = server.database.count("SELECT count(*) FROM panel.change").await;
    assert_eq!(
        changes,
        i64::try_from(steps).unwrap(),
        "every step that was told was taken, and no other"
    );
    // For each patient, additions and removals alternate.
    let broken = "SELECT count(*) FROM (
        SELECT c.reason, lag(c.reason) OVER (PARTITION BY e.phn ORDER BY c.id) AS before
          FROM panel.change c JOIN panel.entry e ON e.id = c.entry_id) s WHERE s.reason = s.before";
    assert_eq!(server.database.count(broken).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_and_a_change_around_the_same_ids_at_once_never_break_the_server() {
    let server = Server::start().await;
    for n in 0..4 {
        let add = message(ADD, PANELS[n], &PATIENTS[n..=n]);
        let mut query = message(QUERY, PANELS[n], &PATIENTS[n..=n]);
        query["id"] = add["id"].clone();
        query["entry"][0]["resource"]["id"] = add["entry"][0]["resource"]["id"].clone();
        let asks =
            [&add, &query].into_iter().cycle().take(12).map(|sent| ask(&server, sent)).collect();
        for answer in at_once(&server, asks).await {
            assert_eq!(answer.status, 200);
        }
        // One of the two was first and stays so; the other is told.
        let told = [server.post(&add).await, server.post(&query).await];
        let altered = told.iter().filter(|answer| answer.codes() == ["message-altered"]).count();
        assert_eq!(altered, 1);
    }
}
