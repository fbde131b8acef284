//! The edge: axum, and nothing that decides anything about panels.
//!
//! Machines post to `/$process-message` (at the root and under `/fhir`, `$` percent-encoded or not); probes ask `/healthz`
//! and `/readyz`; anybody may GET what is published (`published`), people `/`. Every answer that is no 2xx is an OperationOutcome, wherever it comes from.

mod body;
mod home;
mod log;
mod negotiate;
mod probes;
mod published;
mod sent;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;

use crate::conformance::{Claims, Security};
use crate::fault::{Code, Issue};
use crate::process::{Service, process};
use sent::Sent;

/// Minutes for which answers are kept, as published.
const RELIABLE_CACHE: u32 = 30 * 24 * 60;

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
    let panicked = app.clone();
    let published = published::routes(app.clone(), claims(&app.service));
    machines
        .merge(probes)
        .fallback(|State(app): Shared| async move { app.alone(Code::NotFound) })
        .with_state(app)
        .merge(published)
        .layer(CatchPanicLayer::custom(move |_| {
            panicked.alone(Code::InternalError).into_response()
        }))
        .layer(middleware::from_fn(log::request))
}

/// What is published of a service.
fn claims(service: &Service) -> Claims {
    Claims {
        canonical: service.origin.canonical.clone(),
        endpoint: service.origin.endpoint.clone(),
        naming: service.reading.naming.clone(),
        limits: service.reading.limits,
        reliable_cache: RELIABLE_CACHE,
        security: Security::Open,
        sandbox: false,
    }
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
