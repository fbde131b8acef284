//! Pages for people, server-rendered. They act through the same desk as programs do ([`crate::workflow`]), and hold no rule of their own.
//!
//! Signed in by a session cookie; every form has a key that no other site knows; nothing is loaded from anywhere else.

mod layout;
mod mail;
mod sign_in;
mod visitor;

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing;
use axum::routing::get;

use super::App;
use layout::Page;
use visitor::Visitor;

/// Every page.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/sign-in", get(sign_in::page).post(sign_in::sign_in))
        .route("/sign-out", routing::post(sign_in::sign_out))
        .route("/my", get(home))
        .route("/sandbox/mail", get(mail::page))
}

/// `GET /my`: where everybody begins.
async fn home(visitor: Visitor) -> Response {
    Page::of(&visitor, "Welcome").show(&layout::Home { person: &visitor.person })
}
