//! Families who want to be called: whom, about what, and that they were.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::attachment::NoticeKind;
use crate::store::CallView;
use crate::workflow::Refusal;

use super::super::App;
use super::super::api::problem::Problem;
use super::asked::{Done, Fields};
use super::layout::Page;
use super::refused::{mendable, shown};
use super::visitor::{Form, Visitor};
use super::words::{self, Today};

#[derive(Template)]
#[template(path = "web/calls.html")]
struct Calls<'c> {
    form_key: &'c str,
    code: &'c str,
    name: &'c str,
    done: Option<&'static str>,
    fault: Option<&'c str>,
    calls: Vec<CallShown<'c>>,
}

struct CallShown<'c> {
    call: &'c CallView,
    names: String,
    language: String,
    about: Vec<(i64, &'static str, String)>,
}

impl<'c> CallShown<'c> {
    fn of(call: &'c CallView, today: Today) -> Self {
        let interpreter = call.interpreter.as_deref().map(words::language);
        let interpreter = interpreter.map(|tag| format!("; needs an interpreter for {tag}"));
        let about = call.about.iter();
        CallShown {
            call,
            names: call.names.join(", "),
            language: words::language(&call.language).to_owned() + &interpreter.unwrap_or_default(),
            about: about.map(|one| (one.notice, to_say(one.kind), today.day(one.since))).collect(),
        }
    }
}

/// What they are told on the telephone.
const fn to_say(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Asked => "Are they still looking for a provider?",
        NoticeKind::NotReconfirmed => {
            "They did not say that they are still looking, and are not proposed for now."
        }
        NoticeKind::PutBack => {
            "They were proposed to a practice, and it led to no provider; they wait on since the day they registered."
        }
        NoticeKind::AttachmentEnded => {
            "Their attachment to a provider ended; they wait again since the day they registered."
        }
        NoticeKind::ProviderLeft => {
            "Their provider has left; they wait again since the day they registered."
        }
        _ => "Something about their registration.",
    }
}

async fn page_of(
    app: &App,
    visitor: &Visitor,
    network: &str,
    done: Option<&'static str>,
    problem: Option<&Problem>,
) -> Result<Response, Refusal> {
    let (found, calls) = visitor.desk(app).calls(network).await?;
    let today = Today::of(app);
    let content = Calls {
        form_key: &visitor.form_key,
        code: &found.code,
        name: &found.name,
        done,
        fault: problem.map(|problem| problem.detail.as_str()),
        calls: calls.iter().map(|call| CallShown::of(call, today)).collect(),
    };
    let status = problem.map_or(StatusCode::OK, |problem| problem.status);
    Ok(Page::of(visitor, "Calls").status(status).show(&content))
}

/// `GET /my/networks/{network}/calls`
pub(super) async fn page(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(network): Path<String>,
    Query(told): Query<Done>,
) -> Response {
    let done = words::done(told.done.as_deref());
    shown(&visitor, page_of(&app, &visitor, &network, done, None).await)
}

/// `POST /my/networks/{network}/calls`
pub(super) async fn called(
    State(app): State<Arc<App>>,
    Path(network): Path<String>,
    Form(visitor, fields): Form<Fields>,
) -> Response {
    let page = async {
        let named = fields.iter().filter(|(name, _)| name == "notice");
        let notices: Vec<i64> = named.filter_map(|(_, value)| value.parse().ok()).collect();
        let Err(refusal) = visitor.desk(&app).called(&network, &notices).await else {
            let calls = format!("/my/networks/{network}/calls?done=called");
            return Ok(Redirect::to(&calls).into_response());
        };
        let problem = mendable(refusal)?;
        page_of(&app, &visitor, &network, None, Some(&problem)).await
    };
    shown(&visitor, page.await)
}
