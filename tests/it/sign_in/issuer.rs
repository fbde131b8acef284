//! An issuer with whom people sign in, on a socket of its own: it checks what a careful one checks, and can be told to misbehave.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use pas::clock::Clock;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING as ES256, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub const CLIENT: &str = "pas-pages";
pub const SECRET: &str = "very secret: 100%+1";

/// What the token endpoint does.
#[derive(Debug, Clone, Default)]
pub enum Manner {
    /// Redeems codes.
    #[default]
    Sound,
    /// Answers with this status, whatever it is asked.
    Status(u16),
    /// Answers with this text.
    Says(&'static str),
    /// Takes the question, and says nothing.
    Silent,
}

#[derive(Default)]
struct Kept {
    manner: Manner,
    /// Claims that are other than they should be; null: absent.
    changes: Value,
    /// Signs with a key that it does not publish.
    strange: bool,
    /// What was asked for with each code that was not redeemed yet.
    codes: HashMap<String, HashMap<String, String>>,
    /// Every code and token that it gave out.
    given: Vec<String>,
}

#[derive(Clone)]
pub struct Issuer {
    pub address: SocketAddr,
    key: Arc<EcdsaKeyPair>,
    stranger: Arc<EcdsaKeyPair>,
    /// The secret that it knows the client by; none: a public client.
    secret: Option<&'static str>,
    kept: Arc<Mutex<Kept>>,
}

fn key() -> Arc<EcdsaKeyPair> {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ES256, &random).expect("a key");
    Arc::new(EcdsaKeyPair::from_pkcs8(&ES256, document.as_ref(), &random).expect("a key"))
}

fn hashed(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()))
}

impl Issuer {
    pub async fn start(secret: Option<&'static str>) -> Issuer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let address = listener.local_addr().expect("has an address");
        let kept = Arc::default();
        let issuer = Issuer { address, key: key(), stranger: key(), secret, kept };
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/jwks", get(jwks))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .with_state(issuer.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.expect("serves") });
        issuer
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn behaves(&self, manner: Manner) {
        self.kept.lock().expect("no panic").manner = manner;
    }

    /// From now on its ID tokens differ so from what they should be.
    pub fn claims(&self, changes: Value) {
        self.kept.lock().expect("no panic").changes = changes;
    }

    pub fn signs_strangely(&self) {
        self.kept.lock().expect("no panic").strange = true;
    }

    /// Every code and token that it gave out.
    pub fn given(&self) -> Vec<String> {
        self.kept.lock().expect("no panic").given.clone()
    }

    fn knows(&self, headers: &HeaderMap, form: &HashMap<String, String>) -> bool {
        let given = headers.get("authorization").and_then(|value| value.to_str().ok());
        match self.secret {
            None => given.is_none() && form.get("client_id").is_some_and(|id| id == CLIENT),
            Some(_) => {
                // RFC 6749 §2.3.1, by hand.
                let proof = STANDARD.encode("pas-pages:very+secret%3A+100%25%2B1");
                given == Some(&format!("Basic {proof}"))
            }
        }
    }

    fn id_token(&self, asked: &HashMap<String, String>) -> String {
        let (now, kept) = (Clock::System.now().timestamp(), self.kept.lock().expect("no panic"));
        let mut claims = json!({
            "iss": self.url(), "aud": CLIENT, "sub": "cosmo.matchwright", "name": "Cosmo Matchwright",
            "iat": now, "exp": now + 300, "nonce": asked["nonce"],
        });
        for (name, value) in kept.changes.as_object().into_iter().flatten() {
            claims[name] = value.clone();
        }
        let key = if kept.strange { &self.stranger } else { &self.key };
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": kid(key) });
        let text = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
        let signed = key.sign(&SystemRandom::new(), text.as_bytes()).expect("signs");
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signed))
    }
}

fn kid(key: &EcdsaKeyPair) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, key.public_key().as_ref()))
}

type Shared = State<Issuer>;

async fn metadata(State(issuer): Shared) -> Response {
    let url = issuer.url();
    json!({
        "issuer": url, "jwks_uri": format!("{url}/jwks"), "token_endpoint": format!("{url}/token"),
        "authorization_endpoint": format!("{url}/authorize?tenant=bc"),
    })
    .to_string()
    .into_response()
}

async fn jwks(State(issuer): Shared) -> Response {
    let point = issuer.key.public_key().as_ref();
    let [x, y] = [&point[1..33], &point[33..]].map(|part| URL_SAFE_NO_PAD.encode(part));
    let key = json!({ "kty": "EC", "crv": "P-256", "use": "sig", "x": x, "y": y, "kid": kid(&issuer.key) });
    json!({ "keys": [key] }).to_string().into_response()
}

/// Somebody says who they are, at once.
async fn authorize(
    State(issuer): Shared,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    let says = |name: &str, value: &str| asked.get(name).is_some_and(|given| given == value);
    let sound = says("response_type", "code")
        && says("client_id", CLIENT)
        && says("scope", "openid profile")
        && says("tenant", "bc")
        && says("code_challenge_method", "S256")
        && ["state", "nonce", "code_challenge"].iter().all(|name| asked[*name].len() == 43);
    if !sound {
        return (StatusCode::BAD_REQUEST, format!("{asked:?}")).into_response();
    }
    let mut kept = issuer.kept.lock().expect("no panic");
    let code = format!("code-{}", Clock::System.id().simple());
    let query = [("code", &code), ("state", &asked["state"])];
    let query = serde_urlencoded::to_string(query).expect("pairs");
    let back = format!("{}?{query}", asked["redirect_uri"]);
    kept.given.push(code.clone());
    kept.codes.insert(code, asked);
    Redirect::to(&back).into_response()
}

async fn token(State(issuer): Shared, headers: HeaderMap, body: String) -> Response {
    let manner = issuer.kept.lock().expect("no panic").manner.clone();
    match manner {
        Manner::Sound => {}
        Manner::Status(status) => {
            return StatusCode::from_u16(status).expect("a status").into_response();
        }
        Manner::Says(text) => return text.into_response(),
        Manner::Silent => return std::future::pending().await,
    }
    let form: HashMap<String, String> = serde_urlencoded::from_str(&body).expect("a form");
    let refused = || (StatusCode::BAD_REQUEST, r#"{"error":"invalid_grant"}"#).into_response();
    let asked = issuer.kept.lock().expect("no panic").codes.remove(&form["code"]);
    let Some(asked) = asked else { return refused() };
    let sound = issuer.knows(&headers, &form)
        && form["grant_type"] == "authorization_code"
        && form["redirect_uri"] == asked["redirect_uri"]
        && hashed(&form["code_verifier"]) == asked["code_challenge"];
    if !sound {
        return refused();
    }
    let token = issuer.id_token(&asked);
    issuer.kept.lock().expect("no panic").given.push(token.clone());
    json!({ "id_token": token, "access_token": "opaque-access", "token_type": "Bearer" })
        .to_string()
        .into_response()
}
