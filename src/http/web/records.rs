//! The attachment records of a panel, to look at and to take along.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{Datelike as _, Days, Months, NaiveDate};
use serde::Deserialize;

use crate::attachment::Ground;
use crate::clock::Clock;
use crate::panel::PanelId;
use crate::store::PanelSide;
use crate::workflow::{Records, Refusal};

use super::super::App;
use super::super::api::papers;
use super::asked::panel_id;
use super::layout::Page;
use super::refused::{mendable, shown};
use super::visitor::Visitor;
use super::words::{self, Today};

/// The first and the last day, as they were typed.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

impl Typed {
    /// This month, where nothing was typed.
    fn or_this_month(self, app: &App) -> Self {
        if !self.from.is_empty() || !self.to.is_empty() {
            return self;
        }
        let Today { now, offset } = Today::of(app);
        let today = Clock::day_of(now, offset);
        let first = today.with_day(1).unwrap_or(today);
        let last = first
            .checked_add_months(Months::new(1))
            .and_then(|next| next.checked_sub_days(Days::new(1)));
        Typed { from: first.to_string(), to: last.unwrap_or(today).to_string() }
    }

    fn read(&self) -> Result<(NaiveDate, NaiveDate), Refusal> {
        let day = |text: &str| text.parse::<NaiveDate>().ok();
        day(&self.from).zip(day(&self.to)).ok_or_else(|| {
            Refusal::Invalid(
                Ground::Day,
                "Give the first and the last day, such as 2026-11-01.".into(),
            )
        })
    }
}

#[derive(Template)]
#[template(path = "web/records.html")]
struct RecordsPage<'p> {
    side: &'p PanelSide,
    typed: &'p Typed,
    fault: Option<&'p str>,
    count: String,
    records: Option<&'p Records>,
}

async fn found(
    app: &App,
    visitor: &Visitor,
    panel: PanelId,
    typed: &Typed,
) -> Result<Records, Refusal> {
    let (from, to) = typed.read()?;
    visitor.desk(app).records(panel, from, to).await
}

/// `GET /my/panels/{panel}/records`
pub(super) async fn page(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(panel): Path<String>,
    Query(typed): Query<Typed>,
) -> Response {
    let page = async {
        let panel = panel_id(&panel)?;
        let side = visitor.desk(&app).own_panel(panel).await?;
        let typed = typed.or_this_month(&app);
        let (records, problem) = match found(&app, &visitor, panel, &typed).await {
            Ok(records) => (Some(records), None),
            Err(refusal) => (None, Some(mendable(refusal)?)),
        };
        let rows = records.as_ref().map_or(0, |records| records.rows.len());
        let content = RecordsPage {
            side: &side,
            typed: &typed,
            fault: problem.as_ref().map(|problem| problem.detail.as_str()),
            count: words::count(i64::try_from(rows).unwrap_or(i64::MAX), "record", "records"),
            records: records.as_ref(),
        };
        let status = problem.as_ref().map_or(StatusCode::OK, |problem| problem.status);
        Ok(Page::of(&visitor, "Attachment records").status(status).show(&content))
    };
    shown(&visitor, page.await)
}

/// `GET /my/panels/{panel}/records.csv`
pub(super) async fn table(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(panel): Path<String>,
    Query(typed): Query<Typed>,
) -> Response {
    let table = async {
        let panel = panel_id(&panel)?;
        visitor.desk(&app).own_panel(panel).await?;
        Ok(papers::table(&found(&app, &visitor, panel, &typed.or_this_month(&app)).await?))
    };
    shown(&visitor, table.await)
}
