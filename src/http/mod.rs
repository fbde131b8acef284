//! The edge: axum, and nothing that decides anything about panels.
//!
//! Machines post to `/$process-message` (at the root and under `/fhir`, `$` percent-encoded or not); probes ask `/healthz`
//! and `/readyz`; anybody may GET what is published (`published`), people `/`. Every answer that is no 2xx is an
//! OperationOutcome, wherever it comes from, but for those of the sandbox's token endpoint (`token`).

mod api;
mod body;
mod certificate;
mod cleaning;
mod door;
mod listen;
mod home;
mod log;
mod measure;
mod negotiate;
mod panel;
mod probes;
mod published;
mod sent;
mod stale;
mod stall;
pub mod token;
mod trace;
mod unrecorded;
mod web;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Uri;
use axum::http::request::Parts;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use uuid::Uuid;

use crate::access::{Authenticated, Caller, ClientId, Scopes};
use crate::audit::{Origin, Outcome};
use crate::conformance::{BASES, Claims};
use crate::fault::{Code, Issue};
use crate::mail::Mail;
use crate::process::{Answer, Post, Service, process};
use crate::store::Queue;
use door::Turned;
use sent::Sent;
use token::Desk;
use unrecorded::Unrecorded;

pub use body::BodyRoom;
pub use certificate::{Certificate, CertificateError};
pub use door::Door;
pub use home::token_command;
pub use listen::{ListenLimits, Stop, serve, stopped};
pub use measure::{Kind, METRICS, Measure, Metric, metrics_router};
pub use web::{Pages, SignIn};

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
    /// The memory that all bodies together may hold.
    pub bodies: BodyRoom,
    /// Who is let in.
    pub door: Door,
    /// Where tokens come from, as clients are told; none where nobody is asked for one.
    pub desk: Option<Arc<Desk>>,
    /// Whether the peer is a gateway that is trusted to say where a request came from.
    pub behind_gateway: bool,
    /// What is published.
    pub claims: Claims,
    /// Where records are left of what touches Postgres for nothing else.
    pub trail: Queue,
    /// Where notices go; none: they wait.
    pub mail: Option<Mail>,
    /// Where people sign in, and how often they may come.
    pub pages: Pages,
    /// Counts and times.
    pub measure: Measure,
}

impl App {
    /// An answer by a row of the table alone.
    fn alone(&self, code: Code) -> Sent {
        Sent(self.service.alone(vec![Issue::plain(code)]))
    }

    /// Whoever sends a request, if they are let in.
    async fn admit(&self, parts: &Parts) -> Result<Admitted, Response> {
        let request_id = parts.extensions.get::<RequestId>().map_or(Uuid::nil(), |id| id.0);
        let address = door::origin(parts, self.behind_gateway);
        match self.door.admit(&parts.headers, self.service.clock.now()).await {
            Ok(Authenticated { caller, scopes }) => {
                Ok(Admitted { caller, scopes, request_id, address })
            }
            Err((turned, caller)) => {
                let origin = Origin { request_id, caller: &caller, address };
                Err(self.turned_away(turned, origin))
            }
        }
    }

    /// For a message that was not even read, with its record.
    fn refused(&self, issue: Issue, origin: Origin<'_>) -> Answer {
        let answer = self.service.alone(vec![issue]);
        let outcome = if answer.status < 500 { Outcome::Refused } else { Outcome::Failed };
        let record = self.service.record(&answer, outcome, origin);
        answer.with_record(record)
    }

    /// For whoever is not let in, with the time to come again where it is known.
    fn turned_away(&self, turned: Turned, origin: Origin<'_>) -> Response {
        let mut answer = self.refused(turned.issue(), origin);
        answer.retry_after = turned.retry_after();
        self.sent(answer, origin.caller)
    }

    /// An answer on its way out, its record left behind where it is not made yet.
    fn sent(&self, mut answer: Answer, caller: &Caller) -> Response {
        if let Some(record) = answer.record.take() {
            self.trail.offer(*record);
        }
        let mut response = Sent(answer).into_response();
        if let Some(client) = caller.client() {
            response.extensions_mut().insert(Speaking(client.clone()));
        }
        response
    }
}

/// Whoever was let in, and of which request.
#[derive(Debug)]
struct Admitted {
    caller: Caller,
    scopes: Scopes,
    request_id: Uuid,
    address: Option<IpAddr>,
}

impl Admitted {
    fn origin(&self) -> Origin<'_> {
        Origin { request_id: self.request_id, caller: &self.caller, address: self.address }
    }
}

type Shared = State<Arc<App>>;

/// Every route of the server.
pub fn router(app: Arc<App>) -> Router {
    let machines = BASES.into_iter().fold(Router::new(), |router, base| {
        router
            .route(&format!("{base}/$process-message"), post(message).fallback(only_post))
            .route(&format!("{base}/%24process-message"), post(message).fallback(only_post))
            .route(&format!("{base}/Group"), get(panel::search).fallback(only_get))
    });
    let probes = BASES.into_iter().fold(Router::new(), |router, base| {
        router
            .route(&format!("{base}/healthz"), get(probes::health).fallback(only_get))
            .route(&format!("{base}/readyz"), get(probes::ready).fallback(only_get))
    });
    let tokens = app.desk.clone().map(token::router).unwrap_or_default();
    let routes = machines
        .merge(probes)
        .merge(api::routes())
        .merge(web::routes())
        .fallback(nowhere)
        .with_state(app.clone())
        .merge(tokens)
        .merge(published::routes(app.clone()));
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
async fn message(State(app): Shared, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let by = match app.admit(&parts).await {
        Ok(by) => by,
        Err(turned_away) => return turned_away,
    };
    let origin = by.origin();
    let mut unrecorded = Unrecorded { app: &app, origin, answered: false };
    let received = match negotiate::negotiate(&parts) {
        Ok(encoding) => body::read(body, encoding, app.limits, &app.bodies).await,
        Err(code) => Err(code),
    };
    let answer = match received {
        Ok(held) => {
            let (scopes, limiter) = (by.scopes, app.door.limiter());
            let max_stale = stale::max_stale(&parts.headers);
            let post = Post { origin, scopes, limiter, max_stale, body: held.bytes() };
            process(&app.service, post).await
        }
        Err(code) => app.refused(Issue::plain(code), origin),
    };
    unrecorded.answered = true;
    app.sent(answer, &by.caller)
}

/// The request's `X-Request-Id`, for those who handle it.
#[derive(Debug, Clone, Copy)]
struct RequestId(Uuid);

/// Which client an answer goes to, for the log line.
#[derive(Debug, Clone)]
struct Speaking(ClientId);

/// What nothing is at, told as those are answered who may have looked for something.
async fn nowhere(State(app): Shared, uri: Uri) -> Response {
    let of_the_api = api::nothing_at(uri.path());
    of_the_api.unwrap_or_else(|| app.alone(Code::NotFound).into_response())
}

async fn only_post(State(app): Shared) -> impl IntoResponse {
    ([("allow", "POST")], app.alone(Code::MethodNotAllowed))
}

async fn only_get(State(app): Shared) -> impl IntoResponse {
    ([("allow", "GET, HEAD")], app.alone(Code::MethodNotAllowed))
}
