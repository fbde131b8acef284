//! What a step of a panel means for somebody who is registered, whoever took it: a message of an EMR, or the workflow itself.

use chrono::{DateTime, Utc};

use crate::panel::{EntryId, PanelId};

use super::{Move, Periods, ProposalId, ProposalState, RegistrationId, RegistrationState};

/// Where somebody stands in the workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Their registration.
    pub registration: RegistrationId,
    /// Its state.
    pub state: RegistrationState,
    /// Since when.
    pub state_at: DateTime<Utc>,
    /// The beginning of the wait.
    pub registered_at: DateTime<Utc>,
    /// The panel they were attached to.
    pub panel: Option<PanelId>,
    /// The list that they are on.
    pub proposal: Option<OpenProposal>,
}

/// A proposal that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenProposal {
    /// Which.
    pub id: ProposalId,
    /// Its state.
    pub state: ProposalState,
    /// The panel that it is for.
    pub panel: PanelId,
    /// The pending entry, when it was accepted.
    pub entry: Option<EntryId>,
}

/// One step of the workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A registration moves.
    Registration {
        /// Which.
        id: RegistrationId,
        /// From here.
        was: RegistrationState,
        /// To there.
        became: RegistrationState,
        /// Why.
        by: Move,
        /// To which panel, when it becomes attached.
        panel: Option<PanelId>,
    },
    /// A proposal moves.
    Proposal {
        /// Which.
        id: ProposalId,
        /// From here.
        was: ProposalState,
        /// To there.
        became: ProposalState,
    },
    /// The $0 attachment code is written down for a proposal that came to its end without having been accepted first.
    Record(ProposalId),
    /// A pending entry is taken off its panel.
    Drop(EntryId, Dropped),
}

words! {
    /// Why a pending entry came to nothing: the reason in the panel's history.
    Dropped {
        /// They are attached to another panel.
        Elsewhere = "attached-elsewhere",
        /// Nobody confirmed it in time.
        NotConfirmed = "not-confirmed",
        /// They do not look any more.
        Withdrawn = "no-longer-looking",
        /// They died.
        Died = "died",
        /// The provider left.
        ProviderLeft = "provider-left",
        /// Their number was merged into another one, under which they are pending now.
        Merged = "number-merged",
    }
}

impl Step {
    /// Somebody who was proposed waits again, with the date that they registered on.
    pub fn put_back(id: RegistrationId) -> Self {
        Step::Registration {
            id,
            was: RegistrationState::Proposed,
            became: RegistrationState::Active,
            by: Move::PutBack,
            panel: None,
        }
    }
}

impl Place {
    fn moved(&self, by: Move, panel: Option<PanelId>) -> Option<Step> {
        let became = self.state.after(by)?;
        Some(Step::Registration { id: self.registration, was: self.state, became, by, panel })
    }
}

/// They were confirmed on a panel: they are attached, and on no list any more.
pub fn after_confirmed(place: &Place, panel: PanelId) -> Vec<Step> {
    let mut steps = Vec::new();
    if place.panel != Some(panel) || place.state != RegistrationState::Attached {
        steps.extend(place.moved(Move::Attach, Some(panel)));
    }
    let Some(open) = place.proposal else { return steps };
    let here = open.panel == panel;
    let became = if here { ProposalState::Confirmed } else { ProposalState::Lost };
    steps.push(Step::Proposal { id: open.id, was: open.state, became });
    if here && open.state != ProposalState::Accepted {
        steps.push(Step::Record(open.id));
    }
    if !here {
        steps.extend(open.entry.map(|entry| Step::Drop(entry, Dropped::Elsewhere)));
    }
    steps
}

/// They were taken off a panel. An attachment that was short gives the waiting time back, and so does one that was pending.
pub fn after_removed(
    place: &Place,
    panel: PanelId,
    at: DateTime<Utc>,
    periods: &Periods,
) -> Vec<Step> {
    if place.state == RegistrationState::Attached && place.panel == Some(panel) {
        let back = periods.is_short(place.state_at, at).then(|| place.moved(Move::Return, None));
        return back.flatten().into_iter().collect();
    }
    let accepted =
        |open: &OpenProposal| open.panel == panel && open.state == ProposalState::Accepted;
    let Some(open) = place.proposal.filter(accepted) else { return Vec::new() };
    let lost = Step::Proposal { id: open.id, was: open.state, became: ProposalState::Lost };
    std::iter::once(lost).chain(place.moved(Move::PutBack, None)).collect()
}

/// A move that is about the registration alone.
pub fn after(place: &Place, by: Move) -> Vec<Step> {
    place.moved(by, None).into_iter().collect()
}

/// They do not look any more, or died: the list that they are on loses them.
pub fn after_gone(place: &Place, by: Move) -> Vec<Step> {
    let why = if by == Move::Die { Dropped::Died } else { Dropped::Withdrawn };
    off_the_list(place, by, ProposalState::Lost, why)
}

/// Their provider left: whoever was attached waits again, and whoever was on a list of theirs, or accepted from it, is put back.
pub fn after_provider_left(place: &Place) -> Vec<Step> {
    match place.proposal {
        None => after(place, Move::ProviderLeft),
        Some(_) => off_the_list(place, Move::PutBack, ProposalState::Lost, Dropped::ProviderLeft),
    }
}

/// They were accepted, and nobody confirmed it in time.
pub fn after_lapsed(place: &Place) -> Vec<Step> {
    let accepted = |open: &OpenProposal| open.state == ProposalState::Accepted;
    let Some(_) = place.proposal.filter(accepted) else { return Vec::new() };
    off_the_list(place, Move::PutBack, ProposalState::Expired, Dropped::NotConfirmed)
}

/// What becomes of somebody whose number the Client Registry merged into another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survival {
    /// What ends.
    pub steps: Vec<Step>,
    /// What goes on, under the other number.
    pub registration: RegistrationId,
    /// The beginning of its wait.
    pub began: DateTime<Utc>,
    /// Accepted, and to be entered on the panel under the other number.
    pub accepted: Option<OpenProposal>,
}

/// The Client Registry merged the number of somebody who waits into another one, under which they may be registered as well: one registration
/// goes on, with the longer wait. `None`: nothing is done, since they do not wait, or were accepted and are registered under both.
pub fn after_merged(
    place: &Place,
    other: Option<&Place>,
    at: DateTime<Utc>,
    periods: &Periods,
) -> Option<Survival> {
    if !place.state.is_waiting() {
        return None;
    }
    let accepted = place.proposal.filter(|open| open.state == ProposalState::Accepted);
    let stays =
        |steps, began| Survival { steps, registration: place.registration, began, accepted };
    match other {
        None => {
            let entry = accepted.and_then(|open| open.entry);
            let dropped = entry.map(|entry| Step::Drop(entry, Dropped::Merged));
            Some(stays(dropped.into_iter().collect(), place.registered_at))
        }
        Some(_) if accepted.is_some() => None,
        // As when they register anew: what they found there does not keep them from looking.
        Some(other) if !other.state.is_waiting() => {
            let short = periods.is_short(other.state_at, at);
            let began = if short {
                other.registered_at.min(place.registered_at)
            } else {
                place.registered_at
            };
            Some(stays(after(other, Move::RegisterAnew), began))
        }
        Some(other) => Some(Survival {
            steps: after_gone(place, Move::Merge),
            registration: other.registration,
            began: place.registered_at.min(other.registered_at),
            accepted: None,
        }),
    }
}

/// A move that takes them off the list that they are on, and off the panel where they were pending.
fn off_the_list(place: &Place, by: Move, became: ProposalState, why: Dropped) -> Vec<Step> {
    let Some(moved) = place.moved(by, None) else { return Vec::new() };
    let proposal =
        place.proposal.map(|open| Step::Proposal { id: open.id, was: open.state, became });
    let entry = place.proposal.and_then(|open| open.entry).map(|entry| Step::Drop(entry, why));
    std::iter::once(moved).chain(proposal).chain(entry).collect()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use uuid::Uuid;

    use super::*;

    const HERE: PanelId = PanelId(1);
    const THERE: PanelId = PanelId(2);

    fn place(state: RegistrationState, proposal: Option<(ProposalState, PanelId)>) -> Place {
        let entry = |state| (state == ProposalState::Accepted).then_some(EntryId(9));
        Place {
            registration: RegistrationId(Uuid::from_u128(7)),
            state,
            state_at: DateTime::UNIX_EPOCH,
            registered_at: DateTime::UNIX_EPOCH,
            panel: (state == RegistrationState::Attached).then_some(THERE),
            proposal: proposal.map(|(state, panel)| OpenProposal {
                id: ProposalId(5),
                state,
                panel,
                entry: entry(state),
            }),
        }
    }

    /// The words of the steps, in order.
    fn told(steps: &[Step]) -> Vec<String> {
        let told = |step: &Step| match step {
            Step::Registration { was, became, by, .. } => {
                format!("{} {} {}", was.word(), by.word(), became.word())
            }
            Step::Proposal { was, became, .. } => format!("{} {}", was.word(), became.word()),
            Step::Record(_) => "record".into(),
            Step::Drop(_, why) => format!("drop {}", why.word()),
        };
        steps.iter().map(told).collect()
    }

    #[test]
    fn whoever_is_added_is_attached_and_leaves_every_list() {
        use ProposalState::{Accepted, InIntake, Proposed};
        let by = |proposal| {
            let state = match proposal {
                Some(_) => RegistrationState::Proposed,
                None => RegistrationState::Active,
            };
            told(&after_confirmed(&place(state, proposal), HERE))
        };
        assert_eq!(by(None), ["active attached attached"]);
        let attached = "proposed attached attached";
        assert_eq!(by(Some((Accepted, HERE))), [attached, "accepted confirmed"]);
        assert_eq!(by(Some((Proposed, HERE))), [attached, "proposed confirmed", "record"]);
        assert_eq!(by(Some((InIntake, THERE))), [attached, "in-intake lost"]);
        assert_eq!(
            by(Some((Accepted, THERE))),
            [attached, "accepted lost", "drop attached-elsewhere"]
        );
    }

    #[test]
    fn whoever_is_confirmed_again_where_they_are_stays_as_they_are() {
        let attached = place(RegistrationState::Attached, None);
        assert_eq!(after_confirmed(&attached, THERE), []);
        assert_eq!(told(&after_confirmed(&attached, HERE)), ["attached attached attached"]);
    }

    #[test]
    fn an_attachment_that_ends_soon_gives_the_wait_back_and_a_lasting_one_does_not() {
        let attached = place(RegistrationState::Attached, None);
        let removed = |panel, days| {
            let at = DateTime::UNIX_EPOCH + TimeDelta::days(days);
            told(&after_removed(&attached, panel, at, &Periods::default()))
        };
        assert_eq!(removed(THERE, 364), ["attached attachment-ended active"]);
        assert!(removed(THERE, 366).is_empty());
        assert!(removed(HERE, 1).is_empty());
    }

    #[test]
    fn whoever_goes_leaves_their_list_and_their_pending_place() {
        let gone = |state, proposal| told(&after_gone(&place(state, proposal), Move::Withdraw));
        let waiting = RegistrationState::Active;
        assert_eq!(gone(waiting, None), ["active withdrawn withdrawn"]);
        let accepted = Some((ProposalState::Accepted, HERE));
        let steps = gone(RegistrationState::Proposed, accepted);
        assert_eq!(
            steps,
            ["proposed withdrawn withdrawn", "accepted lost", "drop no-longer-looking"]
        );
        assert!(gone(RegistrationState::Deceased, None).is_empty());
    }

    #[test]
    fn whoever_was_accepted_is_not_forgotten_when_it_lapses_or_the_provider_leaves() {
        let proposed = |state| place(RegistrationState::Proposed, Some((state, HERE)));
        let accepted = proposed(ProposalState::Accepted);
        let back = "proposed put-back active";
        let lapsed = [back, "accepted expired", "drop not-confirmed"];
        assert_eq!(told(&after_lapsed(&accepted)), lapsed);
        assert_eq!(after_lapsed(&proposed(ProposalState::InIntake)), []);
        assert_eq!(after_lapsed(&place(RegistrationState::Active, None)), []);
        let left = [back, "accepted lost", "drop provider-left"];
        assert_eq!(told(&after_provider_left(&accepted)), left);
        let in_intake = proposed(ProposalState::InIntake);
        assert_eq!(told(&after_provider_left(&in_intake)), [back, "in-intake lost"]);
        let attached = place(RegistrationState::Attached, None);
        assert_eq!(told(&after_provider_left(&attached)), ["attached provider-left active"]);
    }

    #[test]
    fn whoever_is_taken_off_while_pending_is_put_back() {
        let state = RegistrationState::Proposed;
        let at = DateTime::UNIX_EPOCH;
        let pending = place(state, Some((ProposalState::Accepted, HERE)));
        let steps = after_removed(&pending, HERE, at, &Periods::default());
        assert_eq!(told(&steps), ["accepted lost", "proposed put-back active"]);
        assert_eq!(after_removed(&pending, THERE, at, &Periods::default()), []);
        let proposed = place(state, Some((ProposalState::Proposed, HERE)));
        assert_eq!(after_removed(&proposed, HERE, at, &Periods::default()), []);
    }

    /// What ends, which registration goes on, and since when.
    fn survives(place: &Place, other: Option<&Place>) -> Option<(Vec<String>, u128, i64)> {
        let at = DateTime::UNIX_EPOCH + TimeDelta::days(500);
        let survival = after_merged(place, other, at, &Periods::default())?;
        let since = (survival.began - DateTime::UNIX_EPOCH).num_days();
        Some((told(&survival.steps), survival.registration.0.as_u128(), since))
    }

    #[test]
    fn whose_number_was_merged_goes_on_as_they_stood() {
        use RegistrationState as State;
        let nothing = Vec::<String>::new();
        for state in [State::Active, State::ReconfirmDue, State::Suspended] {
            assert_eq!(survives(&place(state, None), None), Some((nothing.clone(), 7, 0)));
        }
        let listed = place(State::Proposed, Some((ProposalState::InIntake, HERE)));
        assert_eq!(survives(&listed, None), Some((nothing, 7, 0)), "the list keeps them");
        let accepted = place(State::Proposed, Some((ProposalState::Accepted, HERE)));
        let dropped = vec!["drop number-merged".to_owned()];
        assert_eq!(survives(&accepted, None), Some((dropped, 7, 0)));
        for state in [State::Attached, State::Withdrawn, State::Deceased] {
            assert_eq!(survives(&place(state, None), None), None);
        }
    }

    #[test]
    fn of_registrations_under_both_numbers_one_goes_on_with_the_longer_wait() {
        use RegistrationState as State;
        let day = |days| DateTime::UNIX_EPOCH + TimeDelta::days(days);
        let other = |state| Place {
            registration: RegistrationId(Uuid::from_u128(8)),
            registered_at: day(9),
            state_at: day(9),
            ..place(state, None)
        };
        let younger = Place { registered_at: day(20), ..place(State::Active, None) };
        let ended = vec!["active number-merged withdrawn".to_owned()];
        let waiting = other(State::Suspended);
        let older = place(State::Active, None);
        assert_eq!(survives(&older, Some(&waiting)), Some((ended.clone(), 8, 0)));
        assert_eq!(survives(&younger, Some(&waiting)), Some((ended, 8, 9)));
        let listed = place(State::Proposed, Some((ProposalState::InIntake, HERE)));
        let lost = ["proposed number-merged withdrawn", "in-intake lost"].map(str::to_owned);
        assert_eq!(survives(&listed, Some(&waiting)), Some((lost.to_vec(), 8, 0)));
        let accepted = place(State::Proposed, Some((ProposalState::Accepted, HERE)));
        assert_eq!(survives(&accepted, Some(&waiting)), None, "that comes to its end first");
        // Attached under the other number: they look all the same. The attachment of 491 days was none to take a date from.
        let anew = vec!["attached registered-anew withdrawn".to_owned()];
        let attached = other(State::Attached);
        assert_eq!(survives(&younger, Some(&attached)), Some((anew.clone(), 7, 20)));
        let lately = Place { state_at: day(400), ..attached };
        assert_eq!(survives(&younger, Some(&lately)), Some((anew, 7, 9)));
    }
}
