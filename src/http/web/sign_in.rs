//! Signing in and out. In the sandbox the cast signs in by one click each; elsewhere people do so with the issuer
//! (`elsewhere`), and without one nobody does.

mod elsewhere;
mod recorded;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, FromRequestParts, Query, State};
use axum::http::request::Parts;
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
use super::layout::{Page, often, told};

pub(super) use elsewhere::back;
use recorded::{Arrival, close};

#[derive(Template)]
#[template(path = "web/sign_in.html")]
struct SignInPage<'c> {
    people: Vec<(&'c CastUser, &'static str)>,
    /// The host of the issuer with whom people sign in.
    elsewhere: Option<&'c str>,
    /// The same, to somebody who signed out a moment ago.
    signed_out: Option<&'c str>,
    /// How long a session lasts, in hours, and without anything being done in it, in minutes.
    lasts: (i64, i64),
}

/// What somebody of the cast is, in a word.
fn word(user: &CastUser) -> &'static str {
    match user.roles.first() {
        Some(Role::Provider { .. }) => "provider",
        Some(Role::Delegate { .. }) => "medical office assistant",
        Some(Role::Director { .. }) => "clinic director",
        Some(Role::Coordinator { .. }) => "attachment coordinator",
        Some(Role::Agent) => "phone agent",
        None if user.practitioners.is_empty() => "patient",
        None => "provider without a panel to see",
    }
}

/// The people of the sandbox; nobody elsewhere.
fn cast(app: &App) -> &[CastUser] {
    match app.desk.as_deref() {
        Some(Desk::Sandbox(sandbox)) => &sandbox.cast.users,
        _ => &[],
    }
}

/// What an address may say of what was done before.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Before {
    done: String,
}

/// `GET /sign-in`
pub(super) async fn page(
    State(app): State<Arc<App>>,
    before: Result<Query<Before>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let Query(before) = before.unwrap_or_default();
    let mut people: Vec<_> = cast(&app).iter().map(|user| (user, word(user))).collect();
    people.sort_by_key(|(user, word)| (*word, user.name.as_str()));
    let elsewhere = app.pages.sign_in().map(elsewhere::place);
    let signed_out = elsewhere.filter(|_| before.done == "signed-out");
    let page = Page::for_anybody("Sign in");
    let page =
        app.pages.sign_in().map_or(page, |sign_in| page.leading_to(elsewhere::form(sign_in)));
    let times = SessionTimes::default();
    let lasts = (times.all.num_hours(), times.idle.num_minutes());
    page.show(&SignInPage { people, elsewhere, signed_out, lasts })
}

/// Somebody who signs in, and has not tried so too often from where they are.
pub(super) struct Knock(Arrival);

impl FromRequestParts<Arc<App>> for Knock {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let arrival = Arrival::of(parts, app);
        app.pages.knock(arrival.address).map_err(often)?;
        Ok(Knock(arrival))
    }
}

/// Who signs in, where it is to be said here.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    subject: Option<String>,
}

/// `POST /sign-in`: somebody of the cast, or whoever goes on to the issuer.
pub(super) async fn sign_in(
    State(app): State<Arc<App>>,
    Knock(arrival): Knock,
    headers: HeaderMap,
    Form(asked): Form<Asked>,
) -> Response {
    if let Some(sign_in) = app.pages.sign_in() {
        return elsewhere::begin(&app, sign_in).await;
    }
    let named = |user: &&CastUser| asked.subject.as_ref() == Some(&user.subject);
    let Some(user) = cast(&app).iter().find(named) else {
        return told(StatusCode::NOT_FOUND, "Nobody of that name can sign in here.");
    };
    open(&app, &arrival, &headers, user.subject.clone(), user.name.clone()).await
}

/// Opens a session under a new secret, and ends the one that this browser had: nobody goes on in one that somebody else gave them.
async fn open(
    app: &App,
    arrival: &Arrival,
    headers: &HeaderMap,
    subject: String,
    name: String,
) -> Response {
    let (Some(secret), Some(form_key)) = (random(), random()) else { return not_now() };
    let Some(record) = arrival.record(app, "signed-in", &subject) else { return not_now() };
    // Whatever comes of it: it ends by itself as well.
    let _ = close(app, arrival, headers).await;
    let session = Session { subject, name, form_key };
    let (now, digest) = (app.service.clock.now(), Sha256::digest(secret.as_bytes()));
    let (store, times) = (&app.service.store, SessionTimes::default());
    let opened = store.open_session(&digest, &session, now, times, &record);
    if opened.await.is_err() {
        return not_now();
    }
    with_cookie(Redirect::to("/my").into_response(), &app.pages.session().set(&secret, None))
}

/// `POST /sign-out`. Without a form's key: to be signed out by somebody else's page is a nuisance at most.
pub(super) async fn sign_out(
    State(app): State<Arc<App>>,
    arrival: Arrival,
    headers: HeaderMap,
) -> Response {
    // Whatever comes of it, the browser forgets the secret.
    let _ = close(&app, &arrival, &headers).await;
    let to = app.pages.sign_in().map_or("/sign-in", |_| "/sign-in?done=signed-out");
    with_cookie(Redirect::to(to).into_response(), &app.pages.session().gone())
}

fn not_now() -> Response {
    told(StatusCode::SERVICE_UNAVAILABLE, "You cannot sign in now. Try again in a moment.")
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// 256 random bits, as hexadecimal digits.
fn random() -> Option<String> {
    let mut bytes = [0_u8; 32];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
