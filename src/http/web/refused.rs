//! What was not done, as a page. The texts are those that programs get.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::workflow::Refusal;

use super::super::api::problem::Problem;
use super::layout::Page;
use super::visitor::Visitor;

#[derive(Template)]
#[template(
    source = "<h1>{{ title }}</h1><p class=\"notice bad\" role=\"alert\">{{ text }}</p><p><a href=\"/my\">To the beginning</a></p>",
    ext = "html"
)]
struct Refused<'r> {
    title: &'r str,
    text: &'r str,
}

/// The page, or why there is none.
pub(super) fn shown(visitor: &Visitor, page: Result<Response, Refusal>) -> Response {
    page.unwrap_or_else(|refusal| {
        let Problem { status, detail, retry_after, .. } = refusal.into();
        let title = match status {
            StatusCode::NOT_FOUND => "Not found",
            StatusCode::CONFLICT => "Not possible any more",
            StatusCode::UNPROCESSABLE_ENTITY => "Something is missing",
            _ => "Not now",
        };
        let page = Page::of(visitor, title).status(status).show(&Refused { title, text: &detail });
        match retry_after {
            Some(seconds) => ([(header::RETRY_AFTER, seconds.to_string())], page).into_response(),
            None => page,
        }
    })
}

/// What a form is shown again with: the status, and the text for the notice. Whatever a form cannot mend goes on as it is.
pub(super) fn mendable(refusal: Refusal) -> Result<Problem, Refusal> {
    match refusal {
        Refusal::Invalid(..) | Refusal::Conflict(..) => Ok(refusal.into()),
        other => Err(other),
    }
}
