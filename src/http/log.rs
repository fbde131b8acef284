//! One line a request, written here and nowhere else (docs/OPERATING.md has its grammar).
//!
//! It says route, status, event, outcome, fault codes, counts and time. It never says a name, a number of a person, a
//! body, or a path or header as the sender wrote them: each could hold one.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{error, info};
use uuid::Uuid;

use crate::clock::Clock;
use crate::fault::Code;

use super::sent::Tell;
use super::{RequestId, Speaking};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Times a request, gives it an id, writes its line.
pub(super) async fn request(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(&request);
    let method = method_word(request.method());
    let route =
        request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    request.extensions_mut().insert(RequestId(id));
    let mut unanswered = Unanswered { id, method, route: &route, answered: false };
    let mut response = next.run(request).await;
    unanswered.answered = true;
    let status = response.status().as_u16();
    let ms = (started.elapsed().as_secs_f64() * 1e6).round() / 1e3;
    let told = response.extensions_mut().remove::<Tell>().map(|Tell(told)| told);
    let told = told.as_deref();
    let client = response.extensions_mut().remove::<Speaking>();
    let client = client.as_ref().map_or("-", |Speaking(client)| client.as_str());
    let event = told.and_then(|told| told.event).map_or("-", |event| event.code());
    let outcome = told.and_then(|told| told.response).map_or("-", |response| response.code());
    let codes = told.map(|told| distinct(&told.codes)).unwrap_or_default();
    let replayed = told.is_some_and(|told| told.replayed);
    let patients = told.map_or(0, |told| told.patients);
    match told.and_then(|told| told.defect.as_ref()) {
        Some(defect) => {
            error!(%id, method, route, client, status, event, outcome, codes, replayed, patients, ms, %defect, "request");
        }
        // A panic leaves no defect behind; its own line says where it was.
        None if status >= 500 => {
            error!(%id, method, route, client, status, event, outcome, codes, replayed, patients, ms, "request");
        }
        None => {
            info!(%id, method, route, client, status, event, outcome, codes, replayed, patients, ms, "request")
        }
    }
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// Writes the line of a request whose sender hung up before there was an answer.
struct Unanswered<'r> {
    id: Uuid,
    method: &'static str,
    route: &'r str,
    answered: bool,
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        if !self.answered {
            let Unanswered { id, method, route, .. } = self;
            info!(%id, method, route, client = "-", status = 499, event = "-", outcome = "-", codes = "", replayed = false, patients = 0, "request");
        }
    }
}

/// Each code once, in order: a message of thousands of patients must not make a line of thousands of words.
fn distinct(codes: &[Code]) -> String {
    let mut words: Vec<&str> = Vec::new();
    for code in codes {
        let word = code.row().code;
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(",")
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
