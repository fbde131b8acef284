//! How a client of the sandbox finds the token endpoint and gets a token.

use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use pas::access::{Authenticated, Caller, Cast, Expectation, Keys, Mint, Verifier};
use pas::clock::Clock;
use pas::http::token::{Desk, SandboxDesk, router};
use pas::issuer::{Issuer, KeySource, Pace};
use tokio::net::TcpListener;

use crate::answer::Answer;
use crate::server::{Ask, NOW};

fn now() -> DateTime<Utc> {
    NOW.parse().expect("an instant")
}

/// A desk on a socket of its own, without the rest of the server.
struct Counter {
    address: SocketAddr,
    base: String,
}

impl Counter {
    async fn sandbox() -> Counter {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let address = listener.local_addr().expect("has an address");
        let base = format!("http://{address}");
        let mint = Mint::new(base.as_str()).expect("a mint");
        let desk = SandboxDesk { mint, cast: Cast::load(), clock: Clock::fixed(now()) };
        Counter::serve(listener, Desk::Sandbox(Box::new(desk)), base)
    }

    fn serve(listener: TcpListener, desk: Desk, base: String) -> Counter {
        let address = listener.local_addr().expect("has an address");
        let routes = router(Arc::new(desk));
        tokio::spawn(async move { axum::serve(listener, routes).await.expect("serves") });
        Counter { address, base }
    }

    async fn get(&self, path: &str) -> Answer {
        let ask = Ask { method: "GET".into(), path: path.into(), headers: vec![], body: vec![] };
        ask.send(self.address).await
    }

    fn form(&self, form: &str) -> Ask {
        let form_type = "application/x-www-form-urlencoded".to_owned();
        Ask {
            method: "POST".into(),
            path: "/auth/token".into(),
            headers: vec![("content-type".into(), form_type)],
            body: form.as_bytes().to_vec(),
        }
    }

    async fn post(&self, form: &str) -> Answer {
        self.form(form).send(self.address).await
    }

    /// What a verifier that fetched the keys makes of a token.
    async fn verify(&self, token: &str) -> Authenticated {
        let keys = self.get("/auth/jwks").await;
        let verifier = Verifier::new(Expectation::new(&self.base, &self.base));
        verifier.replace(Keys::parse(&keys.bytes).expect("a key set"));
        verifier.verify(token, now()).expect("accepts")
    }
}

const LANTERN: &str = "client_id=emr-lantern&client_secret=lantern-sandbox-secret";

#[tokio::test]
async fn a_client_finds_the_endpoint_and_its_token_is_accepted() {
    let counter = Counter::sandbox().await;
    for base in ["", "/fhir"] {
        let told = counter.get(&format!("{base}/.well-known/smart-configuration")).await;
        assert_eq!(told.status, 200);
        let told = told.json;
        assert_eq!(told["token_endpoint"], format!("{}/auth/token", counter.base));
        assert_eq!(told["jwks_uri"], format!("{}/auth/jwks", counter.base));
        assert_eq!(told["issuer"], counter.base);
    }
    let answer = counter.post(&format!("grant_type=client_credentials&{LANTERN}")).await;
    assert_eq!(answer.status, 200, "{:?}", answer.bytes);
    assert_eq!(answer.header("cache-control"), "no-store");
    let granted = answer.json;
    assert_eq!(granted["token_type"], "Bearer");
    assert_eq!(granted["expires_in"], 3600);
    assert_eq!(granted["scope"], "system/Group.read system/Group.write");
    let who = counter.verify(granted["access_token"].as_str().expect("a token")).await;
    assert!(matches!(&who.caller, Caller::System { client } if client.as_str() == "emr-lantern"));
    assert!(who.scopes.allows_reading() && who.scopes.allows_changes());
}

#[tokio::test]
async fn a_client_may_prove_itself_in_the_header_and_ask_for_less() {
    let counter = Counter::sandbox().await;
    let basic = STANDARD.encode("emr-otter:otter-sandbox-secret");
    let ask = counter
        .form("grant_type=client_credentials&scope=system%2FGroup.rs+openid")
        .header("authorization", &format!("Basic {basic}"));
    let granted = ask.send(counter.address).await.json;
    assert_eq!(granted["scope"], "system/Group.rs");
    let who = counter.verify(granted["access_token"].as_str().expect("a token")).await;
    assert!(who.scopes.allows_reading() && !who.scopes.allows_changes());
}

#[tokio::test]
async fn a_token_may_be_a_persons() {
    let counter = Counter::sandbox().await;
    let form =
        format!("grant_type=client_credentials&{LANTERN}&requested_subject=juniper.testwell");
    let granted = counter.post(&form).await.json;
    let who = counter.verify(granted["access_token"].as_str().expect("a token")).await;
    let Caller::User { client, subject } = who.caller else { panic!("a person: {granted}") };
    assert_eq!((client.as_str(), subject.as_str()), ("emr-lantern", "juniper.testwell"));
    assert!(who.scopes.allows_changes());
}

#[tokio::test]
async fn what_is_wrong_is_said_as_the_standard_has_it() {
    let counter = Counter::sandbox().await;
    let cases = [
        (String::new(), 401, "invalid_client"),
        (format!("grant_type=client_credentials&{LANTERN}x"), 401, "invalid_client"),
        ("grant_type=client_credentials&client_id=emr-lantern".into(), 401, "invalid_client"),
        (LANTERN.into(), 400, "invalid_request"),
        (format!("grant_type=password&{LANTERN}"), 400, "unsupported_grant_type"),
        (format!("grant_type=a&grant_type=b&{LANTERN}"), 400, "invalid_request"),
        (format!("grant_type=client_credentials&scope=root&{LANTERN}"), 400, "invalid_scope"),
        (
            format!("grant_type=client_credentials&requested_subject=nobody&{LANTERN}"),
            400,
            "invalid_request",
        ),
        ("x".repeat(20 << 10), 413, "invalid_request"),
    ];
    for (form, status, error) in cases {
        let answer = counter.post(&form).await;
        assert_eq!(answer.status, status, "{form}");
        assert_eq!(answer.json["error"], error, "{form}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(!answer.header("www-authenticate").is_empty(), status == 401);
        assert!(!String::from_utf8_lossy(&answer.bytes).contains("sandbox-secret"));
    }
    let ask = counter.form("{}").header("content-type", "application/json");
    let answer = ask.send(counter.address).await;
    assert_eq!((answer.status, answer.json["error"].as_str()), (400, Some("invalid_request")));
}

#[tokio::test]
async fn other_methods_are_told_which_one_is_meant() {
    let counter = Counter::sandbox().await;
    let answer = counter.get("/auth/token").await;
    assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
    let mut ask = counter.form("");
    ask.path = "/auth/jwks".into();
    let answer = ask.send(counter.address).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD"));
}

#[tokio::test]
async fn with_an_issuer_elsewhere_only_that_one_is_told_of() {
    let verifier = Verifier::new(Expectation::new("https://issuer.test", "https://pas.test"));
    let source = KeySource::of("https://issuer.test", Some("absent.json")).expect("a source");
    let pace = Pace::every(std::time::Duration::from_secs(600));
    let issuer = Arc::new(Issuer::new(verifier, source, pace));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
    let counter = Counter::serve(listener, Desk::Elsewhere(issuer), String::new());
    let told = counter.get("/.well-known/smart-configuration").await.json;
    assert_eq!(told["issuer"], "https://issuer.test");
    assert_eq!(told.get("token_endpoint"), None);
    assert_eq!(counter.get("/auth/jwks").await.status, 404);
    assert_eq!(counter.post(LANTERN).await.status, 404);
}
