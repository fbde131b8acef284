//! A coordinator's area: who waits and who has room.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use crate::store::PanelSide;
use crate::workflow::Area;

use super::super::App;
use super::layout::Page;
use super::refused::shown;
use super::visitor::Visitor;
use super::words;

#[derive(Template)]
#[template(path = "web/network.html")]
struct NetworkPage<'p> {
    code: &'p str,
    name: &'p str,
    rows: Vec<CommunityShown<'p>>,
    with_room: Vec<PanelShown<'p>>,
    others: Vec<PanelShown<'p>>,
}

struct CommunityShown<'p> {
    name: &'p str,
    people: i64,
    families: i64,
    median: String,
    accepting: usize,
    open: u32,
}

struct PanelShown<'p> {
    side: &'p PanelSide,
    community: &'p str,
    open: u32,
    mix: Option<String>,
    languages: String,
}

fn rows(area: &Area) -> Vec<CommunityShown<'_>> {
    let row = |waiting: &'_ crate::store::Waiting| {
        let of = |side: &&PanelSide| {
            side.community.as_ref().is_some_and(|(code, _)| *code == waiting.community)
        };
        let accepts = |side: &&PanelSide| {
            side.stated.as_ref().is_some_and(|stated| stated.capacity.accepting)
        };
        let there = || area.panels.iter().filter(of);
        (there().filter(accepts).count(), there().map(PanelSide::open).sum())
    };
    let shown = |waiting| {
        let (accepting, open) = row(waiting);
        CommunityShown {
            name: &waiting.name,
            people: waiting.people,
            families: waiting.families,
            median: waiting
                .median_days
                .map_or("–".to_owned(), |days| format!("{:.1}", days / 30.0)),
            accepting,
            open,
        }
    };
    area.waiting.iter().map(shown).collect()
}

fn panel<'a>(area: &'a Area, side: &'a PanelSide) -> PanelShown<'a> {
    let code = side.community.as_ref().map(|(code, _)| code);
    let community = area.waiting.iter().find(|waiting| Some(&waiting.community) == code);
    let capacity = side.stated.as_ref().map(|stated| &stated.capacity);
    let mix = capacity.and_then(|capacity| capacity.mix);
    let languages = capacity.map(|capacity| capacity.languages.as_slice()).unwrap_or_default();
    let languages: Vec<&str> = languages.iter().map(|tag| words::language(tag)).collect();
    PanelShown {
        side,
        community: community.map_or("", |waiting| waiting.name.as_str()),
        open: side.open(),
        mix: mix
            .map(|mix| format!("{} % low, {} % medium, {} % high", mix.low, mix.medium, mix.high)),
        languages: languages.join(", "),
    }
}

/// `GET /my/networks/{network}`
pub(super) async fn page(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(network): Path<String>,
) -> Response {
    let page = async {
        let area = visitor.desk(&app).area(&network).await?;
        let panels = area.panels.iter().map(|side| panel(&area, side));
        let (mut with_room, others): (Vec<_>, Vec<_>) = panels.partition(|panel| panel.open > 0);
        with_room.sort_by_key(|panel| std::cmp::Reverse(panel.open));
        let (code, name) = (&area.network.code, &area.network.name);
        let content = NetworkPage { code, name, rows: rows(&area), with_room, others };
        Ok(Page::of(&visitor, name).show(&content))
    };
    shown(&visitor, page.await)
}
