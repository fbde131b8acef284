//! `GET /sandbox/mail`: what the sandbox would have sent.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::mail::{Caught, Mail, Sent};

use super::super::App;
use super::layout::{Page, told};

#[derive(Template)]
#[template(path = "web/mail.html")]
struct Letters {
    caught: Vec<Caught>,
}

pub(super) async fn page(State(app): State<Arc<App>>) -> Response {
    match app.mail.as_ref().and_then(Mail::caught) {
        Some(caught) => Page::for_anybody("Letters").show(&Letters { caught }),
        None => told(StatusCode::NOT_FOUND, "Letters are caught in the sandbox alone."),
    }
}
