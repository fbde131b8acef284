//! The attachment workflow for programs: JSON under `/api`, for a person who is signed in.
//!
//! Who they are is in the token (`sub`), what they may do in `access.role`. Whatever is not theirs is not there (404). Errors are problem
//! details (RFC 9457).

mod cleaning;
mod clinics;
mod notices;
mod overview;
pub(super) mod papers;
pub(super) mod problem;
mod shape;
mod shown;
mod signed;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::attachment::{Capacity, FamilyId, Ground, ListId, ProposalId, RegistrationId, Target};
use crate::panel::PanelId;
use crate::workflow::{Candidate, Given, Refusal, Registering, Sending, Updating};

use super::App;
use problem::Problem;
use shown::{Json, candidate, families, family, list, panel, person};
use signed::{At, Doing, Reading, Writing};

type Answered = Result<Json, Problem>;
type Shared = State<Arc<App>>;

/// Every route of it.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/me", get(me))
        .route("/api/panels", get(panels))
        .route("/api/panels/{panel}", get(one_panel))
        .route("/api/panels/{panel}/capacity", put(state_capacity))
        .route("/api/panels/{panel}/candidates", get(candidates))
        .route("/api/panels/{panel}/lists", get(lists).post(send_list))
        .route("/api/panels/{panel}/targets", get(targets).post(set_target))
        .route("/api/delegates", get(delegates))
        .route("/api/delegates/{practitioner}/{subject}", put(give_delegate).delete(take_delegate))
        .route("/api/lists/{list}", get(one_list))
        .route("/api/lists/{list}/answers", post(answer))
        .route("/api/lists/{list}/confirmations", post(confirm))
        .route("/api/registrations", get(my_families).post(register))
        .route("/api/families/{family}", get(one_family).put(update_family))
        .route("/api/families/{family}/reconfirm", post(reconfirm_family))
        .route("/api/families/{family}/withdraw", post(withdraw_some))
        .route("/api/registrations/{registration}/reconfirm", post(reconfirm))
        .route("/api/registrations/{registration}/withdraw", post(withdraw))
        .merge(overview::routes())
        .merge(clinics::routes())
        .merge(notices::routes())
        .merge(papers::routes())
        .merge(cleaning::routes())
        .method_not_allowed_fallback(other_method)
}

/// The answer to whoever asks for what has no route, if it would be one of these.
pub(super) fn nothing_at(path: &str) -> Option<Response> {
    let below = path.strip_prefix("/api")?;
    let ours = below.is_empty() || below.starts_with('/');
    ours.then(|| Problem::from(Refusal::NotFound).into_response())
}

/// `Allow` is said by the router.
async fn other_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        Ground::Method,
        "Not by this method; Allow says by which.",
    )
}

/// `GET /api/me`
async fn me(Reading(signed): Reading) -> Json {
    Json(person(&signed.person))
}

/// `GET /api/panels`
async fn panels(State(app): Shared, Reading(signed): Reading) -> Answered {
    let panels = signed.desk(&app).panels().await?;
    Ok(Json(json!({ "panels": panels.iter().map(panel).collect::<Vec<_>>() })))
}

/// `GET /api/panels/{panel}`
async fn one_panel(State(app): Shared, Reading(signed): Reading, At(id): At<i64>) -> Answered {
    Ok(Json(panel(&signed.desk(&app).see_panel(PanelId(id)).await?)))
}

/// `PUT /api/panels/{panel}/capacity`
async fn state_capacity(
    State(app): Shared,
    At(id): At<i64>,
    Writing(signed, capacity): Writing<Capacity>,
) -> Answered {
    Ok(Json(panel(&signed.desk(&app).state_capacity(PanelId(id), &capacity).await?)))
}

/// `GET /api/panels/{panel}/candidates`
async fn candidates(State(app): Shared, Reading(signed): Reading, At(id): At<i64>) -> Answered {
    let choice = signed.desk(&app).choice(PanelId(id)).await?;
    let all = |of: &[Candidate]| of.iter().map(candidate).collect::<Vec<_>>();
    Ok(Json(json!({ "candidates": all(&choice.fitting), "next": all(&choice.next) })))
}

/// `GET /api/panels/{panel}/lists`
async fn lists(State(app): Shared, Reading(signed): Reading, At(id): At<i64>) -> Answered {
    let lists = signed.desk(&app).lists(PanelId(id)).await?;
    Ok(Json(json!({ "lists": lists.iter().map(list).collect::<Vec<_>>() })))
}

/// `POST /api/panels/{panel}/lists`
async fn send_list(
    State(app): Shared,
    At(id): At<i64>,
    Writing(signed, sending): Writing<Sending>,
) -> Result<Response, Problem> {
    let sent = signed.desk(&app).send_list(PanelId(id), &sending).await?;
    let place = [(header::LOCATION, format!("/api/lists/{}", sent.id.0))];
    Ok((StatusCode::CREATED, place, Json(list(&sent))).into_response())
}

/// `GET /api/panels/{panel}/targets`
async fn targets(State(app): Shared, Reading(signed): Reading, At(id): At<i64>) -> Answered {
    Ok(Json(json!({ "targets": signed.desk(&app).targets(PanelId(id)).await? })))
}

/// `POST /api/panels/{panel}/targets`
async fn set_target(
    State(app): Shared,
    At(id): At<i64>,
    Writing(signed, target): Writing<Target>,
) -> Answered {
    Ok(Json(json!({ "targets": signed.desk(&app).set_target(PanelId(id), target).await? })))
}

/// `GET /api/delegates`
async fn delegates(State(app): Shared, Reading(signed): Reading) -> Answered {
    Ok(Json(shown::delegates(&signed.desk(&app).delegates().await?)))
}

/// `PUT /api/delegates/{practitioner}/{subject}`
async fn give_delegate(
    State(app): Shared,
    At((practitioner, subject)): At<(String, String)>,
    Doing(signed): Doing,
) -> Answered {
    let delegates = signed.desk(&app).delegate(&practitioner, &subject, true).await?;
    Ok(Json(shown::delegates(&delegates)))
}

/// `DELETE /api/delegates/{practitioner}/{subject}`
async fn take_delegate(
    State(app): Shared,
    At((practitioner, subject)): At<(String, String)>,
    Doing(signed): Doing,
) -> Answered {
    let delegates = signed.desk(&app).delegate(&practitioner, &subject, false).await?;
    Ok(Json(shown::delegates(&delegates)))
}

/// `GET /api/lists/{list}`
async fn one_list(State(app): Shared, Reading(signed): Reading, At(id): At<Uuid>) -> Answered {
    let (_, seen) = signed.desk(&app).see_list(ListId(id)).await?;
    Ok(Json(list(&seen)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answers {
    answers: Vec<Given>,
}

/// `POST /api/lists/{list}/answers`
async fn answer(
    State(app): Shared,
    At(id): At<Uuid>,
    Writing(signed, Answers { answers }): Writing<Answers>,
) -> Answered {
    Ok(Json(list(&signed.desk(&app).answer(ListId(id), &answers).await?)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirmations {
    proposals: Vec<ProposalId>,
}

/// `POST /api/lists/{list}/confirmations`
async fn confirm(
    State(app): Shared,
    At(id): At<Uuid>,
    Writing(signed, Confirmations { proposals }): Writing<Confirmations>,
) -> Answered {
    Ok(Json(list(&signed.desk(&app).confirm(ListId(id), &proposals).await?)))
}

/// `GET /api/registrations`
async fn my_families(State(app): Shared, Reading(signed): Reading) -> Answered {
    Ok(Json(families(&signed.desk(&app).families().await?)))
}

/// `POST /api/registrations`
async fn register(
    State(app): Shared,
    Writing(signed, asked): Writing<Registering>,
) -> Result<Response, Problem> {
    let desk = signed.desk(&app);
    let id = desk.register(&asked).await?;
    let place = [(header::LOCATION, format!("/api/families/{}", id.0))];
    let all = Json(families(&desk.families_with(id).await?));
    Ok((StatusCode::CREATED, place, all).into_response())
}

/// `GET /api/families/{family}`
async fn one_family(State(app): Shared, Reading(signed): Reading, At(id): At<Uuid>) -> Answered {
    Ok(Json(family(&signed.desk(&app).see_family(FamilyId(id)).await?)))
}

/// `PUT /api/families/{family}`
async fn update_family(
    State(app): Shared,
    At(id): At<Uuid>,
    Writing(signed, asked): Writing<Updating>,
) -> Answered {
    Ok(Json(family(&signed.desk(&app).update_family(FamilyId(id), &asked).await?)))
}

/// `POST /api/families/{family}/reconfirm`
async fn reconfirm_family(State(app): Shared, At(id): At<Uuid>, Doing(signed): Doing) -> Answered {
    let desk = signed.desk(&app);
    desk.reconfirm_family(FamilyId(id)).await?;
    Ok(Json(families(&desk.families_with(FamilyId(id)).await?)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Leaving {
    registrations: Vec<RegistrationId>,
}

/// `POST /api/families/{family}/withdraw`
async fn withdraw_some(
    State(app): Shared,
    At(id): At<Uuid>,
    Writing(signed, Leaving { registrations }): Writing<Leaving>,
) -> Answered {
    let desk = signed.desk(&app);
    desk.withdraw_some(FamilyId(id), &registrations).await?;
    Ok(Json(families(&desk.families_with(FamilyId(id)).await?)))
}

/// `POST /api/registrations/{registration}/reconfirm`
async fn reconfirm(State(app): Shared, At(id): At<Uuid>, Doing(signed): Doing) -> Answered {
    let desk = signed.desk(&app);
    let family = desk.reconfirm(RegistrationId(id)).await?;
    Ok(Json(families(&desk.families_with(family).await?)))
}

/// `POST /api/registrations/{registration}/withdraw`
async fn withdraw(State(app): Shared, At(id): At<Uuid>, Doing(signed): Doing) -> Answered {
    let desk = signed.desk(&app);
    let family = desk.withdraw(RegistrationId(id)).await?;
    Ok(Json(families(&desk.families_with(family).await?)))
}
