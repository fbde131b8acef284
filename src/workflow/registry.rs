//! The Health Connect Registry: people register themselves and their family, say that they are still looking, or no longer.

use crate::attachment::{
    Complexity, FamilyId, Move, Place, RegistrationId, after, after_gone, complexity,
};
use crate::fhir::Path;
use crate::message::{Name, Patient, Phn, PhnCheck};
use crate::registry::{Judgement, PatientRecords, matches};
use crate::store::{FamilyView, NewFamily, NewRegistration};

use super::registering::check;
use super::{About, Desk, Member, Refusal, RegisteredBy, Registering};

/// The one answer for whoever is not found, does not match or is registered already: nobody learns from it who waits.
const NO_MATCH: &str = "The information does not match provincial records, or this cannot be registered. Check each number, name and birth date, \
                        or call the Health Connect Registry.";

impl Desk<'_> {
    /// Registers a family, all of it or none.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] where something is missing or makes no sense, and with one and the same text whoever of them does not match.
    pub async fn register(&self, asked: &Registering) -> Result<Vec<FamilyView>, Refusal> {
        let invalid = |text: &str| Refusal::Invalid(text.to_owned());
        check(asked).map_err(invalid)?;
        let store = &self.service.store;
        let wishes = self.wishes(&asked.told()).await?;
        let mut members = Vec::new();
        for member in &asked.members {
            members.push(self.read(member)?);
        }
        let phns: Vec<&str> = members.iter().map(|(patient, _)| patient.phn.as_str()).collect();
        let records = store.people(&phns).await?;
        let family = FamilyId(self.service.clock.id());
        let by = self.by(None);
        let about = About { phns: phns.clone(), ..About::default() };
        if !self.all_match(&members, &records) {
            self.seen("register-no-match", &about).await?;
            return Err(invalid(NO_MATCH));
        }
        let record = self.record(&by, "register", &about);
        let mut kept = Vec::new();
        for (patient, member) in &members {
            kept.push(NewRegistration {
                id: RegistrationId(self.service.clock.id()),
                phn: patient.phn.as_str().to_owned(),
                registered_at: by.at,
                preferred_name: member.preferred_name.clone(),
                attached_now: member.attached_now,
                looking: member.looking.word(),
                changed: member.health_changed,
                conditions: member.conditions.clone(),
                complexity: self.complexity(&member.conditions, member.health_changed).await?,
            });
        }
        let mut family = NewFamily {
            id: family,
            subject: (asked.registered_by != RegisteredBy::Agent)
                .then(|| self.person.subject.clone()),
            registered_by: asked.registered_by.word(),
            wishes,
            members: kept,
        };
        let mut act = store.act(by).await?;
        act.lock_patients(&phns).await?;
        let places = act.places(&phns).await?;
        if places.iter().any(|(_, place)| place.state.is_waiting()) {
            drop(act);
            self.seen("register-no-match", &about).await?;
            return Err(invalid(NO_MATCH));
        }
        // Whoever is attached looks for another provider: the earlier registration ends, and one whose attachment was short goes on in this one.
        let mut ended = Vec::new();
        for (phn, place) in &places {
            ended.extend(after(place, Move::RegisterAnew));
            let short = self.service.attaching.periods.is_short(place.state_at, act.by.at);
            let member = family.members.iter_mut().find(|member| member.phn == *phn);
            if let Some(member) = member.filter(|_| short) {
                member.registered_at = place.registered_at;
            }
        }
        act.take(&ended, self.billing()).await?;
        act.register(&family).await?;
        act.raise(&phns).await?;
        act.commit(&record).await?;
        Ok(store.families_of(self.person).await?)
    }

    fn read<'m>(&self, member: &'m Member) -> Result<(Patient, &'m Member), Refusal> {
        let check = self.service.reading.phn == PhnCheck::Digit;
        let no_match = |_| Refusal::Invalid(NO_MATCH.to_owned());
        let at = Path::root("Registration");
        let patient = Patient {
            phn: Phn::parse(&member.phn, check).map_err(no_match)?,
            names: vec![Name {
                family: member.family.clone(),
                given: vec![member.given.clone()],
                at,
            }],
            birth_date: member.birth_date,
            at,
        };
        Ok((patient, member))
    }

    /// The rules of a message, to the letter.
    fn all_match(&self, members: &[(Patient, &Member)], records: &PatientRecords) -> bool {
        let today = self.service.clock.today(self.service.offset);
        let by = Judgement { today, policy: self.service.judging };
        members.iter().all(|(patient, _)| matches(patient, records.get(patient.phn.as_str()), by))
    }

    pub(super) async fn complexity(
        &self,
        conditions: &[String],
        changed: bool,
    ) -> Result<Complexity, Refusal> {
        let weights = self.service.store.weights(conditions).await?;
        let unknown = |code: &&String| weights.iter().all(|(known, _)| known != *code);
        if let Some(unknown) = conditions.iter().find(unknown) {
            return Err(Refusal::Invalid(format!("{unknown:?} is no condition on file.")));
        }
        let weights = weights.into_iter().map(|(_, weight)| weight);
        Ok(complexity(weights, changed, self.service.attaching.bands))
    }

    /// The families that they registered.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn families(&self) -> Result<Vec<FamilyView>, Refusal> {
        let families = self.service.store.families_of(self.person).await?;
        let phns: Vec<&str> =
            families.iter().flat_map(|f| &f.members).map(|m| m.phn.as_str()).collect();
        if !phns.is_empty() {
            self.seen("see-registration", &About { phns, ..About::default() }).await?;
        }
        Ok(families)
    }

    /// They are still looking.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where it is not theirs; [`Refusal::Conflict`] where there is nothing to reconfirm.
    pub async fn reconfirm(&self, id: RegistrationId) -> Result<Vec<FamilyView>, Refusal> {
        self.moved(id, Move::Reconfirm).await
    }

    /// They do not look any more. Whatever list they are on loses them.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where it is not theirs; [`Refusal::Conflict`] where it ended already.
    pub async fn withdraw(&self, id: RegistrationId) -> Result<Vec<FamilyView>, Refusal> {
        self.moved(id, Move::Withdraw).await
    }

    async fn moved(&self, id: RegistrationId, by: Move) -> Result<Vec<FamilyView>, Refusal> {
        let store = &self.service.store;
        let mut families = store.families_of(self.person).await?.into_iter();
        let has = |family: &FamilyView| family.members.iter().any(|member| member.id == id);
        let theirs = |family: &FamilyView| self.person.registered(family.subject.as_deref());
        let mut family = families.find(has).filter(theirs).ok_or(Refusal::NotFound)?;
        // In the trail they stand by their numbers.
        family.members.sort_by(|one, other| one.phn.cmp(&other.phn));
        let whom = |place: &Place| place.registration == id;
        let decide = if by == Move::Withdraw { after_gone } else { after };
        self.together(&family, by, whom, |place| decide(place, by)).await?;
        Ok(store.families_of(self.person).await?)
    }
}
