//! Pages for people, server-rendered. They act through the same desk as programs do ([`crate::workflow`]), and hold no rule of their own.
//!
//! Signed in by a session cookie; every form has a key that no other site knows; nothing is loaded from anywhere else.

mod family_cards;
mod family_form;
mod layout;
mod mail;
mod numbers;
mod registrations;
mod sign_in;
mod typed;
mod visitor;

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};

use super::App;
use layout::Page;
use visitor::Visitor;

/// Every page.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/sign-in", get(sign_in::page).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/my", get(home))
        .route("/sandbox/mail", get(mail::page))
        .route("/my/registrations", get(registrations::all))
        .route("/my/registrations/new", get(registrations::new).post(registrations::register))
        .route(
            "/my/registrations/{family}/change",
            get(registrations::change).post(registrations::update),
        )
        .route("/my/registrations/{family}/reconfirm", post(registrations::reconfirm))
        .route(
            "/my/registrations/{family}/withdraw",
            get(registrations::ask).post(registrations::withdraw),
        )
        .merge(numbers::routes())
}

/// `GET /my`: where everybody begins.
async fn home(visitor: Visitor) -> Response {
    Page::of(&visitor, "Welcome").show(&layout::Home { person: &visitor.person })
}
