//! An answer as an HTTP response, with what the log line needs attached to it.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::fault::{Code, ResponseCode};
use crate::message::Event;
use crate::process::Answer;
use crate::store::StoreError;

/// Seconds after which a sender may try again: long enough for Postgres to restart, short enough for a patient at the desk.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");
const FHIR_JSON: HeaderValue = HeaderValue::from_static("application/fhir+json; charset=utf-8");

/// An answer on its way out.
#[derive(Debug)]
pub(super) struct Sent(pub(super) Answer);

/// What the log line says of an answer: codes and counts, never content.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) event: Option<Event>,
    pub(super) response: Option<ResponseCode>,
    pub(super) codes: Vec<Code>,
    pub(super) replayed: bool,
    pub(super) patients: usize,
    pub(super) from_replica: bool,
    pub(super) defect: Option<StoreError>,
}

/// Attached to a response; shared, because extensions must be cloneable.
#[derive(Debug, Clone)]
pub(super) struct Tell(pub(super) std::sync::Arc<Told>);

impl IntoResponse for Sent {
    fn into_response(self) -> Response {
        let Answer {
            status,
            body,
            event,
            response,
            codes,
            replayed,
            patients,
            retry_after,
            age,
            defect,
            record: _,
        } = self.0;
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut sent = (status, [(header::CONTENT_TYPE, FHIR_JSON)], body).into_response();
        let retry_after = retry_after.map(HeaderValue::from).or_else(|| {
            let away = status == StatusCode::SERVICE_UNAVAILABLE;
            away.then_some(RETRY_AFTER)
        });
        if let Some(seconds) = retry_after {
            sent.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        if let Some(seconds) = age {
            sent.headers_mut().insert(header::AGE, HeaderValue::from(seconds));
        }
        if let Some(challenge) = codes.iter().find_map(|code| challenge(*code)) {
            sent.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        let told = Told {
            event,
            response,
            codes,
            replayed,
            patients,
            from_replica: age.is_some(),
            defect,
        };
        sent.extensions_mut().insert(Tell(std::sync::Arc::new(told)));
        sent
    }
}

/// What a client is told about tokens beside the outcome (RFC 6750 §3).
fn challenge(code: Code) -> Option<HeaderValue> {
    match code {
        Code::TokenMissing => Some(HeaderValue::from_static(r#"Bearer realm="pas""#)),
        Code::TokenInvalid => {
            Some(HeaderValue::from_static(r#"Bearer realm="pas", error="invalid_token""#))
        }
        Code::ScopeMissing => {
            Some(HeaderValue::from_static(r#"Bearer realm="pas", error="insufficient_scope""#))
        }
        _ => None,
    }
}
