//! What a family tells when it registers.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::attachment::{Gender, Ground};

use super::Wrong;
use super::wishes::{Told, told};

/// People in one family at most.
pub const MEMBERS: usize = 20;
/// Conditions of one person at most.
pub(super) const CONDITIONS: usize = 50;

/// A family that registers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Registering {
    /// Who does it: `self`, `family` (for somebody in their care) or `agent` (on the phone).
    pub registered_by: RegisteredBy,
    /// They agree that this is kept and shown to providers who may take them.
    pub consent: bool,
    /// How to reach them.
    #[serde(default)]
    pub email: Option<String>,
    /// How to reach them.
    #[serde(default)]
    pub phone: Option<String>,
    /// By which of the two.
    pub channel: Channel,
    /// The language they speak, BCP 47.
    pub language: String,
    /// Where they live, at least the first three characters; left out by those who have no fixed address.
    #[serde(default)]
    pub postal_code: Option<String>,
    /// The community, by code, of those who have no fixed address.
    #[serde(default)]
    pub community: Option<String>,
    /// How far they would go: 5, 20 or 50 km; left out: any distance.
    #[serde(default)]
    pub distance: Option<u32>,
    /// What they would prefer their provider to be.
    #[serde(default)]
    pub provider_gender: Option<Gender>,
    /// The language they need an interpreter for.
    #[serde(default)]
    pub interpreter: Option<String>,
    /// Who they are: placed together, or not at all.
    pub members: Vec<Member>,
}

impl Registering {
    /// What they tell of the family as a whole.
    pub(super) fn told(&self) -> Told<'_> {
        told!(self)
    }
}

/// One of a family.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Member {
    /// Personal health number.
    pub phn: String,
    /// All given names, as on the services card.
    pub given: String,
    /// Family name.
    pub family: String,
    /// Born.
    pub birth_date: NaiveDate,
    /// How they want to be called.
    #[serde(default)]
    pub preferred_name: Option<String>,
    /// They have a provider, and look for another one.
    #[serde(default)]
    pub attached_now: bool,
    /// Why they look for one.
    pub looking: Looking,
    /// Their health changed in the last three months.
    #[serde(default)]
    pub health_changed: bool,
    /// What they have, by code.
    #[serde(default)]
    pub conditions: Vec<String>,
}

crate::attachment::words! {
    /// Who registers a family.
    RegisteredBy {
        /// One of them.
        Self_ = "self",
        /// Somebody in whose care they are.
        Family = "family",
        /// Somebody on the phone.
        Agent = "agent",
    }
}

crate::attachment::words! {
    /// How to reach somebody.
    Channel {
        /// By e-mail.
        Email = "email",
        /// By telephone.
        Phone = "phone",
        /// By text message.
        Text = "text",
    }
}

crate::attachment::words! {
    /// Why somebody looks for a provider.
    Looking {
        /// Theirs retires.
        Retiring = "provider-retiring",
        /// Theirs moves away.
        Moving = "provider-moving",
        /// Theirs does not take their family.
        NotTakingFamily = "not-taking-family",
        /// They moved here.
        MovedHere = "moved-here",
        /// They never had one.
        NeverHadOne = "never-had-one",
        /// Anything else.
        Other = "other",
    }
}

/// What can be told without looking anything up.
pub(super) fn check(asked: &Registering) -> Result<(), Wrong> {
    let distinct = |(place, member): (usize, &Member)| {
        asked.members[..place].iter().all(|other| other.phn != member.phn)
    };
    let long = |member: &Member| {
        member.preferred_name.as_ref().is_some_and(|name| name.chars().count() > 100)
            || member.conditions.len() > CONDITIONS
    };
    let odd = |name: &String| name.chars().any(char::is_control);
    let names = |member: &Member| {
        [Some(&member.given), Some(&member.family), member.preferred_name.as_ref()]
            .into_iter()
            .flatten()
            .any(odd)
    };
    if !asked.consent {
        return Err((Ground::Consent, "Without consent nothing is kept."));
    }
    let told = asked.told();
    told.check_reach()?;
    if asked.members.is_empty() || asked.members.len() > MEMBERS {
        return Err((Ground::People, "A family has 1 to 20 members."));
    }
    if !asked.members.iter().enumerate().all(distinct) {
        return Err((Ground::People, "Each member is named once."));
    }
    if asked.members.iter().any(long) {
        return Err((
            Ground::Name,
            "A preferred name has 100 characters at most, and there are 50 conditions at most.",
        ));
    }
    if asked.members.iter().any(names) {
        return Err((Ground::Name, "A name is one line of text."));
    }
    told.check_wishes()
}
