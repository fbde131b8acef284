//! The families that somebody registered: where they stand, and what they can do about it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use crate::attachment::RegistrationId;
use crate::store::FamilyView;
use crate::workflow::Refusal;

use super::super::App;
use super::asked::{Done, Fields, family_id};
use super::family_cards::{self, Registrations, name_of};
use super::family_form::{FamilyForm, Fault};
use super::layout::Page;
use super::refused::shown;
use super::typed::{Press, Typed};
use super::visitor::{Form, Visitor};
use super::words;

type Shared = State<Arc<App>>;

#[derive(Template)]
#[template(path = "web/withdraw.html")]
struct Withdraw<'v> {
    visitor: &'v Visitor,
    members: Vec<(Uuid, String)>,
    fault: Option<String>,
}

fn done(what: &str) -> Response {
    Redirect::to(&format!("/my/registrations?done={what}")).into_response()
}

/// `GET /my/registrations`
pub(super) async fn all(
    State(app): Shared,
    visitor: Visitor,
    Query(told): Query<Done>,
) -> Response {
    let done = words::done(told.done.as_deref());
    let page = async {
        let desk = visitor.desk(&app);
        let families = desk.families().await?;
        let attached = desk.attached_last_month(&families).await?;
        let mut cards = Vec::new();
        for (family, attached) in families.iter().zip(attached) {
            let clinics = desk.clinics_that_took(family).await?;
            cards.push(family_cards::shown(&app, family, attached, clinics));
        }
        let page = Registrations { visitor: &visitor, done, families: cards };
        Ok(Page::of(&visitor, "Our registrations").show(&page))
    };
    shown(&visitor, page.await)
}

/// The form as it stands, with what is wrong with it.
async fn form(
    app: &App,
    visitor: &Visitor,
    typed: &Typed,
    faults: &[Fault],
    registered: Option<&[String]>,
) -> Result<Response, Refusal> {
    let desk = visitor.desk(app);
    let (communities, conditions) = (&desk.communities().await?[..], &desk.conditions().await?[..]);
    let form = FamilyForm { visitor, typed, faults, communities, conditions, registered };
    let title = if registered.is_none() { "Register" } else { "Change" };
    let status = match faults.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Ok(Page::of(visitor, title).status(status).show(&form))
}

/// What is wrong with a form that could be read, where it can be mended there.
fn faults(refusal: Refusal) -> Result<Vec<Fault>, Refusal> {
    match refusal {
        Refusal::Invalid(ground, text) => Ok(vec![Fault::told(ground, text)]),
        other => Err(other),
    }
}

/// `GET /my/registrations/new`
pub(super) async fn new(State(app): Shared, visitor: Visitor) -> Response {
    shown(&visitor, form(&app, &visitor, &Typed::blank(), &[], None).await)
}

/// `POST /my/registrations/new`
pub(super) async fn register(State(app): Shared, Form(visitor, fields): Form<Fields>) -> Response {
    let page = async {
        let (mut typed, press) = Typed::read(fields);
        if press != Press::Send {
            typed.pressed(press);
            return form(&app, &visitor, &typed, &[], None).await;
        }
        let faults = match typed.registering() {
            Err(faults) => faults,
            Ok(asked) => match visitor.desk(&app).register(&asked).await {
                Ok(_) => return Ok(done("registered")),
                Err(refusal) => faults(refusal)?,
            },
        };
        form(&app, &visitor, &typed, &faults, None).await
    };
    shown(&visitor, page.await)
}

/// Those of a family who wait, as they are called, in the order of the form; where nobody does, there is nothing to do.
fn waiting(family: &FamilyView) -> Result<Vec<(Uuid, String)>, Refusal> {
    let waiting = family.members.iter().filter(|member| member.state.is_waiting());
    let waiting: Vec<_> = waiting.map(|member| (member.id.0, name_of(member))).collect();
    if waiting.is_empty() { Err(Refusal::NotFound) } else { Ok(waiting) }
}

/// `GET /my/registrations/{family}/change`
pub(super) async fn change(
    State(app): Shared,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Response {
    let page = async {
        let family = visitor.desk(&app).see_family(family_id(&id)?).await?;
        let names: Vec<String> = waiting(&family)?.into_iter().map(|(_, name)| name).collect();
        form(&app, &visitor, &Typed::of(&family), &[], Some(&names)).await
    };
    shown(&visitor, page.await)
}

/// `POST /my/registrations/{family}/change`
pub(super) async fn update(
    State(app): Shared,
    Path(id): Path<String>,
    Form(visitor, fields): Form<Fields>,
) -> Response {
    let page = async {
        let desk = visitor.desk(&app);
        let (typed, _) = Typed::read(fields);
        let family = desk.see_family(family_id(&id)?).await?;
        let faults = match typed.updating() {
            Err(faults) => faults,
            Ok(asked) => match desk.update_family(family.id, &asked).await {
                Ok(_) => return Ok(done("changed")),
                Err(refusal) => faults(refusal)?,
            },
        };
        let of = |id: &str| {
            let found = family.members.iter().find(|member| member.id.0.to_string() == id);
            found.map(name_of).unwrap_or_default()
        };
        let names: Vec<_> = typed.members.iter().map(|member| of(&member.registration)).collect();
        form(&app, &visitor, &typed, &faults, Some(&names)).await
    };
    shown(&visitor, page.await)
}

/// `POST /my/registrations/{family}/reconfirm`
pub(super) async fn reconfirm(
    State(app): Shared,
    Path(id): Path<String>,
    Form(visitor, _): Form<Fields>,
) -> Response {
    let page = async {
        visitor.desk(&app).reconfirm_family(family_id(&id)?).await?;
        Ok(done("reconfirmed"))
    };
    shown(&visitor, page.await)
}

/// Are they sure?
async fn sure(
    app: &App,
    visitor: &Visitor,
    id: &str,
    fault: Option<String>,
) -> Result<Response, Refusal> {
    let members = waiting(&visitor.desk(app).see_family(family_id(id)?).await?)?;
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Withdraw { visitor, members, fault };
    Ok(Page::of(visitor, "No longer looking").status(status).show(&page))
}

/// `GET /my/registrations/{family}/withdraw`
pub(super) async fn ask(State(app): Shared, visitor: Visitor, Path(id): Path<String>) -> Response {
    shown(&visitor, sure(&app, &visitor, &id, None).await)
}

/// `POST /my/registrations/{family}/withdraw`
pub(super) async fn withdraw(
    State(app): Shared,
    Path(id): Path<String>,
    Form(visitor, fields): Form<Fields>,
) -> Response {
    let page = async {
        let chosen = fields.iter().filter(|(name, _)| name == "registration");
        let who: Option<Vec<_>> =
            chosen.map(|(_, id)| id.parse().ok().map(RegistrationId)).collect();
        let who = who.ok_or(Refusal::NotFound)?;
        match visitor.desk(&app).withdraw_some(family_id(&id)?, &who).await {
            Ok(()) => Ok(done("withdrawn")),
            Err(Refusal::Invalid(_, text)) => sure(&app, &visitor, &id, Some(text)).await,
            Err(refusal) => Err(refusal),
        }
    };
    shown(&visitor, page.await)
}
