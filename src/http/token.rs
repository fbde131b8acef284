//! How to get a token: where clients look first, and the sandbox's own issuer.
//!
//! `GET /.well-known/smart-configuration` tells of whichever issuer is accepted. `POST /auth/token` (RFC 6749 §4.4, client
//! credentials) and `GET /auth/jwks` are there in the sandbox only. Errors here are RFC 6749's JSON, as clients of token
//! endpoints expect, and no OperationOutcomes.

mod asked;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, FromRequest as _, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use serde_json::{Value, json};

use crate::access::{Cast, Claims, Mint};
use crate::clock::Clock;
use crate::conformance::{BASES, Security};
use crate::issuer::Issuer;
use asked::{Asked, Refusal};

/// Bytes of a request for a token at most.
const LONGEST: usize = 16 << 10;
/// How long it may take to arrive.
const TIME: Duration = Duration::from_secs(10);

/// Where tokens come from, as clients are told.
#[derive(Debug)]
pub enum Desk {
    /// From here: the sandbox's own.
    Sandbox(Box<SandboxDesk>),
    /// From an issuer elsewhere.
    Elsewhere(Arc<Issuer>),
}

impl Desk {
    /// Whom senders have to convince, as far as it is known now: an issuer elsewhere may not have told yet where its
    /// tokens are.
    pub fn security(&self) -> Security {
        match self {
            Desk::Sandbox(sandbox) => {
                let issuer = sandbox.mint.issuer().to_owned();
                Security::Tokens { token_url: Some(format!("{issuer}/auth/token")), issuer }
            }
            Desk::Elsewhere(issuer) => Security::Tokens {
                issuer: issuer.verifier().expected().issuer.clone(),
                token_url: issuer.endpoints().and_then(|known| known.token_endpoint),
            },
        }
    }
}

/// What the sandbox's token endpoint works with.
#[derive(Debug)]
pub struct SandboxDesk {
    /// Signs; its issuer is our base URL.
    pub mint: Mint,
    /// Whom it knows.
    pub cast: Cast,
    /// Time and token ids.
    pub clock: Clock,
}

type Shared = State<Arc<Desk>>;

/// The routes, at the root and under `/fhir`, to be merged into the server's.
pub fn router(desk: Arc<Desk>) -> Router {
    let sandbox = matches!(*desk, Desk::Sandbox(_));
    let mut routes = Router::new();
    for base in BASES {
        let path = |rest: &str| format!("{base}{rest}");
        routes = routes.route(
            &path("/.well-known/smart-configuration"),
            get(configuration).fallback(only_get),
        );
        if sandbox {
            routes = routes
                .route(&path("/auth/token"), post(token).fallback(only_post))
                .route(&path("/auth/jwks"), get(jwks).fallback(only_get));
        }
    }
    routes.layer(DefaultBodyLimit::max(LONGEST)).with_state(desk)
}

/// `GET [base]/.well-known/smart-configuration` (SMART App Launch 2.2, conformance).
async fn configuration(State(desk): Shared) -> Response {
    let mut told = json!({
        "capabilities": ["permission-v1", "permission-v2"],
        "grant_types_supported": ["client_credentials"],
        // Asked of every server, also of one where nobody signs in.
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": [
            "system/Group.read", "system/Group.write", "user/Group.read", "user/Group.write",
            "system/Group.rs", "system/Group.cruds", "user/Group.rs", "user/Group.cruds",
        ],
    });
    let mut say = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            told[name] = Value::String(value);
        }
    };
    match &*desk {
        Desk::Sandbox(sandbox) => {
            let base = sandbox.mint.issuer();
            say("issuer", Some(base.to_owned()));
            say("token_endpoint", Some(format!("{base}/auth/token")));
            say("jwks_uri", Some(format!("{base}/auth/jwks")));
            told["token_endpoint_auth_methods_supported"] =
                json!(["client_secret_basic", "client_secret_post"]);
            told["capabilities"] =
                json!(["client-confidential-symmetric", "permission-v1", "permission-v2"]);
        }
        Desk::Elsewhere(issuer) => {
            say("issuer", Some(issuer.verifier().expected().issuer.clone()));
            let known = issuer.endpoints().unwrap_or_default();
            say("token_endpoint", known.token_endpoint);
            say("authorization_endpoint", known.authorization_endpoint);
            say("jwks_uri", known.jwks_uri);
            if let Some(methods) = known.token_endpoint_auth_methods_supported {
                told["token_endpoint_auth_methods_supported"] = methods;
            }
        }
    }
    ([(header::CACHE_CONTROL, "public, max-age=60")], written(&told)).into_response()
}

/// `GET [base]/auth/jwks`
async fn jwks(State(desk): Shared) -> Response {
    match &*desk {
        // Not to be kept: the next start makes another key.
        Desk::Sandbox(sandbox) => {
            ([(header::CACHE_CONTROL, "no-cache")], written(sandbox.mint.jwks())).into_response()
        }
        Desk::Elsewhere(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `POST [base]/auth/token`
async fn token(State(desk): Shared, request: Request) -> Response {
    let Desk::Sandbox(sandbox) = &*desk else { return StatusCode::NOT_FOUND.into_response() };
    let headers = request.headers().clone();
    let form = tokio::time::timeout(TIME, Form::<Vec<_>>::from_request(request, &())).await;
    let asked = match form {
        Ok(Ok(Form(fields))) => Asked::read(&headers, fields),
        Ok(Err(rejection)) => Err(Refusal::of_body(rejection.status())),
        Err(_elapsed) => Err(Refusal::TIME),
    };
    let granted = asked.and_then(|asked| sandbox.grant(&asked));
    match granted {
        Ok(granted) => (never_kept(), written(&granted)).into_response(),
        Err(refusal) => (never_kept(), refusal).into_response(),
    }
}

impl SandboxDesk {
    /// The answer with a token (RFC 6749 §5.1).
    fn grant(&self, asked: &Asked) -> Result<Value, Refusal> {
        let client = self.cast.client(&asked.client, &asked.secret).ok_or(Refusal::CLIENT)?;
        if asked.grant_type != "client_credentials" {
            return Err(Refusal::GRANT_TYPE);
        }
        let person = match &asked.subject {
            Some(subject) => Some(self.cast.user(subject).ok_or(Refusal::SUBJECT)?),
            None => None,
        };
        let scope =
            client.granted(asked.scope.as_deref(), person.is_some()).ok_or(Refusal::SCOPE)?;
        let claims = Claims {
            client: &client.id,
            subject: person.map_or(&client.id, |person| &person.subject),
            scope: &scope,
            id: self.clock.id(),
        };
        let token = self.mint.mint(&claims, self.clock.now()).map_err(|_| Refusal::DEFECT)?;
        Ok(json!({
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": Mint::LIFETIME.num_seconds(),
            "scope": scope,
        }))
    }
}

fn written(json: &Value) -> impl IntoResponse + use<> {
    ([(header::CONTENT_TYPE, "application/json")], json.to_string())
}

fn never_kept() -> [(header::HeaderName, &'static str); 2] {
    [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")]
}

async fn only_post() -> Response {
    ([(header::ALLOW, "POST")], Refusal::METHOD).into_response()
}

async fn only_get() -> Response {
    ([(header::ALLOW, "GET, HEAD")], Refusal::METHOD).into_response()
}
