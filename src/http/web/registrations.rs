//! The families that somebody registered: where they stand, and what they can do about it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tracing::error;
use uuid::Uuid;

use crate::attachment::{FamilyId, RegistrationId};
use crate::store::{FamilyView, StoreError};
use crate::workflow::Refusal;

use super::super::App;
use super::family_cards::{Registrations, name_of, shown};
use super::family_form::{FamilyForm, Fault};
use super::layout::{Page, told};
use super::typed::{Pairs, Press, Typed};
use super::visitor::{Form, Visitor};

type Shared = State<Arc<App>>;

#[derive(Template)]
#[template(path = "web/withdraw.html")]
struct Withdraw<'v> {
    visitor: &'v Visitor,
    members: Vec<(Uuid, String)>,
    fault: Option<String>,
}

/// What a page says instead. Of what failed, only the log knows more.
fn refused(refusal: &Refusal) -> Response {
    let status = match refusal {
        Refusal::NotFound => StatusCode::NOT_FOUND,
        Refusal::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::Conflict(_) => StatusCode::CONFLICT,
        Refusal::Store(defect) => {
            error!(%defect, "an act of the workflow failed");
            let busy = matches!(defect, StoreError::Busy(_) | StoreError::Unavailable(_));
            let status = if busy {
                StatusCode::SERVICE_UNAVAILABLE
            } else {
                StatusCode::INTERNAL_SERVER_ERROR
            };
            return told(
                status,
                "This could not be done now. Look at your registrations before you try again.",
            );
        }
    };
    told(status, &refusal.to_string())
}

/// A family's number in an address. What is none is nobody's.
fn number(text: &str) -> Result<FamilyId, Refusal> {
    text.parse().map(FamilyId).map_err(|_| Refusal::NotFound)
}

fn done(what: &str) -> Response {
    Redirect::to(&format!("/my/registrations?done={what}")).into_response()
}

/// What was done on the page before.
#[derive(Debug, Deserialize)]
pub(super) struct Done {
    done: Option<String>,
}

/// `GET /my/registrations`
pub(super) async fn all(
    State(app): Shared,
    visitor: Visitor,
    Query(Done { done }): Query<Done>,
) -> Response {
    let done = match done.as_deref() {
        Some("registered") => Some("You are registered."),
        Some("changed") => Some("It was changed."),
        Some("reconfirmed") => Some("Thank you: you are still on the registry."),
        Some("withdrawn") => Some("They were taken off the registry."),
        _ => None,
    };
    let desk = visitor.desk(&app);
    let families = match desk.families().await {
        Ok(families) => families,
        Err(refusal) => return refused(&refusal),
    };
    let attached = match desk.attached_last_month(&families).await {
        Ok(attached) => attached,
        Err(refusal) => return refused(&refusal),
    };
    let cards = families.iter().zip(attached);
    let cards = cards.map(|(family, attached)| shown(&app, family, attached)).collect();
    let page = Registrations { visitor: &visitor, done, families: cards };
    Page::of(&visitor, "Our registrations").show(&page)
}

/// The form as it stands, with what is wrong with it.
async fn form(
    app: &App,
    visitor: &Visitor,
    typed: &Typed,
    faults: &[Fault],
    registered: Option<&[String]>,
) -> Response {
    let desk = visitor.desk(app);
    let (communities, conditions) = match (desk.communities().await, desk.conditions().await) {
        (Ok(communities), Ok(conditions)) => (communities, conditions),
        (Err(refusal), _) | (_, Err(refusal)) => return refused(&refusal),
    };
    let (communities, conditions) = (&communities[..], &conditions[..]);
    let form = FamilyForm { visitor, typed, faults, communities, conditions, registered };
    let (title, status) = match (faults.is_empty(), registered.is_none()) {
        (false, _) => ("Please look again", StatusCode::UNPROCESSABLE_ENTITY),
        (true, true) => ("Register", StatusCode::OK),
        (true, false) => ("Change", StatusCode::OK),
    };
    Page::of(visitor, title).status(status).show(&form)
}

/// `GET /my/registrations/new`
pub(super) async fn new(State(app): Shared, visitor: Visitor) -> Response {
    form(&app, &visitor, &Typed::blank(), &[], None).await
}

/// `POST /my/registrations/new`
pub(super) async fn register(State(app): Shared, Form(visitor, pairs): Form<Pairs>) -> Response {
    let (mut typed, press) = Typed::read(pairs);
    if press != Press::Send {
        typed.pressed(press);
        return form(&app, &visitor, &typed, &[], None).await;
    }
    let faults = match typed.registering() {
        Err(faults) => faults,
        Ok(asked) => match visitor.desk(&app).register(&asked).await {
            Ok(_) => return done("registered"),
            Err(Refusal::Invalid(text)) => vec![Fault::told(text)],
            Err(refusal) => return refused(&refusal),
        },
    };
    form(&app, &visitor, &typed, &faults, None).await
}

/// Those of a family who wait, as they are called, in the order of the form.
fn waiting(family: &FamilyView) -> Vec<(Uuid, String)> {
    let waiting = family.members.iter().filter(|member| member.state.is_waiting());
    waiting.map(|member| (member.id.0, name_of(member))).collect()
}

/// `GET /my/registrations/{family}/change`
pub(super) async fn change(
    State(app): Shared,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Response {
    let family = match number(&id) {
        Ok(id) => visitor.desk(&app).see_family(id).await,
        Err(refusal) => Err(refusal),
    };
    match family {
        Ok(family) => {
            let names: Vec<String> = waiting(&family).into_iter().map(|(_, name)| name).collect();
            if names.is_empty() {
                return refused(&Refusal::NotFound);
            }
            form(&app, &visitor, &Typed::of(&family), &[], Some(&names)).await
        }
        Err(refusal) => refused(&refusal),
    }
}

/// `POST /my/registrations/{family}/change`
pub(super) async fn update(
    State(app): Shared,
    Path(id): Path<String>,
    Form(visitor, pairs): Form<Pairs>,
) -> Response {
    let desk = visitor.desk(&app);
    let (typed, _) = Typed::read(pairs);
    let family = match number(&id) {
        Ok(id) => desk.see_family(id).await,
        Err(refusal) => Err(refusal),
    };
    let family = match family {
        Ok(family) => family,
        Err(refusal) => return refused(&refusal),
    };
    let faults = match typed.updating() {
        Err(faults) => faults,
        Ok(asked) => match desk.update_family(family.id, &asked).await {
            Ok(_) => return done("changed"),
            Err(Refusal::Invalid(text)) => vec![Fault::told(text)],
            Err(refusal) => return refused(&refusal),
        },
    };
    let of = |id: &str| {
        let found = family.members.iter().find(|member| member.id.0.to_string() == id);
        found.map(name_of).unwrap_or_default()
    };
    let names: Vec<String> = typed.members.iter().map(|member| of(&member.registration)).collect();
    form(&app, &visitor, &typed, &faults, Some(&names)).await
}

/// `POST /my/registrations/{family}/reconfirm`
pub(super) async fn reconfirm(
    State(app): Shared,
    Path(id): Path<String>,
    Form(visitor, _): Form<Pairs>,
) -> Response {
    let reconfirmed = match number(&id) {
        Ok(id) => visitor.desk(&app).reconfirm_family(id).await,
        Err(refusal) => Err(refusal),
    };
    reconfirmed.map_or_else(|refusal| refused(&refusal), |()| done("reconfirmed"))
}

/// `GET /my/registrations/{family}/withdraw`: are they sure?
pub(super) async fn ask(State(app): Shared, visitor: Visitor, Path(id): Path<String>) -> Response {
    sure(&app, &visitor, &id, None).await
}

async fn sure(app: &App, visitor: &Visitor, id: &str, fault: Option<String>) -> Response {
    let family = match number(id) {
        Ok(id) => visitor.desk(app).see_family(id).await,
        Err(refusal) => Err(refusal),
    };
    match family.map(|family| waiting(&family)) {
        Ok(members) if !members.is_empty() => {
            let status =
                if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
            let page = Withdraw { visitor, members, fault };
            Page::of(visitor, "No longer looking").status(status).show(&page)
        }
        Ok(_) => refused(&Refusal::NotFound),
        Err(refusal) => refused(&refusal),
    }
}

/// `POST /my/registrations/{family}/withdraw`
pub(super) async fn withdraw(
    State(app): Shared,
    Path(id): Path<String>,
    Form(visitor, pairs): Form<Pairs>,
) -> Response {
    let chosen = pairs.iter().filter(|(name, _)| name == "registration");
    let who: Option<Vec<_>> = chosen.map(|(_, id)| id.parse().ok().map(RegistrationId)).collect();
    let withdrawn = match (number(&id), who) {
        (Ok(id), Some(who)) => visitor.desk(&app).withdraw_some(id, &who).await,
        _ => Err(Refusal::NotFound),
    };
    match withdrawn {
        Ok(()) => done("withdrawn"),
        Err(Refusal::Invalid(text)) => sure(&app, &visitor, &id, Some(text)).await,
        Err(refusal) => refused(&refusal),
    }
}
