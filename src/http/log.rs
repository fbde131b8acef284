//! One line a request, written here and nowhere else (docs/OPERATING.md has its grammar); its span and its counters take
//! their words from the same line.
//!
//! It says route, status, event, outcome, fault codes, counts and time. It never says a name, a number of a person, a
//! body, or a path or header as the sender wrote them: each could hold one.

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument as _, error, info};
use uuid::Uuid;

use crate::clock::Clock;
use crate::fault::Code;
use crate::store::StoreError;

use super::measure::{Measure, Outcome};
use super::sent::{Tell, Told};
use super::trace::Trace;
use super::{RequestId, Shared, Speaking};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What is told of a request.
#[derive(Debug)]
pub(super) struct Line<'l> {
    id: Uuid,
    method: &'static str,
    route: &'l str,
    client: &'l str,
    pub(super) status: u16,
    pub(super) event: &'static str,
    pub(super) outcome: &'static str,
    pub(super) codes: &'l str,
    pub(super) replayed: bool,
    pub(super) patients: usize,
}

/// Times a request, gives it an id and a trace, writes its line.
pub(super) async fn request(State(app): Shared, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(&request);
    let method = method_word(request.method());
    let route =
        request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    request.extensions_mut().insert(RequestId(id));
    let trace = Trace::begin(request.headers(), method, &route);
    let measure = &app.measure;
    let mut unanswered =
        Unanswered { id, method, route: &route, trace: &trace, measure, answered: false };
    let mut response = next.run(request).instrument(trace.span.clone()).await;
    unanswered.answered = true;
    let took = started.elapsed();
    let told = response.extensions_mut().remove::<Tell>().map(|Tell(told)| told);
    let told = told.as_deref();
    let client = response.extensions_mut().remove::<Speaking>();
    let codes = told.map(|told| distinct(&told.codes)).unwrap_or_default();
    let line = Line {
        id,
        method,
        route: &route,
        client: client.as_ref().map_or("-", |Speaking(client)| client.as_str()),
        status: response.status().as_u16(),
        event: told.and_then(|told| told.event).map_or("-", |event| event.code()),
        outcome: told.and_then(|told| told.response).map_or("-", |response| response.code()),
        codes: &words(&codes),
        replayed: told.is_some_and(|told| told.replayed),
        patients: told.map_or(0, |told| told.patients),
    };
    write(&line, &trace, Some(took), told.and_then(|told| told.defect.as_ref()));
    trace.end(&line);
    count(measure, &line, told, &codes, took);
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    trace.tell(response.headers_mut());
    response
}

/// `took` is of no interest when nobody waited for the answer.
fn write(line: &Line<'_>, trace: &Trace, took: Option<Duration>, defect: Option<&StoreError>) {
    let Line { id, method, route, client, status, event, outcome, codes, replayed, patients } =
        *line;
    let ms = took.map(|took| (took.as_secs_f64() * 1e6).round() / 1e3);
    let (trace, defect) = (trace.id(), defect.map(tracing::field::display));
    // A panic leaves no defect behind; its own line says where it was.
    if status >= 500 || defect.is_some() {
        error!(%id, %trace, method, route, client, status, event, outcome, codes, replayed, patients, ms, defect, "request");
    } else {
        info!(%id, %trace, method, route, client, status, event, outcome, codes, replayed, patients, ms, "request");
    }
}

/// The same, for the counters.
fn count(measure: &Measure, line: &Line<'_>, told: Option<&Told>, codes: &[Code], took: Duration) {
    measure.request(line.route, line.status);
    measure.issues(codes);
    if told.is_some_and(|told| told.from_replica) {
        measure.replica_answered();
    }
    if line.method == "POST" && line.route.ends_with("process-message") {
        let outcome = told.map_or(Outcome::Failed, |told| Outcome::of(line.status, told));
        measure.message(line.event, outcome, line.patients, took);
    }
}

/// Writes the line of a request whose sender hung up before there was an answer.
struct Unanswered<'r> {
    id: Uuid,
    method: &'static str,
    route: &'r str,
    trace: &'r Trace,
    measure: &'r Measure,
    answered: bool,
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        if !self.answered {
            let Unanswered { id, method, route, trace, measure, .. } = *self;
            let line = Line {
                id,
                method,
                route,
                client: "-",
                status: 499,
                event: "-",
                outcome: "-",
                codes: "",
                replayed: false,
                patients: 0,
            };
            write(&line, trace, None, None);
            trace.end(&line);
            measure.request(route, 499);
        }
    }
}

/// Each code once, in order: a message of thousands of patients must not make a line of thousands of words.
fn distinct(codes: &[Code]) -> Vec<Code> {
    let mut once: Vec<Code> = Vec::new();
    for code in codes {
        if !once.contains(code) {
            once.push(*code);
        }
    }
    once
}

fn words(codes: &[Code]) -> String {
    codes.iter().map(|code| code.row().code).collect::<Vec<_>>().join(",")
}

/// The caller's id when it is a UUID with its hyphens; else a new one. Anything else could be anything.
fn request_id(request: &Request) -> Uuid {
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let uuid = given.filter(|text| text.len() == 36).and_then(|text| text.parse().ok());
    uuid.unwrap_or_else(|| Clock::System.id())
}

fn method_word(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
