//! What every page has around it.

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::access::RetryAfter;

use super::growing::Growing;
use super::visitor::Visitor;

const STYLE: &str = include_str!("style.css");

/// A page to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page<'v> {
    title: &'v str,
    visitor: Option<&'v Visitor>,
    status: StatusCode,
    script: Option<&'static str>,
    /// Where its forms may lead, as the policy has it.
    forms: &'static str,
}

#[derive(Template)]
#[template(path = "web/layout.html")]
struct Layout<'v> {
    /// Something was not taken: the title begins with it, which is what is read out first.
    refused: bool,
    title: &'v str,
    style: &'static str,
    visitor: Option<&'v Visitor>,
    content: String,
    script: Option<&'static str>,
}

#[derive(Template)]
#[template(source = "<h1>{{ text }}</h1><p><a href=\"/my\">To the beginning</a></p>", ext = "html")]
struct Told<'t> {
    text: &'t str,
}

impl<'v> Page<'v> {
    /// For somebody who is signed in.
    pub(super) fn of(visitor: &'v Visitor, title: &'v str) -> Self {
        Page { visitor: Some(visitor), ..Page::for_anybody(title) }
    }

    /// For anybody.
    pub(super) fn for_anybody(title: &'v str) -> Self {
        Page { title, visitor: None, status: StatusCode::OK, script: None, forms: "'self'" }
    }

    /// With another status.
    pub(super) fn status(self, status: StatusCode) -> Self {
        Page { status, ..self }
    }

    /// With a script of ours, which makes it handier and without which it works as well.
    pub(super) fn script(self, script: &'static str) -> Self {
        Page { script: Some(script), ..self }
    }

    /// With forms that lead elsewhere as well.
    pub(super) fn leading_to(self, forms: &'static str) -> Self {
        Page { forms, ..self }
    }

    /// With this content. It is kept nowhere on the way, and runs nothing but that script.
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
        let Page { title, visitor, script, status, .. } = self;
        let refused = [StatusCode::CONFLICT, StatusCode::UNPROCESSABLE_ENTITY].contains(&status);
        let page = Layout { refused, title, style: STYLE, visitor, content, script };
        page.render().unwrap_or_default()
    }

    fn answer(self, body: Body) -> Response {
        let plain = HeaderValue::from_static;
        let headers = [
            (header::CONTENT_TYPE, plain("text/html; charset=utf-8")),
            (header::CACHE_CONTROL, plain("no-store")),
            (header::CONTENT_SECURITY_POLICY, policy(self.script, self.forms)),
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

/// To somebody who came too often: when to come again.
pub(super) fn often(too: RetryAfter) -> Response {
    let text = "That was too often for one minute. Wait a moment, and try again.";
    let again = [(header::RETRY_AFTER, too.seconds.to_string())];
    (again, told(StatusCode::TOO_MANY_REQUESTS, text)).into_response()
}

/// Nothing is loaded from anywhere; the one style sheet, and the script where there is one, are those that were written here.
/// Forms go to us, unless a page says more.
fn policy(script: Option<&str>, forms: &str) -> HeaderValue {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let runs = script.map(|script| format!("script-src {}; ", hash(script))).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; {runs}style-src {}; base-uri 'none'; form-action {forms}; frame-ancestors 'none'",
        hash(STYLE)
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}
