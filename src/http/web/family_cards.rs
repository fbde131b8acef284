//! How families are shown to whoever registered them: states in plain words, waits in months, standings as bands.

use askama::Template;
use uuid::Uuid;

use crate::attachment::{Cell, RegistrationState, Standing};
use crate::store::{FamilyClinic, FamilyView, RegistrationView};

use super::super::App;
use super::clinic_card::ClinicCard;
use super::visitor::Visitor;
use super::words::{Today, WITHHELD};

/// The page of all families that somebody registered.
#[derive(Template)]
#[template(path = "web/registrations.html")]
pub(super) struct Registrations<'v> {
    pub(super) visitor: &'v Visitor,
    /// What was done on the page before.
    pub(super) done: Option<&'static str>,
    pub(super) families: Vec<ShownFamily>,
}

/// A family, in words.
pub(super) struct ShownFamily {
    id: Uuid,
    title: String,
    community: String,
    standing: &'static str,
    attached: String,
    waits: bool,
    members: Vec<ShownMember>,
    /// Where they were accepted.
    clinics: Vec<ClinicCard>,
}

struct ShownMember {
    name: String,
    phn: String,
    word: &'static str,
    tone: &'static str,
    meaning: &'static str,
    since: String,
    waited: Option<String>,
    /// What the next day is for, and the day.
    reconfirm: &'static str,
    reconfirm_by: Option<String>,
}

/// What a state is called, how it looks, and what it means for whoever is in it.
fn words(state: RegistrationState) -> (&'static str, &'static str, &'static str) {
    use RegistrationState as State;
    match state {
        State::Active => (
            "Waiting",
            "",
            "You are on the registry. You hear from us when a provider has room for you.",
        ),
        State::ReconfirmDue => (
            "Are you still looking?",
            " bad",
            "It has been a while. Tell us that you are still looking, or the registration is put on hold.",
        ),
        State::Suspended => (
            "On hold",
            " bad",
            "We did not hear from you, so you are proposed to nobody. Tell us that you are still looking: no waiting time is lost.",
        ),
        State::Proposed => (
            "A provider looks at it",
            " good",
            "A provider may call you. If it does not come to anything, you go on waiting with the same date.",
        ),
        State::Attached => ("Found a provider", " good", "You are on a provider's panel."),
        State::Withdrawn => (
            "No longer looking",
            "",
            "You told us that you no longer look, or you are registered a second time and that goes on.",
        ),
        State::Deceased => ("Ended", "", "This registration has ended."),
    }
}

/// Where a family stands, as it is told.
const fn stands(standing: Standing) -> &'static str {
    match standing {
        Standing::First10 => "among the first ten",
        Standing::First100 => "among the first hundred",
        Standing::First1000 => "among the first thousand",
        Standing::Later => "further back",
    }
}

/// What somebody is called: how they told us that they want to be, else as in the Client Registry.
pub(super) fn name_of(member: &RegistrationView) -> String {
    let name = member.preferred_name.as_ref().or(member.name.as_ref());
    name.map_or(WITHHELD, String::as_str).to_owned()
}

fn shown_member(app: &App, today: Today, member: &RegistrationView) -> ShownMember {
    let (word, tone, meaning) = words(member.state);
    let asked_on = member.reconfirmed_at + app.service.attaching.periods.reconfirm;
    let periods = app.service.attaching.periods;
    let (reconfirm, next) = match member.state {
        RegistrationState::Active | RegistrationState::Proposed => {
            ("We ask whether you are still looking on", Some(asked_on))
        }
        RegistrationState::ReconfirmDue => {
            ("Tell us that you are still looking by", Some(asked_on + periods.answer))
        }
        _ => ("", None),
    };
    ShownMember {
        name: name_of(member),
        phn: member.phn.clone(),
        word,
        tone,
        meaning,
        since: today.day(member.registered_at),
        waited: member.state.is_waiting().then(|| today.waited(member.registered_at)),
        reconfirm,
        reconfirm_by: next.map(|day| today.day(day)),
    }
}

pub(super) fn shown(
    app: &App,
    family: &FamilyView,
    attached: Cell,
    clinics: Vec<FamilyClinic>,
) -> ShownFamily {
    let today = Today::of(app);
    let clinic = |clinic: FamilyClinic| {
        ClinicCard::for_families(&clinic.name, clinic.details.unwrap_or_default())
    };
    ShownFamily {
        id: family.id.0,
        title: family.members.iter().map(name_of).collect::<Vec<_>>().join(", "),
        community: family.community.clone(),
        standing: stands(Standing::after(family.before)),
        attached: match attached {
            Cell::Number(count) => format!("{count} people"),
            Cell::Few | Cell::Withheld => "fewer than 5 people".to_owned(),
        },
        waits: family.members.iter().any(|member| member.state.is_waiting()),
        members: family.members.iter().map(|member| shown_member(app, today, member)).collect(),
        clinics: clinics.into_iter().map(clinic).collect(),
    }
}
