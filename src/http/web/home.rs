//! Where everybody begins: what there is to do now.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::store::{ActedFor, Named, NetworkView, PanelSide};
use crate::workflow::Own;

use super::super::App;
use super::asked::part;
use super::capacity;
use super::layout::Page;
use super::refused::shown;
use super::visitor::Visitor;
use super::words::{self, Today};

#[derive(Template)]
#[template(path = "web/home.html")]
struct Home<'h> {
    name: &'h str,
    panels: Vec<PanelShown<'h>>,
    networks: Vec<NetworkView>,
    clinics: Vec<ClinicShown>,
    is_provider: bool,
    is_agent: bool,
    acted_for: Vec<ActedForShown>,
}

struct ClinicShown {
    address: String,
    name: String,
}

struct ActedForShown {
    name: String,
    since: String,
}

struct PanelShown<'h> {
    side: &'h PanelSide,
    room: String,
    tasks: Vec<String>,
}

impl<'h> PanelShown<'h> {
    fn of(own: &'h Own, today: Today) -> Self {
        let side = &own.side;
        let room = capacity::room(side);
        let mut tasks = Vec::new();
        if let Some(outstanding) = own.outstanding {
            if outstanding.unanswered > 0 {
                let due = outstanding.due_at.map(|due| format!(" by {}", today.day(due)));
                let people = words::people(outstanding.unanswered);
                tasks.push(format!("{people} to answer{}", due.unwrap_or_default()));
            }
            if outstanding.unconfirmed > 0 {
                tasks.push(format!("{} to confirm", words::people(outstanding.unconfirmed)));
            }
        }
        PanelShown { side, room, tasks }
    }
}

/// `GET /my`
pub(super) async fn page(State(app): State<Arc<App>>, visitor: Visitor) -> Response {
    let page = async {
        let desk = visitor.desk(&app);
        let (own, networks) = (desk.own_panels().await?, desk.networks().await?);
        let today = Today::of(&app);
        let mut panels: Vec<_> = own.iter().map(|own| PanelShown::of(own, today)).collect();
        panels.sort_by_key(|panel| panel.tasks.is_empty());
        let clinic = |clinic: Named| ClinicShown {
            address: format!("/my/clinics/{}", part(&clinic.code)),
            name: clinic.name,
        };
        let acted_for =
            |one: ActedFor| ActedForShown { since: today.day(one.since), name: one.name };
        let content = Home {
            name: &visitor.name,
            panels,
            networks,
            clinics: desk.clinics().await?.into_iter().map(clinic).collect(),
            is_provider: visitor.person.is_provider().next().is_some(),
            is_agent: visitor.person.is_agent(),
            acted_for: desk.acted_for().await?.into_iter().map(acted_for).collect(),
        };
        Ok(Page::of(&visitor, "My desk").show(&content))
    };
    shown(&visitor, page.await)
}
