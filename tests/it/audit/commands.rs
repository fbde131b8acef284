//! `pas audit`, as an operator and a privacy officer meet it; the server that seals by itself; a trail restored elsewhere.

use std::path::PathBuf;
use std::process::Command;

use pas::audit::Record;
use serde_json::Value;

use super::{PHN, Trail, record, refusal, serving};
use crate::cluster;
use crate::sandbox::program::{Home, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_seals_by_itself_and_its_log_holds_the_hashes_to_expect() {
    let trail = Trail::new().await;
    let home = Home::with_database("sealing", &trail.database.url);
    let running = home.serve("--seal-interval 0.05");
    trail.record(&[record(1)]).await;
    let line = until("a seal in the log", || {
        running.log().lines().find(|line| line.contains(" sealed ")).map(str::to_owned)
    });
    let hash = line.split("hash=").nth(1).and_then(|rest| rest.split(' ').next()).expect("a hash");
    assert!(
        line.contains("INFO") && line.contains("seal=1 ") && line.contains("events=1 "),
        "{line}"
    );
    trail.record(&[record(2)]).await;
    running.stop();
    let sound = home.run(&format!("audit verify --expect {hash}"));
    assert_eq!(sound.status.code(), Some(0), "{sound:?}");
    let told = "sound: 2 seals over 2 events, 0 not sealed yet; the last seal is ";
    assert!(sound.stdout.starts_with(told), "sealed at the end as well: {sound:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_tells_in_words_and_by_its_code() {
    let trail = Trail::new().await;
    let home = Home::with_database("verify", &trail.database.url);
    let empty = home.run("audit verify");
    assert_eq!(empty.status.code(), Some(0));
    assert_eq!(empty.stdout, "sound: 0 seals over 0 events, 0 not sealed yet\n");
    trail.record(&[record(1), record(2)]).await;
    let sealed = home.run("audit seal");
    let hash = sealed.stdout.strip_prefix("seal 1 ").expect("a seal").trim().to_owned();
    assert!(sealed.stderr.ends_with("2 events sealed.\n"), "{sealed:?}");
    assert_eq!(home.run("audit seal").stdout, "", "nothing new, no seal");
    assert_eq!(home.run(&format!("audit verify --expect {hash}")).status.code(), Some(0));
    let other = "ab".repeat(32);
    let cut = home.run(&format!("audit verify --expect {other},{hash}"));
    assert_eq!(cut.status.code(), Some(1), "{cut:?}");
    assert!(cut.stdout.starts_with(&format!("not in the chain: {other}\nNOT SOUND: 1 seals")));
    trail
        .run(
            "ALTER TABLE audit.event DISABLE TRIGGER ALL;
             UPDATE audit.event SET patients = '{9876500036}' WHERE number = 2",
        )
        .await;
    let altered = home.run("audit verify");
    assert_eq!(altered.status.code(), Some(1));
    let first = altered.stdout.lines().next();
    assert_eq!(first, Some("altered: events 1 to 2 are not as seal 1 has them"), "{altered:?}");
    assert!(!altered.stdout.contains("98765"), "and shows nobody");
    assert_eq!(home.run("audit verify --expect abc").status.code(), Some(2));
}

/// The lines of an export, each read by a decoder that is not ours.
fn events(home: &Home, words: &str) -> Vec<Value> {
    let done = home.run(&format!("audit export {words}"));
    assert!(done.status.success(), "{done:?}");
    let lines = done.stdout.lines().map(|line| {
        let (_, issues) =
            fhirkit::from_json::<fhirkit::r4::AuditEvent>(line).expect("an AuditEvent");
        assert!(issues.is_empty(), "{issues:?}: {line}");
        serde_json::from_str(line).expect("JSON")
    });
    lines.collect()
}

#[test]
fn the_independent_decoder_does_find_faults_in_an_audit_event() {
    let broken = r#"{"resourceType":"AuditEvent","agent":[{"name":"x"}]}"#;
    let decoded = fhirkit::from_json::<fhirkit::r4::AuditEvent>(broken);
    assert!(decoded.is_err() || decoded.is_ok_and(|(_, issues)| issues.len() > 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_says_who_did_what_for_whom_about_whom_and_what_came_of_it() {
    let trail = Trail::new().await;
    let home = Home::with_database("export", &trail.database.url);
    let query = record(1);
    let add = Record { event: Some("add-patient-to-panel".into()), subject: None, ..record(2) };
    let overflow = Record::overflow(pas::clock::Clock::System.id(), super::now(), 12);
    trail.record(&[query.clone(), add, refusal(3), overflow]).await;
    let [read, changed, refused, lost] = &events(&home, "")[..] else { panic!("four events") };
    assert_eq!(read["id"], query.id.to_string());
    assert_eq!((&read["action"], &read["outcome"]), (&"R".into(), &"0".into()));
    assert_eq!(read["outcomeDesc"], "ok, HTTP 200: processed");
    assert_eq!(read["subtype"][1]["code"], "get-patient-mrp-status");
    let agents: Vec<(&str, bool)> = read["agent"]
        .as_array()
        .expect("agents")
        .iter()
        .map(|agent| {
            let who = agent["who"]["identifier"]["value"].as_str().expect("a value");
            (who, agent["requestor"].as_bool().expect("a flag"))
        })
        .collect();
    let expected =
        [("juniper.testwell", true), ("emr-lantern", false), ("90101", false), ("F0101", false)];
    assert_eq!(agents, expected);
    assert_eq!(read["agent"][1]["network"]["address"], "192.0.2.7");
    assert_eq!(read["agent"][2]["who"]["identifier"]["system"], "https://msp.example");
    assert_eq!(read["entity"][1]["what"]["identifier"]["value"], PHN);
    assert_eq!(read["entity"].as_array().map(Vec::len), Some(3), "the message and two patients");
    let message = query.message_id.expect("kept");
    assert_eq!(read["entity"][0]["what"]["identifier"]["value"], format!("urn:uuid:{message}"));
    assert_eq!(changed["action"], "U");
    assert_eq!(
        (&changed["agent"][0]["requestor"], changed["agent"].as_array().map(Vec::len)),
        (&true.into(), Some(3))
    );
    assert_eq!((&refused["action"], &refused["outcome"]), (&"E".into(), &"4".into()));
    assert_eq!(refused["agent"][0]["name"], "not identified");
    assert_eq!(
        (&lost["outcome"], &lost["outcomeDesc"]),
        (&"8".into(), &"12 requests that were not recorded singly".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_of_a_patient_a_program_a_time_and_never_of_others() {
    let trail = Trail::new().await;
    let home = Home::with_database("export-some", &trail.database.url);
    let at = |text: &str| text.parse().expect("an instant");
    let of = |n: u32, at, phn: &str| Record {
        at,
        patients: pas::audit::Patients(vec![phn.into()]),
        ..record(n)
    };
    let other =
        Record { client: Some("emr-otter".into()), ..of(3, at("2026-11-23T08:00:00Z"), PHN) };
    trail
        .record(&[
            of(1, at("2026-11-22T07:59:59.999Z"), PHN),
            of(2, at("2026-11-22T08:00:00Z"), "9876500029"),
            other,
            Record { at: at("2026-11-23T08:00:00Z"), ..refusal(4) },
        ])
        .await;
    // More than one page.
    let many: Vec<Record> =
        (5..505).map(|n| of(n, at("2026-11-24T08:00:00Z"), "9876500036")).collect();
    trail.record(&many).await;
    let numbers = |words: &str| {
        let number = |event: &Value| event["entity"][0]["detail"][0]["valueString"].clone();
        events(&home, words).iter().map(number).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&format!("--patient {PHN}")), ["1", "3"]);
    assert_eq!(numbers(&format!("--patient {PHN} --client emr-otter")), ["3"]);
    assert_eq!(numbers("--since 2026-11-22 --until 2026-11-23"), ["2"], "days of the province");
    assert_eq!(numbers("--until 2026-11-22T08:00:00Z"), ["1"]);
    assert_eq!(numbers("--since 2026-11-21 --until 2026-11-22 --utc-offset 0"), [""; 0]);
    assert_eq!(numbers("--patient 9876500036").len(), 500);
    assert_eq!(numbers("").len(), 504);
    assert_eq!(home.run("audit export --patient 12").status.code(), Some(2));
}

/// A program that lies beside the Postgres of this run.
fn beside_postgres(name: &str) -> PathBuf {
    let postmaster = format!("/proc/{}/exe", cluster::cluster().postmaster_pid());
    let program = std::fs::read_link(postmaster).expect("its program");
    program.parent().expect("a folder").join(name)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trail_restored_into_another_database_is_sound_and_goes_on() {
    let trail = Trail::new().await;
    trail.record(&[record(1), record(2)]).await;
    trail.roll_back().await;
    trail.record(&[record(3)]).await;
    let seal = trail.seal().await;
    trail.record(&[record(4)]).await;
    let copy = cluster::empty(None).await;
    let file = cluster::folder("audit-dump").join("pas.dump");
    let run = |program: &str, words: &[&str]| {
        let done = Command::new(beside_postgres(program)).args(words).output().expect("runs");
        assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
    };
    let file = file.to_str().expect("a path");
    run("pg_dump", &["--format=custom", "--file", file, &trail.database.url]);
    run("pg_restore", &["--no-owner", "--exit-on-error", "--dbname", &copy.url, file]);
    let restored = Trail { store: serving(&copy.url), database: copy };
    restored.record(&[record(5)]).await;
    let next = restored.seal().await;
    assert_eq!((next.previous, next.count), (seal.hash, 2));
    let (verified, findings) = restored.verify(&[seal.hash]).await;
    assert_eq!((verified.events, verified.unsealed, findings), (5, 0, vec![]));
}
