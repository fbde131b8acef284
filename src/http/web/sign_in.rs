//! Signing in and out. In the sandbox, the cast signs in by one click each.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::access::CastUser;
use crate::attachment::Role;
use crate::store::{Session, SessionTimes};

use super::super::App;
use super::super::token::Desk;
use super::layout::{Page, told};
use super::visitor::{COOKIE, digest_of};

#[derive(Template)]
#[template(path = "web/sign_in.html")]
struct SignIn<'c> {
    people: Vec<(&'c CastUser, &'static str)>,
}

/// What somebody of the cast is, in a word.
fn word(user: &CastUser) -> &'static str {
    match user.roles.first() {
        Some(Role::Provider { .. }) => "provider",
        Some(Role::Delegate { .. }) => "medical office assistant",
        Some(Role::Director { .. }) => "clinic director",
        Some(Role::Coordinator { .. }) => "attachment coordinator",
        None if user.practitioners.is_empty() => "patient",
        None => "provider",
    }
}

/// The people of the sandbox; nobody elsewhere.
fn cast(app: &App) -> &[CastUser] {
    match app.desk.as_deref() {
        Some(Desk::Sandbox(sandbox)) => &sandbox.cast.users,
        _ => &[],
    }
}

/// `GET /sign-in`
pub(super) async fn page(State(app): State<Arc<App>>) -> Response {
    let mut people: Vec<_> = cast(&app).iter().map(|user| (user, word(user))).collect();
    people.sort_by_key(|(user, word)| (*word, user.name.as_str()));
    Page::for_anybody("Sign in").show(&SignIn { people })
}

/// Who signs in.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    subject: String,
}

/// `POST /sign-in`: somebody of the cast.
pub(super) async fn sign_in(State(app): State<Arc<App>>, Form(asked): Form<Asked>) -> Response {
    let Some(user) = cast(&app).iter().find(|user| user.subject == asked.subject) else {
        return told(StatusCode::NOT_FOUND, "Nobody of that name can sign in here.");
    };
    let (Some(secret), Some(form_key)) = (random(), random()) else {
        return told(
            StatusCode::SERVICE_UNAVAILABLE,
            "You cannot sign in now. Try again in a moment.",
        );
    };
    let session = Session { subject: user.subject.clone(), name: user.name.clone(), form_key };
    let (now, digest) = (app.service.clock.now(), Sha256::digest(secret.as_bytes()));
    let opened = app.service.store.open_session(&digest, &session, now, SessionTimes::default());
    if opened.await.is_err() {
        return told(
            StatusCode::SERVICE_UNAVAILABLE,
            "You cannot sign in now. Try again in a moment.",
        );
    }
    let cookie = format!("{COOKIE}={secret}; Path=/; HttpOnly; SameSite=Lax");
    with_cookie(Redirect::to("/my").into_response(), &cookie)
}

/// `POST /sign-out`. Without a form's key: to be signed out by somebody else's page is a nuisance at most.
pub(super) async fn sign_out(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    if let Some(digest) = digest_of(&headers) {
        // Whatever comes of it, the browser forgets the secret.
        let _ = app.service.store.close_session(&digest).await;
    }
    let gone = format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    with_cookie(Redirect::to("/sign-in").into_response(), &gone)
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// 256 random bits, as hexadecimal digits.
fn random() -> Option<String> {
    let mut bytes = [0_u8; 32];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
