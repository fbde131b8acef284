//! How families are shown to whoever registered them, and to an agent on the telephone with them: states in plain words, waits in months, standings as bands.

use askama::Template;
use uuid::Uuid;

use crate::attachment::{Cell, RegistrationState, Standing};
use crate::store::{FamilyClinic, FamilyView, RegistrationView};

use super::super::App;
use super::clinic_card::ClinicCard;
use super::visitor::Visitor;
use super::whose::Whose;
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
    pub(super) id: Uuid,
    pub(super) whose: Whose,
    pub(super) title: String,
    pub(super) community: String,
    pub(super) standing: &'static str,
    pub(super) attached: String,
    pub(super) waits: bool,
    pub(super) members: Vec<ShownMember>,
    /// Where they were accepted.
    pub(super) clinics: Vec<ClinicCard>,
}

pub(super) struct ShownMember {
    pub(super) name: String,
    pub(super) phn: String,
    pub(super) word: &'static str,
    pub(super) tone: &'static str,
    pub(super) meaning: &'static str,
    pub(super) since: String,
    pub(super) waited: Option<String>,
    /// What the next day is for, and the day.
    pub(super) reconfirm: &'static str,
    pub(super) reconfirm_by: Option<String>,
}

/// What a state is called, how it looks, and what it means for whoever is in it.
fn words(state: RegistrationState, whose: Whose) -> (&'static str, &'static str, &'static str) {
    use RegistrationState as State;
    match state {
        State::Active => (
            "Waiting",
            "",
            whose.say(
                "You are on the registry. You hear from us when a provider has room for you.",
                "They are on the registry. They hear from us when a provider has room for them.",
            ),
        ),
        State::ReconfirmDue => (
            whose.say("Are you still looking?", "Are they still looking?"),
            " bad",
            whose.say(
                "It has been a while. Tell us that you are still looking, or the registration is put on hold.",
                "It has been a while. Ask whether they are still looking, or the registration is put on hold.",
            ),
        ),
        State::Suspended => (
            "On hold",
            " bad",
            whose.say(
                "We did not hear from you, so you are proposed to nobody. Tell us that you are still looking: no waiting time is lost.",
                "We did not hear from them, so they are proposed to nobody. Ask whether they are still looking: no waiting time is lost.",
            ),
        ),
        State::Proposed => (
            "A provider looks at it",
            " good",
            whose.say(
                "A provider may call you. If it does not come to anything, you go on waiting with the same date.",
                "A provider may call them. If it does not come to anything, they go on waiting with the same date.",
            ),
        ),
        State::Attached => (
            "Found a provider",
            " good",
            whose.say("You are on a provider's panel.", "They are on a provider's panel."),
        ),
        State::Withdrawn => (
            "No longer looking",
            "",
            whose.say(
                "You told us that you no longer look, or you are registered a second time and that goes on.",
                "They no longer look, or they are registered a second time and that goes on.",
            ),
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

fn shown_member(app: &App, whose: Whose, today: Today, member: &RegistrationView) -> ShownMember {
    let (word, tone, meaning) = words(member.state, whose);
    let asked_on = member.reconfirmed_at + app.service.attaching.periods.reconfirm;
    let periods = app.service.attaching.periods;
    let (reconfirm, next) = match member.state {
        RegistrationState::Active | RegistrationState::Proposed => {
            let ask =
                ("We ask whether you are still looking on", "They are asked whether they look on");
            (whose.say(ask.0, ask.1), Some(asked_on))
        }
        RegistrationState::ReconfirmDue => {
            let tell = ("Tell us that you are still looking by", "They have to say so by");
            (whose.say(tell.0, tell.1), Some(asked_on + periods.answer))
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
    whose: Whose,
    family: &FamilyView,
    attached: Cell,
    clinics: Vec<FamilyClinic>,
) -> ShownFamily {
    let today = Today::of(app);
    let clinic = |clinic: FamilyClinic| {
        ClinicCard::for_families(&clinic.name, clinic.details.unwrap_or_default())
    };
    let member = |member: &RegistrationView| shown_member(app, whose, today, member);
    ShownFamily {
        id: family.id.0,
        whose,
        title: family.members.iter().map(name_of).collect::<Vec<_>>().join(", "),
        community: family.community.clone(),
        standing: stands(Standing::after(family.before)),
        attached: match attached {
            Cell::Number(count) => format!("{count} people"),
            Cell::Few | Cell::Withheld => "fewer than 5 people".to_owned(),
        },
        waits: family.members.iter().any(|member| member.state.is_waiting()),
        members: family.members.iter().map(member).collect(),
        clinics: clinics.into_iter().map(clinic).collect(),
    }
}
