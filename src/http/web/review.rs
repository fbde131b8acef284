//! A list as it is shown, and the answers that come back.

use crate::attachment::{Answer, DeclineReason, FamilyId, Ground, ProposalId, ProposalState};
use crate::store::{ListView, Profile, ProposalView};
use crate::workflow::{Given, Refusal};

use super::capacity::Choosable;
use super::words::{self, Today};

/// A list.
#[derive(Debug)]
pub(super) struct ListShown {
    pub(super) id: String,
    pub(super) sent: String,
    pub(super) due: String,
    /// Somebody on it is not answered yet.
    pub(super) waits: bool,
    /// Who is to be answered, by family.
    pub(super) open: Vec<FamilyShown>,
    /// Who was accepted and is to be confirmed.
    pub(super) accepted: Vec<PersonShown>,
    /// Everybody else.
    pub(super) rest: Vec<PersonShown>,
}

/// A family on a list, or those of it who are still to be answered.
#[derive(Debug)]
pub(super) struct FamilyShown {
    of: FamilyId,
    /// How many of it are on the list, answered or not.
    size: usize,
    pub(super) why: String,
    pub(super) people: Vec<PersonShown>,
}

/// Somebody on a list.
#[derive(Debug)]
pub(super) struct PersonShown {
    pub(super) id: i64,
    /// Who they are; `None`: they are no longer shown.
    pub(super) facts: Option<Facts>,
    pub(super) state: &'static str,
    pub(super) mark: &'static str,
    pub(super) reason: Option<&'static str>,
    pub(super) answers: Vec<Choosable<'static>>,
    pub(super) reasons: Vec<Choosable<'static>>,
    pub(super) left: bool,
    /// They are declined, and nobody said why.
    pub(super) lacks: bool,
}

/// What is known of somebody, in words.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) name: String,
    pub(super) phn: String,
    pub(super) age: String,
    pub(super) complexity: &'static str,
    pub(super) conditions: String,
    pub(super) changed: bool,
    pub(super) community: String,
    pub(super) language: String,
    pub(super) interpreter: Option<String>,
    pub(super) waited: String,
    pub(super) reach: String,
}

impl Facts {
    fn of(phn: &str, profile: &Profile, today: Today) -> Self {
        let language = |tag: &str| words::language(tag).to_owned();
        Facts {
            name: profile.name.clone().unwrap_or_else(|| words::WITHHELD.to_owned()),
            phn: phn.to_owned(),
            age: today.age(profile.birth_date),
            complexity: words::complexity(profile.complexity),
            conditions: match &profile.conditions[..] {
                [] => "none told".to_owned(),
                all => all.join(", "),
            },
            changed: profile.changed,
            community: profile.community.clone(),
            language: language(&profile.language),
            interpreter: profile.interpreter.as_deref().map(language),
            waited: today.waited(profile.registered_at),
            reach: profile.reach.clone().unwrap_or_else(|| "not told".to_owned()),
        }
    }
}

/// Whether an answer declines somebody without saying why.
pub(super) fn lacks_reason(given: &Given) -> bool {
    given.answer == Answer::Decline && given.reason.is_none()
}

impl ListShown {
    /// The list, with answers that were chosen and not taken yet.
    pub(super) fn of(list: &ListView, drafted: &[Given], today: Today) -> Self {
        let mut shown = ListShown {
            id: list.id.0.to_string(),
            sent: today.day(list.sent_at),
            due: today.day(list.due_at),
            waits: list.proposals.iter().any(|proposal| proposal.state.is_unanswered()),
            open: Vec::new(),
            accepted: Vec::new(),
            rest: Vec::new(),
        };
        for proposal in &list.proposals {
            // Whom a coordinator left out is not for the provider, whatever else they look after.
            if proposal.state == ProposalState::LeftOut {
                continue;
            }
            let person = PersonShown::of(proposal, drafted, today);
            match proposal.state {
                state if state.is_unanswered() => shown.add(list, proposal, person),
                ProposalState::Accepted => shown.accepted.push(person),
                _ => shown.rest.push(person),
            }
        }
        shown
    }

    /// The list with everybody in one table: for whoever sent it.
    pub(super) fn all_told(list: &ListView, today: Today) -> Self {
        let people = list.proposals.iter().map(|one| PersonShown::of(one, &[], today)).collect();
        let shown = ListShown::of(list, &[], today);
        ListShown { open: Vec::new(), accepted: Vec::new(), rest: people, ..shown }
    }

    fn add(&mut self, list: &ListView, proposal: &ProposalView, person: PersonShown) {
        let Some(of) = proposal.family else { return };
        match self.open.iter_mut().find(|family| family.of == of) {
            Some(family) => family.people.push(person),
            None => {
                let why = proposal.profile.iter().flat_map(|profile| &profile.parts);
                let why = why.map(words::part).collect::<Vec<_>>().join(", ");
                let size = list.proposals.iter().filter(|one| one.family == Some(of)).count();
                self.open.push(FamilyShown { of, size, why, people: vec![person] });
            }
        }
    }

    /// Whether there is still something to do.
    pub(super) fn is_open(&self) -> bool {
        !self.open.is_empty() || !self.accepted.is_empty()
    }
}

impl FamilyShown {
    /// Whether it is more than one person.
    pub(super) fn is_several(&self) -> bool {
        self.size > 1
    }

    /// As a heading names it.
    pub(super) fn title(&self) -> String {
        match self.people.first() {
            Some(one) if !self.is_several() => one.name().to_owned(),
            _ => format!("A family of {}, placed together", self.size),
        }
    }
}

impl PersonShown {
    /// As they are called, where they are shown.
    pub(super) fn name(&self) -> &str {
        self.facts.as_ref().map_or("No longer shown", |facts| &facts.name)
    }

    fn of(proposal: &ProposalView, drafted: &[Given], today: Today) -> Self {
        let drafted = drafted.iter().find(|given| given.proposal == proposal.id);
        let (state, mark) = words::state(proposal.state);
        let possible = Answer::ALL.iter().filter(|answer| proposal.state.after(**answer).is_some());
        let answers: Vec<Choosable<'static>> = possible
            .map(|answer| Choosable {
                value: answer.word(),
                text: words::answer(*answer),
                chosen: drafted.is_some_and(|given| given.answer == *answer),
            })
            .collect();
        let reasons = DeclineReason::ALL.iter().map(|reason| Choosable {
            value: reason.word(),
            text: words::decline_reason(*reason),
            chosen: drafted.is_some_and(|given| given.reason == Some(*reason)),
        });
        PersonShown {
            id: proposal.id.0,
            facts: proposal.profile.as_ref().map(|of| Facts::of(&proposal.phn, of, today)),
            state,
            mark,
            reason: proposal.reason.as_deref().map(words::reason),
            lacks: drafted.is_some_and(lacks_reason),
            left: !answers.iter().any(|answer| answer.chosen),
            answers,
            reasons: reasons.collect(),
        }
    }
}

/// The answers of a form: `answer-N` for each proposal, with `reason-N` where it is to decline. Whoever is left as they are has no answer.
pub(super) fn answers(fields: &[(String, String)]) -> Result<Vec<Given>, Refusal> {
    let invalid =
        || Refusal::Invalid(Ground::Answer, "That is no answer that can be given.".to_owned());
    let field =
        |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, v)| v.as_str());
    let mut given = Vec::new();
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        let Some(number) = name.strip_prefix("answer-") else { continue };
        let proposal = ProposalId(number.parse().map_err(|_| invalid())?);
        let answer = Answer::of(value).ok_or_else(invalid)?;
        let reason = field(&format!("reason-{number}")).and_then(DeclineReason::of);
        given.push(Given { proposal, answer, reason });
    }
    Ok(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(form: &str) -> Vec<(String, String)> {
        serde_urlencoded::from_str(form).unwrap()
    }

    #[test]
    fn whoever_is_left_as_they_are_has_no_answer() {
        let form = "form_key=x&answer-1=&reason-1=&answer-2=accepted&reason-2=&answer-3=declined&reason-3=balance";
        let given = answers(&fields(form)).unwrap();
        let told: Vec<_> = given.iter().map(|g| (g.proposal.0, g.answer, g.reason)).collect();
        let expected =
            [(2, Answer::Accept, None), (3, Answer::Decline, Some(DeclineReason::Balance))];
        assert_eq!(told, expected);
        assert!(answers(&fields("answer-1=perhaps")).is_err());
        assert!(answers(&fields("answer-x=accepted")).is_err());
    }
}
