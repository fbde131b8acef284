//! Families who call the registry, for its agents: found by what one of them says, and shown as they are to themselves.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use crate::attachment::{Cell, Ground};
use crate::workflow::{Finding, Refusal};

use super::super::App;
use super::asked::{Done, family_id};
use super::family_cards::{self, ShownFamily};
use super::family_form::Fault;
use super::layout::Page;
use super::refused::shown;
use super::visitor::{Form, Visitor};
use super::whose::Whose;
use super::words;

type Shared = State<Arc<App>>;

/// What a caller says of themselves, as it was typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct Typed {
    phn: String,
    family: String,
    birth_date: String,
}

#[derive(Template)]
#[template(path = "web/families.html")]
struct Search<'v> {
    visitor: &'v Visitor,
    typed: &'v Typed,
    faults: &'v [Fault],
}

#[derive(Template)]
#[template(path = "web/family.html")]
struct OneFamily<'v> {
    visitor: &'v Visitor,
    done: Option<&'static str>,
    family: ShownFamily,
}

impl Search<'_> {
    fn is_faulty(&self, field: &str) -> bool {
        self.faults.iter().any(|fault| fault.field.as_deref() == Some(field))
    }
}

impl Typed {
    /// As the workflow takes it.
    fn finding(&self) -> Result<Finding, Vec<Fault>> {
        let required = [
            ("phn", &self.phn, "Give the personal health number."),
            ("family", &self.family, "Give the family name."),
        ];
        let empty = required.into_iter().filter(|(_, typed, _)| typed.trim().is_empty());
        let mut faults: Vec<Fault> = empty.map(|(field, _, told)| Fault::at(field, told)).collect();
        let Ok(birth_date) = self.birth_date.trim().parse() else {
            let told = "Give the birth date as year-month-day: 1984-04-12.";
            faults.push(Fault::at("birth-date", told));
            return Err(faults);
        };
        if !faults.is_empty() {
            return Err(faults);
        }
        let phn = self.phn.chars().filter(|c| !c.is_whitespace()).collect();
        Ok(Finding { phn, family: self.family.trim().to_owned(), birth_date })
    }
}

fn search(visitor: &Visitor, typed: &Typed, faults: &[Fault], status: StatusCode) -> Response {
    let page = Search { visitor, typed, faults };
    Page::of(visitor, "Families who call").status(status).show(&page)
}

/// `GET /my/families`
pub(super) async fn page(State(app): Shared, visitor: Visitor) -> Response {
    let page = Whose::Callers.desk(&visitor, &app);
    let page = page.map(|_| search(&visitor, &Typed::default(), &[], StatusCode::OK));
    shown(&visitor, page)
}

/// `POST /my/families`: no address holds a number, and whatever is wrong, one text is told.
pub(super) async fn find(State(app): Shared, Form(visitor, typed): Form<Typed>) -> Response {
    let page = async {
        let desk = Whose::Callers.desk(&visitor, &app)?;
        let asked = match typed.finding() {
            Ok(asked) => asked,
            Err(faults) => {
                return Ok(search(&visitor, &typed, &faults, StatusCode::UNPROCESSABLE_ENTITY));
            }
        };
        match desk.find_family(&asked).await {
            Ok(family) => Ok(Redirect::to(&Whose::Callers.shown_at(family.id)).into_response()),
            Err(Refusal::NotFound) => {
                let told = "No family is found by this. Ask for the number, the name and the birth date once more. Whoever is not registered yet, you can register.";
                let faults = [Fault::told(Ground::NotFound, told.to_owned())];
                Ok(search(&visitor, &typed, &faults, StatusCode::NOT_FOUND))
            }
            Err(refusal) => Err(refusal),
        }
    };
    shown(&visitor, page.await)
}

/// `GET /my/families/{family}`
pub(super) async fn one(
    State(app): Shared,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(told): Query<Done>,
) -> Response {
    let page = async {
        let desk = Whose::Callers.desk(&visitor, &app)?;
        let family = desk.see_family(family_id(&id)?).await?;
        let attached = desk.attached_last_month(std::slice::from_ref(&family)).await?;
        let clinics = desk.clinics_that_took(&family).await?;
        let attached = attached.into_iter().next().unwrap_or(Cell::Withheld);
        let family = family_cards::shown(&app, Whose::Callers, &family, attached, clinics);
        let done = words::done(told.done.as_deref());
        let page = OneFamily { visitor: &visitor, done, family };
        Ok(Page::of(&visitor, "A family who calls").show(&page))
    };
    shown(&visitor, page.await)
}
