//! Who is on a panel or left it, with the last change and why.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use crate::store::{MemberSearch, MemberView, PanelSide};
use crate::workflow::Refusal;

use super::super::App;
use super::asked::panel_id;
use super::layout::Page;
use super::refused::shown;
use super::visitor::{Form, Visitor};
use super::words::{self, Today};

/// What a search asks for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Search {
    #[serde(default)]
    q: String,
    #[serde(default)]
    left: String,
    #[serde(default)]
    skip: u16,
}

#[derive(Template)]
#[template(path = "web/members.html")]
struct MembersPage<'p> {
    form_key: &'p str,
    side: &'p PanelSide,
    search: &'p MemberSearch,
    people: Vec<MemberShown<'p>>,
    /// So many were shown before.
    before: usize,
    /// Where the next ones begin, if there are more.
    next: Option<usize>,
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
            name: member.name.as_deref().unwrap_or(words::WITHHELD),
            age: today.age(member.birth_date),
            standing,
            mark,
            why: words::change(&member.reason),
            since: today.day(member.since),
        }
    }
}

async fn found(
    app: &App,
    visitor: &Visitor,
    panel: &str,
    search: MemberSearch,
) -> Result<Response, Refusal> {
    let found = visitor.desk(app).members(panel_id(panel)?, &search).await?;
    let today = Today::of(app);
    let people = found.people.iter().map(|member| MemberShown::of(member, today)).collect();
    let before = usize::from(search.skip);
    let next = found.more.then(|| before + found.people.len());
    let (form_key, side) = (visitor.form_key.as_str(), &found.side);
    let content = MembersPage { form_key, side, search: &search, people, before, next };
    Ok(Page::of(visitor, "Who is on the panel").show(&content))
}

/// `GET /my/panels/{panel}/members`: whoever is on it.
pub(super) async fn page(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(panel): Path<String>,
) -> Response {
    shown(&visitor, found(&app, &visitor, &panel, MemberSearch::default()).await)
}

/// `POST /my/panels/{panel}/members`: whoever is looked for. A form and no address, since those are kept by browsers and gateways.
pub(super) async fn search(
    State(app): State<Arc<App>>,
    Path(panel): Path<String>,
    Form(visitor, Search { q, left, skip }): Form<Search>,
) -> Response {
    let search = MemberSearch { words: q, left: left == "yes", skip };
    shown(&visitor, found(&app, &visitor, &panel, search).await)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, FixedOffset};

    use super::*;
    use crate::panel::PanelId;

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
            practises: true,
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
        let today = Today { now: DateTime::UNIX_EPOCH, offset: FixedOffset::west_opt(0).unwrap() };
        let search = MemberSearch { words: "\"><b>".into(), left: false, skip: 0 };
        let people = vec![MemberShown::of(&member, today)];
        let page = MembersPage {
            form_key: "key",
            side: &side,
            search: &search,
            people,
            before: 0,
            next: None,
        };
        let page = page.render().unwrap();
        assert!(page.contains("Marigold") && page.contains("Juniper"), "{page}");
        for raw in ["<script", "<b>", "<Testwell", "Cedar & L"] {
            assert!(!page.contains(raw), "{raw} in\n{page}");
        }
    }
}
