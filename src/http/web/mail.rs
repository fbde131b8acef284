//! `GET /sandbox/mail`: what the sandbox would have sent.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::mail::{Caught, Mail};

use super::super::App;
use super::layout::{Page, told};

#[derive(Template)]
#[template(path = "web/mail.html")]
struct Letters {
    letters: Vec<Caught>,
}

pub(super) async fn page(State(app): State<Arc<App>>) -> Response {
    match &app.mail {
        Some(mail @ Mail::Sandbox(_)) => {
            Page::for_anybody("Letters").show(&Letters { letters: mail.caught() })
        }
        _ => told(StatusCode::NOT_FOUND, "Letters are caught in the sandbox alone."),
    }
}
