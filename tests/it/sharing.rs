//! Messages that come at the same time share statements and nothing else.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use pas::access::Caller;
use pas::audit::{Origin, Outcome, Record};
use pas::clock::Clock;
use pas::message::{Digest, Phn};
use pas::panel::{Change, EntryId, EntryStatus, PanelId};
use pas::store::{Effect, Keeping, Kept, Receipt};

use crate::answer::Answer;
use crate::cluster::{self, Database};
use crate::message::{ADD, PANELS, PATIENTS, QUERY, REMOVE, message};
use crate::proxy::Proxy;
use crate::server::{Server, Setup};

/// Sends all of them at once.
fn at_once(
    server: &Server,
    messages: &[serde_json::Value],
) -> Vec<tokio::task::JoinHandle<Answer>> {
    let ask = |message: &serde_json::Value| {
        let ask = server.request("/$process-message").body(message.to_string().into_bytes());
        tokio::spawn(ask.send(server.address))
    };
    messages.iter().map(ask).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_come_together_go_together_and_each_gets_its_own_answer() {
    let proxy = Proxy::start("together");
    let database = cluster::database().await;
    let through = Some(proxy.url(&database.name));
    let flags = "--connections 1".to_owned();
    let server =
        Server::with(Setup { through, flags, database: Some(database), ..Setup::default() }).await;
    for panel in PANELS {
        for event in [ADD, REMOVE] {
            server.post(&message(event, panel, &PATIENTS)).await;
        }
    }
    let mut sent: Vec<_> = (0..6).map(|n| message(ADD, PANELS[n], &PATIENTS[n..=n])).collect();
    sent.extend((0..58).map(|n| message(QUERY, PANELS[n % 6], &PATIENTS)));
    let mut refused = message(ADD, PANELS[0], &PATIENTS);
    refused["entry"][4]["resource"]["birthDate"] = "1900-01-01".into();
    sent.push(refused);
    proxy.round_trips();
    for (n, answer) in at_once(&server, &sent).into_iter().enumerate() {
        let answer = answer.await.expect("no panic");
        match n {
            0..6 => assert_eq!(answer.statuses(), ["confirmed"], "{n}"),
            6..64 => assert_eq!((answer.response(), answer.statuses().len()), ("ok", 6), "{n}"),
            _ => assert_eq!(answer.codes(), ["patient-birth-date"]),
        }
    }
    let trips = proxy.round_trips();
    assert!(trips < 65, "{trips} round trips for 65 messages: two each when nobody shares");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_message_has_to_wait_for_holds_up_no_other() {
    let flags = "--lock-timeout 60 --statement-timeout 60 --acquire-timeout 60".to_owned();
    let server = Server::with(Setup { flags, ..Setup::default() }).await;
    let mut other = cluster::connect(&server.database.url).await;
    // One patient is known already, the other is new: each is somebody else's for now.
    server.post(&message(ADD, PANELS[0], &PATIENTS[..1])).await;
    let hold = format!(
        "BEGIN; SELECT 1 FROM panel.patient FOR UPDATE; INSERT INTO panel.patient VALUES ('{}')",
        PATIENTS[1].phn
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(hold)).execute(&mut other).await.expect("locks");
    let held =
        [message(REMOVE, PANELS[0], &PATIENTS[..1]), message(ADD, PANELS[1], &PATIENTS[1..2])];
    let held = at_once(&server, &held);
    let mut sent: Vec<_> = (2..6).map(|n| message(ADD, PANELS[n], &PATIENTS[n..=n])).collect();
    sent.extend((0..20).map(|n| message(QUERY, PANELS[n % 6], &PATIENTS)));
    for answer in at_once(&server, &sent) {
        assert_eq!(answer.await.expect("no panic").response(), "ok");
    }
    assert!(held.iter().all(|held| !held.is_finished()), "they wait for their turn");
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.expect("lets go");
    let mut told = Vec::new();
    for held in held {
        let answer = held.await.expect("no panic");
        told.extend(answer.statuses().into_iter().map(str::to_owned));
    }
    assert_eq!(told, ["removed", "confirmed"]);
}

/// The same database, for another server.
fn again(database: &Database) -> Database {
    Database { url: database.url.clone(), name: database.name.clone() }
}

/// An add of this patient to the first panel, as it is kept.
fn keeping(phn: &str, version: i64, change: Change) -> Arc<Keeping> {
    let (id, at) = (Clock::System.id(), Clock::System.now());
    let origin = Origin { request_id: id, caller: &Caller::Unchecked, address: None };
    let record = Record::new(id, at, origin, 200, Outcome::Ok, ["processed"]).kept(id);
    let effect = Effect {
        panel: PanelId(1),
        practitioner: "prov-1".to_owned(),
        versions: vec![(phn.to_owned(), version)],
        changes: vec![change],
    };
    Arc::new(Keeping {
        record,
        receipt: Some(Receipt {
            id,
            client: String::new(),
            sender: "https://emr.example/lantern".to_owned(),
            keys: Some((id.to_string(), id.to_string())),
            digest: Digest::of_text(&id.to_string()),
            event: ADD,
            at,
            ok: true,
            answer: b"{}".to_vec(),
            person: None,
            effect: Some(effect),
        }),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_overtaken_or_that_the_database_refuses_is_left_out_alone() {
    let server = Server::start().await;
    server.post(&message(ADD, PANELS[0], &PATIENTS[..1])).await;
    let phn = |n: usize| PATIENTS[n].phn;
    let open = |n: usize| Change::Open(Phn::parse(phn(n), true).expect("a number"));
    let nobody = Change::Confirm { entry: EntryId(999), was: EntryStatus::NotMrp };
    let all = [
        // Somebody added this patient since.
        keeping(phn(0), 0, open(0)),
        // It saw another version than there is.
        keeping(phn(0), 7, open(0)),
        // A second MRP: the database's own rule.
        keeping(phn(0), 1, open(0)),
        // A step that cannot be taken.
        keeping(phn(1), 0, nobody),
        // Nothing is wrong with this one.
        keeping(phn(2), 0, open(2)),
    ];
    let asked = all.clone().map(|keeping| {
        let store = server.store.clone();
        tokio::spawn(async move { store.keep(&keeping).await.expect("Postgres is there") })
    });
    let mut kept = Vec::new();
    for asked in asked {
        kept.push(asked.await.expect("no panic"));
    }
    assert_eq!(kept, [Kept::No, Kept::No, Kept::No, Kept::No, Kept::Yes]);
    let count = async |sql| server.database.count(sql).await;
    assert_eq!(count("SELECT count(*) FROM inbox.message").await, 2);
    assert_eq!(count("SELECT count(*) FROM audit.event").await, 2);
    assert_eq!(count("SELECT count(*) FROM panel.entry WHERE status = 'confirmed'").await, 2);
    assert_eq!(
        count("SELECT count(*) FROM panel.patient").await,
        2,
        "not the patient of the fourth"
    );
    // In a turn, where nothing can have come between, the same is a defect.
    let mut turn = server.store.begin().await.expect("a turn");
    assert!(turn.keep(&all[3]).await.is_err());
    assert_eq!(count("SELECT count(*) FROM inbox.message").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bundle_is_answered_once_also_when_a_month_turns_between_two_deliveries() {
    let database = cluster::database().await;
    let at = |time: &str| time.parse::<DateTime<Utc>>().expect("an instant");
    let clock = |time| Some(Arc::new(Mutex::new(at(time))));
    let setup =
        |time| Setup { clock: clock(time), database: Some(again(&database)), ..Setup::default() };
    let servers = [
        Server::with(setup("2026-11-30T23:59:59.999Z")).await,
        Server::with(setup("2026-12-01T00:00:00.001Z")).await,
    ];
    for n in 0..6 {
        let sent = vec![message(ADD, PANELS[n], &PATIENTS[n..=n]); 4];
        let mut answers = Vec::new();
        for server in &servers {
            answers.extend(at_once(server, &sent));
        }
        let mut bytes = Vec::new();
        for answer in answers {
            bytes.push(answer.await.expect("no panic").bytes);
        }
        assert!(bytes.iter().all(|answer| *answer == bytes[0]), "{n}: one answer for all");
    }
    assert_eq!(database.count("SELECT count(*) FROM inbox.message").await, 6);
    let months = "SELECT count(DISTINCT tableoid) FROM inbox.message";
    assert!(database.count(months).await >= 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_in_the_directory_counts_from_the_next_message_on_in_every_server() {
    let database = cluster::database().await;
    let setup = || Setup { database: Some(again(&database)), ..Setup::default() };
    let servers = [Server::with(setup()).await, Server::with(setup()).await];
    let mut other = cluster::connect(&database.url).await;
    let ask = |server: usize| {
        let asked = message(QUERY, PANELS[0], &PATIENTS[..1]);
        let ask = servers[server].request("/$process-message").body(asked.to_string().into_bytes());
        ask.send(servers[server].address)
    };
    let key = "WHERE key = 'prov-1'";
    let steps = [
        ("", "processed"),
        ("UPDATE pas.practitioner SET active = false ", "provider-in-pas"),
        ("UPDATE pas.practitioner SET active = true ", "processed"),
        (
            "UPDATE plr.practitioner SET names = '[{\"family\": \"Otherwise\", \"given\": [\"Juniper\"]}]' ",
            "provider-family",
        ),
    ];
    for (step, code) in steps {
        if !step.is_empty() {
            let sql = format!("{step}{key}");
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut other).await.expect("changes");
        }
        for server in [0, 1, 0] {
            assert_eq!(ask(server).await.codes(), [code], "after {step}");
        }
    }
    // What is not committed yet, or never will be, counts for nobody.
    let undone = "BEGIN; UPDATE plr.practitioner SET active = false";
    sqlx::raw_sql(undone).execute(&mut other).await.expect("changes");
    assert_eq!(ask(0).await.codes(), ["provider-family"]);
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.expect("lets go");
    assert_eq!(ask(0).await.codes(), ["provider-family"]);
}
