//! Is it alive, and is it ready?

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::fault::Code;
use crate::store::SchemaState;

use super::Shared;

/// `GET /healthz`: the process answers.
pub(super) async fn health() -> Response {
    (StatusCode::OK, [("content-type", "application/json")], "{\"status\":\"ok\"}").into_response()
}

/// `GET /readyz`: the database is reachable, and at this build's schema version; and there are keys to check tokens with, or
/// a server that cannot let anybody in yet would take the place of one that can.
pub(super) async fn ready(State(app): Shared) -> Response {
    if !app.door.opens() {
        tracing::warn!("not ready: the issuer's keys have not come yet");
        return app.alone(Code::IssuerUnavailable).into_response();
    }
    match app.service.store.schema_state().await {
        Ok(SchemaState::Current) => {
            (StatusCode::OK, [("content-type", "application/json")], "{\"status\":\"ready\"}")
                .into_response()
        }
        Ok(SchemaState::Other(found)) => {
            tracing::warn!(
                found,
                needed = crate::store::SCHEMA_VERSION,
                "not ready: the schema has another version"
            );
            app.alone(Code::DatabaseUnavailable).into_response()
        }
        Err(error) => {
            tracing::warn!(%error, "not ready");
            app.alone(Code::from(&error)).into_response()
        }
    }
}
