//! What went wrong, as problem details (RFC 9457).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tracing::error;

use crate::attachment::Ground;
use crate::workflow::Refusal;

/// A status with a text for whoever asked.
#[derive(Debug)]
pub(in crate::http) struct Problem {
    pub(in crate::http) status: StatusCode,
    /// Why, in a word for programs.
    pub(in crate::http) ground: Ground,
    pub(in crate::http) detail: String,
    /// Seconds after which it may be tried again, where that is known.
    pub(in crate::http) retry_after: Option<u64>,
}

impl Problem {
    pub(in crate::http) fn new(
        status: StatusCode,
        ground: Ground,
        detail: impl Into<String>,
    ) -> Self {
        Problem { status, ground, detail: detail.into(), retry_after: None }
    }
}

/// What a 5xx says: nothing of the request, and nothing of the database.
const LATER: &str =
    "This could not be done now. Nothing of it was kept, or all of it: look before you try again.";

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match &refusal {
            Refusal::NotFound => StatusCode::NOT_FOUND,
            Refusal::Invalid(..) => StatusCode::UNPROCESSABLE_ENTITY,
            Refusal::Conflict(..) => StatusCode::CONFLICT,
            Refusal::Often(_) => StatusCode::TOO_MANY_REQUESTS,
            Refusal::Store(defect) if defect.is_passing() => StatusCode::SERVICE_UNAVAILABLE,
            Refusal::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if let Refusal::Store(defect) = &refusal {
            error!(%defect, "an act of the workflow failed");
            return Problem::new(status, Ground::NotNow, LATER);
        }
        let retry_after = match refusal {
            Refusal::Often(seconds) => Some(seconds),
            _ => None,
        };
        Problem { retry_after, ..Problem::new(status, refusal.ground(), refusal.to_string()) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or_default();
        let body = json!({ "status": self.status.as_u16(), "title": title, "code": self.ground, "detail": self.detail });
        let kind = HeaderValue::from_static("application/problem+json");
        let again = self.retry_after.map(|seconds| [(header::RETRY_AFTER, seconds.to_string())]);
        let answer = (self.status, [(header::CONTENT_TYPE, kind)], body.to_string());
        match again {
            Some(again) => (again, answer).into_response(),
            None => answer.into_response(),
        }
    }
}
