//! A panel's clean-up for good.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde_json::{Value, json};

use crate::panel::PanelId;
use crate::workflow::{BATCH, Picking};

use super::super::{App, cleaning::batch};
use super::Shared;
use super::problem::Problem;
use super::shown::Json;
use super::signed::{At, Writing};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/panels/{panel}/clean-up/changes", post(change))
}

/// `POST /api/panels/{panel}/clean-up/changes`: one answer, when every batch is done.
async fn change(
    State(app): Shared,
    At(id): At<i64>,
    Writing(signed, picking): Writing<Picking>,
) -> Result<Json, Response> {
    let desk = signed.desk(&app);
    let cleaning = desk.cleaning(PanelId(id), &picking).await;
    let cleaning = cleaning.map_err(|refusal| Problem::from(refusal).into_response())?;
    let mut people: Vec<Value> = Vec::new();
    for part in cleaning.people.chunks(BATCH) {
        let became = match batch(&app, &desk, signed.client(), (&cleaning.side, part)).await {
            Ok(became) => became,
            Err(why) if people.is_empty() => return Err(why.answer(&app)),
            Err(why) => why.of_all(part),
        };
        people.extend(part.iter().zip(became).map(|(one, became)| {
            json!({ "phn": one.phn.as_str(), "asked": one.chore.word(), "became": became.word() })
        }));
    }
    Ok(Json(json!({ "people": people })))
}
