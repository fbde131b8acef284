//! Who came and who went, in the audit trail.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use uuid::Uuid;

use crate::access::{Caller, ClientId, Subject};
use crate::audit::{Origin, Outcome, Record};
use crate::store::{SessionTimes, StoreError};

use super::super::super::{App, RequestId, door};

/// A request of whoever signs in or out: who they are is not known by it.
pub(in super::super) struct Arrival {
    pub(super) address: Option<IpAddr>,
    request_id: Uuid,
}

impl FromRequestParts<Arc<App>> for Arrival {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        Ok(Arrival::of(parts, app))
    }
}

impl Arrival {
    /// Of which request, and from where.
    pub(super) fn of(parts: &Parts, app: &App) -> Self {
        Arrival {
            address: door::origin(parts, app.behind_gateway),
            request_id: parts.extensions.get::<RequestId>().map_or(Uuid::nil(), |id| id.0),
        }
    }

    /// What the trail holds of it: who, and about no patient. `None` for a name that nobody can have.
    pub(super) fn record(&self, app: &App, event: &'static str, subject: &str) -> Option<Record> {
        let (client, subject) = ClientId::parse("pas").zip(Subject::parse(subject))?;
        let caller = Caller::User { client, subject };
        let Arrival { address, request_id } = *self;
        let origin = Origin { request_id, caller: &caller, address };
        let (id, at) = (app.service.clock.id(), app.service.clock.now());
        let record = Record::new(id, at, origin, 303, Outcome::Ok, [event]);
        Some(Record { event: Some(event.to_owned()), message_id: Some(id), ..record })
    }
}

/// Ends the session that this browser has. One that time had ended already is nobody's signing out.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn close(
    app: &App,
    arrival: &Arrival,
    headers: &HeaderMap,
) -> Result<(), StoreError> {
    let Some(digest) = app.pages.session().digest(headers) else { return Ok(()) };
    let (store, now) = (&app.service.store, app.service.clock.now());
    let ended = store.session(&digest, now, SessionTimes::default()).await?;
    let record = ended.and_then(|of| arrival.record(app, "signed-out", &of.subject));
    store.close_session(&digest, record.as_ref()).await
}
