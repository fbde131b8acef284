//! How somebody is told that there is something to do.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::attachment::{Contact, ContactChannel};
use crate::workflow::Refusal;

use super::super::App;
use super::super::api::problem::Problem;
use super::asked::{Done, Fields};
use super::layout::Page;
use super::refused::{mendable, shown};
use super::visitor::{Form, Visitor};
use super::words::{self, Today};

#[derive(Template)]
#[template(path = "web/notices.html")]
struct Notices<'n> {
    form_key: &'n str,
    contact: &'n Contact,
    since: Option<String>,
    done: Option<&'static str>,
    fault: Option<&'n str>,
}

impl Notices<'_> {
    fn wants(&self, channel: &str) -> bool {
        self.contact.channel.word() == channel
    }
}

/// What was filled in. Whoever chose nothing wants to hear nothing.
fn filled(fields: &Fields) -> Contact {
    let field = |name: &str| {
        let found = fields.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    };
    Contact {
        channel: field("channel").and_then(ContactChannel::of).unwrap_or(ContactChannel::Not),
        email: field("email").map(str::to_owned),
        phone: field("phone").map(str::to_owned),
    }
}

/// `GET /my/notices`
pub(super) async fn page(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Query(told): Query<Done>,
) -> Response {
    let page = async {
        let (contact, since) = visitor.desk(&app).contact().await?;
        let content = Notices {
            form_key: &visitor.form_key,
            contact: &contact,
            since: since.map(|at| Today::of(&app).day(at)),
            done: words::done(told.done.as_deref()),
            fault: None,
        };
        Ok(Page::of(&visitor, "Notices").show(&content))
    };
    shown(&visitor, page.await)
}

/// `POST /my/notices`
pub(super) async fn keep(
    State(app): State<Arc<App>>,
    Form(visitor, fields): Form<Fields>,
) -> Response {
    let page = async {
        let contact = filled(&fields);
        let Err(refusal) = visitor.desk(&app).set_contact(&contact).await else {
            return Ok::<_, Refusal>(Redirect::to("/my/notices?done=notices").into_response());
        };
        let Problem { status, detail, .. } = mendable(refusal)?;
        let content = Notices {
            form_key: &visitor.form_key,
            contact: &contact,
            since: None,
            done: None,
            fault: Some(&detail),
        };
        let status: StatusCode = status;
        Ok(Page::of(&visitor, "Notices").status(status).show(&content))
    };
    shown(&visitor, page.await)
}
