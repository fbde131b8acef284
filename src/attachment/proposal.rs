//! Lists, and the people proposed on them.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Our number of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ListId(pub Uuid);

/// Our number of a proposal: one person on one list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProposalId(pub i64);

words! {
    /// Where a list stands.
    ListState {
        /// Its provider reviews it.
        Sent = "sent",
        /// Everybody on it is answered, or time is up.
        Closed = "closed",
    }
}

words! {
    /// Where a proposal stands.
    ProposalState {
        /// A candidate whom the coordinator left out.
        LeftOut = "left-out",
        /// Before the provider.
        Proposed = "proposed",
        /// The provider talks with them.
        InIntake = "in-intake",
        /// Chosen: the entry on the panel is pending.
        Accepted = "accepted",
        /// Not chosen.
        Declined = "declined",
        /// They did not want to.
        PatientDeclined = "patient-declined",
        /// Nobody could reach them.
        Unreachable = "unreachable",
        /// Not answered in time.
        Expired = "expired",
        /// The entry on the panel is confirmed.
        Confirmed = "confirmed",
        /// Attached elsewhere, withdrawn or dead before it came to an end.
        Lost = "lost",
    }
}

words! {
    /// What a provider says of somebody on the list.
    Answer {
        /// We are talking with them.
        TakeIn = "in-intake",
        /// We take them.
        Accept = "accepted",
        /// We do not.
        Decline = "declined",
        /// They do not want to.
        PatientDeclined = "patient-declined",
        /// We could not reach them.
        Unreachable = "unreachable",
    }
}

words! {
    /// Why a provider does not take somebody. Never shown to the patient.
    DeclineReason {
        /// The panel's balance would suffer.
        Balance = "balance",
        /// They need what the practice does not offer.
        Needs = "needs-not-offered",
        /// Too far.
        Distance = "distance",
        /// No common language, and no interpreter.
        Language = "language",
        /// There is less room than was stated.
        Room = "no-room",
        /// Anything else.
        Other = "other",
    }
}

words! {
    /// Why a coordinator leaves a candidate out. Kept.
    LeaveOutReason {
        /// The list would be out of balance.
        Balance = "balance",
        /// They asked for somebody else.
        Wish = "their-wish",
        /// Another panel suits them better.
        BetterElsewhere = "better-elsewhere",
        /// What they registered has to be cleared up first.
        Unclear = "unclear",
        /// Anything else.
        Other = "other",
    }
}

impl ProposalState {
    /// Whether it still keeps the person from being on another list.
    pub const fn is_open(self) -> bool {
        self.is_unanswered() || matches!(self, ProposalState::Accepted)
    }

    /// Whether its provider has still to say something.
    pub const fn is_unanswered(self) -> bool {
        matches!(self, ProposalState::Proposed | ProposalState::InIntake)
    }

    /// Whether it is shown who they are: while it is open, and as long as they are attached to the panel that it led to. What came to nothing,
    /// or to its end, gives nobody a look at somebody who waits elsewhere.
    pub const fn shows_whom(self, attached_here: bool) -> bool {
        self.is_open() || attached_here && matches!(self, ProposalState::Confirmed)
    }

    /// Where an answer leads. `None`: it is not possible from here.
    pub const fn after(self, answer: Answer) -> Option<Self> {
        use ProposalState as State;
        match (self, answer) {
            (State::Proposed, Answer::TakeIn) => Some(State::InIntake),
            (State::Proposed | State::InIntake, Answer::Accept) => Some(State::Accepted),
            (State::Proposed | State::InIntake, Answer::Decline) => Some(State::Declined),
            (State::Proposed | State::InIntake, Answer::PatientDeclined) => {
                Some(State::PatientDeclined)
            }
            (State::Proposed | State::InIntake, Answer::Unreachable) => Some(State::Unreachable),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposal_is_answered_once_after_an_intake_or_without_one() {
        for state in ProposalState::ALL {
            for answer in Answer::ALL {
                let expected = match (state, answer) {
                    (ProposalState::Proposed, answer) => ProposalState::of(answer.word()),
                    (ProposalState::InIntake, Answer::TakeIn) => None,
                    (ProposalState::InIntake, answer) => ProposalState::of(answer.word()),
                    _ => None,
                };
                assert_eq!(state.after(*answer), expected, "{state:?} {answer:?}");
            }
        }
    }

    #[test]
    fn only_open_proposals_can_be_answered() {
        for state in ProposalState::ALL {
            let answered = Answer::ALL.iter().any(|answer| state.after(*answer).is_some());
            assert_eq!(answered, state.is_unanswered(), "{state:?}");
            assert!(state.is_open() || !state.is_unanswered(), "{state:?}");
        }
    }

    #[test]
    fn whoever_was_not_taken_is_no_longer_shown() {
        use ProposalState as State;
        let shown = |attached_here| -> Vec<State> {
            let all = State::ALL.iter().copied();
            all.filter(|state| state.shows_whom(attached_here)).collect()
        };
        let open = [State::Proposed, State::InIntake, State::Accepted];
        assert_eq!(shown(false), open);
        assert_eq!(shown(true), [&open[..], &[State::Confirmed]].concat());
    }
}
