//! Who is signed in, and what they send.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::access::{Caller, ClientId};
use crate::attachment::{Ground, Person};
use crate::workflow::{Desk, Refusal};

use super::super::negotiate::Encoding;
use super::super::{Admitted, App, body};
use super::problem::Problem;
use super::shape::misfit;

/// A person, proved by a token.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) person: Person,
    by: Admitted,
}

impl Signed {
    pub(super) fn desk<'d>(&'d self, app: &'d App) -> Desk<'d> {
        Desk { service: &app.service, person: &self.person, origin: self.by.origin() }
    }

    /// The program that they signed in through.
    pub(super) fn client(&self) -> Option<&ClientId> {
        self.by.caller.client()
    }

    pub(super) async fn of(parts: &Parts, app: &App, writes: bool) -> Result<Self, Response> {
        let by = app.admit(parts).await?;
        let forbidden =
            |ground, why| Problem::new(StatusCode::FORBIDDEN, ground, why).into_response();
        let Caller::User { subject, .. } = &by.caller else {
            return Err(forbidden(
                Ground::NotAPerson,
                "The attachment workflow is for people: sign in through a program.",
            ));
        };
        let allowed = if writes { by.scopes.allows_changes() } else { by.scopes.allows_reading() };
        if !allowed {
            return Err(forbidden(Ground::Scope, "The scopes of the token do not allow this."));
        }
        let person = app.service.store.person(subject.as_str()).await;
        let person = person.map_err(|error| Problem::from(Refusal::from(error)).into_response())?;
        Ok(Signed { person, by })
    }
}

/// What the address holds; of another kind, it is a problem like any other.
pub(super) struct At<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<App>> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let path = Path::from_request_parts(parts, app).await;
        let told = "A part of the address is not of its kind: a number of ours.";
        path.map(|Path(held)| At(held))
            .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, Ground::Address, told))
    }
}

/// A person who looks.
pub(super) struct Reading(pub(super) Signed);

impl FromRequestParts<Arc<App>> for Reading {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        Signed::of(parts, app, false).await.map(Reading)
    }
}

/// A person who looks, and what they send to say at what.
pub(super) struct Asking<T>(pub(super) Signed, pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Asking<T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        with_body(request, app, false).await.map(|(signed, read)| Asking(signed, read))
    }
}

/// A person who changes something, and what they send.
pub(super) struct Writing<T>(pub(super) Signed, pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Writing<T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        with_body(request, app, true).await.map(|(signed, read)| Writing(signed, read))
    }
}

/// A person who does something of which there is nothing more to say: an empty body, or an empty object.
pub(super) struct Doing(pub(super) Signed);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

impl FromRequest<Arc<App>> for Doing {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        let (parts, sent) = request.into_parts();
        let signed = Signed::of(&parts, app, true).await?;
        let held = body::read(sent, Encoding::Plain, app.limits, &app.bodies).await;
        let held = held.map_err(|code| app.alone(code).into_response())?;
        if !held.bytes().trim_ascii().is_empty() {
            is_json(&parts)?;
            read::<Nothing>(held.bytes())?;
        }
        Ok(Doing(signed))
    }
}

fn is_json(parts: &Parts) -> Result<(), Response> {
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let told = "Send application/json.";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Ground::MediaType, told).into_response())
}

/// What was sent: 400 where it is no JSON, 422 where it is JSON of another shape.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Response> {
    serde_json::from_slice(body).map_err(|_| {
        let problem = match serde_json::from_slice::<Value>(body) {
            Err(error) => {
                let told = format!("The body is no JSON: see line {}.", error.line());
                Problem::new(StatusCode::BAD_REQUEST, Ground::Json, told)
            }
            Ok(value) => {
                let misfit = misfit::<T>(&value).map(|misfit| misfit.to_string());
                let told = misfit.unwrap_or_else(|| "A member of it is there twice.".to_owned());
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, Ground::Shape, told)
            }
        };
        problem.into_response()
    })
}

async fn with_body<T: DeserializeOwned>(
    request: Request,
    app: &App,
    writes: bool,
) -> Result<(Signed, T), Response> {
    let (parts, sent) = request.into_parts();
    let signed = Signed::of(&parts, app, writes).await?;
    is_json(&parts)?;
    let held = body::read(sent, Encoding::Plain, app.limits, &app.bodies).await;
    let held = held.map_err(|code| app.alone(code).into_response())?;
    if holds_nul(held.bytes()) {
        let told = "U+0000 is no character of a text.";
        return Err(Problem::new(StatusCode::BAD_REQUEST, Ground::Json, told).into_response());
    }
    Ok((signed, read(held.bytes())?))
}

/// Whether a string of this JSON holds U+0000, which no text in Postgres can hold. In JSON it can stand in the one way alone.
fn holds_nul(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        rest = &rest[at..];
        if rest.starts_with(b"\\u0000") {
            return true;
        }
        rest = rest.get(2..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escaped_nul_is_found_and_an_escaped_backslash_before_it_is_none() {
        for held in [r#""\u0000""#, r#""a\\\u0000""#, r#""\n\u0000""#] {
            assert!(holds_nul(held.as_bytes()), "{held}");
        }
        for clean in [r#""\\u0000""#, r#""\u0001""#, "\\", "", "u0000"] {
            assert!(!holds_nul(clean.as_bytes()), "{clean}");
        }
    }
}
