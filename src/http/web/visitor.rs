//! Who looks at a page, and what they send.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::access::{Caller, ClientId, Subject};
use crate::attachment::Person;
use crate::audit::Origin;
use crate::store::SessionTimes;
use crate::workflow::Desk;

use super::super::negotiate::Encoding;
use super::super::{App, EdgeLimits, RequestId, body, door};
use super::kept::kept;
use super::layout::{often, told};

/// Somebody who is signed in.
#[derive(Debug)]
pub(super) struct Visitor {
    /// Who, with what they may do.
    pub(super) person: Person,
    /// As they are greeted.
    pub(super) name: String,
    /// Belongs into every form, as `form_key`.
    pub(super) form_key: String,
    caller: Caller,
    request_id: Uuid,
    address: Option<IpAddr>,
}

impl Visitor {
    /// Where they do what they may.
    pub(super) fn desk<'d>(&'d self, app: &'d App) -> Desk<'d> {
        let origin =
            Origin { request_id: self.request_id, caller: &self.caller, address: self.address };
        Desk { service: &app.service, person: &self.person, origin }
    }

    /// As whom they are counted where somebody guesses: pages are one program for everybody, and one must not lock out the others.
    pub(super) fn counted(&self) -> Option<ClientId> {
        ClientId::parse(&format!("pas/{}", self.person.subject))
    }

    /// Whether a form is of their session.
    pub(super) fn owns(&self, key: &str) -> Result<(), Response> {
        let text = "This form is not of this session. Go back, load the page again, and send it once more.";
        (key == self.form_key).then_some(()).ok_or_else(|| told(StatusCode::FORBIDDEN, text))
    }
}

/// Why there is no visitor.
enum Absent {
    /// Nobody is signed in, or not any more.
    SignedOut,
    /// They are told this.
    Told(Response),
}

/// A form at most that is kept for somebody who is not signed in, in bytes.
const KEPT: usize = 256 << 10;

impl FromRequestParts<Arc<App>> for Visitor {
    type Rejection = Response;

    /// Whoever is not signed in is led to where they can.
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        Visitor::of(parts, app).await.map_err(|absent| match absent {
            Absent::SignedOut => Redirect::to("/sign-in").into_response(),
            Absent::Told(response) => response,
        })
    }
}

impl Visitor {
    async fn of(parts: &Parts, app: &Arc<App>) -> Result<Self, Absent> {
        let away = || {
            let text = "This cannot be shown now. Try again in a moment.";
            Absent::Told(told(StatusCode::SERVICE_UNAVAILABLE, text))
        };
        let sign_in = || Absent::SignedOut;
        let digest = app.pages.session().digest(&parts.headers).ok_or_else(sign_in)?;
        let (store, now) = (&app.service.store, app.service.clock.now());
        let session = store.session(&digest, now, SessionTimes::default()).await;
        let session = session.map_err(|_| away())?.ok_or_else(sign_in)?;
        app.pages.visit(&digest).map_err(|too| Absent::Told(often(too)))?;
        let person = store.person(&session.subject).await.map_err(|_| away())?;
        let by = ClientId::parse("pas").zip(Subject::parse(&session.subject));
        let (client, subject) = by.ok_or_else(sign_in)?;
        Ok(Visitor {
            person,
            name: session.name,
            form_key: session.form_key,
            caller: Caller::User { client, subject },
            request_id: parts.extensions.get::<RequestId>().map_or(Uuid::nil(), |id| id.0),
            address: door::origin(parts, app.behind_gateway),
        })
    }
}

/// What a visitor sent by one of our own forms.
pub(super) struct Form<T>(pub(super) Visitor, pub(super) T);

#[derive(Deserialize)]
struct Key {
    form_key: String,
}

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Form<T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        let (parts, sent) = request.into_parts();
        let visitor = match Visitor::of(&parts, app).await {
            Ok(visitor) => visitor,
            Err(Absent::Told(response)) => return Err(response),
            Err(Absent::SignedOut) => {
                let limits = EdgeLimits { body: app.limits.body.min(KEPT), ..app.limits };
                let held = body::read(sent, Encoding::Plain, limits, &app.bodies).await;
                let held = held.map_err(|code| app.alone(code).into_response())?;
                return Err(kept(&parts, None, held.bytes()));
            }
        };
        let held = body::read(sent, Encoding::Plain, app.limits, &app.bodies).await;
        let held = held.map_err(|code| app.alone(code).into_response())?;
        let key: Option<Key> = serde_urlencoded::from_bytes(held.bytes()).ok();
        if key.is_none_or(|key| key.form_key != visitor.form_key) {
            return Err(kept(&parts, Some(&visitor), held.bytes()));
        }
        let unreadable = || {
            let text = "Something is missing in the form, or is not of its kind.";
            told(StatusCode::BAD_REQUEST, text)
        };
        // U+0000, which no text in Postgres can hold.
        if held.bytes().contains(&0) || held.bytes().windows(3).any(|three| three == b"%00") {
            return Err(unreadable());
        }
        let read = serde_urlencoded::from_bytes(held.bytes()).map_err(|_| unreadable())?;
        Ok(Form(visitor, read))
    }
}
