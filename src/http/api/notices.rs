//! How those who sign in are told, and which families are to be called.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::attachment::Contact;
use crate::store::CallView;

use super::super::App;
use super::shown::Json;
use super::signed::{At, Reading, Writing};
use super::{Answered, Shared};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/me/contact", get(contact).put(set_contact))
        .route("/api/networks/{network}/calls", get(calls).post(called))
}

fn told((contact, since): (Contact, Option<DateTime<Utc>>)) -> Json {
    Json(json!({
        "channel": contact.channel,
        "email": contact.email,
        "phone": contact.phone,
        "since": since,
    }))
}

/// `GET /api/me/contact`
async fn contact(State(app): Shared, Reading(signed): Reading) -> Answered {
    Ok(told(signed.desk(&app).contact().await?))
}

/// `PUT /api/me/contact`
async fn set_contact(State(app): Shared, Writing(signed, contact): Writing<Contact>) -> Answered {
    Ok(told(signed.desk(&app).set_contact(&contact).await?))
}

fn call(call: &CallView) -> Value {
    let people = call.names.iter().zip(&call.phns);
    let about = call.about.iter();
    json!({
        "family": call.family,
        "phone": call.phone,
        "community": call.community,
        "language": call.language,
        "interpreter": call.interpreter,
        "people": people.map(|(name, phn)| json!({ "name": name, "phn": phn })).collect::<Vec<_>>(),
        "about": about
            .map(|one| json!({ "notice": one.notice, "kind": one.kind, "since": one.since }))
            .collect::<Vec<_>>(),
    })
}

/// `GET /api/networks/{network}/calls`
async fn calls(State(app): Shared, Reading(signed): Reading, At(network): At<String>) -> Answered {
    let (_, calls) = signed.desk(&app).calls(&network).await?;
    Ok(Json(json!({ "calls": calls.iter().map(call).collect::<Vec<_>>() })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Called {
    notices: Vec<i64>,
}

/// `POST /api/networks/{network}/calls`
async fn called(
    State(app): Shared,
    At(network): At<String>,
    Writing(signed, Called { notices }): Writing<Called>,
) -> Answered {
    let desk = signed.desk(&app);
    desk.called(&network, &notices).await?;
    let (_, calls) = desk.calls(&network).await?;
    Ok(Json(json!({ "calls": calls.iter().map(call).collect::<Vec<_>>() })))
}
