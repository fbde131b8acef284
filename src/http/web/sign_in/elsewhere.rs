//! Signing in with the issuer (OpenID Connect): there and back again. Between the two nothing is kept but a cookie of ten minutes.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tracing::warn;

use crate::issuer::{Attempt, SignInFault};

use super::super::super::App;
use super::super::layout::Page;
use super::super::pages::SignIn;
use super::{Knock, not_now, open, random, with_cookie};

/// Seconds that somebody may take to say who they are.
const PATIENCE: u32 = 600;

#[derive(Template)]
#[template(
    source = "<h1>Not signed in</h1><p class=\"notice bad\" role=\"alert\">{{ text }}</p><p><a class=\"button\" href=\"/sign-in\">Sign in</a></p>",
    ext = "html"
)]
struct NotSignedIn {
    text: &'static str,
}

fn not_signed_in(status: StatusCode, text: &'static str) -> Response {
    Page::for_anybody("Not signed in").status(status).show(&NotSignedIn { text })
}

/// The host of the issuer, as people see it in their address bar.
pub(super) fn place(sign_in: &SignIn) -> &str {
    let issuer = &sign_in.issuer.verifier().expected().issuer;
    let host = issuer.split_once("://").map_or(issuer.as_str(), |(_, rest)| rest);
    host.split('/').next().unwrap_or_default()
}

/// Where the page's form may lead. A browser asks that of every redirect that follows, and the issuer may send people on to
/// others, whom we do not know.
pub(super) fn form(sign_in: &SignIn) -> &'static str {
    let secure = !sign_in.issuer.verifier().expected().issuer.starts_with("http:");
    if secure { "'self' https:" } else { "'self' https: http:" }
}

/// An attempt begins: to the issuer, with a cookie by which its answer is known.
pub(super) async fn begin(app: &App, sign_in: &SignIn) -> Response {
    let Some(secret) = random() else { return not_now() };
    match sign_in.issuer.way(&sign_in.client, &Attempt::of(&secret)).await {
        Ok(way) => {
            let cookie = app.pages.attempt().set(&secret, Some(PATIENCE));
            with_cookie(Redirect::to(&way).into_response(), &cookie)
        }
        Err(fault) => failed(sign_in, fault),
    }
}

/// What the issuer says by the browser.
#[derive(Debug, Deserialize)]
pub(in super::super) struct Said {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

/// `GET /sign-in/back`: an attempt ends.
pub(in super::super) async fn back(
    State(app): State<Arc<App>>,
    Knock(arrival): Knock,
    headers: HeaderMap,
    said: Result<Query<Said>, QueryRejection>,
) -> Response {
    let Some(sign_in) = app.pages.sign_in() else {
        let text = "Signing in with a browser is not set up on this server.";
        return not_signed_in(StatusCode::NOT_FOUND, text);
    };
    let cookie = app.pages.attempt();
    let attempt = cookie.of(&headers).map(Attempt::of);
    let said = said.ok().map(|Query(said)| said);
    let state = said.as_ref().and_then(|said| said.state.as_deref()).unwrap_or_default();
    let Some(attempt) = attempt.filter(|attempt| attempt.is_answered_by(state)) else {
        // The cookie stays: another attempt of this browser may be under way.
        let text = "This is no answer to a sign-in that was begun in this browser in the last ten minutes. Begin again.";
        return not_signed_in(StatusCode::BAD_REQUEST, text);
    };
    let response = match said.map(|said| (said.code, said.error)) {
        Some((Some(code), None)) => {
            let now = app.service.clock.now();
            match sign_in.issuer.redeem(&sign_in.client, &attempt, &code, now).await {
                Ok(who) => {
                    let subject = who.subject.as_str().to_owned();
                    open(&app, &arrival, &headers, subject, who.name).await
                }
                Err(fault) => failed(sign_in, fault),
            }
        }
        Some((_, Some(error))) if error == "access_denied" => {
            not_signed_in(StatusCode::FORBIDDEN, "You did not sign in, or may not.")
        }
        _ => not_signed_in(StatusCode::BAD_REQUEST, "Sign-in did not work. Try again."),
    };
    // It is over, whatever came of it.
    with_cookie(response, &cookie.gone())
}

/// Why somebody could not sign in: to them in plain words, to the log by its kind.
fn failed(sign_in: &SignIn, fault: SignInFault) -> Response {
    warn!(place = place(sign_in), why = %fault, "somebody could not sign in");
    if fault.is_outage() {
        not_signed_in(
            StatusCode::SERVICE_UNAVAILABLE,
            "You cannot sign in now. Try again in a moment.",
        )
    } else {
        not_signed_in(StatusCode::BAD_REQUEST, "Sign-in did not work. Try again.")
    }
}
