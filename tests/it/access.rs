//! Who may post: over the socket, with tokens signed in the test.

use pas::access::{Claims, Mint};
use pas::clock::Clock;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::answer::Answer;
use crate::cluster;
use crate::message::{ADD, PANELS, PATIENTS, QUERY, message};
use crate::server::{Server, Setup};

const ISSUER: &str = "https://issuer.example";
const SYSTEM: &str = "system/Group.read system/Group.write";
pub const USER: &str = "user/Group.read user/Group.write";

/// A server that accepts this mint's tokens, with the cast's programs and persons registered.
pub struct Guarded {
    pub server: Server,
    mint: Mint,
}

impl Guarded {
    pub async fn start(name: &str, flags: &str) -> Guarded {
        Guarded::with(name, flags, Setup::default()).await
    }

    pub async fn with(name: &str, flags: &str, setup: Setup) -> Guarded {
        let mint = Mint::new(ISSUER).expect("a mint");
        let keys = cluster::folder(&format!("access-{name}")).join("jwks.json");
        std::fs::write(&keys, mint.jwks().to_string()).expect("writes the keys");
        let flags =
            format!("--issuer {ISSUER} --audience {ISSUER} --jwks {} {flags}", keys.display());
        Guarded { server: Server::with(Setup { flags, ..setup }).await, mint }
    }

    pub fn token(&self, client: &str, subject: &str, scope: &str) -> String {
        let claims = Claims { client, subject, scope, id: Clock::System.id() };
        self.mint.mint(&claims, self.server.app.service.clock.now()).expect("a token")
    }

    async fn post(&self, token: &str, message: &Value) -> Answer {
        let ask = self.server.request("/$process-message").body(message.to_string().into_bytes());
        self.server.send(ask.header("authorization", &format!("Bearer {token}"))).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_nothing_is_read_and_everything_public_stays_public() {
    let guarded = Guarded::start("missing", "").await;
    let answer = guarded.server.post(&message(ADD, PANELS[0], &PATIENTS[..1])).await;
    assert_eq!((answer.status, answer.codes()), (401, vec!["token-missing"]));
    assert_eq!(answer.header("www-authenticate"), r#"Bearer realm="pas""#);
    let broken = guarded.server.request("/$process-message").body(b"{".to_vec());
    assert_eq!(guarded.server.send(broken).await.status, 401, "whatever the body");
    for path in ["/healthz", "/readyz", "/.well-known/smart-configuration"] {
        let ask = guarded.server.request(path).method("GET");
        assert_eq!(guarded.server.send(ask).await.status, 200, "{path}");
    }
    let answer = guarded.post("not.a.token", &message(ADD, PANELS[0], &PATIENTS[..1])).await;
    assert_eq!((answer.status, answer.codes()), (401, vec!["token-invalid"]));
    assert!(answer.header("www-authenticate").contains(r#"error="invalid_token""#));
    assert_eq!(guarded.server.database.count("SELECT count(*) FROM inbox.message").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_and_registrations_bound_what_a_caller_may_do() {
    let guarded = Guarded::start("bounds", "").await;
    let [cedar, otter] = [PANELS[0], PANELS[1]];
    let lantern = guarded.token("emr-lantern", "emr-lantern", SYSTEM);
    let reader = guarded.token("emr-lantern", "emr-lantern", "system/Group.read");
    let writer = guarded.token("emr-lantern", "emr-lantern", "system/Group.write");
    let juniper = guarded.token("emr-lantern", "juniper.testwell", USER);
    let barnaby = guarded.token("emr-lantern", "barnaby.sampleworth", USER);
    let nobody = guarded.token("emr-nobody", "emr-nobody", SYSTEM);
    for (token, event, panel, status, code) in [
        (&lantern, ADD, cedar, 200, "processed"),
        (&lantern, ADD, otter, 403, "forbidden"),
        (&lantern, QUERY, otter, 403, "forbidden"),
        (&reader, QUERY, cedar, 200, "processed"),
        (&reader, ADD, cedar, 403, "scope-missing"),
        (&writer, QUERY, cedar, 403, "scope-missing"),
        (&juniper, ADD, cedar, 200, "processed"),
        (&juniper, ADD, PANELS[2], 403, "forbidden"),
        (&barnaby, ADD, cedar, 403, "forbidden"),
        (&barnaby, ADD, otter, 403, "forbidden"),
        (&nobody, QUERY, cedar, 403, "forbidden"),
    ] {
        let answer = guarded.post(token, &message(event, panel, &PATIENTS[..1])).await;
        assert_eq!((answer.status, answer.codes()[0]), (status, code), "{event} {panel:?}");
        assert_eq!(answer.json["resourceType"] == "OperationOutcome", status != 200);
    }
    let by = "SELECT count(*) FROM panel.change WHERE author = 'emr-lantern' AND person IS NULL";
    assert_eq!(guarded.server.database.count(by).await, 1, "the program is the author");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_kept_beside_the_program_that_spoke_for_them() {
    let guarded = Guarded::start("person", "").await;
    let dahlia = guarded.token("emr-lantern", "dahlia.deskworth", USER);
    let answer = guarded.post(&dahlia, &message(ADD, PANELS[2], &PATIENTS[..2])).await;
    assert_eq!(answer.response(), "ok");
    let by = "SELECT count(*) FROM panel.change WHERE author = 'emr-lantern' AND person = 'dahlia.deskworth'";
    assert_eq!(guarded.server.database.count(by).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_belong_to_the_client_that_used_them() {
    let guarded = Guarded::start("ids", "").await;
    let lantern = guarded.token("emr-lantern", "emr-lantern", SYSTEM);
    let board = guarded.token("board-fernhollow", "board-fernhollow", SYSTEM);
    let fern = message(QUERY, PANELS[4], &PATIENTS[..1]);
    let first = guarded.post(&lantern, &fern).await;
    let other = guarded.post(&board, &fern).await;
    assert_eq!((first.response(), other.response()), ("ok", "ok"));
    assert_ne!(first.bytes, other.bytes, "processed anew: nobody reads another client's answer");
    assert_eq!(guarded.post(&lantern, &fern).await.bytes, first.bytes);
    assert_eq!(guarded.post(&board, &fern).await.bytes, other.bytes);
    assert_eq!(guarded.server.database.count("SELECT count(*) FROM inbox.message").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_was_taken_back_holds_for_answers_given_before() {
    let guarded = Guarded::start("revoked", "").await;
    let lantern = guarded.token("emr-lantern", "emr-lantern", SYSTEM);
    let query = message(QUERY, PANELS[0], &PATIENTS[..1]);
    assert_eq!(guarded.post(&lantern, &query).await.status, 200);
    sqlx::raw_sql("UPDATE access.client SET revoked_at = now() WHERE id = 'emr-lantern'")
        .execute(&mut cluster::connect(&guarded.server.database.url).await)
        .await
        .expect("revokes");
    let again = guarded.post(&lantern, &query).await;
    assert_eq!((again.status, again.codes()), (403, vec!["forbidden"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_guesses_or_hurries_has_to_wait_and_others_do_not() {
    let guarded = Guarded::start("limits", "--failed-matches-per-hour 3").await;
    let lantern = guarded.token("emr-lantern", "emr-lantern", SYSTEM);
    let otter = guarded.token("emr-otter", "emr-otter", SYSTEM);
    let mut guess = message(QUERY, PANELS[0], &PATIENTS[..3]);
    for entry in 4..7 {
        guess["entry"][entry]["resource"]["birthDate"] = "1900-01-01".into();
        guess["entry"][entry]["resource"]["name"][0]["family"] = "Guessington".into();
    }
    let answer = guarded.post(&lantern, &guess).await;
    assert_eq!((answer.status, answer.codes().len()), (200, 6), "three patients, two faults each");
    let answer = guarded.post(&lantern, &message(QUERY, PANELS[0], &PATIENTS[..1])).await;
    assert_eq!((answer.status, answer.codes()), (429, vec!["too-many-failed-matches"]));
    let wait: u64 = answer.header("retry-after").parse().expect("seconds");
    assert!((1..=3_600).contains(&wait), "{wait}");
    let answer = guarded.post(&otter, &message(QUERY, PANELS[1], &PATIENTS[..1])).await;
    assert_eq!(answer.status, 200, "another client goes on");

    let guarded = Guarded::start("hurry", "--requests-per-minute 2").await;
    let lantern = guarded.token("emr-lantern", "emr-lantern", SYSTEM);
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let answer = guarded.post(&lantern, &message(QUERY, PANELS[0], &PATIENTS[..1])).await;
        statuses.push(answer.status);
    }
    assert_eq!(statuses, [200, 200, 429]);
}

/// A query about one patient, with another birth date than theirs.
fn guess(patient: usize) -> Value {
    let mut guess = message(QUERY, PANELS[0], &PATIENTS[patient..=patient]);
    guess["entry"][4]["resource"]["birthDate"] = "1900-01-01".into();
    guess
}

#[tokio::test(flavor = "multi_thread")]
async fn hanging_up_before_the_answer_does_not_make_a_guess_free() {
    let guarded = Guarded::start("hang-up", "--failed-matches-per-hour 1").await;
    let lantern = guarded.token("emr-lantern", "emr-lantern", SYSTEM);
    let guess = guess(0);
    // Whoever holds the lock of its ids keeps the answer from being kept, when everything is judged.
    let mut other = cluster::connect(&guarded.server.database.url).await;
    let (sender, id) = (&guess["entry"][0]["resource"]["source"]["endpoint"], &guess["id"]);
    let key = ["emr-lantern", sender.as_str().expect("a sender"), id.as_str().expect("an id")];
    sqlx::query("SELECT pg_advisory_lock(hashtextextended($1, 0))")
        .bind(key.join("\n"))
        .execute(&mut other)
        .await
        .expect("locks");
    let ask = guarded.server.request("/$process-message").body(guess.to_string().into_bytes());
    let ask = ask.header("authorization", &format!("Bearer {lantern}"));
    let waiting = tokio::spawn(ask.send(guarded.server.address));
    let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    while guarded.server.database.count(waits).await == 0 {
        tokio::task::yield_now().await;
    }
    waiting.abort();
    let _ = waiting.await;
    drop(other);
    let answer = guarded.post(&lantern, &guess).await;
    assert_eq!((answer.status, answer.codes()), (429, vec!["too-many-failed-matches"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_who_is_masked_is_guessing_too() {
    let guarded = Guarded::start("masked", "--failed-matches-per-hour 2").await;
    let lantern = guarded.token("emr-lantern", "emr-lantern", SYSTEM);
    let masked = include_str!("../../fixtures/exchanges/patient-not-masked/1-request.json");
    let masked: Value = serde_json::from_str(masked).expect("JSON");
    assert_eq!(guarded.post(&lantern, &masked).await.codes(), ["patient-not-masked"; 2]);
    let answer = guarded.post(&lantern, &message(QUERY, PANELS[0], &PATIENTS[..1])).await;
    assert_eq!((answer.status, answer.codes()), (429, vec!["too-many-failed-matches"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_that_were_let_in_together_share_the_budget() {
    let guarded = Guarded::start("together", "--failed-matches-per-hour 1").await;
    let lantern = guarded.token("emr-lantern", "emr-lantern", SYSTEM);
    let late = guess(1).to_string();
    let head = format!(
        "POST /$process-message HTTP/1.1\r\nhost: pas.test\r\nauthorization: Bearer {lantern}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\
         connection: close\r\n\r\n",
        late.len()
    );
    let mut sender = TcpStream::connect(guarded.server.address).await.expect("connects");
    sender.write_all(head.as_bytes()).await.expect("sends");
    let mut go_on = [0; 25];
    sender.read_exact(&mut go_on).await.expect("is let in");
    assert!(go_on.starts_with(b"HTTP/1.1 100"), "{go_on:?}");

    let answer = guarded.post(&lantern, &guess(0)).await;
    assert_eq!((answer.status, answer.codes()), (200, vec!["patient-birth-date"]));
    sender.write_all(late.as_bytes()).await.expect("sends");
    let mut told = String::new();
    sender.read_to_string(&mut told).await.expect("is answered");
    assert!(told.starts_with("HTTP/1.1 429"), "{told}");
    assert!(told.contains("too-many-failed-matches") && told.contains("retry-after: 36"), "{told}");
    assert_eq!(guarded.server.database.count("SELECT count(*) FROM inbox.message").await, 1);
    let refused = "SELECT count(*) FROM audit.event WHERE client = 'emr-lantern' AND status = 429
                   AND outcome = 'refused' AND cardinality(patients) = 1";
    assert_eq!(guarded.server.database.count(refused).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_there_are_no_keys_a_sender_is_told_to_come_again() {
    let flags = format!("--issuer {ISSUER} --jwks /nowhere/jwks.json");
    let server = Server::with(Setup { flags, ..Setup::default() }).await;
    let mint = Mint::new(ISSUER).expect("a mint");
    let claims = Claims {
        client: "emr-lantern",
        subject: "emr-lantern",
        scope: SYSTEM,
        id: Clock::System.id(),
    };
    let token = mint.mint(&claims, Clock::System.now()).expect("a token");
    let ask =
        server.request("/$process-message").header("authorization", &format!("Bearer {token}"));
    let answer = server.send(ask).await;
    assert_eq!((answer.status, answer.codes()), (503, vec!["issuer-unavailable"]));
    assert_eq!(answer.header("retry-after"), "5");
    let ready = server.send(server.request("/readyz").method("GET")).await;
    assert_eq!((ready.status, ready.codes()), (503, vec!["issuer-unavailable"]));
    assert_eq!(server.send(server.request("/healthz").method("GET")).await.status, 200);
}
