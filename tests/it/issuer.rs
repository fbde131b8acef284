//! The issuer's keys: found, changed, and kept while it is away.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use pas::access::{Authenticated, Claims, Expectation, Mint, TokenFault, Verifier};
use pas::issuer::{Issuer, IssuerFault, KeySource, Pace};
use pas::outgoing::OutgoingFault;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::server::NOW;

const JWKS: &str = "/keys/jwks";
const OPENID: &str = "/.well-known/openid-configuration";
/// In place of a status: the connection stays open, and nothing comes.
const SILENCE: &str = "silence";
const SMART: &str = "/.well-known/smart-configuration";

/// An issuer of a test's own: what it answers can be changed, and it counts what it is asked.
#[derive(Clone)]
struct Stage {
    address: SocketAddr,
    pages: Arc<Mutex<HashMap<String, (String, String)>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Stage {
    async fn start() -> Stage {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let address = listener.local_addr().expect("has an address");
        let stage = Stage { address, pages: Arc::default(), asked: Arc::default() };
        let answering = stage.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answering.clone().answer(stream));
            }
        });
        stage
    }

    async fn answer(self, mut stream: TcpStream) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return,
            }
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let page = self.pages.lock().expect("no panic").get(&path).cloned();
        self.asked.lock().expect("no panic").push(path);
        if page.as_ref().is_some_and(|(status, _)| status == SILENCE) {
            let _ = stream.read_u8().await;
            return;
        }
        let (status, body) = page.unwrap_or_else(|| ("404 Not Found".into(), String::new()));
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        );
        let _ = stream.write_all(answer.as_bytes()).await;
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn put(&self, path: &str, status: &str, body: impl ToString) {
        let page = (status.to_owned(), body.to_string());
        self.pages.lock().expect("no panic").insert(path.to_owned(), page);
    }

    /// An issuer that tells everything, with this key.
    fn publish(&self, mint: &Mint) {
        let endpoint = self.url("/token");
        let metadata = json!({ "issuer": self.url(""), "jwks_uri": self.url(JWKS), "token_endpoint": endpoint });
        self.put(OPENID, "200 OK", metadata);
        self.put(JWKS, "200 OK", mint.jwks());
    }

    fn times_asked(&self, path: &str) -> usize {
        self.asked.lock().expect("no panic").iter().filter(|asked| *asked == path).count()
    }

    /// A mint whose tokens name this issuer.
    fn mint(&self) -> Mint {
        Mint::new(self.url("")).expect("a mint")
    }

    fn issuer(&self, source: KeySource) -> Issuer {
        self.paced(source, Pace::every(Duration::from_secs(3600)))
    }

    fn paced(&self, source: KeySource, pace: Pace) -> Issuer {
        let verifier = Verifier::new(Expectation::new(self.url(""), self.url("")));
        Issuer::new(verifier, source, Pace { retry: Duration::from_millis(5), ..pace })
    }

    fn discovered(&self) -> Issuer {
        self.issuer(KeySource::of(&self.url(""), None).expect("a source"))
    }

    fn at(&self, path: &str) -> Issuer {
        self.issuer(KeySource::of(&self.url(""), Some(&self.url(path))).expect("a source"))
    }
}

fn now() -> DateTime<Utc> {
    NOW.parse().expect("an instant")
}

fn token(mint: &Mint) -> String {
    let id = uuid::Uuid::nil();
    let claims = Claims { client: "emr", subject: "emr", scope: "system/Group.read", id };
    mint.mint(&claims, now()).expect("a token")
}

async fn verify(issuer: &Issuer, mint: &Mint) -> Result<Authenticated, TokenFault> {
    issuer.verify(&token(mint), now()).await
}

#[tokio::test]
async fn keys_are_found_by_the_issuers_metadata() {
    let stage = Stage::start().await;
    let (mint, issuer) = (stage.mint(), stage.discovered());
    stage.publish(&mint);
    assert_eq!(verify(&issuer, &mint).await, Err(TokenFault::NoKeys));
    assert_eq!(issuer.endpoints(), None);
    assert_eq!(issuer.refresh().await, Ok(()));
    assert!(verify(&issuer, &mint).await.is_ok());
    let endpoints = issuer.endpoints().expect("discovered");
    assert_eq!(endpoints.token_endpoint, Some(stage.url("/token")));
}

#[tokio::test]
async fn keys_are_found_by_smarts_metadata_where_there_is_no_other() {
    let stage = Stage::start().await;
    let (mint, issuer) = (stage.mint(), stage.discovered());
    assert_eq!(issuer.refresh().await, Err(OutgoingFault::Status(404).into()));
    stage.put(SMART, "200 OK", json!({ "jwks_uri": stage.url(JWKS) }));
    stage.put(JWKS, "200 OK", mint.jwks());
    assert_eq!(issuer.refresh().await, Ok(()));
    assert!(verify(&issuer, &mint).await.is_ok());
}

#[tokio::test]
async fn metadata_of_another_issuer_is_not_believed() {
    let stage = Stage::start().await;
    let (mint, issuer) = (stage.mint(), stage.discovered());
    stage.put(JWKS, "200 OK", mint.jwks());
    for (path, named) in [
        (OPENID, json!(stage.url("/"))),
        (OPENID, json!("https://another.test")),
        (OPENID, Value::Null),
        (SMART, json!("https://another.test")),
    ] {
        stage.pages.lock().expect("no panic").retain(|path, _| path == JWKS);
        stage.put(path, "200 OK", json!({ "issuer": named, "jwks_uri": stage.url(JWKS) }));
        assert_eq!(issuer.refresh().await, Err(IssuerFault::AnotherIssuer), "{path} {named}");
    }
    assert_eq!(stage.times_asked(JWKS), 0);
    assert_eq!(verify(&issuer, &mint).await, Err(TokenFault::NoKeys));
}

#[tokio::test]
async fn metadata_leads_to_no_address_that_others_could_answer_for() {
    let stage = Stage::start().await;
    let issuer = stage.discovered();
    let lead = |to: Value| {
        stage.put(OPENID, "200 OK", json!({ "issuer": stage.url(""), "jwks_uri": to }));
    };
    for (to, why) in [
        (json!("http://issuer.test/jwks"), IssuerFault::NotSecure),
        (json!("file:///etc/passwd"), IssuerFault::NotSecure),
        (json!("not a url"), IssuerFault::NotSecure),
        (json!(7), OutgoingFault::Status(404).into()),
    ] {
        lead(to.clone());
        assert_eq!(issuer.refresh().await, Err(why), "{to}");
    }
}

#[tokio::test]
async fn an_outage_leaves_the_keys_that_there_are() {
    let stage = Stage::start().await;
    let (mint, issuer) = (stage.mint(), stage.at(JWKS));
    stage.publish(&mint);
    assert_eq!(issuer.refresh().await, Ok(()));
    let long = format!("{{\"keys\":[],\"more\":\"{}\"}}", "x".repeat(1 << 20));
    for (status, body, why) in [
        ("500 Internal Server Error", "{}", OutgoingFault::Status(500).into()),
        ("302 Found\r\nlocation: /elsewhere", "", OutgoingFault::Status(302).into()),
        ("200 OK", long.as_str(), OutgoingFault::TooLong.into()),
    ] {
        stage.put(JWKS, status, body);
        assert_eq!(issuer.refresh().await, Err(why), "{status}");
        assert!(verify(&issuer, &mint).await.is_ok(), "{status}");
    }
    for rubbish in ["", "<html>", "{\"keys\":[]}", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AA\"}]}"] {
        stage.put(JWKS, "200 OK", rubbish);
        assert!(matches!(issuer.refresh().await, Err(IssuerFault::Keys(_))), "{rubbish}");
        assert!(verify(&issuer, &mint).await.is_ok(), "{rubbish}");
    }
    assert_eq!(stage.times_asked("/elsewhere"), 0, "no redirect is followed");
}

#[tokio::test]
async fn an_issuer_that_says_nothing_is_not_waited_for() {
    let stage = Stage::start().await;
    let mint = stage.mint();
    let source = KeySource::of(&stage.url(""), Some(&stage.url(JWKS))).expect("a source");
    let patience = Duration::from_millis(200);
    let issuer = stage.paced(source, Pace { patience, ..Pace::every(Duration::from_secs(3600)) });
    stage.put(JWKS, SILENCE, "");
    assert_eq!(issuer.refresh().await, Err(OutgoingFault::Silent.into()));
    stage.publish(&mint);
    assert_eq!(issuer.refresh().await, Ok(()));
    stage.put(JWKS, SILENCE, "");
    assert_eq!(verify(&issuer, &stage.mint()).await, Err(TokenFault::UnknownKey));
    assert!(verify(&issuer, &mint).await.is_ok());
}

#[tokio::test]
async fn an_issuer_that_is_not_there_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
    let address = listener.local_addr().expect("has an address");
    drop(listener);
    let stage = Stage { address, pages: Arc::default(), asked: Arc::default() };
    for issuer in [stage.discovered(), stage.at(JWKS)] {
        assert_eq!(issuer.refresh().await, Err(OutgoingFault::Unreachable.into()));
    }
    // Somebody is there who does not speak TLS.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
    let address = listener.local_addr().expect("has an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let stage = Stage { address, ..stage };
    let https = format!("https://{}/jwks", stage.address);
    let source = KeySource::of(&stage.url(""), Some(&https)).expect("a source");
    let failed = stage.issuer(source).refresh().await;
    assert!(
        matches!(
            failed,
            Err(IssuerFault::Outgoing(OutgoingFault::Unreachable | OutgoingFault::NoRoots))
        ),
        "{failed:?}"
    );
}

#[tokio::test]
async fn keys_that_the_issuer_took_back_serve_no_more() {
    let stage = Stage::start().await;
    let (old, new, issuer) = (stage.mint(), stage.mint(), stage.at(JWKS));
    stage.publish(&old);
    assert_eq!(issuer.refresh().await, Ok(()));
    stage.publish(&new);
    assert_eq!(issuer.refresh().await, Ok(()));
    assert!(verify(&issuer, &new).await.is_ok());
    assert_eq!(verify(&issuer, &old).await, Err(TokenFault::UnknownKey));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tokens_with_one_new_key_make_us_ask_once() {
    let stage = Stage::start().await;
    let (old, new, stranger) = (stage.mint(), stage.mint(), stage.mint());
    let issuer = Arc::new(stage.discovered());
    stage.publish(&old);
    assert_eq!(issuer.refresh().await, Ok(()));
    stage.publish(&new);
    let token = token(&new);
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let (issuer, token) = (issuer.clone(), token.clone());
            tokio::spawn(async move { issuer.verify(&token, now()).await })
        })
        .collect();
    for task in tasks {
        assert!(task.await.expect("no panic").is_ok());
    }
    assert_eq!(stage.times_asked(JWKS), 2, "at the start, and for all sixteen");
    for _ in 0..5 {
        assert_eq!(verify(&issuer, &stranger).await, Err(TokenFault::UnknownKey));
    }
    assert_eq!(stage.times_asked(JWKS), 2, "asked a moment ago");
    assert_eq!(stage.times_asked(OPENID), 1, "endpoints that are known are not asked for again");
}

#[tokio::test]
async fn only_an_unknown_key_makes_us_ask_again_and_only_after_a_while() {
    let stage = Stage::start().await;
    let (mint, stranger) = (stage.mint(), stage.mint());
    let source = KeySource::of(&stage.url(""), Some(&stage.url(JWKS))).expect("a source");
    let pace = Pace { unknown_key: Duration::ZERO, ..Pace::every(Duration::from_secs(3600)) };
    let issuer = stage.paced(source, pace);
    stage.publish(&mint);
    assert_eq!(issuer.refresh().await, Ok(()));
    let token = token(&mint);
    let later = now() + chrono::TimeDelta::days(1);
    assert_eq!(issuer.verify(&token, later).await, Err(TokenFault::Expired));
    assert_eq!(issuer.verify("rubbish", now()).await, Err(TokenFault::Malformed));
    let tampered = format!("{}AAAA", &token[..token.len() - 4]);
    assert_eq!(issuer.verify(&tampered, now()).await, Err(TokenFault::BadSignature));
    assert_eq!(stage.times_asked(JWKS), 1);
    for times in 2..5 {
        assert_eq!(verify(&issuer, &stranger).await, Err(TokenFault::UnknownKey));
        assert_eq!(stage.times_asked(JWKS), times, "the while is over at once here");
    }
}

#[tokio::test]
async fn an_issuer_that_is_away_at_the_start_is_asked_until_it_answers() {
    let stage = Stage::start().await;
    let (mint, issuer) = (stage.mint(), Arc::new(stage.discovered()));
    let watching = tokio::spawn(issuer.clone().watch());
    while stage.times_asked(OPENID) < 3 {
        assert_eq!(verify(&issuer, &mint).await, Err(TokenFault::NoKeys));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    stage.publish(&mint);
    while !issuer.verifier().has_keys() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(verify(&issuer, &mint).await.is_ok());
    watching.abort();
}

#[tokio::test]
async fn keys_in_a_file_are_read_again_as_well() {
    let stage = Stage::start().await;
    let (old, new) = (stage.mint(), stage.mint());
    let name = format!("pas-jwks-{}-{}.json", std::process::id(), stage.address.port());
    let path = std::env::temp_dir().join(name);
    let text = path.to_str().expect("a path in UTF-8");
    let issuer = stage.issuer(KeySource::of(&stage.url(""), Some(text)).expect("a source"));
    assert_eq!(issuer.refresh().await, Err(IssuerFault::NoFile));
    std::fs::write(&path, old.jwks().to_string()).expect("writes");
    assert_eq!(issuer.refresh().await, Ok(()));
    assert!(verify(&issuer, &old).await.is_ok());
    std::fs::write(&path, new.jwks().to_string()).expect("writes");
    assert!(verify(&issuer, &new).await.is_ok(), "an unknown key has it read again");
    std::fs::remove_file(&path).expect("removes");
}

#[tokio::test]
async fn an_issuer_whose_keys_are_known_is_never_asked() {
    let mint = Mint::new("http://127.0.0.1:1").expect("a mint");
    let verifier = Verifier::new(Expectation::new(mint.issuer(), mint.issuer()));
    verifier.replace(mint.keys().expect("keys"));
    let issuer = Arc::new(Issuer::known(verifier));
    issuer.clone().watch().await;
    assert!(verify(&issuer, &mint).await.is_ok());
    let stranger = Mint::new(mint.issuer()).expect("a mint");
    assert_eq!(verify(&issuer, &stranger).await, Err(TokenFault::UnknownKey));
}

/// A server starts before its issuer has answered.
#[tokio::test(flavor = "multi_thread")]
async fn where_tokens_are_is_published_as_soon_as_the_issuer_has_told() {
    let stage = Stage::start().await;
    let flags = format!("--issuer {}", stage.url(""));
    let server = crate::server::Server::with(crate::server::Setup { flags, ..Default::default() });
    let server = server.await;
    let told = stage.url("/token");
    let named = async || {
        let metadata = server.get("/metadata").await;
        let openapi = server.get("/openapi.json").await.json.to_string();
        let page = server.get("/").await;
        let page = String::from_utf8_lossy(&page.bytes).into_owned();
        [metadata.json["rest"][0]["security"].to_string(), openapi, page]
            .map(|text| text.contains(&told))
    };
    assert_eq!(named().await, [false; 3], "nobody knows it yet");
    stage.publish(&stage.mint());
    let pas::http::Door::Guarded { issuer, .. } = &server.app.door else { panic!("no door") };
    issuer.refresh().await.expect("keys");
    assert_eq!(named().await, [true; 3]);
}
