//! How large a panel is to be by when: set by coordinators, told to its provider.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::NaiveDate;
use serde::Deserialize;

use crate::attachment::{Ground, Target};
use crate::panel::PanelId;
use crate::store::PanelSide;
use crate::workflow::Refusal;

use super::super::App;
use super::super::api::problem::Problem;
use super::asked::{Done, panel_id};
use super::layout::Page;
use super::refused::{mendable, shown};
use super::visitor::{Form, Visitor};
use super::words::{self, Today};

/// The form as it is filled in.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Setting {
    #[serde(default)]
    day: String,
    #[serde(default)]
    size: String,
}

impl Setting {
    fn day(&self) -> Result<NaiveDate, Refusal> {
        let day = self.day.trim().parse();
        day.map_err(|_| invalid("Give the day as year-month-day, such as 2027-03-31."))
    }

    fn size(&self) -> Result<u32, Refusal> {
        let size = self.size.trim().parse();
        size.map_err(|_| invalid("A number of people is written in digits."))
    }
}

fn invalid(text: &str) -> Refusal {
    Refusal::Invalid(Ground::Shape, text.to_owned())
}

/// A target, and how far the panel is from it.
#[derive(Debug)]
pub(super) struct TargetShown {
    /// As it stands in an address or a form.
    pub(super) day: NaiveDate,
    pub(super) on: String,
    pub(super) people: String,
    pub(super) standing: String,
    pub(super) mark: &'static str,
    /// The day is over: what was agreed for it stays.
    pub(super) over: bool,
}

impl TargetShown {
    /// The targets of a panel that has so many people.
    pub(super) fn all(targets: &[Target], people: i64, today: Today) -> Vec<Self> {
        let target = |target: &Target| {
            let size = i64::from(target.size?);
            let day = today.date();
            let (standing, mark) = words::target(target.due_on, size - people, day);
            Some(TargetShown {
                day: target.due_on,
                on: target.due_on.format("%-d %b %Y").to_string(),
                people: words::people(size),
                standing,
                mark,
                over: target.due_on < day,
            })
        };
        targets.iter().filter_map(target).collect()
    }
}

#[derive(Template)]
#[template(path = "web/targets.html")]
struct TargetsPage<'p> {
    form_key: &'p str,
    side: &'p PanelSide,
    network: &'p str,
    people: String,
    today: NaiveDate,
    targets: Vec<TargetShown>,
    done: Option<&'static str>,
    fault: Option<&'p str>,
    setting: &'p Setting,
}

async fn page_of(
    app: &App,
    visitor: &Visitor,
    panel: PanelId,
    done: Option<&'static str>,
    again: Option<(Setting, Problem)>,
) -> Result<Response, Refusal> {
    let (side, targets) = visitor.desk(app).targeted(panel).await?;
    let (today, blank) = (Today::of(app), Setting::default());
    let status = again.as_ref().map_or(StatusCode::OK, |(_, problem)| problem.status);
    let content = TargetsPage {
        form_key: &visitor.form_key,
        side: &side,
        network: side.community.as_ref().map_or("", |(_, network)| network),
        people: words::people(side.size),
        today: today.date(),
        targets: TargetShown::all(&targets, side.size, today),
        done,
        fault: again.as_ref().map(|(_, problem)| problem.detail.as_str()),
        setting: again.as_ref().map_or(&blank, |(setting, _)| setting),
    };
    let title = format!("Targets for {}", side.practitioner);
    Ok(Page::of(visitor, &title).status(status).show(&content))
}

/// `GET /my/panels/{panel}/targets`
pub(super) async fn page(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(panel): Path<String>,
    Query(told): Query<Done>,
) -> Response {
    let done = words::done(told.done.as_deref());
    let page = async { page_of(&app, &visitor, panel_id(&panel)?, done, None).await };
    shown(&visitor, page.await)
}

/// Sets a target, or shows the form again.
async fn take(
    app: &App,
    visitor: &Visitor,
    panel: PanelId,
    setting: Setting,
    target: Result<Target, Refusal>,
) -> Result<Response, Refusal> {
    let set = match target {
        Ok(target) => visitor.desk(app).set_target(panel, target).await.map(|_| target.size),
        Err(refusal) => Err(refusal),
    };
    match set {
        Ok(size) => {
            let done = if size.is_some() { "target" } else { "no-target" };
            let to = format!("/my/panels/{}/targets?done={done}", panel.0);
            Ok(Redirect::to(&to).into_response())
        }
        Err(refusal) => {
            let again = Some((setting, mendable(refusal)?));
            page_of(app, visitor, panel, None, again).await
        }
    }
}

/// `POST /my/panels/{panel}/targets`
pub(super) async fn set(
    State(app): State<Arc<App>>,
    Path(panel): Path<String>,
    Form(visitor, setting): Form<Setting>,
) -> Response {
    let page = async {
        let target = setting.day().and_then(|due_on| {
            let size = Some(setting.size()?);
            Ok(Target { due_on, size })
        });
        take(&app, &visitor, panel_id(&panel)?, setting, target).await
    };
    shown(&visitor, page.await)
}

/// `POST /my/panels/{panel}/targets/end`
pub(super) async fn give_up(
    State(app): State<Arc<App>>,
    Path(panel): Path<String>,
    Form(visitor, setting): Form<Setting>,
) -> Response {
    let page = async {
        let target = setting.day().map(|due_on| Target { due_on, size: None });
        take(&app, &visitor, panel_id(&panel)?, setting, target).await
    };
    shown(&visitor, page.await)
}
