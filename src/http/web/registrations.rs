//! The families that somebody registered: where they stand, and what they can do about it. What changes a family is the same for an agent with
//! whoever calls.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use uuid::Uuid;

use crate::attachment::{FamilyId, RegistrationId};
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
use super::whose::Whose;
use super::words;

type Shared = State<Arc<App>>;

/// What is done with families, their own or those of callers.
pub(super) fn routes(whose: Whose) -> Router<Arc<App>> {
    let below = |rest: &str| format!("{}{rest}", whose.place());
    Router::new()
        .route(&below("/new"), get(new).post(register))
        .route(&below("/{family}/change"), get(change).post(update))
        .route(&below("/{family}/reconfirm"), post(reconfirm))
        .route(&below("/{family}/withdraw"), get(ask).post(withdraw))
        .layer(Extension(whose))
}

#[derive(Template)]
#[template(path = "web/withdraw.html")]
struct Withdraw<'v> {
    visitor: &'v Visitor,
    whose: Whose,
    back: &'v str,
    members: Vec<(Uuid, String)>,
    fault: Option<String>,
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
            cards.push(family_cards::shown(&app, Whose::Own, family, attached, clinics));
        }
        let page = Registrations { visitor: &visitor, done, families: cards };
        Ok(Page::of(&visitor, "Our registrations").show(&page))
    };
    shown(&visitor, page.await)
}

/// Those who are registered already, where a form is about them.
type Registered<'r> = Option<(FamilyId, &'r [String])>;

/// The form as it stands, with what is wrong with it.
async fn form(
    app: &App,
    visitor: &Visitor,
    whose: Whose,
    typed: &Typed,
    faults: &[Fault],
    registered: Registered<'_>,
) -> Result<Response, Refusal> {
    let desk = whose.desk(visitor, app)?;
    let (communities, conditions) = (&desk.communities().await?[..], &desk.conditions().await?[..]);
    let back = registered.map_or(whose.place().to_owned(), |(family, _)| whose.shown_at(family));
    let (back, registered) = (back.as_str(), registered.map(|(_, names)| names));
    let form =
        FamilyForm { visitor, whose, back, typed, faults, communities, conditions, registered };
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
async fn new(State(app): Shared, Extension(whose): Extension<Whose>, visitor: Visitor) -> Response {
    shown(&visitor, form(&app, &visitor, whose, &Typed::blank(), &[], None).await)
}

/// `POST /my/registrations/new`
async fn register(
    State(app): Shared,
    Extension(whose): Extension<Whose>,
    Form(visitor, fields): Form<Fields>,
) -> Response {
    let page = async {
        let (mut typed, press) = Typed::read(fields);
        if press != Press::Send {
            typed.pressed(press);
            return form(&app, &visitor, whose, &typed, &[], None).await;
        }
        let desk = whose.desk(&visitor, &app)?;
        let faults = match typed.registering(whose) {
            Err(faults) => faults,
            Ok(asked) => match desk.register(&asked).await {
                Ok(id) => return Ok(whose.done(id, whose.say("registered", "they-registered"))),
                Err(refusal) => faults(refusal)?,
            },
        };
        form(&app, &visitor, whose, &typed, &faults, None).await
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
async fn change(
    State(app): Shared,
    Extension(whose): Extension<Whose>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Response {
    let page = async {
        let family = whose.desk(&visitor, &app)?.see_family(family_id(&id)?).await?;
        let names: Vec<String> = waiting(&family)?.into_iter().map(|(_, name)| name).collect();
        let registered = Some((family.id, &names[..]));
        form(&app, &visitor, whose, &Typed::of(&family), &[], registered).await
    };
    shown(&visitor, page.await)
}

/// `POST /my/registrations/{family}/change`
async fn update(
    State(app): Shared,
    Extension(whose): Extension<Whose>,
    Path(id): Path<String>,
    Form(visitor, fields): Form<Fields>,
) -> Response {
    let page = async {
        let desk = whose.desk(&visitor, &app)?;
        let (typed, _) = Typed::read(fields);
        let family = desk.see_family(family_id(&id)?).await?;
        let faults = match typed.updating() {
            Err(faults) => faults,
            Ok(asked) => match desk.update_family(family.id, &asked).await {
                Ok(_) => return Ok(whose.done(family.id, "changed")),
                Err(refusal) => faults(refusal)?,
            },
        };
        let of = |id: &str| {
            let found = family.members.iter().find(|member| member.id.0.to_string() == id);
            found.map(name_of).unwrap_or_default()
        };
        let names: Vec<_> = typed.members.iter().map(|member| of(&member.registration)).collect();
        form(&app, &visitor, whose, &typed, &faults, Some((family.id, &names))).await
    };
    shown(&visitor, page.await)
}

/// `POST /my/registrations/{family}/reconfirm`
async fn reconfirm(
    State(app): Shared,
    Extension(whose): Extension<Whose>,
    Path(id): Path<String>,
    Form(visitor, _): Form<Fields>,
) -> Response {
    let page = async {
        let id = family_id(&id)?;
        whose.desk(&visitor, &app)?.reconfirm_family(id).await?;
        Ok(whose.done(id, whose.say("reconfirmed", "they-reconfirmed")))
    };
    shown(&visitor, page.await)
}

/// Are they sure?
async fn sure(
    app: &App,
    visitor: &Visitor,
    whose: Whose,
    id: &str,
    fault: Option<String>,
) -> Result<Response, Refusal> {
    let family = whose.desk(visitor, app)?.see_family(family_id(id)?).await?;
    let (members, back) = (waiting(&family)?, &whose.shown_at(family.id));
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Withdraw { visitor, whose, back, members, fault };
    Ok(Page::of(visitor, "No longer looking").status(status).show(&page))
}

/// `GET /my/registrations/{family}/withdraw`
async fn ask(
    State(app): Shared,
    Extension(whose): Extension<Whose>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Response {
    shown(&visitor, sure(&app, &visitor, whose, &id, None).await)
}

/// `POST /my/registrations/{family}/withdraw`
async fn withdraw(
    State(app): Shared,
    Extension(whose): Extension<Whose>,
    Path(id): Path<String>,
    Form(visitor, fields): Form<Fields>,
) -> Response {
    let page = async {
        let chosen = fields.iter().filter(|(name, _)| name == "registration");
        let who: Option<Vec<_>> =
            chosen.map(|(_, id)| id.parse().ok().map(RegistrationId)).collect();
        let who = who.ok_or(Refusal::NotFound)?;
        let (desk, family) = (whose.desk(&visitor, &app)?, family_id(&id)?);
        match desk.withdraw_some(family, &who).await {
            Ok(()) => Ok(whose.done(family, "withdrawn")),
            Err(Refusal::Invalid(_, text)) => sure(&app, &visitor, whose, &id, Some(text)).await,
            Err(refusal) => Err(refusal),
        }
    };
    shown(&visitor, page.await)
}
