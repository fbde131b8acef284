//! Pages for people, server-rendered. They act through the same desk as programs do ([`crate::workflow`]), and hold no rule of their own.
//!
//! Signed in by a session cookie; every form has a key that no other site knows; nothing is loaded from anywhere else.

mod asked;
mod calls;
mod candidates;
mod capacity;
mod clean_up;
mod cleaning;
mod clinic;
mod clinic_card;
mod delegates;
mod differing;
mod families;
mod family_cards;
mod family_form;
mod growing;
mod home;
mod kept;
mod languages;
mod layout;
mod mail;
mod members;
mod network;
mod notices;
mod numbers;
mod pages;
mod panel;
mod records;
mod refused;
mod registrations;
mod review;
mod sign_in;
mod targets;
mod typed;
mod upload;
mod visitor;
mod whose;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use super::App;

pub use pages::{Pages, SignIn};
use whose::Whose;

/// Every page.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/sign-in", get(sign_in::page).post(sign_in::sign_in))
        .route("/sign-in/back", get(sign_in::back))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/my", get(home::page))
        .route("/my/panels/{panel}", get(panel::page))
        .route("/my/panels/{panel}/capacity", post(panel::state_capacity))
        .route("/my/panels/{panel}/members", get(members::page).post(members::search))
        .route("/my/panels/{panel}/records", get(records::page))
        .route("/my/panels/{panel}/records.csv", get(records::table))
        .route("/my/panels/{panel}/clean-up", get(clean_up::page).post(clean_up::compare))
        .route("/my/panels/{panel}/clean-up/changes", post(cleaning::change))
        .route("/my/panels/{panel}/candidates", get(candidates::page))
        .route("/my/panels/{panel}/lists", post(candidates::send))
        .route("/my/panels/{panel}/targets", get(targets::page).post(targets::set))
        .route("/my/panels/{panel}/targets/end", post(targets::give_up))
        .route("/my/delegates", get(delegates::page).post(delegates::give))
        .route("/my/delegates/end", post(delegates::end))
        .route("/my/clinics/{clinic}", get(clinic::page).post(clinic::keep))
        .route("/my/clinics/{clinic}/staff", post(clinic::employ))
        .route("/my/clinics/{clinic}/staff/end", post(clinic::let_go))
        .route("/my/lists/{list}/answers", post(panel::answer))
        .route("/my/lists/{list}/confirmations", post(panel::confirm))
        .route("/my/networks/{network}", get(network::page))
        .route("/my/networks/{network}/calls", get(calls::page).post(calls::called))
        .route("/my/notices", get(notices::page).post(notices::keep))
        .route("/sandbox/mail", get(mail::page))
        .route("/my/registrations", get(registrations::all))
        .route("/my/families", get(families::page).post(families::find))
        .route("/my/families/{family}", get(families::one))
        .merge(registrations::routes(Whose::Own))
        .merge(registrations::routes(Whose::Callers))
        .merge(numbers::routes())
}
