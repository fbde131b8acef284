//! A director's clinic: how it is reached and found, who works there, and how its providers' panels stand.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use crate::attachment::{ClinicDetails, Ground, Job, Post, TEXT_FOR_FAMILIES};
use crate::store::{ClinicEntry, PanelSide, StaffMember};
use crate::workflow::{Clinic, Refusal};

use super::super::App;
use super::super::api::problem::Problem;
use super::asked::{Done, part};
use super::capacity::{self, Choosable};
use super::clinic_card::spaced;
use super::layout::Page;
use super::refused::{mendable, shown};
use super::visitor::{Form, Visitor};
use super::words::{self, Today};

/// The form of the details, as it is filled in.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Keeping {
    #[serde(default)]
    phone: String,
    #[serde(default)]
    email: String,
    /// Line by line.
    #[serde(default)]
    address: String,
    #[serde(default)]
    postal_code: String,
    #[serde(default)]
    text: String,
}

/// The form of somebody on the staff, likewise.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Employing {
    #[serde(default)]
    subject: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    job: String,
}

impl Keeping {
    fn of(details: ClinicDetails) -> Self {
        Keeping {
            phone: details.phone.unwrap_or_default(),
            email: details.email.unwrap_or_default(),
            address: details.lines.join("\n"),
            postal_code: details.postal_code.as_deref().map(spaced).unwrap_or_default(),
            text: details.for_families.unwrap_or_default(),
        }
    }

    fn read(&self) -> ClinicDetails {
        ClinicDetails {
            phone: Some(self.phone.clone()),
            email: Some(self.email.clone()),
            lines: self.address.lines().map(str::to_owned).collect(),
            postal_code: Some(self.postal_code.clone()),
            for_families: Some(self.text.clone()),
        }
    }
}

impl Employing {
    fn read(&self) -> Result<Post, Refusal> {
        let job = Job::of(&self.job).ok_or_else(|| {
            Refusal::Invalid(Ground::Shape, "Choose what they do at the clinic.".to_owned())
        })?;
        Ok(Post { name: self.name.clone(), job })
    }

    fn jobs(&self) -> Vec<Choosable<'static>> {
        let choosable = |job: &Job| Choosable {
            value: job.word(),
            text: words::job(*job),
            chosen: self.job == job.word(),
        };
        Job::ALL.iter().map(choosable).collect()
    }
}

/// What is shown again, and why it was not taken.
#[derive(Default)]
struct Again {
    keeping: Option<Keeping>,
    employing: Employing,
    problem: Option<Problem>,
}

#[derive(Template)]
#[template(path = "web/clinic.html")]
struct ClinicPage<'p> {
    form_key: &'p str,
    address: String,
    name: &'p str,
    entries: Vec<EntryShown<'p>>,
    kept: Option<String>,
    keeping: &'p Keeping,
    staff: Vec<MemberShown<'p>>,
    employing: &'p Employing,
    providers: Vec<ProviderShown<'p>>,
    most: usize,
    done: Option<&'static str>,
    fault: Option<&'p str>,
}

struct EntryShown<'p> {
    registry: &'p str,
    name: &'p str,
    numbers: Vec<String>,
    postal_codes: String,
}

struct MemberShown<'p> {
    member: &'p StaffMember,
    job: &'static str,
    since: String,
}

struct ProviderShown<'p> {
    panel: &'p PanelSide,
    room: String,
    delegates: Vec<String>,
}

impl<'p> EntryShown<'p> {
    fn of(entry: &'p ClinicEntry) -> Self {
        let number = |token: &String| match token.rsplit_once('|') {
            Some((system, value)) if system.ends_with("msp-facility-id") => {
                format!("{value} (facility)")
            }
            Some((system, value)) => format!("{value} ({system})"),
            None => token.clone(),
        };
        let codes: Vec<String> = entry.postal_codes.iter().map(|code| spaced(code)).collect();
        EntryShown {
            registry: &entry.registry,
            name: &entry.name,
            numbers: entry.numbers.iter().map(number).collect(),
            postal_codes: codes.join(", "),
        }
    }
}

impl<'p> ProviderShown<'p> {
    fn of(clinic: &'p Clinic, panel: &'p PanelSide, today: Today) -> Self {
        let ours =
            clinic.delegates.iter().filter(|one| one.practitioner_key == panel.practitioner_key);
        let told = |subject: &str| {
            let known = clinic.staff.iter().find(|member| member.subject == subject);
            known.map_or(subject, |member| member.name.as_str()).to_owned()
        };
        let since = |one: &crate::store::Delegate| {
            format!("{}, since {}", told(&one.subject), today.day(one.since))
        };
        ProviderShown { panel, room: capacity::room(panel), delegates: ours.map(since).collect() }
    }
}

async fn page_of(
    app: &App,
    visitor: &Visitor,
    key: &str,
    done: Option<&'static str>,
    again: Again,
) -> Result<Response, Refusal> {
    let clinic = visitor.desk(app).clinic(key).await?;
    let today = Today::of(app);
    let kept = clinic.kept.as_ref();
    let before = Keeping::of(kept.map(|kept| kept.details.clone()).unwrap_or_default());
    let member =
        |member| MemberShown { member, job: words::job(member.job), since: today.day(member.at) };
    let status = again.problem.as_ref().map_or(StatusCode::OK, |problem| problem.status);
    let content = ClinicPage {
        form_key: &visitor.form_key,
        address: format!("/my/clinics/{}", part(key)),
        name: clinic.name(),
        entries: clinic.entries.iter().map(EntryShown::of).collect(),
        kept: kept.map(|kept| format!("Kept so since {} by {}.", today.day(kept.at), kept.author)),
        keeping: again.keeping.as_ref().unwrap_or(&before),
        staff: clinic.staff.iter().map(member).collect(),
        employing: &again.employing,
        providers: clinic.panels.iter().map(|p| ProviderShown::of(&clinic, p, today)).collect(),
        most: TEXT_FOR_FAMILIES,
        done,
        fault: again.problem.as_ref().map(|problem| problem.detail.as_str()),
    };
    Ok(Page::of(visitor, clinic.name()).status(status).show(&content))
}

fn to_clinic(key: &str, done: &'static str) -> Response {
    Redirect::to(&format!("/my/clinics/{}?done={done}", part(key))).into_response()
}

/// `GET /my/clinics/{clinic}`
pub(super) async fn page(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(clinic): Path<String>,
    Query(told): Query<Done>,
) -> Response {
    let done = words::done(told.done.as_deref());
    shown(&visitor, page_of(&app, &visitor, &clinic, done, Again::default()).await)
}

/// `POST /my/clinics/{clinic}`
pub(super) async fn keep(
    State(app): State<Arc<App>>,
    Path(clinic): Path<String>,
    Form(visitor, keeping): Form<Keeping>,
) -> Response {
    let page = async {
        match visitor.desk(&app).keep_clinic(&clinic, keeping.read()).await {
            Ok(_) => Ok(to_clinic(&clinic, "clinic")),
            Err(refusal) => {
                let problem = Some(mendable(refusal)?);
                let again = Again { keeping: Some(keeping), problem, ..Again::default() };
                page_of(&app, &visitor, &clinic, None, again).await
            }
        }
    };
    shown(&visitor, page.await)
}

/// `POST /my/clinics/{clinic}/staff`
pub(super) async fn employ(
    State(app): State<Arc<App>>,
    Path(clinic): Path<String>,
    Form(visitor, employing): Form<Employing>,
) -> Response {
    let page = async {
        let subject = employing.subject.trim();
        let kept = match employing.read() {
            Ok(post) => visitor.desk(&app).keep_staff(&clinic, subject, post).await,
            Err(refusal) => Err(refusal),
        };
        match kept {
            Ok(_) => Ok(to_clinic(&clinic, "staff")),
            Err(refusal) => {
                let problem = Some(mendable(refusal)?);
                let again = Again { employing, problem, ..Again::default() };
                page_of(&app, &visitor, &clinic, None, again).await
            }
        }
    };
    shown(&visitor, page.await)
}

/// `POST /my/clinics/{clinic}/staff/end`
pub(super) async fn let_go(
    State(app): State<Arc<App>>,
    Path(clinic): Path<String>,
    Form(visitor, employing): Form<Employing>,
) -> Response {
    let page = async {
        visitor.desk(&app).staff_leaves(&clinic, &employing.subject).await?;
        Ok(to_clinic(&clinic, "no-staff"))
    };
    shown(&visitor, page.await)
}
