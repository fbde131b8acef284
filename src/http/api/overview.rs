//! What people see before they do something: networks, who is on a panel, and what forms offer.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::panel::PanelId;
use crate::store::{MemberSearch, MemberView, Named, NetworkView, Waiting};
use crate::workflow::Finding;

use super::super::App;
use super::shown::{Json, family, panel};
use super::signed::{Asking, At, Reading};
use super::{Answered, Shared};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/networks", get(networks))
        .route("/api/networks/{network}", get(network))
        .route("/api/panels/{panel}/members/search", post(members))
        .route("/api/families/search", post(find_family))
        .route("/api/communities", get(communities))
        .route("/api/conditions", get(conditions))
}

fn shown_network(network: &NetworkView) -> Value {
    json!({ "code": network.code, "name": network.name })
}

/// `GET /api/networks`
async fn networks(State(app): Shared, Reading(signed): Reading) -> Answered {
    let networks = signed.desk(&app).networks().await?;
    Ok(Json(json!({ "networks": networks.iter().map(shown_network).collect::<Vec<_>>() })))
}

fn shown_community(waiting: &Waiting) -> Value {
    json!({
        "code": waiting.community,
        "name": waiting.name,
        "people": waiting.people,
        "families": waiting.families,
        "medianDays": waiting.median_days,
    })
}

/// `GET /api/networks/{network}`
async fn network(State(app): Shared, Reading(signed): Reading, At(code): At<String>) -> Answered {
    let area = signed.desk(&app).area(&code).await?;
    Ok(Json(json!({
        "network": shown_network(&area.network),
        "communities": area.waiting.iter().map(shown_community).collect::<Vec<_>>(),
        "panels": area.panels.iter().map(panel).collect::<Vec<_>>(),
    })))
}

/// Whom somebody looks for: in a body and not in the address, since those are kept by gateways.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    #[serde(default)]
    words: String,
    #[serde(default)]
    left: bool,
    #[serde(default)]
    skip: u16,
}

fn shown_member(member: &MemberView) -> Value {
    json!({
        "phn": member.phn,
        "name": member.name,
        "birthDate": member.birth_date,
        "status": member.status,
        "deceased": member.deceased,
        "since": member.since,
        "reason": member.reason,
        "author": member.author,
    })
}

/// `POST /api/panels/{panel}/members/search`
async fn members(
    State(app): Shared,
    At(id): At<i64>,
    Asking(signed, Search { words, left, skip }): Asking<Search>,
) -> Answered {
    let search = MemberSearch { words, left, skip };
    let found = signed.desk(&app).members(PanelId(id), &search).await?;
    let members: Vec<Value> = found.people.iter().map(shown_member).collect();
    Ok(Json(json!({ "members": members, "more": found.more })))
}

/// `POST /api/families/search`: whoever calls the registry, for its agents. It changes nothing.
async fn find_family(State(app): Shared, Asking(signed, asked): Asking<Finding>) -> Answered {
    Ok(Json(family(&signed.desk(&app).find_family(&asked).await?)))
}

fn named(all: &[Named]) -> Vec<Value> {
    all.iter().map(|one| json!({ "code": one.code, "name": one.name })).collect()
}

/// `GET /api/communities`: for those without a fixed address.
async fn communities(State(app): Shared, Reading(signed): Reading) -> Answered {
    let communities = signed.desk(&app).communities().await?;
    Ok(Json(json!({ "communities": named(&communities) })))
}

/// `GET /api/conditions`: what families can tell of their health.
async fn conditions(State(app): Shared, Reading(signed): Reading) -> Answered {
    let conditions = signed.desk(&app).conditions().await?;
    Ok(Json(json!({ "conditions": named(&conditions) })))
}
