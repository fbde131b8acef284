//! Clinics, for those who direct them.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::{get, put};
use serde_json::{Value, json};

use crate::attachment::{ClinicDetails, Post};
use crate::store::{ClinicEntry, PanelSide, StaffMember};
use crate::workflow::Clinic;

use super::super::App;
use super::shown::Json;
use super::signed::{At, Doing, Reading, Writing};
use super::{Answered, Shared};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/clinics/{clinic}", get(one_clinic).put(keep_clinic))
        .route("/api/clinics/{clinic}/staff/{subject}", put(keep_staff).delete(staff_leaves))
}

/// `GET /api/clinics/{clinic}`
async fn one_clinic(State(app): Shared, Reading(signed): Reading, At(key): At<String>) -> Answered {
    Ok(Json(clinic(&signed.desk(&app).clinic(&key).await?)))
}

/// `PUT /api/clinics/{clinic}`
async fn keep_clinic(
    State(app): Shared,
    At(key): At<String>,
    Writing(signed, details): Writing<ClinicDetails>,
) -> Answered {
    Ok(Json(clinic(&signed.desk(&app).keep_clinic(&key, details).await?)))
}

/// `PUT /api/clinics/{clinic}/staff/{subject}`
async fn keep_staff(
    State(app): Shared,
    At((key, subject)): At<(String, String)>,
    Writing(signed, post): Writing<Post>,
) -> Answered {
    Ok(Json(clinic(&signed.desk(&app).keep_staff(&key, &subject, post).await?)))
}

/// `DELETE /api/clinics/{clinic}/staff/{subject}`
async fn staff_leaves(
    State(app): Shared,
    At((key, subject)): At<(String, String)>,
    Doing(signed): Doing,
) -> Answered {
    Ok(Json(clinic(&signed.desk(&app).staff_leaves(&key, &subject).await?)))
}

fn clinic(clinic: &Clinic) -> Value {
    let kept = clinic.kept.as_ref();
    json!({
        "key": clinic.key,
        "name": clinic.name(),
        "registries": clinic.entries.iter().map(entry).collect::<Vec<_>>(),
        "details": kept.map(|kept| &kept.details),
        "keptAt": kept.map(|kept| kept.at),
        "keptBy": kept.map(|kept| &kept.author),
        "staff": clinic.staff.iter().map(member).collect::<Vec<_>>(),
        "providers": clinic.panels.iter().map(|panel| provider(clinic, panel)).collect::<Vec<_>>(),
    })
}

fn entry(entry: &ClinicEntry) -> Value {
    json!({
        "registry": entry.registry,
        "name": entry.name,
        "numbers": entry.numbers,
        "postalCodes": entry.postal_codes,
    })
}

fn member(member: &StaffMember) -> Value {
    json!({
        "subject": member.subject,
        "name": member.name,
        "job": member.job,
        "keptAt": member.at,
        "keptBy": member.author,
    })
}

fn provider(clinic: &Clinic, panel: &PanelSide) -> Value {
    let delegates =
        clinic.delegates.iter().filter(|one| one.practitioner_key == panel.practitioner_key);
    json!({
        "panel": panel.id.0,
        "practitioner": { "key": panel.practitioner_key, "name": panel.practitioner },
        "size": panel.size,
        "accepting": panel.stated.as_ref().map(|stated| stated.capacity.accepting),
        "open": panel.open(),
        "delegates": delegates.map(super::shown::delegate).collect::<Vec<_>>(),
    })
}
