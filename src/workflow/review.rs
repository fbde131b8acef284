//! Steps 3 and 4 of attachment: the provider reviews a list, and the chosen come onto the panel.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::attachment::{
    Answer, DeclineReason, FamilyId, Ground, ListId, ProposalId, ProposalState, Step,
    after_confirmed,
};
use crate::message::{Phn, PhnFault};
use crate::panel::{Here, decide_add};
use crate::registry::PatientRecord;
use crate::store::{Act, ListView, Moved};

use super::{About, Desk, Refusal, Right};

/// What a provider says of one person on a list.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Given {
    /// Of whom.
    pub proposal: ProposalId,
    /// What.
    pub answer: Answer,
    /// Why, where they are declined.
    #[serde(default)]
    pub reason: Option<DeclineReason>,
}

const NOT_OPEN: Refusal = Refusal::Conflict(
    Ground::Answered,
    "Somebody was answered already, or time was up. Look at the list again.",
);
const TOGETHER: Refusal = Refusal::Conflict(
    Ground::Split,
    "A family is placed together: whoever of them is taken, all of them are, and whoever is not, none is.",
);

const ON_PANEL: Refusal = Refusal::Conflict(
    Ground::OnPanel,
    "Somebody whom you accept is on the panel already. Choose another answer for them, such as declined.",
);

const OUT_OF_USE: Refusal = Refusal::Conflict(
    Ground::OutOfUse,
    "Somebody died, or their number is not in use any more. Where they have another one, the list has it within minutes: look at it again.",
);

impl Desk<'_> {
    /// Says what becomes of people on a list. Whoever is accepted is on the panel, pending, with the $0 attachment code written down; whoever is
    /// not is put back with the date that they registered on.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] where somebody was answered already, or a family would be split.
    pub async fn answer(&self, list: ListId, given: &[Given]) -> Result<ListView, Refusal> {
        let (side, view) = self.list(list, Right::Act).await?;
        let wanting = |given: &&Given| given.answer == Answer::Decline && given.reason.is_none();
        if given.is_empty() || given.iter().any(|given| wanting(&given)) {
            return Err((
                Ground::Answer,
                "An answer is for somebody, and to decline has a reason.",
            )
                .into());
        }
        let phns: Vec<&str> = view.proposals.iter().map(|p| p.phn.as_str()).collect();
        let by = self.by(Some(&side.practitioner_key));
        let about: Vec<&str> = given
            .iter()
            .filter_map(|given| view.proposals.iter().find(|p| p.id == given.proposal))
            .map(|proposal| proposal.phn.as_str())
            .collect();
        let record = self.record(&by, "answer-list", &About::panel(&side, about));
        let mut act = self.service.store.act(by).await?;
        act.lock_panel(side.id).await?;
        act.lock_patients(&phns).await?;
        act.by.at = self.now();
        let now = act.list(list).await?.ok_or(Refusal::NotFound)?;
        // Whose number was merged meanwhile is not locked by it.
        if !now.proposals.iter().all(|proposal| phns.contains(&proposal.phn.as_str())) {
            return Err(NOT_OPEN);
        }
        let answered = Answered::of(&now, given)?;
        let accepted: Vec<&str> = answered.accepted.iter().map(|(_, phn)| *phn).collect();
        if act.has_on(side.id, &accepted).await? {
            return Err(ON_PANEL);
        }
        attachable(&mut act, &accepted).await?;
        act.enter(side.id, &answered.accepted).await?;
        act.move_proposals(&answered.moves).await?;
        act.write_records(&answered.accepted, self.billing()).await?;
        act.take(&answered.put_back, self.billing()).await?;
        act.raise(&phns).await?;
        act.commit(&record).await?;
        Ok(self.see_list(list).await?.1)
    }

    /// Confirms people who were accepted: their provider is now their most responsible provider.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] where somebody is not accepted any more, or another provider is theirs and that counts.
    pub async fn confirm(
        &self,
        list: ListId,
        proposals: &[ProposalId],
    ) -> Result<ListView, Refusal> {
        let (side, view) = self.list(list, Right::Act).await?;
        let of = |view: &ListView| -> Option<Vec<String>> {
            let accepted = |id: &ProposalId| {
                let found = view.proposals.iter().find(|proposal| proposal.id == *id)?;
                (found.state == ProposalState::Accepted).then(|| found.phn.clone())
            };
            proposals.iter().map(accepted).collect()
        };
        let owned = of(&view).filter(|phns| !phns.is_empty()).ok_or(NOT_OPEN)?;
        let phns: Vec<&str> = owned.iter().map(String::as_str).collect();
        let by = self.by(Some(&side.practitioner_key));
        let record = self.record(&by, "confirm-attachment", &About::panel(&side, phns.clone()));
        let mut act = self.service.store.act(by).await?;
        act.lock_panel(side.id).await?;
        act.lock_patients(&phns).await?;
        act.by.at = self.now();
        let now = act.list(list).await?.ok_or(Refusal::NotFound)?;
        of(&now).filter(|now| *now == owned).ok_or(NOT_OPEN)?;
        attachable(&mut act, &phns).await?;
        let entries = act.entries(&phns).await?;
        let numbers: Vec<Phn> = phns
            .iter()
            .map(|phn| Phn::parse(phn, false))
            .collect::<Result<_, PhnFault>>()
            .map_err(|_| Refusal::Conflict(Ground::Phn, "A number on the list is none."))?;
        let here = Here { panel: side.id, practitioner_key: &side.practitioner_key };
        let decided = decide_add(&numbers, &entries, here, self.now(), self.service.deciding);
        let decided = decided.map_err(|_| {
            Refusal::Conflict(
                Ground::OtherProvider,
                "Somebody has another provider, who has to take them off first.",
            )
        })?;
        act.confirm(&decided.changes).await?;
        let places = act.places(&phns).await?;
        let steps: Vec<Step> =
            places.iter().flat_map(|(_, place)| after_confirmed(place, side.id)).collect();
        act.take(&steps, self.billing()).await?;
        act.raise(&phns).await?;
        act.commit(&record).await?;
        Ok(self.see_list(list).await?.1)
    }
}

/// Whether people who are locked can come onto a panel: an EMR's add would be refused as well.
async fn attachable(act: &mut Act, phns: &[&str]) -> Result<(), Refusal> {
    let known = act.people(phns).await?;
    let attachable = |phn: &&str| known.get(*phn).is_some_and(PatientRecord::is_attachable);
    phns.iter().all(attachable).then_some(()).ok_or(OUT_OF_USE)
}

/// What answers mean.
#[derive(Debug, Default)]
struct Answered<'l> {
    accepted: Vec<(ProposalId, &'l str)>,
    moves: Vec<Moved>,
    put_back: Vec<Step>,
}

impl<'l> Answered<'l> {
    fn of(list: &'l ListView, given: &[Given]) -> Result<Self, Refusal> {
        let mut answered = Answered::default();
        let mut after: HashMap<ProposalId, ProposalState> =
            list.proposals.iter().map(|proposal| (proposal.id, proposal.state)).collect();
        for one in given {
            let proposal = list.proposals.iter().find(|proposal| proposal.id == one.proposal);
            let proposal = proposal.ok_or(Refusal::NotFound)?;
            let was = after.get(&one.proposal).copied().unwrap_or(proposal.state);
            let became = was.after(one.answer).filter(|_| was == proposal.state).ok_or(NOT_OPEN)?;
            after.insert(one.proposal, became);
            let reason = one.reason.filter(|_| one.answer == Answer::Decline);
            answered.moves.push((one.proposal.0, was, became, reason.map(DeclineReason::word)));
            match became {
                ProposalState::Accepted => answered.accepted.push((one.proposal, &proposal.phn)),
                ProposalState::InIntake => {}
                _ => answered.put_back.push(Step::put_back(proposal.registration)),
            }
        }
        let touched: HashSet<FamilyId> = given
            .iter()
            .filter_map(|one| list.proposals.iter().find(|proposal| proposal.id == one.proposal))
            .filter_map(|proposal| proposal.family)
            .collect();
        whole(list, &touched, &after).then_some(answered).ok_or(TOGETHER)
    }
}

/// Whether no family of those is split: as soon as one of it is accepted, all are who go on. Whom an EMR took by itself is not counted against
/// the others.
fn whole(
    list: &ListView,
    touched: &HashSet<FamilyId>,
    after: &HashMap<ProposalId, ProposalState>,
) -> bool {
    touched.iter().all(|family| {
        let family = list.proposals.iter().filter(|proposal| proposal.family == Some(*family));
        let states = family.filter_map(|proposal| after.get(&proposal.id));
        let taken = states.clone().any(|state| *state == ProposalState::Accepted);
        let goes_on = |state: &ProposalState| {
            matches!(
                state,
                ProposalState::Accepted | ProposalState::Confirmed | ProposalState::Lost
            )
        };
        !taken || states.clone().all(goes_on)
    })
}
