//! Pages for people, server-rendered. They act through the same desk as programs do ([`crate::workflow`]), and hold no rule of their own.
//!
//! Signed in by a session cookie; every form has a key that no other site knows; nothing is loaded from anywhere else.

mod candidates;
mod capacity;
mod home;
mod layout;
mod network;
mod panel;
mod refused;
mod review;
mod sign_in;
mod visitor;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use super::App;

/// Every page.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/sign-in", get(sign_in::page).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/my", get(home::page))
        .route("/my/panels/{panel}", get(panel::page))
        .route("/my/panels/{panel}/capacity", post(panel::state_capacity))
        .route("/my/panels/{panel}/members", get(panel::members))
        .route("/my/panels/{panel}/candidates", get(candidates::page))
        .route("/my/panels/{panel}/lists", post(candidates::send))
        .route("/my/lists/{list}/answers", post(panel::answer))
        .route("/my/lists/{list}/confirmations", post(panel::confirm))
        .route("/my/networks/{network}", get(network::page))
}
