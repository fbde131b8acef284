//! One person on the Health Connect Registry: states, and the moves between them.

use chrono::{DateTime, Months, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Our number of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RegistrationId(pub Uuid);

words! {
    /// Where a registration stands.
    RegistrationState {
        /// Waiting.
        Active = "active",
        /// Asked whether they are still looking.
        ReconfirmDue = "reconfirm-due",
        /// Did not say so in time. Proposed to nobody until they do; the wait goes on.
        Suspended = "suspended",
        /// On a list, or accepted and not yet confirmed.
        Proposed = "proposed",
        /// On a panel.
        Attached = "attached",
        /// Does not look any more.
        Withdrawn = "withdrawn",
        /// Died.
        Deceased = "deceased",
    }
}

words! {
    /// What can happen to a registration: the reason in its history.
    Move {
        /// It has been a while: are they still looking?
        Ask = "asked",
        /// They are.
        Reconfirm = "reconfirmed",
        /// They did not answer.
        Suspend = "not-reconfirmed",
        /// A coordinator put them on a list.
        Propose = "proposed",
        /// They were not chosen, or taken off the list.
        PutBack = "put-back",
        /// They are on a panel, by whichever way.
        Attach = "attached",
        /// The attachment ended soon.
        Return = "attachment-ended",
        /// Their provider left.
        ProviderLeft = "provider-left",
        /// They do not look any more.
        Withdraw = "withdrawn",
        /// They died.
        Die = "died",
        /// They registered again while they were attached: another registration goes on.
        RegisterAnew = "registered-anew",
        /// Their number was merged into another one of theirs, under which a registration goes on.
        Merge = "number-merged",
    }
}

impl RegistrationState {
    /// Where a move leads. `None`: it is not possible from here.
    pub const fn after(self, by: Move) -> Option<Self> {
        use RegistrationState as State;
        match (self, by) {
            (State::Withdrawn | State::Deceased, _) => None,
            (_, Move::Withdraw) => Some(State::Withdrawn),
            (_, Move::Die) => Some(State::Deceased),
            // Whoever moves to another provider is attached there.
            (_, Move::Attach) => Some(State::Attached),
            (State::Attached, Move::RegisterAnew) => Some(State::Withdrawn),
            (State::Active, Move::Ask) => Some(State::ReconfirmDue),
            (State::Active | State::ReconfirmDue | State::Suspended, Move::Reconfirm)
            | (State::Proposed, Move::PutBack)
            | (State::Attached, Move::Return | Move::ProviderLeft) => Some(State::Active),
            (State::Proposed, Move::Reconfirm) | (State::Active, Move::Propose) => {
                Some(State::Proposed)
            }
            (State::ReconfirmDue, Move::Suspend) => Some(State::Suspended),
            (
                State::Active | State::ReconfirmDue | State::Suspended | State::Proposed,
                Move::Merge,
            ) => Some(State::Withdrawn),
            _ => None,
        }
    }

    /// Whether they wait for a provider.
    pub const fn is_waiting(self) -> bool {
        matches!(
            self,
            RegistrationState::Active
                | RegistrationState::ReconfirmDue
                | RegistrationState::Suspended
                | RegistrationState::Proposed
        )
    }

    /// Whether a message about the person may change it.
    pub const fn is_moved_by_messages(self) -> bool {
        self.is_waiting() || matches!(self, RegistrationState::Attached)
    }
}

/// How long things take.
#[derive(Debug, Clone, Copy)]
pub struct Periods {
    /// After registering or reconfirming, until they are asked whether they still look.
    pub reconfirm: TimeDelta,
    /// After that, until they are suspended.
    pub answer: TimeDelta,
    /// After a list was sent, until its provider is reminded.
    pub remind: TimeDelta,
    /// After a list was sent, until the rest of it is put back.
    pub due: TimeDelta,
    /// After somebody was accepted, until their provider is reminded to confirm them.
    pub confirm: TimeDelta,
    /// After somebody was accepted, until it lapses if nobody confirms it.
    pub lapse: TimeDelta,
    /// After the last day of a provider's role at a clinic, until they count as having left: a role may be renewed late.
    pub grace: TimeDelta,
    /// An attachment that ends sooner gives the old waiting time back, months.
    pub lasting: Months,
}

impl Default for Periods {
    fn default() -> Self {
        Periods {
            reconfirm: TimeDelta::days(90),
            answer: TimeDelta::days(30),
            remind: TimeDelta::days(7),
            due: TimeDelta::days(14),
            confirm: TimeDelta::days(7),
            lapse: TimeDelta::days(30),
            grace: TimeDelta::days(7),
            lasting: Months::new(12),
        }
    }
}

impl Periods {
    /// Whether an attachment that began and ended then was too short to be one.
    pub fn is_short(&self, began: DateTime<Utc>, ended: DateTime<Utc>) -> bool {
        began.checked_add_months(self.lasting).is_none_or(|lasting| ended < lasting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every state and every move: where it leads, `-` for nowhere.
    const TABLE: &str = "
                     active        reconfirm-due  suspended  proposed   attached   withdrawn  deceased
    asked            reconfirm-due -              -          -          -          -          -
    reconfirmed      active        active         active     proposed   -          -          -
    not-reconfirmed  -             suspended      -          -          -          -          -
    proposed         proposed      -              -          -          -          -          -
    put-back         -             -              -          active     -          -          -
    attached         attached      attached       attached   attached   attached   -          -
    attachment-ended -             -              -          -          active     -          -
    provider-left    -             -              -          -          active     -          -
    withdrawn        withdrawn     withdrawn      withdrawn  withdrawn  withdrawn  -          -
    died             deceased      deceased       deceased   deceased   deceased   -          -
    registered-anew  -             -              -          -          withdrawn  -          -
    number-merged    withdrawn     withdrawn      withdrawn  withdrawn  -          -          -";

    #[test]
    fn every_move_leads_where_the_table_says_and_every_other_is_forbidden() {
        let mut lines = TABLE.trim_start_matches('\n').lines();
        let states: Vec<_> = lines.next().unwrap().split_whitespace().collect();
        assert_eq!(states, RegistrationState::ALL.iter().map(|s| s.word()).collect::<Vec<_>>());
        let mut moves = Vec::new();
        for line in lines {
            let words: Vec<_> = line.split_whitespace().collect();
            let by = Move::of(words[0]).unwrap();
            moves.push(by);
            for (state, leads) in states.iter().zip(&words[1..]) {
                let after = RegistrationState::of(state).unwrap().after(by);
                assert_eq!(after.map_or("-", RegistrationState::word), *leads, "{state} {by:?}");
            }
        }
        assert_eq!(moves, Move::ALL);
    }

    #[test]
    fn an_attachment_is_short_until_the_day_it_is_a_year_old() {
        let began = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let year = began.checked_add_months(Months::new(12)).unwrap();
        let periods = Periods::default();
        assert!(periods.is_short(began, year - TimeDelta::seconds(1)));
        assert!(!periods.is_short(began, year));
    }
}
