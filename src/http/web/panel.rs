//! A provider's panel: what room there is, and the list to be answered.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::attachment::{ListId, ProposalId};
use crate::panel::PanelId;
use crate::store::{ListView, PanelSide, ProposalView};
use crate::workflow::{Given, Refusal};

use super::super::App;
use super::super::api::problem::Problem;
use super::asked::{Done, Fields, list_id, panel_id};
use super::capacity::{self, Stating};
use super::layout::Page;
use super::refused::{mendable, shown};
use super::review::{ListShown, answers, lacks_reason};
use super::targets::TargetShown;
use super::visitor::{Form, Visitor};
use super::words::{self, Today};

/// One key for each answer.
const KEYS: &str = include_str!("review.js");

#[derive(Template)]
#[template(path = "web/panel.html")]
struct PanelPage<'p> {
    form_key: &'p str,
    side: &'p PanelSide,
    room: Option<String>,
    done: Option<&'static str>,
    faults: &'p [Told],
    stating: &'p Stating,
    targets: Vec<TargetShown>,
    open: Vec<ListShown>,
    earlier: Vec<ListShown>,
}

impl PanelPage<'_> {
    fn is_faulty(&self, field: &str) -> bool {
        self.faults.iter().any(|fault| fault.at == field)
    }
}

/// What is wrong, and the id of where it can be mended.
struct Told {
    at: String,
    text: String,
}

/// A page to be shown again with what was filled in, and why it was not taken.
#[derive(Default)]
struct Again {
    stating: Option<Stating>,
    given: Vec<Given>,
    problem: Option<Problem>,
    faults: Vec<Told>,
}

/// What was not taken, in words of the page: who of the list lacks a reason, else what the workflow says.
fn faults(problem: &Problem, at: &str, list: Option<&ListView>, given: &[Given]) -> Vec<Told> {
    let lacks = |one: &&ProposalView| {
        given.iter().any(|given| given.proposal == one.id && lacks_reason(given))
    };
    let people = list.iter().flat_map(|list| &list.proposals).filter(lacks);
    let name = |one: &ProposalView| {
        let known = one.profile.as_ref().and_then(|profile| profile.name.clone());
        known.unwrap_or_else(|| words::WITHHELD.to_owned())
    };
    let people = people.map(|one| Told {
        at: format!("reason-{}", one.id.0),
        text: format!("Choose why {} is declined: to decline has a reason.", name(one)),
    });
    let people: Vec<Told> = people.collect();
    if !people.is_empty() {
        return people;
    }
    // What programs read as code, people read as words.
    vec![Told { at: at.to_owned(), text: problem.detail.replace('`', "") }]
}

async fn page_of(
    app: &App,
    visitor: &Visitor,
    panel: PanelId,
    done: Option<&'static str>,
    again: Again,
) -> Result<Response, Refusal> {
    let desk = visitor.desk(app);
    let side = desk.own_panel(panel).await?;
    let lists = desk.lists(panel).await?;
    let targets = desk.targets(panel).await?;
    let today = Today::of(app);
    let shown = lists.iter().map(|list| ListShown::of(list, &again.given, today));
    let (open, earlier) = shown.partition(ListShown::is_open);
    let stated = side.stated.as_ref();
    let room = stated.map(|stated| capacity::room_stated(stated, today));
    let kept = Stating::of(stated.map(|stated| &stated.capacity));
    let status = again.problem.as_ref().map_or(StatusCode::OK, |problem| problem.status);
    let content = PanelPage {
        form_key: &visitor.form_key,
        side: &side,
        room,
        done,
        faults: &again.faults,
        stating: again.stating.as_ref().unwrap_or(&kept),
        targets: TargetShown::all(&targets, side.size, today),
        open,
        earlier,
    };
    let page = Page::of(visitor, &side.practitioner).status(status);
    let page = if content.open.is_empty() { page } else { page.script(KEYS) };
    Ok(page.show(&content))
}

/// `GET /my/panels/{panel}`
pub(super) async fn page(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(panel): Path<String>,
    Query(told): Query<Done>,
) -> Response {
    let done = words::done(told.done.as_deref());
    let page = async { page_of(&app, &visitor, panel_id(&panel)?, done, Again::default()).await };
    shown(&visitor, page.await)
}

/// `POST /my/panels/{panel}/capacity`
pub(super) async fn state_capacity(
    State(app): State<Arc<App>>,
    Path(panel): Path<String>,
    Form(visitor, fields): Form<Fields>,
) -> Response {
    let page = async {
        let (panel, desk) = (panel_id(&panel)?, visitor.desk(&app));
        let stating = Stating::sent(fields);
        let stated = match stating.read() {
            Ok(capacity) => desk.state_capacity(panel, &capacity).await,
            Err(refusal) => Err(refusal),
        };
        match stated {
            Ok(_) => Ok(to_panel(panel, "capacity")),
            Err(refusal) => {
                let problem = mendable(refusal)?;
                let faults = faults(&problem, stating.faulty(&problem.detail), None, &[]);
                let (stating, problem) = (Some(stating), Some(problem));
                let again = Again { stating, problem, faults, ..Again::default() };
                page_of(&app, &visitor, panel, None, again).await
            }
        }
    };
    shown(&visitor, page.await)
}

fn to_panel(panel: PanelId, done: &'static str) -> Response {
    Redirect::to(&format!("/my/panels/{}?done={done}", panel.0)).into_response()
}

/// The page of a list's panel, with what was not taken.
async fn list_again(
    app: &App,
    visitor: &Visitor,
    list: ListId,
    refusal: Refusal,
    given: Vec<Given>,
) -> Result<Response, Refusal> {
    let problem = mendable(refusal)?;
    let (side, seen) = visitor.desk(app).see_list(list).await?;
    let faults = faults(&problem, "lists", Some(&seen), &given);
    let again = Again { given, faults, problem: Some(problem), ..Again::default() };
    page_of(app, visitor, side.id, None, again).await
}

/// `POST /my/lists/{list}/answers`
pub(super) async fn answer(
    State(app): State<Arc<App>>,
    Path(list): Path<String>,
    Form(visitor, fields): Form<Fields>,
) -> Response {
    let page = async {
        let (list, desk) = (list_id(&list)?, visitor.desk(&app));
        let given = answers(&fields)?;
        match desk.answer(list, &given).await {
            Ok(answered) => Ok(to_panel(answered.panel, "answers")),
            Err(refusal) => list_again(&app, &visitor, list, refusal, given).await,
        }
    };
    shown(&visitor, page.await)
}

/// `POST /my/lists/{list}/confirmations`
pub(super) async fn confirm(
    State(app): State<Arc<App>>,
    Path(list): Path<String>,
    Form(visitor, fields): Form<Fields>,
) -> Response {
    let page = async {
        let (list, desk) = (list_id(&list)?, visitor.desk(&app));
        let number = |(name, value): &(String, String)| {
            (name == "proposal").then(|| value.parse().ok().map(ProposalId)).flatten()
        };
        let proposals: Vec<ProposalId> = fields.iter().filter_map(number).collect();
        match desk.confirm(list, &proposals).await {
            Ok(confirmed) => Ok(to_panel(confirmed.panel, "confirmed")),
            Err(refusal) => list_again(&app, &visitor, list, refusal, Vec::new()).await,
        }
    };
    shown(&visitor, page.await)
}
