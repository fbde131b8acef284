//! Who is signed in, and what they send.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::access::{Authenticated, Caller};
use crate::attachment::Person;
use crate::audit::Origin;
use crate::workflow::{Desk, Refusal};

use super::super::negotiate::Encoding;
use super::super::{App, RequestId, body, door};
use super::problem::Problem;

/// A person, proved by a token.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) person: Person,
    caller: Caller,
    request_id: Uuid,
    address: Option<IpAddr>,
}

impl Signed {
    pub(super) fn desk<'d>(&'d self, app: &'d App) -> Desk<'d> {
        let origin =
            Origin { request_id: self.request_id, caller: &self.caller, address: self.address };
        Desk { service: &app.service, person: &self.person, origin }
    }

    pub(super) async fn of(parts: &Parts, app: &App, writes: bool) -> Result<Self, Response> {
        let request_id = parts.extensions.get::<RequestId>().map_or(Uuid::nil(), |id| id.0);
        let address = door::origin(parts, app.behind_gateway);
        let by = app.door.admit(&parts.headers, app.service.clock.now()).await;
        let Authenticated { caller, scopes } = by.map_err(|(turned, caller)| {
            app.turned_away(turned, Origin { request_id, caller: &caller, address })
        })?;
        let forbidden = |why| Problem::new(StatusCode::FORBIDDEN, why).into_response();
        let Caller::User { subject, .. } = &caller else {
            return Err(forbidden(
                "The attachment workflow is for people: sign in through a program.",
            ));
        };
        let allowed = if writes { scopes.allows_changes() } else { scopes.allows_reading() };
        if !allowed {
            return Err(forbidden("The scopes of the token do not allow this."));
        }
        let person = app.service.store.person(subject.as_str()).await;
        let person = person.map_err(|error| Problem::from(Refusal::from(error)).into_response())?;
        Ok(Signed { person, caller, request_id, address })
    }
}

/// What the address holds; of another kind, it is a problem like any other.
pub(super) struct At<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<App>> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let path = Path::from_request_parts(parts, app).await;
        let told = "A part of the address is not of its kind: a number of ours.";
        path.map(|Path(held)| At(held)).map_err(|_| Problem::new(StatusCode::BAD_REQUEST, told))
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

/// A person who changes something, and what they send.
pub(super) struct Writing<T>(pub(super) Signed, pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Writing<T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        let (parts, sent) = request.into_parts();
        let signed = Signed::of(&parts, app, true).await?;
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            let told = "Send application/json.";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, told).into_response());
        }
        let held = body::read(sent, Encoding::Plain, app.limits, &app.bodies).await;
        let held = held.map_err(|code| app.alone(code).into_response())?;
        let read = serde_json::from_slice(held.bytes());
        let read = read.map_err(|error| {
            Problem::new(StatusCode::BAD_REQUEST, error.to_string()).into_response()
        })?;
        Ok(Writing(signed, read))
    }
}
