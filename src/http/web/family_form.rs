//! The form in which a family registers, or changes what it told.

use askama::Template;

use crate::attachment::Ground;
use crate::store::Named;
use crate::workflow::{Looking, MEMBERS};

use super::typed::Typed;
use super::visitor::Visitor;
use super::whose::Whose;
use super::words::LANGUAGES;

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) text: String,
    /// The id of the field, where it is known.
    pub(super) field: Option<String>,
}

/// The page of the form.
#[derive(Template)]
#[template(path = "web/family_form.html")]
pub(super) struct FamilyForm<'v> {
    pub(super) visitor: &'v Visitor,
    pub(super) whose: Whose,
    /// Where it is left without doing anything.
    pub(super) back: &'v str,
    pub(super) typed: &'v Typed,
    pub(super) faults: &'v [Fault],
    pub(super) communities: &'v [Named],
    pub(super) conditions: &'v [Named],
    /// Those who are registered already, as they are called; `None`: they register now.
    pub(super) registered: Option<&'v [String]>,
}

const LOOKING: &[(Looking, &str)] = &[
    (Looking::Retiring, "The provider retires, or has retired"),
    (Looking::Moving, "The provider moves away, or has moved"),
    (Looking::NotTakingFamily, "The provider does not take the rest of the family"),
    (Looking::MovedHere, "Moved here"),
    (Looking::NeverHadOne, "Never had a provider"),
    (Looking::Other, "Another reason"),
];

/// The field that a refusal is about.
const fn about(ground: Ground) -> Option<&'static str> {
    match ground {
        Ground::Consent => Some("consent"),
        Ground::Reach | Ground::Email => Some("email"),
        Ground::Phone => Some("phone"),
        Ground::PostalCode | Ground::Home => Some("postal-code"),
        Ground::Distance => Some("distance"),
        Ground::Language => Some("language"),
        _ => None,
    }
}

impl Fault {
    /// In this field.
    pub(super) fn at(field: impl Into<String>, text: &str) -> Self {
        Fault { text: text.to_owned(), field: Some(field.into()) }
    }

    /// As the workflow says it.
    pub(super) fn told(ground: Ground, text: String) -> Self {
        Fault { field: about(ground).map(str::to_owned), text }
    }
}

impl FamilyForm<'_> {
    fn is_faulty(&self, field: &str) -> bool {
        self.faults.iter().any(|fault| fault.field.as_deref() == Some(field))
    }

    /// What a member who is registered already is called.
    fn called(&self, place: &usize) -> &str {
        self.registered.and_then(|names| names.get(*place)).map_or("", String::as_str)
    }

    fn can_add(&self) -> bool {
        self.typed.members.len() < MEMBERS
    }

    /// The languages that are offered, and the one that was told, where it is none of them.
    fn languages<'t>(&self, told: &'t str) -> Vec<(&'t str, &'t str)> {
        let other = !told.is_empty() && LANGUAGES.iter().all(|known| known.tag != told);
        let offered = LANGUAGES.iter().map(|known| (known.tag, known.own));
        offered.chain(other.then_some((told, told))).collect()
    }
}
