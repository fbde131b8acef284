//! What every page has around it.

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::growing::Growing;
use super::visitor::Visitor;

const STYLE: &str = include_str!("style.css");

/// A page to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page<'v> {
    title: &'v str,
    visitor: Option<&'v Visitor>,
    status: StatusCode,
}

#[derive(Template)]
#[template(path = "web/layout.html")]
struct Layout<'v> {
    title: &'v str,
    style: &'static str,
    visitor: Option<&'v Visitor>,
    content: String,
}

#[derive(Template)]
#[template(source = "<h1>{{ text }}</h1><p><a href=\"/my\">To the beginning</a></p>", ext = "html")]
struct Told<'t> {
    text: &'t str,
}

impl<'v> Page<'v> {
    /// For somebody who is signed in.
    pub(super) fn of(visitor: &'v Visitor, title: &'v str) -> Self {
        Page { title, visitor: Some(visitor), status: StatusCode::OK }
    }

    /// For anybody.
    pub(super) fn for_anybody(title: &'v str) -> Self {
        Page { title, visitor: None, status: StatusCode::OK }
    }

    /// With another status.
    pub(super) fn status(self, status: StatusCode) -> Self {
        Page { status, ..self }
    }

    /// With this content. It is kept nowhere on the way, and runs nothing.
    pub(super) fn show(self, content: &impl Template) -> Response {
        // Writing into a string fails only where a value's own text does, and ours are all plain.
        let page = self.around(content.render().unwrap_or_default());
        self.answer(Body::from(page))
    }

    /// With content that comes about bit by bit, and is shown as it does.
    pub(super) fn begin(self) -> (Response, Growing) {
        // A character that no text of ours has.
        const PLACE: &str = "\u{1}";
        let page = self.around(PLACE.to_owned());
        let (head, tail) = page.split_once(PLACE).unwrap_or((&page, ""));
        let (growing, body) = Growing::new(head, tail);
        (self.answer(body), growing)
    }

    fn around(self, content: String) -> String {
        let Page { title, visitor, .. } = self;
        Layout { title, style: STYLE, visitor, content }.render().unwrap_or_default()
    }

    fn answer(self, body: Body) -> Response {
        let plain = HeaderValue::from_static;
        let headers = [
            (header::CONTENT_TYPE, plain("text/html; charset=utf-8")),
            (header::CACHE_CONTROL, plain("no-store")),
            (header::CONTENT_SECURITY_POLICY, policy()),
            (header::X_CONTENT_TYPE_OPTIONS, plain("nosniff")),
            (header::REFERRER_POLICY, plain("same-origin")),
            (HeaderName::from_static("cross-origin-opener-policy"), plain("same-origin")),
        ];
        (self.status, headers, body).into_response()
    }
}

/// One sentence, as a page.
pub(super) fn told(status: StatusCode, text: &str) -> Response {
    Page::for_anybody("Not now").status(status).show(&Told { text })
}

/// Nothing is loaded from anywhere, and the one style sheet is the one that was written here. Forms go to us.
fn policy() -> HeaderValue {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}
