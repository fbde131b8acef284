//! `GET /metrics`, on an address of its own: numbers for the operator, not for whoever may post.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::fault::Code;
use crate::http::{App, Shared, only_get};
use crate::store::{SchemaState, TrailState};

/// How long Postgres may take to say that it is there. Prometheus waits for ten seconds in all, and when Postgres is silent
/// the other numbers are wanted most.
const PATIENCE: Duration = Duration::from_secs(2);

/// The text format of Prometheus.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The one route of the metrics' own address.
pub fn metrics_router(app: Arc<App>) -> Router {
    Router::new()
        .route("/metrics", get(page).fallback(only_get))
        .fallback(|State(app): Shared| async move { app.alone(Code::NotFound) })
        .with_state(app)
}

/// What is a value of the moment is asked for now; what rises was counted when it happened.
async fn page(State(app): Shared) -> impl IntoResponse {
    app.measure.load(&app.service.store.load());
    let (ready, trail) = tokio::join!(ready(&app), trail(&app));
    app.measure.ready(ready);
    app.measure.queued(app.trail.waiting());
    if let Some(trail) = trail {
        let waiting = trail.waiting_since.map(|since| app.service.clock.now() - since);
        let waiting = waiting.and_then(|waiting| waiting.to_std().ok()).unwrap_or_default();
        app.measure.audit(trail.unsealed, waiting);
    }
    if let Some(age) = app.door.keys_age() {
        app.measure.issuer_keys(age);
    }
    ([(header::CONTENT_TYPE, TEXT)], app.measure.render())
}

async fn trail(app: &App) -> Option<TrailState> {
    tokio::time::timeout(PATIENCE, app.service.store.trail_state()).await.ok()?.ok()
}

async fn ready(app: &App) -> bool {
    let asked = tokio::time::timeout(PATIENCE, app.service.store.schema_state()).await;
    app.door.opens() && matches!(asked, Ok(Ok(SchemaState::Current)))
}
