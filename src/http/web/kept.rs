//! A form that came without its session, or from an earlier one: nothing is done, and nothing that was typed is lost.

use askama::Template;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;

use super::asked::Fields;
use super::layout::{Page, told};
use super::visitor::Visitor;

/// The form as it came, to be sent again by whoever filled it in.
#[derive(Template)]
#[template(path = "web/kept.html")]
struct Kept<'k> {
    signed_in: bool,
    action: &'k str,
    form_key: Option<&'k str>,
    fields: &'k [(String, String)],
}

/// The page with everything that was sent. What another site's page sends is shown to nobody as theirs.
pub(super) fn kept(parts: &Parts, visitor: Option<&Visitor>, body: &[u8]) -> Response {
    let text =
        "This form is not of this session. Go back, load the page again, and send it once more.";
    let fields: Option<Fields> = serde_urlencoded::from_bytes(body).ok();
    let Some(mut fields) = fields.filter(|_| !is_from_elsewhere(parts)) else {
        return told(StatusCode::FORBIDDEN, text);
    };
    fields.retain(|(name, _)| name != "form_key");
    let title = if visitor.is_some() { "Send it now" } else { "You were signed out" };
    let page = visitor.map_or_else(|| Page::for_anybody(title), |visitor| Page::of(visitor, title));
    page.status(StatusCode::FORBIDDEN).show(&Kept {
        signed_in: visitor.is_some(),
        action: parts.uri.path(),
        form_key: visitor.map(|visitor| visitor.form_key.as_str()),
        fields: &fields,
    })
}

/// Whether a browser says that a page of another site sent it.
fn is_from_elsewhere(parts: &Parts) -> bool {
    let site = parts.headers.get("sec-fetch-site").map(|site| site.as_bytes());
    site.is_some_and(|site| site != b"same-origin" && site != b"none")
}
