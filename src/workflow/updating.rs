//! What a family changes about its registration, and what all of it does at once. The date that they registered on never changes.

use serde::{Deserialize, Deserializer};

use crate::attachment::{
    Cell, FamilyId, Gender, Ground, Move, Place, RegistrationId, Step, after, after_gone,
    months_before,
};
use crate::clock::Clock;
use crate::store::{Act, FamilyView, HealthUpdate, Named};

use super::registering::CONDITIONS;
use super::wishes::{Told, told};
use super::{About, Channel, Desk, Refusal, Wrong};

/// What a family tells anew: all of it, in place of what it told before.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Updating {
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
    /// Where they live, as in [`super::Registering`].
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
    /// The health of members; whoever is left out keeps what was told of them.
    #[serde(default)]
    pub members: Vec<Health>,
}

impl Updating {
    /// What they tell of the family as a whole.
    fn told(&self) -> Told<'_> {
        told!(self)
    }
}

/// The health of one member.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Health {
    /// Whose.
    pub registration: RegistrationId,
    /// It changed in the last three months.
    #[serde(default)]
    pub health_changed: bool,
    /// What they have, by code.
    #[serde(default)]
    pub conditions: Vec<String>,
    /// How they want to be called; null: by their name. Left out: as before.
    #[serde(default, deserialize_with = "told")]
    pub preferred_name: Option<Option<String>>,
}

/// What is there, even where it is null.
fn told<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(from).map(Some)
}

const ENDED: Refusal = Refusal::Conflict(Ground::Ended, "This registration came to its end.");

fn is_preferred_name(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= 100
}

/// What can be told without looking anything up.
fn check(asked: &Updating) -> Result<(), Wrong> {
    let told = asked.told();
    told.check_reach()?;
    told.check_wishes()?;
    let distinct = |(place, member): (usize, &Health)| {
        asked.members[..place].iter().all(|other| other.registration != member.registration)
    };
    if !asked.members.iter().enumerate().all(distinct) {
        return Err((Ground::People, "Each member is named once."));
    }
    if asked.members.iter().any(|member| member.conditions.len() > CONDITIONS) {
        return Err((Ground::Condition, "There are 50 conditions at most."));
    }
    let named = asked.members.iter().filter_map(|member| member.preferred_name.as_ref()?.as_ref());
    if !named.into_iter().all(|name| is_preferred_name(name)) {
        return Err((Ground::Name, "A preferred name has 1 to 100 characters."));
    }
    Ok(())
}

impl Desk<'_> {
    async fn their_family(&self, id: FamilyId) -> Result<FamilyView, Refusal> {
        let found = self.service.store.family(id).await?;
        let theirs = |family: &FamilyView| self.person.may_keep(family.subject.as_deref());
        found.filter(theirs).ok_or(Refusal::NotFound)
    }

    /// One family that they registered, or that an agent is on the telephone with.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where it is not theirs.
    pub async fn see_family(&self, id: FamilyId) -> Result<FamilyView, Refusal> {
        let family = self.their_family(id).await?;
        let phns = phns(&family);
        self.seen("see-registration", &About { phns, ..About::default() }).await?;
        Ok(family)
    }

    /// Changes how a family is reached, where it lives, what it would like, and the health of its members, whose complexity comes out anew.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where it is not theirs; [`Refusal::Invalid`] where it makes no sense; [`Refusal::Conflict`] where the registration
    /// of everybody, or of somebody whose health is told, came to its end.
    pub async fn update_family(
        &self,
        id: FamilyId,
        asked: &Updating,
    ) -> Result<FamilyView, Refusal> {
        let family = self.their_family(id).await?;
        check(asked)?;
        let wishes = self.wishes(&asked.told()).await?;
        let mut health = Vec::new();
        for told in &asked.members {
            if family.members.iter().all(|member| member.id != told.registration) {
                return Err(Refusal::NotFound);
            }
            health.push(HealthUpdate {
                registration: told.registration,
                changed: told.health_changed,
                conditions: told.conditions.clone(),
                complexity: self.complexity(&told.conditions, told.health_changed).await?,
                preferred_name: told.preferred_name.clone(),
            });
        }
        let phns = phns(&family);
        let by = self.by(None);
        let about = About { phns: phns.clone(), ..About::default() };
        let record = self.record(&by, "updated", &about);
        let mut act = self.service.store.act(by).await?;
        let places = locked(&mut act, &family, &phns).await?;
        let goes_on = |id: RegistrationId| places.iter().any(|place| place.registration == id);
        if places.is_empty() || !health.iter().all(|told| goes_on(told.registration)) {
            return Err(ENDED);
        }
        act.update_family(id, &wishes, &health).await?;
        act.raise(&phns).await?;
        act.commit(&record).await?;
        self.their_family(id).await
    }

    /// All of a family who wait are still looking.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where it is not theirs; [`Refusal::Conflict`] where nobody of them waits.
    pub async fn reconfirm_family(&self, id: FamilyId) -> Result<(), Refusal> {
        let family = self.their_family(id).await?;
        let wait = |place: &Place| place.state.is_waiting();
        self.together(&family, Move::Reconfirm, wait, |place| after(place, Move::Reconfirm)).await
    }

    /// Some of a family do not look any more. Whatever list they are on loses them.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where one of them is not of the family; [`Refusal::Invalid`] where nobody was named; [`Refusal::Conflict`] where the
    /// registration of one came to its end.
    pub async fn withdraw_some(&self, id: FamilyId, who: &[RegistrationId]) -> Result<(), Refusal> {
        let family = self.their_family(id).await?;
        if who.is_empty() {
            return Err((Ground::People, "Choose who no longer looks.").into());
        }
        if !who.iter().all(|id| family.members.iter().any(|member| member.id == *id)) {
            return Err(Refusal::NotFound);
        }
        let member = |id| family.members.iter().find(|member| member.id == id);
        let goes_on = |id: &RegistrationId| {
            member(*id).is_some_and(|member| member.state.after(Move::Withdraw).is_some())
        };
        if !who.iter().all(goes_on) {
            return Err(ENDED);
        }
        let named = |place: &Place| who.contains(&place.registration);
        self.together(&family, Move::Withdraw, named, |place| after_gone(place, Move::Withdraw))
            .await
    }

    /// The same for several of a family, in one act.
    pub(super) async fn together(
        &self,
        family: &FamilyView,
        by: Move,
        whom: impl Fn(&Place) -> bool,
        decide: impl Fn(&Place) -> Vec<Step>,
    ) -> Result<(), Refusal> {
        let phns = phns(family);
        let act_by = self.by(None);
        let about = About { phns: phns.clone(), ..About::default() };
        let record = self.record(&act_by, by.word(), &about);
        let mut act = self.service.store.act(act_by).await?;
        let places = locked(&mut act, family, &phns).await?;
        let steps: Vec<Step> = places.iter().filter(|place| whom(place)).flat_map(decide).collect();
        if steps.is_empty() {
            return Err(ENDED);
        }
        act.take(&steps, self.billing()).await?;
        act.raise(&phns).await?;
        act.commit(&record).await?;
        Ok(())
    }

    /// How many were attached last month in the community of each of these families.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn attached_last_month(&self, families: &[FamilyView]) -> Result<Vec<Cell>, Refusal> {
        if families.is_empty() {
            return Ok(Vec::new());
        }
        let service = self.service;
        let months = months_before(service.clock.today(service.offset), 1);
        let bounds = months.first().and_then(|month| {
            let start = |day| Clock::start_of(day, service.offset);
            start(month.first()).zip(start(month.next().first()))
        });
        let Some((from, to)) = bounds else { return Ok(vec![Cell::Withheld; families.len()]) };
        let communities: Vec<&str> =
            families.iter().map(|family| family.wishes.community.as_str()).collect();
        let attached = service.store.attached_in(&communities, from, to).await?;
        let in_community = |community: &&str| {
            let found = attached.iter().find(|(code, _)| code == community);
            Cell::of(found.map_or(0, |(_, people)| *people))
        };
        Ok(communities.iter().map(in_community).collect())
    }

    /// The communities that people can live in.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn communities(&self) -> Result<Vec<Named>, Refusal> {
        Ok(self.service.store.communities().await?)
    }

    /// The conditions that can be told.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn conditions(&self) -> Result<Vec<Named>, Refusal> {
        Ok(self.service.store.conditions().await?)
    }
}

pub(super) fn phns(family: &FamilyView) -> Vec<&str> {
    family.members.iter().map(|member| member.phn.as_str()).collect()
}

/// Where those of a family stand whose registrations go on, locked until the act ends.
async fn locked(act: &mut Act, family: &FamilyView, phns: &[&str]) -> Result<Vec<Place>, Refusal> {
    act.lock_patients(phns).await?;
    let of_family =
        |place: &Place| family.members.iter().any(|member| member.id == place.registration);
    let places = act.places(phns).await?;
    Ok(places.into_iter().map(|(_, place)| place).filter(of_family).collect())
}
