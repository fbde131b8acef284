//! Who may act for a provider: the provider says so here, and nobody hands it on.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use crate::attachment::Ground;
use crate::store::Delegate;
use crate::workflow::{Provider, Refusal};

use super::super::App;
use super::super::api::problem::Problem;
use super::asked::Done;
use super::layout::Page;
use super::refused::{mendable, shown};
use super::visitor::{Form, Visitor};
use super::words::{self, Today};

/// The form as it is filled in.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Letting {
    #[serde(default)]
    practitioner: String,
    /// Somebody of the staff.
    #[serde(default)]
    staff: String,
    /// Somebody else, by the name that they sign in with.
    #[serde(default)]
    subject: String,
}

impl Letting {
    fn whom(&self) -> Result<&str, Refusal> {
        let told = match (self.staff.trim(), self.subject.trim()) {
            ("", "") => "Choose somebody of the staff, or type the name that they sign in with.",
            (staff, "") => return Ok(staff),
            ("", subject) => return Ok(subject),
            _ => "Choose somebody of the staff or type a name, not both.",
        };
        Err(Refusal::Invalid(Ground::Name, told.to_owned()))
    }
}

#[derive(Template)]
#[template(path = "web/delegates.html")]
struct DelegatesPage<'p> {
    form_key: &'p str,
    done: Option<&'static str>,
    fault: Option<&'p str>,
    providers: Vec<ProviderShown<'p>>,
}

struct ProviderShown<'p> {
    key: &'p str,
    name: &'p str,
    delegates: Vec<DelegateShown<'p>>,
    /// Those of the staff who do not act for them yet.
    staff: Vec<StaffShown<'p>>,
    typed: &'p str,
}

struct DelegateShown<'p> {
    subject: &'p str,
    name: &'p str,
    since: String,
}

struct StaffShown<'p> {
    subject: &'p str,
    name: &'p str,
    job: &'static str,
    chosen: bool,
}

impl<'p> ProviderShown<'p> {
    fn of(provider: &'p Provider, letting: &'p Letting, today: Today) -> Self {
        let ours = letting.practitioner == provider.key;
        let acts = |subject: &str| provider.delegates.iter().any(|one| one.subject == subject);
        let delegate = |delegate: &'p Delegate| {
            let known = provider.staff.iter().find(|member| member.subject == delegate.subject);
            DelegateShown {
                subject: &delegate.subject,
                name: known.map_or(delegate.subject.as_str(), |member| member.name.as_str()),
                since: today.day(delegate.since),
            }
        };
        let free = provider.staff.iter().filter(|member| !acts(&member.subject));
        ProviderShown {
            key: &provider.key,
            name: &provider.name,
            delegates: provider.delegates.iter().map(delegate).collect(),
            staff: free
                .map(|member| StaffShown {
                    subject: &member.subject,
                    name: &member.name,
                    job: words::job(member.job),
                    chosen: ours && member.subject == letting.staff,
                })
                .collect(),
            typed: if ours { &letting.subject } else { "" },
        }
    }
}

async fn page_of(
    app: &App,
    visitor: &Visitor,
    done: Option<&'static str>,
    again: Option<(Letting, Problem)>,
) -> Result<Response, Refusal> {
    let providers = visitor.desk(app).providers().await?;
    let (today, blank) = (Today::of(app), Letting::default());
    let letting = again.as_ref().map_or(&blank, |(letting, _)| letting);
    let status = again.as_ref().map_or(StatusCode::OK, |(_, problem)| problem.status);
    let content = DelegatesPage {
        form_key: &visitor.form_key,
        done,
        fault: again.as_ref().map(|(_, problem)| problem.detail.as_str()),
        providers: providers.iter().map(|one| ProviderShown::of(one, letting, today)).collect(),
    };
    Ok(Page::of(visitor, "Who may act for me").status(status).show(&content))
}

/// `GET /my/delegates`
pub(super) async fn page(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Query(told): Query<Done>,
) -> Response {
    let done = words::done(told.done.as_deref());
    shown(&visitor, page_of(&app, &visitor, done, None).await)
}

/// Lets somebody act, or no longer; or shows the form again.
async fn take(
    app: &App,
    visitor: &Visitor,
    letting: Letting,
    acts: bool,
) -> Result<Response, Refusal> {
    let given = match letting.whom() {
        Ok(subject) => visitor.desk(app).delegate(&letting.practitioner, subject, acts).await,
        Err(refusal) => Err(refusal),
    };
    match given {
        Ok(_) => {
            let done = if acts { "delegate" } else { "no-delegate" };
            Ok(Redirect::to(&format!("/my/delegates?done={done}")).into_response())
        }
        Err(refusal) => {
            let again = Some((letting, mendable(refusal)?));
            page_of(app, visitor, None, again).await
        }
    }
}

/// `POST /my/delegates`
pub(super) async fn give(
    State(app): State<Arc<App>>,
    Form(visitor, sent): Form<Letting>,
) -> Response {
    shown(&visitor, take(&app, &visitor, sent, true).await)
}

/// `POST /my/delegates/end`
pub(super) async fn end(
    State(app): State<Arc<App>>,
    Form(visitor, sent): Form<Letting>,
) -> Response {
    shown(&visitor, take(&app, &visitor, sent, false).await)
}
