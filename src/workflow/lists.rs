//! Step 2 of attachment: a coordinator looks at who waits, and sends a list.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use crate::attachment::{
    FamilyId, Ground, LeaveOutReason, ListId, Move, NoticeKind, ProposalState, Ranked,
    RegistrationState, Seeker, Step, Wanted, rank,
};
use crate::panel::PanelId;
use crate::store::{ListView, PanelSide, Picked, ProposalView};

use super::{About, Desk, Refusal, Right};

/// A family in its place among those who could be proposed.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Points, and what they are for.
    pub ranked: Ranked,
    /// Who they are as candidates.
    pub seeker: Seeker,
}

/// What a coordinator chooses from.
#[derive(Debug, Clone)]
pub struct Choice {
    /// For which panel.
    pub side: PanelSide,
    /// Best first, as many as there is room for.
    pub fitting: Vec<Candidate>,
    /// Who comes after them, should one of them be left out.
    pub next: Vec<Candidate>,
}

/// People shown beyond those there is room for.
const NEXT: u32 = 20;

/// A list to be sent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Sending {
    /// Families, in the order in which they are proposed.
    pub families: Vec<FamilyId>,
    /// Candidates who were left out.
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
}

/// A candidate whom the coordinator left out.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LeftOut {
    /// Which family.
    pub family: FamilyId,
    /// Why.
    pub reason: LeaveOutReason,
}

const TOO_MANY: Refusal = Refusal::Conflict(
    Ground::NoRoom,
    "There are more people on the list than the panel has room for.",
);
const ELSEWHERE: Refusal = Refusal::Conflict(
    Ground::NoCandidate,
    "Somebody on the list can no longer be proposed: another list has them, or they are attached. Look at the candidates again.",
);
const OPEN_LIST: Refusal =
    Refusal::Conflict(Ground::OpenList, "The panel has a list that is not answered yet.");

impl Sending {
    /// Every family that it names, each once.
    fn all(&self) -> Result<Vec<FamilyId>, Refusal> {
        let left_out = self.left_out.iter().map(|left_out| left_out.family);
        let all: Vec<FamilyId> = self.families.iter().copied().chain(left_out).collect();
        let distinct: HashSet<_> = all.iter().collect();
        if self.families.is_empty() || distinct.len() != all.len() {
            return Err((Ground::People, "A list names families, each once.").into());
        }
        Ok(all)
    }

    /// As it is kept: those on the list with their points, in the coordinator's order, and those left out with the reason.
    fn picked(&self, ranked: &[Ranked]) -> Vec<Picked> {
        let parts = |family: FamilyId| {
            let found = ranked.iter().find(|ranked| ranked.family == family);
            found.map(|ranked| ranked.parts.clone()).unwrap_or_default()
        };
        let chosen = self.families.iter().map(|family| Picked {
            family: *family,
            parts: parts(*family),
            left_out: None,
        });
        let left_out = self.left_out.iter().map(|out| Picked {
            family: out.family,
            parts: Vec::new(),
            left_out: Some(out.reason),
        });
        chosen.chain(left_out).collect()
    }
}

impl Desk<'_> {
    /// The families that a coordinator chooses from.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where they do not coordinate its network.
    pub async fn choice(&self, panel: PanelId) -> Result<Choice, Refusal> {
        let side = self.panel(panel, Right::Coordinate).await?;
        let Some((community, network)) = &side.community else { return Err(Refusal::NotFound) };
        let mut seekers = self.service.store.seekers(network, community).await?;
        // Whoever looks for another provider is not proposed to the one that they have.
        let there = self.service.store.families_on(panel).await?;
        seekers.retain(|seeker| !there.contains(&seeker.family));
        let fitting = self.first_of(&mut seekers, &side, side.open());
        let next = self.first_of(&mut seekers, &side, NEXT);
        let shown: Vec<FamilyId> =
            fitting.iter().chain(&next).map(|candidate| candidate.seeker.family).collect();
        if !shown.is_empty() {
            let members = self.service.store.members_of(&shown).await?;
            let phns = members.iter().map(|(.., phn)| phn.as_str()).collect();
            self.seen("see-candidates", &About::panel(&side, phns)).await?;
        }
        Ok(Choice { side, fitting, next })
    }

    /// Takes the first so many people out of those who could be proposed.
    fn first_of(&self, seekers: &mut Vec<Seeker>, side: &PanelSide, people: u32) -> Vec<Candidate> {
        let ranked = rank(seekers, &self.wanted(side, people), &self.service.attaching.weights);
        let chosen: HashSet<FamilyId> = ranked.iter().map(|ranked| ranked.family).collect();
        // The few who are chosen are taken out; the many others are not copied.
        let taken = seekers.extract_if(.., |seeker| chosen.contains(&seeker.family));
        let mut taken: HashMap<FamilyId, Seeker> =
            taken.map(|seeker| (seeker.family, seeker)).collect();
        let candidate = |ranked: Ranked| {
            let seeker = taken.remove(&ranked.family)?;
            Some(Candidate { ranked, seeker })
        };
        ranked.into_iter().filter_map(candidate).collect()
    }

    fn wanted(&self, side: &PanelSide, open: u32) -> Wanted {
        let stated = side.stated.as_ref().map(|stated| &stated.capacity);
        Wanted {
            open,
            mix: stated.and_then(|capacity| capacity.mix),
            gender: stated.and_then(|capacity| capacity.gender),
            languages: stated.map(|capacity| capacity.languages.clone()).unwrap_or_default(),
            at: self.now(),
        }
    }

    /// Sends a list to a panel: everybody on it is proposed, and to nobody else until they are answered.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] where the panel has a list, has no room for so many, or somebody can no longer be proposed.
    pub async fn send_list(&self, panel: PanelId, sending: &Sending) -> Result<ListView, Refusal> {
        let side = self.panel(panel, Right::Coordinate).await?;
        let Some((community, network)) = &side.community else { return Err(Refusal::NotFound) };
        let all = sending.all()?;
        let store = &self.service.store;
        let members = store.members_of(&all).await?;
        let phns: Vec<&str> = members.iter().map(|(.., phn)| phn.as_str()).collect();
        // A coordinator acts in nobody's name but their own.
        let by = self.by(None);
        let record = self.record(&by, "send-list", &About::clinic(&side, phns.clone()));
        let id = ListId(self.service.clock.id());
        let mut act = store.act(by).await?;
        act.lock_panel(panel).await?;
        act.lock_patients(&phns).await?;
        if act.has_open_list(panel).await? {
            return Err(OPEN_LIST);
        }
        // Somebody may have come or gone before they were locked.
        if act.members_of(&all).await? != members || act.has_on(panel, &phns).await? {
            return Err(ELSEWHERE);
        }
        act.by.at = self.now();
        let side = act.panel(panel, self.as_of()).await?.ok_or(Refusal::NotFound)?;
        // Whoever is left out is a candidate as well: a list names nobody else.
        let mut seekers = act.seekers(network, community, &all).await?;
        seekers.retain(Seeker::is_within_reach);
        if seekers.len() != all.len() {
            return Err(ELSEWHERE);
        }
        let to_propose = |seeker: &Seeker| sending.families.contains(&seeker.family);
        let chosen: Vec<Seeker> = seekers.into_iter().filter(to_propose).collect();
        let people: u32 = chosen.iter().map(|seeker| seeker.members).sum();
        if people > side.open() {
            return Err(TOO_MANY);
        }
        let ranked = rank(&chosen, &self.wanted(&side, people), &self.service.attaching.weights);
        let due = self.now() + self.service.attaching.periods.due;
        act.send_list(id, panel, due, &sending.picked(&ranked)).await?;
        act.tell_practice(id, NoticeKind::ListSent).await?;
        let proposed: HashSet<_> = sending.families.iter().collect();
        let steps: Vec<Step> = members
            .iter()
            .filter(|(family, ..)| proposed.contains(family))
            .map(|(_, registration, _)| Step::Registration {
                id: *registration,
                was: RegistrationState::Active,
                became: RegistrationState::Proposed,
                by: Move::Propose,
                panel: None,
            })
            .collect();
        act.take(&steps, self.billing()).await?;
        act.raise(&phns).await?;
        act.commit(&record).await?;
        Ok(self.see_list(id).await?.1)
    }

    /// The lists of a panel.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where it is not theirs to see.
    pub async fn lists(&self, panel: PanelId) -> Result<Vec<ListView>, Refusal> {
        let side = self.panel(panel, Right::See).await?;
        let mut lists = self.service.store.lists_of(panel).await?;
        for list in &mut lists {
            self.withhold(&side, list);
        }
        self.seen_on(&side, &lists).await?;
        Ok(lists)
    }

    /// One list.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where it is not theirs to see.
    pub async fn see_list(&self, list: ListId) -> Result<(PanelSide, ListView), Refusal> {
        let (side, mut view) = self.list(list, Right::See).await?;
        self.withhold(&side, &mut view);
        self.seen_on(&side, std::slice::from_ref(&view)).await?;
        Ok((side, view))
    }

    /// Takes out what is for coordinators alone: who was left out and why, and the families of those who were not taken.
    fn withhold(&self, side: &PanelSide, list: &mut ListView) {
        if self.may(side, Right::Coordinate) {
            return;
        }
        list.proposals.retain(|proposal| proposal.state != ProposalState::LeftOut);
        for proposal in &mut list.proposals {
            proposal.family = proposal.family.filter(|_| proposal.profile.is_some());
        }
    }

    /// Records whoever is shown on these lists. Those who are not any more were not seen.
    async fn seen_on(&self, side: &PanelSide, lists: &[ListView]) -> Result<(), Refusal> {
        let shown = |proposal: &&ProposalView| proposal.profile.is_some();
        let proposals = lists.iter().flat_map(|list| &list.proposals).filter(shown);
        let phns: Vec<&str> = proposals.map(|proposal| proposal.phn.as_str()).collect();
        if !phns.is_empty() {
            self.seen("see-list", &About::panel(side, phns)).await?;
        }
        Ok(())
    }

    pub(super) async fn list(
        &self,
        list: ListId,
        right: Right,
    ) -> Result<(PanelSide, ListView), Refusal> {
        let view = self.service.store.list(list).await?.ok_or(Refusal::NotFound)?;
        let side = self.panel(view.panel, right).await?;
        Ok((side, view))
    }
}
