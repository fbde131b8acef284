//! A provider's panel: what room there is, the list to be answered, and who is on it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use crate::attachment::ProposalId;
use crate::clock::Clock;
use crate::panel::PanelId;
use crate::store::{MemberSearch, MemberView, PanelSide};
use crate::workflow::{Given, Refusal};

use super::super::App;
use super::super::api::problem::Problem;
use super::capacity::Stating;
use super::layout::Page;
use super::refused::{list_id, mendable, panel_id, shown};
use super::review::{ListShown, Today, answers};
use super::visitor::{Form, Visitor};
use super::words;

/// What a form sent, in its order.
pub(super) type Fields = Vec<(String, String)>;

/// What an address says was just done.
#[derive(Debug, Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    pub(super) done: Option<String>,
}

#[derive(Template)]
#[template(path = "web/panel.html")]
struct PanelPage<'p> {
    form_key: &'p str,
    side: &'p PanelSide,
    room: Option<String>,
    done: Option<&'static str>,
    fault: Option<&'p str>,
    stating: &'p Stating,
    open: Vec<ListShown>,
    earlier: Vec<ListShown>,
}

/// A page to be shown again with what was filled in, and why it was not taken.
#[derive(Default)]
struct Again {
    stating: Option<Stating>,
    given: Vec<Given>,
    problem: Option<Problem>,
}

/// The day of a page.
pub(super) fn today(app: &App) -> Today {
    let (now, offset) = (app.service.clock.now(), app.service.offset);
    Today { now, day: Clock::day_of(now, offset), offset }
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
    let today = today(app);
    let shown = lists.iter().map(|list| ListShown::of(list, &again.given, today));
    let (open, earlier) = shown.partition(ListShown::is_open);
    let stated = side.stated.as_ref();
    let room = stated.map(|stated| {
        let day = words::day(stated.at, today.offset);
        match (stated.capacity.accepting, side.open()) {
            (false, _) => format!("Not accepting new patients, stated on {day}."),
            (true, open) => {
                let all = words::people(stated.capacity.anticipated);
                format!("Room for {open} more of {all}, stated on {day}.")
            }
        }
    });
    let kept = Stating::of(stated.map(|stated| &stated.capacity));
    let status = again.problem.as_ref().map_or(StatusCode::OK, |problem| problem.status);
    let content = PanelPage {
        form_key: &visitor.form_key,
        side: &side,
        room,
        done,
        fault: again.problem.as_ref().map(|problem| problem.detail.as_str()),
        stating: again.stating.as_ref().unwrap_or(&kept),
        open,
        earlier,
    };
    Ok(Page::of(visitor, &side.practitioner).status(status).show(&content))
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
                let problem = Some(mendable(refusal)?);
                let again = Again { stating: Some(stating), problem, ..Again::default() };
                page_of(&app, &visitor, panel, None, again).await
            }
        }
    };
    shown(&visitor, page.await)
}

fn to_panel(panel: PanelId, done: &'static str) -> Response {
    Redirect::to(&format!("/my/panels/{}?done={done}", panel.0)).into_response()
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
            Err(refusal) => {
                let problem = Some(mendable(refusal)?);
                let (side, _) = desk.see_list(list).await?;
                let again = Again { given, problem, ..Again::default() };
                page_of(&app, &visitor, side.id, None, again).await
            }
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
            Err(refusal) => {
                let problem = Some(mendable(refusal)?);
                let (side, _) = desk.see_list(list).await?;
                let again = Again { problem, ..Again::default() };
                page_of(&app, &visitor, side.id, None, again).await
            }
        }
    };
    shown(&visitor, page.await)
}

/// What a search asks for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Search {
    #[serde(default)]
    q: String,
    #[serde(default)]
    left: String,
}

#[derive(Template)]
#[template(path = "web/members.html")]
struct MembersPage<'p> {
    side: &'p PanelSide,
    search: &'p MemberSearch,
    people: Vec<MemberShown<'p>>,
    more: bool,
}

struct MemberShown<'m> {
    member: &'m MemberView,
    name: &'m str,
    age: String,
    standing: &'static str,
    mark: &'static str,
    why: &'static str,
    since: String,
}

impl<'m> MemberShown<'m> {
    fn of(member: &'m MemberView, today: Today) -> Self {
        let (standing, mark) = words::standing(&member.status, member.deceased);
        MemberShown {
            member,
            name: member.name.as_deref().unwrap_or("Name withheld"),
            age: words::age(member.birth_date, today.day),
            standing,
            mark,
            why: words::change(&member.reason),
            since: words::day(member.since, today.offset),
        }
    }
}

/// `GET /my/panels/{panel}/members`
pub(super) async fn members(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(panel): Path<String>,
    Query(search): Query<Search>,
) -> Response {
    let page = async {
        let search = MemberSearch { words: search.q, left: search.left == "yes" };
        let found = visitor.desk(&app).members(panel_id(&panel)?, &search).await?;
        let today = today(&app);
        let people = found.people.iter().map(|member| MemberShown::of(member, today)).collect();
        let content = MembersPage { side: &found.side, search: &search, people, more: found.more };
        Ok(Page::of(&visitor, "Who is on the panel").show(&content))
    };
    shown(&visitor, page.await)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, FixedOffset};

    use super::*;

    #[test]
    fn a_name_is_text_whatever_it_holds() {
        let side = PanelSide {
            id: PanelId(1),
            practitioner_key: "prov-1".into(),
            practitioner: "Juniper <Testwell>".into(),
            organization_key: "clinic-1".into(),
            organization: "Cedar & Lantern".into(),
            community: None,
            stated: None,
            size: 1,
        };
        let member = MemberView {
            phn: "9876500011".into(),
            name: Some("<script>alert('Marigold')</script>".into()),
            birth_date: None,
            status: "confirmed".into(),
            deceased: false,
            since: DateTime::UNIX_EPOCH,
            reason: "added".into(),
            author: "emr-lantern".into(),
        };
        let today = Today {
            now: DateTime::UNIX_EPOCH,
            day: DateTime::UNIX_EPOCH.date_naive(),
            offset: FixedOffset::west_opt(0).unwrap(),
        };
        let search = MemberSearch { words: "\"><b>".into(), left: false };
        let people = vec![MemberShown::of(&member, today)];
        let page = MembersPage { side: &side, search: &search, people, more: false };
        let page = page.render().unwrap();
        assert!(page.contains("Marigold") && page.contains("Juniper"), "{page}");
        for raw in ["<script", "<b>", "<Testwell", "Cedar & L"] {
            assert!(!page.contains(raw), "{raw} in\n{page}");
        }
    }
}
