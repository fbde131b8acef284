//! In whose name families are kept on pages: by themselves, or by an agent of the registry for whoever calls.

use axum::response::{IntoResponse as _, Redirect, Response};

use crate::attachment::FamilyId;
use crate::workflow::{Desk, Refusal, RegisteredBy};

use super::super::App;
use super::visitor::Visitor;

/// Who is on the page, and about whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// The families that somebody registered.
    Own,
    /// Those who call, for an agent.
    Callers,
}

impl Whose {
    /// Where its pages are.
    pub(super) const fn place(self) -> &'static str {
        match self {
            Whose::Own => "/my/registrations",
            Whose::Callers => "/my/families",
        }
    }

    /// Where a visitor does what they may. The pages of callers are there for agents alone.
    pub(super) fn desk<'d>(self, visitor: &'d Visitor, app: &'d App) -> Result<Desk<'d>, Refusal> {
        if self == Whose::Callers && !visitor.person.is_agent() {
            return Err(Refusal::NotFound);
        }
        Ok(visitor.desk(app))
    }

    /// A text as it is told to a family, or about one to an agent.
    pub(super) const fn say(self, own: &'static str, callers: &'static str) -> &'static str {
        match self {
            Whose::Own => own,
            Whose::Callers => callers,
        }
    }

    /// Where a family is shown.
    pub(super) fn shown_at(self, family: FamilyId) -> String {
        match self {
            Whose::Own => self.place().to_owned(),
            Whose::Callers => format!("{}/{}", self.place(), family.0),
        }
    }

    /// To where the family is shown, and what was done, by its word.
    pub(super) fn done(self, family: FamilyId, what: &str) -> Response {
        Redirect::to(&format!("{}?done={what}", self.shown_at(family))).into_response()
    }

    /// Who registers, as the form says it: where an agent does, there is no choice.
    pub(super) fn registered_by(self, typed: &str) -> RegisteredBy {
        match self {
            Whose::Callers => RegisteredBy::Agent,
            Whose::Own => RegisteredBy::of(typed)
                .filter(|by| *by != RegisteredBy::Agent)
                .unwrap_or(RegisteredBy::Self_),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_says_by_a_form_that_they_are_an_agent_and_an_agent_need_not() {
        for (typed, own) in [
            ("self", RegisteredBy::Self_),
            ("family", RegisteredBy::Family),
            ("agent", RegisteredBy::Self_),
            ("", RegisteredBy::Self_),
        ] {
            assert_eq!(Whose::Own.registered_by(typed), own, "{typed}");
            assert_eq!(Whose::Callers.registered_by(typed), RegisteredBy::Agent, "{typed}");
        }
    }
}
