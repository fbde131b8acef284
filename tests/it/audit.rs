//! The audit trail: only ever added to, sealed, and nothing done to it stays unseen.

mod commands;
mod concurrency;
mod queue;
mod recorded;
mod tampering;

use chrono::{DateTime, TimeDelta, Utc};
use pas::access::{Caller, ClientId, Subject};
use pas::audit::{Finding, Hash, Origin, Outcome, Patients, Record, Seal, Verified};
use pas::clock::Clock;
use pas::store::{SERVER_ROLE, Sealed, Store, StoreOptions};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::cluster::{self, Database};

/// A database with the schema and a store that works as servers do.
pub struct Trail {
    pub database: Database,
    pub store: Store,
}

pub fn serving(url: &str) -> Store {
    let options = StoreOptions { role: Some(SERVER_ROLE), ..StoreOptions::new(url) };
    Store::open(&options).expect("opens")
}

impl Trail {
    pub async fn new() -> Trail {
        let database = cluster::database().await;
        let store = serving(&database.url);
        Trail { database, store }
    }

    pub async fn record(&self, records: &[Record]) {
        self.store.record(records).await.expect("records");
    }

    /// Seals what there is, which is something.
    pub async fn seal(&self) -> Seal {
        match self.store.seal(now()).await.expect("seals") {
            Sealed::Yes { seal, more: false } => *seal,
            other => panic!("{other:?}"),
        }
    }

    /// A number of the sequence that no event gets.
    pub async fn roll_back(&self) {
        let refused = Record { times: 2, ..record(0) };
        self.store.record(&[refused]).await.expect_err("only overflow is counted");
    }

    /// As the owner, a superuser.
    pub async fn owner(&self) -> PgConnection {
        cluster::connect(&self.database.url).await
    }

    pub async fn run(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&mut self.owner().await)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    pub async fn verify(&self, expected: &[Hash]) -> (Verified, Vec<Finding>) {
        self.verify_at(now(), expected).await
    }

    pub async fn verify_at(
        &self,
        at: DateTime<Utc>,
        expected: &[Hash],
    ) -> (Verified, Vec<Finding>) {
        let mut findings = Vec::new();
        let mut tell = |finding| findings.push(finding);
        let verified = self.store.verify(at, expected, &mut tell).await.expect("verifies");
        assert_eq!(verified.findings, findings.len() as u64);
        (verified, findings)
    }
}

pub fn now() -> DateTime<Utc> {
    Clock::System.now()
}

pub const PHN: &str = "9876500011";

/// What a request of a person of the cast leaves; `n` tells one from another.
pub fn record(n: u32) -> Record {
    let client = ClientId::parse("emr-lantern").expect("an id");
    let subject = Subject::parse("juniper.testwell").expect("an id");
    let caller = Caller::User { client, subject };
    let address = Some("192.0.2.7".parse().expect("an address"));
    let origin = Origin { request_id: Clock::System.id(), caller: &caller, address };
    let record = Record::new(Clock::System.id(), now(), origin, 200, Outcome::Ok, ["processed"]);
    Record {
        source: Some("https://emr.example/tests".into()),
        event: Some("get-patient-mrp-status".into()),
        message_id: Some(Uuid::from_u128(u128::from(n))),
        bundle_key: Some(format!("bundle-{n}")),
        header_key: Some(format!("header-{n}")),
        on_behalf_of: vec!["https://msp.example|90101".into()],
        facility: vec!["https://clinics.example|F0101".into()],
        patients: Patients(vec![PHN.into(), "9876500029".into()]),
        ..record
    }
}

pub fn refusal(n: u32) -> Record {
    let origin = Origin {
        request_id: Uuid::from_u128(u128::from(n)),
        caller: &Caller::Unchecked,
        address: None,
    };
    Record::new(Clock::System.id(), now(), origin, 401, Outcome::Refused, ["token-missing"])
}

pub fn hours(hours: i64) -> TimeDelta {
    TimeDelta::hours(hours)
}

/// SQLSTATE and constraint of a refused statement.
async fn refused(connection: &mut PgConnection, sql: &str) -> (String, Option<String>) {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await;
    let error = done.expect_err(sql).into_database_error().expect("an error of Postgres");
    (error.code().expect("a SQLSTATE").into_owned(), error.constraint().map(str::to_owned))
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_updates_or_deletes_what_was_recorded_or_sealed() {
    let trail = Trail::new().await;
    trail.record(&[record(1)]).await;
    trail.seal().await;
    let mut owner = trail.owner().await;
    let mut server = trail.owner().await;
    sqlx::raw_sql("SET ROLE pas_server").execute(&mut server).await.expect("the role");
    for (table, column) in [("event", "status"), ("seal", "form")] {
        for sql in [
            format!("UPDATE audit.{table} SET {column} = 200"),
            format!("DELETE FROM audit.{table}"),
            format!("DELETE FROM audit.{table} WHERE number = 7"),
            format!("TRUNCATE audit.{table}"),
        ] {
            let (code, _) = refused(&mut server, &sql).await;
            assert_eq!(code, "42501", "as a server: {sql}");
            let constraint = Some(format!("{table}_is_only_added_to"));
            assert_eq!(refused(&mut owner, &sql).await, ("23001".into(), constraint), "{sql}");
        }
        let replicated = "SET session_replication_role = replica";
        sqlx::raw_sql(replicated).execute(&mut owner).await.expect("a superuser");
        let (code, _) = refused(&mut owner, &format!("DELETE FROM audit.{table}")).await;
        assert_eq!(code, "23001");
        for sql in [
            format!("ALTER TABLE audit.{table} DISABLE TRIGGER ALL"),
            format!("DROP TABLE audit.{table}"),
            "SET session_replication_role = replica".to_owned(),
        ] {
            assert_eq!(refused(&mut server, &sql).await.0, "42501", "{sql}");
        }
    }
    let columns = "id, at, on_behalf_of, facility, patients, status, outcome, codes, times";
    let values = "gen_random_uuid(), now(), '{}', '{}', '{}', 401, 'refused', '{}', 1";
    let at_will = format!(
        "INSERT INTO audit.event (number, {columns}) OVERRIDING SYSTEM VALUE VALUES (77, {values})"
    );
    assert_eq!(refused(&mut server, &at_will).await.0, "42501", "a server gives no numbers");
    let allowed = AssertSqlSafe(format!("INSERT INTO audit.event ({columns}) VALUES ({values})"));
    sqlx::raw_sql(allowed).execute(&mut server).await.expect("a server adds");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trail_holds_by_name_what_every_event_and_seal_must_be() {
    let trail = Trail::new().await;
    trail.record(&[record(1)]).await;
    trail.seal().await;
    let mut owner = trail.owner().await;
    let columns = "id, at, on_behalf_of, facility, patients, status, outcome, codes, times";
    let event = |values: &str| {
        format!(
            "INSERT INTO audit.event ({columns}) VALUES (gen_random_uuid(), now(), '{{}}', '{{}}', '{{}}', {values})"
        )
    };
    let seal = |number: i64, form: i64, first: i64, last: i64, count: i64, bytes: [usize; 3]| {
        let [digest, previous, hash] = bytes.map(|n| format!("'\\x{}'", "00".repeat(n)));
        format!(
            "INSERT INTO audit.seal VALUES ({number}, {form}, now(), {first}, {last}, '{{}}', '{{}}', {count}, {digest}, {previous}, {hash})"
        )
    };
    let whole = [32; 3];
    for (name, sql) in [
        ("event_status_is_of_http", event("7, 'refused', '{}', 1")),
        ("event_outcome_is_known", event("200, 'splendid', '{}', 1")),
        ("event_happened", event("503, 'overflow', '{}', 0")),
        ("a_kept_message_is_named", event("200, 'ok', '{}', 1")),
        ("only_overflow_is_counted", event("401, 'refused', '{}', 2")),
        (
            "event_id",
            format!(
                "INSERT INTO audit.event ({columns}) SELECT id, now(), '{{}}', '{{}}', '{{}}', 401, 'refused', '{{}}', 1 FROM audit.event"
            ),
        ),
        (
            "event_number_is_positive",
            format!(
                "INSERT INTO audit.event (number, {columns}) OVERRIDING SYSTEM VALUE VALUES (0, gen_random_uuid(), now(), '{{}}', '{{}}', '{{}}', 401, 'refused', '{{}}', 1)"
            ),
        ),
        (
            "event_number",
            format!(
                "INSERT INTO audit.event (number, {columns}) OVERRIDING SYSTEM VALUE VALUES (1, gen_random_uuid(), now(), '{{}}', '{{}}', '{{}}', 401, 'refused', '{{}}', 1)"
            ),
        ),
        ("seal_number", seal(1, 1, 2, 2, 1, whole)),
        ("seal_number_is_positive", seal(0, 1, 2, 2, 1, whole)),
        ("seal_form_is_positive", seal(2, 0, 2, 2, 1, whole)),
        ("seal_starts_at_a_number", seal(2, 1, 0, 2, 1, whole)),
        ("seal_ends_after_its_start", seal(2, 1, 9, 2, 1, whole)),
        ("seal_seals_something", seal(2, 1, 2, 2, 0, whole)),
        ("seal_digest_is_sha256", seal(2, 1, 2, 2, 1, [31, 32, 32])),
        ("seal_previous_is_sha256", seal(2, 1, 2, 2, 1, [32, 31, 32])),
        ("seal_hash_is_sha256", seal(2, 1, 2, 2, 1, [32, 32, 31])),
    ] {
        assert_eq!(refused(&mut owner, &sql).await.1.as_deref(), Some(name), "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recorded_is_sealed_once_and_found_sound() {
    let trail = Trail::new().await;
    assert_eq!(trail.store.seal(now()).await.expect("seals"), Sealed::Nothing);
    let state = trail.store.trail_state().await.expect("a state");
    assert_eq!((state.unsealed, state.sealed_at), (0, None));
    let records: Vec<Record> = (0..450).map(record).collect();
    trail.record(&records).await;
    // Sent again, as after a connection that broke before its answer was heard.
    trail.record(&records[..3]).await;
    let state = trail.store.trail_state().await.expect("a state");
    assert!(state.unsealed >= 450 && state.waiting_since == Some(records[0].at), "{state:?}");
    let first = trail.seal().await;
    assert_eq!((first.number, first.first, first.count), (1, 1, 450));
    assert_eq!(trail.store.seal(now()).await.expect("seals"), Sealed::Nothing);
    trail.roll_back().await;
    trail.record(&[refusal(1)]).await;
    let second = trail.seal().await;
    assert_eq!((second.number, second.first, second.count), (2, first.last + 1, 1));
    assert_eq!((second.previous, second.missing.len()), (first.hash, 1), "{second:?}");
    trail.record(&[Record::overflow(Clock::System.id(), now(), 12)]).await;
    let (verified, findings) = trail.verify(&[first.hash, second.hash]).await;
    assert_eq!(findings, []);
    let expected =
        Verified { seals: 2, events: 451, unsealed: 1, head: Some(second.hash), findings: 0 };
    assert_eq!(verified, expected);
    let state = trail.store.trail_state().await.expect("a state");
    assert_eq!((state.unsealed, state.sealed_at), (1, Some(second.at)));
}

#[test]
fn the_hash_of_a_given_event_is_the_same_for_ever() {
    // The form is a promise to every trail that was ever sealed: another form needs another number.
    let at: DateTime<Utc> = "2026-11-22T17:00:00.123456Z".parse().expect("an instant");
    let event = pas::audit::Event {
        number: 7,
        record: Record {
            id: Uuid::from_u128(1),
            at,
            request_id: Some(Uuid::from_u128(2)),
            ..record(3)
        },
    };
    let canonical = String::from_utf8(event.canonical()).expect("UTF-8");
    assert_eq!(
        canonical,
        concat!(
            r#"["pas-audit-event-1",7,"00000000-0000-0000-0000-000000000001",1795366800123456,"#,
            r#""00000000-0000-0000-0000-000000000002","emr-lantern","juniper.testwell","192.0.2.7","#,
            r#""https://emr.example/tests","get-patient-mrp-status","00000000-0000-0000-0000-000000000003","#,
            r#""bundle-3","header-3",["https://msp.example|90101"],["https://clinics.example|F0101"],"#,
            r#"["9876500011","9876500029"],200,"ok",["processed"],1]"#
        )
    );
    let mut sealing = pas::audit::Sealing::after(None);
    sealing.take(&event);
    let seal = sealing.finish(at).expect("something was taken");
    assert_eq!(seal.missing, [(1, 6)]);
    // Computed by another program, by what docs/OPERATING.md says of the form.
    let hash = "365893231ef85535321b7e37d4a16013a78d72e374a0659d7bebfde7de24d4e0";
    assert_eq!(seal.hash.to_string(), hash);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jump_of_the_numbers_is_one_gap_however_wide() {
    let trail = Trail::new().await;
    trail.record(&[record(1)]).await;
    trail
        .run("SELECT setval(pg_get_serial_sequence('audit.event', 'number'), 4000000000000)")
        .await;
    trail.record(&[record(2)]).await;
    let seal = trail.seal().await;
    assert_eq!((seal.missing, seal.count), (vec![(2, 4_000_000_000_000)], 2));
    trail.record(&[record(3)]).await;
    assert_eq!(trail.seal().await.first, 4_000_000_000_002);
    assert_eq!(trail.verify(&[]).await.1, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_is_sealed_ten_thousand_at_a_time_without_a_gap() {
    let trail = Trail::new().await;
    trail
        .run(
            "INSERT INTO audit.event (id, at, on_behalf_of, facility, patients, status, outcome, codes, times)
             SELECT gen_random_uuid(), now(), '{}', '{}', '{}', 401, 'refused', '{}', 1 FROM generate_series(1, 10250)",
        )
        .await;
    let Sealed::Yes { seal, more: true } = trail.store.seal(now()).await.expect("seals") else {
        panic!("more than one seal holds");
    };
    assert_eq!((seal.first, seal.last, seal.count), (1, 10_000, 10_000));
    let rest = trail.seal().await;
    assert_eq!((rest.first, rest.last, rest.count), (10_001, 10_250, 250));
    let (verified, findings) = trail.verify(&[rest.hash]).await;
    assert_eq!((verified.events, findings), (10_250, vec![]));
}

#[tokio::test]
async fn a_seal_leaves_no_patient_who_is_not_in_the_index() {
    // As the owner, in the way of Postgres itself: gives the pages of the list that it emptied.
    const PENDING: &str = "SELECT gin_clean_pending_list('audit.event_by_patient')";
    let trail = Trail::new().await;
    trail.record(&[record(1)]).await;
    assert!(trail.database.count(PENDING).await > 0, "recording leaves the index for later");
    trail.record(&[record(2)]).await;
    trail.seal().await;
    assert_eq!(trail.database.count(PENDING).await, 0);
}
