//! The edge: axum, and nothing that decides anything about panels.
//!
//! Machines post to `/$process-message` (at the root and under `/fhir`, `$` percent-encoded or not); probes ask `/healthz`
//! and `/readyz`. Every answer that is no 2xx is an OperationOutcome, wherever it comes from.

mod body;
mod log;
mod measure;
mod negotiate;
mod probes;
mod sent;
mod trace;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;

use crate::fault::{Code, Issue};
use crate::process::{Service, process};
pub use measure::{Kind, METRICS, Measure, Metric, metrics_router};
use sent::Sent;

/// Bounds at the edge.
#[derive(Debug, Clone, Copy)]
pub struct EdgeLimits {
    /// Bytes of a body at most, once unpacked.
    pub body: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
}

impl Default for EdgeLimits {
    fn default() -> Self {
        EdgeLimits { body: 8 << 20, body_timeout: Duration::from_secs(30) }
    }
}

/// What handlers share.
#[derive(Debug)]
pub struct App {
    /// Processes messages.
    pub service: Service,
    /// Bounds.
    pub limits: EdgeLimits,
    /// Counts and times.
    pub measure: Measure,
}

impl App {
    /// An answer by a row of the table alone.
    fn alone(&self, code: Code) -> Sent {
        Sent(self.service.alone(vec![Issue::plain(code)]))
    }
}

type Shared = State<Arc<App>>;

/// Every route of the server.
pub fn router(app: Arc<App>) -> Router {
    let paths = [
        "/$process-message",
        "/%24process-message",
        "/fhir/$process-message",
        "/fhir/%24process-message",
    ];
    let machines = paths
        .into_iter()
        .fold(Router::new(), |router, path| router.route(path, post(message).fallback(only_post)));
    let probes = Router::new()
        .route("/healthz", get(probes::health).fallback(only_get))
        .route("/readyz", get(probes::ready).fallback(only_get));
    let routes = machines
        .merge(probes)
        .fallback(|State(app): Shared| async move { app.alone(Code::NotFound) })
        .with_state(app.clone());
    layered(routes, app)
}

/// What lies over every route: a panic becomes a 500 that says nothing, and each request has its line.
pub fn layered(routes: Router, app: Arc<App>) -> Router {
    let panicked = app.clone();
    routes
        .layer(CatchPanicLayer::custom(move |_| {
            panicked.alone(Code::InternalError).into_response()
        }))
        .layer(middleware::from_fn_with_state(app, log::request))
}

/// `POST [base]/$process-message`
async fn message(State(app): Shared, request: Request) -> Sent {
    let (parts, body) = request.into_parts();
    let received = match negotiate::negotiate(&parts) {
        Ok(encoding) => body::read(body, encoding, app.limits).await,
        Err(code) => Err(code),
    };
    match received {
        Ok(bytes) => Sent(process(&app.service, &bytes).await),
        Err(code) => app.alone(code),
    }
}

async fn only_post(State(app): Shared) -> impl IntoResponse {
    ([("allow", "POST")], app.alone(Code::MethodNotAllowed))
}

async fn only_get(State(app): Shared) -> impl IntoResponse {
    ([("allow", "GET, HEAD")], app.alone(Code::MethodNotAllowed))
}
