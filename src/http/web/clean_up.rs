//! Cleaning up a panel, dry: an EMR's list beside it, and what is to be changed.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::attachment::{EmrList, Ground};
use crate::panel::PanelId;
use crate::process::{LIGHT, beside};
use crate::store::PanelSide;
use crate::workflow::Refusal;

use super::super::App;
use super::super::api::papers::{Kind, read};
use super::super::api::problem::Problem;
use super::asked::panel_id;
use super::differing::Shown;
use super::layout::Page;
use super::refused::shown;
use super::upload::{File, Upload};
use super::visitor::Visitor;

#[derive(Template)]
#[template(path = "web/clean_up.html")]
struct CleanUpPage<'p> {
    form_key: &'p str,
    side: &'p PanelSide,
    fault: Option<&'p str>,
    compared: Option<Shown>,
}

/// The list, or why it cannot be read, in words for whoever exported it.
fn listed(file: &File, app: &App) -> Result<EmrList, Problem> {
    let invalid =
        |why: &str| Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, Ground::EmrList, why));
    let bytes: &[u8] = &file.bytes;
    if bytes.is_empty() {
        return invalid("Choose the EMR's list first: a file with something in it.");
    }
    // What packed workbooks and the older ones begin with.
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        return invalid(
            "This is a spreadsheet file. Save the sheet as CSV UTF-8, and choose that.",
        );
    }
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let told = ["application/fhir+json", "application/json"];
    let kind = file.kind.split(';').next().unwrap_or_default().trim();
    // Browsers call a file what its name ends in; what it begins with is surer.
    let bundle = text.trim_ascii_start().starts_with(b"{") || told.contains(&kind);
    read(if bundle { Kind::Bundle } else { Kind::Table }, text, app)
}

/// `GET /my/panels/{panel}/clean-up`
pub(super) async fn page(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(panel): Path<String>,
) -> Response {
    let page = async {
        let side = visitor.desk(&app).own_panel(panel_id(&panel)?).await?;
        Ok(page_of(&visitor, &side, None, None))
    };
    shown(&visitor, page.await)
}

fn page_of(
    visitor: &Visitor,
    side: &PanelSide,
    problem: Option<&Problem>,
    compared: Option<Shown>,
) -> Response {
    let fault = problem.map(|problem| problem.detail.as_str());
    let status = problem.map_or(StatusCode::OK, |problem| problem.status);
    let content = CleanUpPage { form_key: &visitor.form_key, side, fault, compared };
    Page::of(visitor, "Clean up the panel").status(status).show(&content)
}

/// `POST /my/panels/{panel}/clean-up`: what differs. Nothing is changed.
pub(super) async fn compare(
    State(app): State<Arc<App>>,
    Path(panel): Path<String>,
    Upload(visitor, file): Upload,
) -> Response {
    let page = async {
        let panel = panel_id(&panel)?;
        let side = visitor.desk(&app).own_panel(panel).await?;
        let bulky = file.bytes.len() > LIGHT;
        // Waits rather than refuses, as large messages do.
        let _permit = if bulky { app.service.bulky.acquire().await.ok() } else { None };
        match beside(bulky, || listed(&file, &app)) {
            Err(problem) => Ok(page_of(&visitor, &side, Some(&problem), None)),
            Ok(list) => compared(&app, &visitor, panel, &list).await,
        }
    };
    shown(&visitor, page.await)
}

async fn compared(
    app: &App,
    visitor: &Visitor,
    panel: PanelId,
    list: &EmrList,
) -> Result<Response, Refusal> {
    let compared = visitor.desk(app).clean_up(panel, &list.patients).await?;
    let bulky = list.patients.len() + compared.listed.len() > 500;
    Ok(beside(bulky, || page_of(visitor, &compared.side, None, Some(Shown::of(list, &compared)))))
}
