//! The Health Connect Registry: people register themselves and their family, say that they are still looking, or no longer.

use std::collections::HashSet;
use std::time::Instant;

use chrono::{DateTime, NaiveDate, Utc};

use crate::access::Subject;
use crate::attachment::{
    Complexity, FamilyId, Ground, Move, Place, RegistrationId, Step, after, after_gone, complexity,
};
use crate::fhir::Path;
use crate::message::{Name, Patient, Phn, PhnCheck};
use crate::registry::{Judgement, PatientRecords, matches};
use crate::store::{Act, FamilyView, HealthUpdate, NewFamily, NewRegistration, Wishes};

use super::registering::check;
use super::updating::phns;
use super::{About, Desk, Member, Refusal, RegisteredBy, Registering};

/// The one answer for whoever is not found, does not match or is registered already: nobody learns from it who waits.
const NO_MATCH: &str = "The information does not match provincial records, or this cannot be registered. Check each number, name and birth date, \
                        or call the Health Connect Registry.";

/// Where what is matched stands: no rule's text is shown, so one place is enough.
pub(super) const AT: Path = Path::root("Registration");

/// What a family told, as far as it can be read without the Client Registry.
struct Told<'a> {
    wishes: Wishes,
    members: Vec<ToldMember<'a>>,
}

/// One of them.
struct ToldMember<'a> {
    patient: Patient,
    member: &'a Member,
    complexity: Complexity,
}

impl Told<'_> {
    fn phns(&self) -> Vec<&str> {
        self.members.iter().map(|told| told.patient.phn.as_str()).collect()
    }
}

impl Desk<'_> {
    /// Registers a family, all of it or none. The same people whom an agent registered are given to whoever registers them now, with what they tell
    /// now.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] where something is missing or makes no sense, and with one and the same text whoever of them does not match;
    /// [`Refusal::Often`] where that happened too often.
    pub async fn register(&self, asked: &Registering) -> Result<FamilyId, Refusal> {
        if asked.registered_by == RegisteredBy::Agent && !self.person.is_agent() {
            return Err(
                (Ground::NotAnAgent, "Only an agent of the registry registers as one.").into()
            );
        }
        check(asked)?;
        let store = &self.service.store;
        let told =
            Told { wishes: self.wishes(&asked.told()).await?, members: self.told(asked).await? };
        let phns = told.phns();
        if phns.iter().collect::<HashSet<_>>().len() != phns.len() {
            return Err((Ground::People, "Each member is named once.").into());
        }
        // From here on an answer tells something of people: whoever guesses is counted, and is in the trail.
        let attempt = self.attempt()?;
        let records = store.people(&phns).await?;
        let about = About { phns: phns.clone(), ..About::default() };
        if !self.all_match(&told.members, &records) {
            self.seen("register-no-match", &about).await?;
            return Err((Ground::NoMatch, NO_MATCH).into());
        }
        let mut act = store.act(self.by(None)).await?;
        act.lock_patients(&phns).await?;
        let places = act.places(&phns).await?;
        let (id, event) = if !places.iter().any(|(_, place)| place.state.is_waiting()) {
            let mut family = self.new_family(asked, &told, act.by.at);
            let ended = self.registered_anew(&mut family, &places, act.by.at);
            act.take(&ended, self.billing()).await?;
            act.register(&family).await?;
            (family.id, "register")
        } else if let Some(id) = claimed(&mut act, asked, &told).await? {
            (id, "claim-family")
        } else {
            drop(act);
            self.seen("register-no-match", &about).await?;
            return Err((Ground::NoMatch, NO_MATCH).into());
        };
        act.raise(&phns).await?;
        let record = self.record(&act.by, event, &about);
        act.commit(&record).await?;
        self.service.attempts.give_back(&attempt);
        Ok(id)
    }

    /// Counts an attempt to name people, until it is given back.
    pub(super) fn attempt(&self) -> Result<Subject, Refusal> {
        let subject = Subject::parse(&self.person.subject).ok_or(Refusal::NotFound)?;
        let admitted = self.service.attempts.admit(&subject, Instant::now());
        admitted.map_err(|too| Refusal::Often(too.seconds))?;
        Ok(subject)
    }

    /// Who they say they are, and how their health is.
    async fn told<'a>(&self, asked: &'a Registering) -> Result<Vec<ToldMember<'a>>, Refusal> {
        let mut members = Vec::new();
        for member in &asked.members {
            let complexity = self.complexity(&member.conditions, member.health_changed).await?;
            members.push((member, complexity));
        }
        // Numbers last: what else is wrong is told first.
        let told = |(member, complexity): (&'a Member, Complexity)| {
            Ok(ToldMember { patient: self.read(member)?, member, complexity })
        };
        members.into_iter().map(told).collect()
    }

    /// Whoever is attached looks for another provider: the earlier registration ends, and one whose attachment was short goes on in the new one.
    fn registered_anew(
        &self,
        family: &mut NewFamily,
        places: &[(String, Place)],
        at: DateTime<Utc>,
    ) -> Vec<Step> {
        let mut ended = Vec::new();
        for (phn, place) in places {
            ended.extend(after(place, Move::RegisterAnew));
            let short = self.service.attaching.periods.is_short(place.state_at, at);
            let member = family.members.iter_mut().find(|member| member.phn == *phn);
            if let Some(member) = member.filter(|_| short) {
                member.registered_at = place.registered_at;
            }
        }
        ended
    }

    fn new_family(&self, asked: &Registering, told: &Told<'_>, at: DateTime<Utc>) -> NewFamily {
        let registration = |told: &ToldMember<'_>| NewRegistration {
            id: RegistrationId(self.service.clock.id()),
            phn: told.patient.phn.as_str().to_owned(),
            registered_at: at,
            preferred_name: told.member.preferred_name.clone(),
            attached_now: told.member.attached_now,
            looking: told.member.looking.word(),
            changed: told.member.health_changed,
            conditions: told.member.conditions.clone(),
            complexity: told.complexity,
        };
        let by_agent = asked.registered_by == RegisteredBy::Agent;
        NewFamily {
            id: FamilyId(self.service.clock.id()),
            subject: (!by_agent).then(|| self.person.subject.clone()),
            registered_by: asked.registered_by.word(),
            wishes: told.wishes.clone(),
            members: told.members.iter().map(registration).collect(),
        }
    }

    fn read(&self, member: &Member) -> Result<Patient, Refusal> {
        let (family, given) = (member.family.clone(), vec![member.given.clone()]);
        self.patient(&member.phn, Name { family, given, at: AT }, member.birth_date)
    }

    pub(super) fn patient(
        &self,
        phn: &str,
        name: Name,
        born: NaiveDate,
    ) -> Result<Patient, Refusal> {
        let check = self.service.reading.phn == PhnCheck::Digit;
        let phn = Phn::parse(phn, check).map_err(|_| Refusal::from((Ground::NoMatch, NO_MATCH)))?;
        Ok(Patient { phn, names: vec![name], birth_date: born, at: AT })
    }

    pub(super) fn judgement(&self) -> Judgement {
        let today = self.service.clock.today(self.service.offset);
        Judgement { today, policy: self.service.judging }
    }

    /// The rules of a message, to the letter.
    fn all_match(&self, members: &[ToldMember<'_>], records: &PatientRecords) -> bool {
        let matches = |told: &ToldMember<'_>| {
            matches(&told.patient, records.get(told.patient.phn.as_str()), self.judgement())
        };
        members.iter().all(matches)
    }

    pub(super) async fn complexity(
        &self,
        conditions: &[String],
        changed: bool,
    ) -> Result<Complexity, Refusal> {
        let weights = self.service.store.weights(conditions).await?;
        let unknown = |code: &&String| weights.iter().all(|(known, _)| known != *code);
        if let Some(unknown) = conditions.iter().find(unknown) {
            return Err(Refusal::Invalid(
                Ground::Condition,
                format!("{unknown:?} is no condition on file."),
            ));
        }
        let weights = weights.into_iter().map(|(_, weight)| weight);
        Ok(complexity(weights, changed, self.service.attaching.bands))
    }

    /// The families that they registered.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn families(&self) -> Result<Vec<FamilyView>, Refusal> {
        self.shown(self.service.store.families_of(&self.person.subject).await?).await
    }

    /// What is shown after one family was changed: all that are theirs; to an agent, who has none with it, that one.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where it is neither theirs nor an agent's to see.
    pub async fn families_with(&self, id: FamilyId) -> Result<Vec<FamilyView>, Refusal> {
        let own = self.service.store.families_of(&self.person.subject).await?;
        if own.iter().any(|family| family.id == id) {
            return self.shown(own).await;
        }
        Ok(vec![self.see_family(id).await?])
    }

    /// Records whom they see.
    async fn shown(&self, families: Vec<FamilyView>) -> Result<Vec<FamilyView>, Refusal> {
        let phns: Vec<&str> = families.iter().flat_map(phns).collect();
        if !phns.is_empty() {
            self.seen("see-registration", &About { phns, ..About::default() }).await?;
        }
        Ok(families)
    }

    /// They are still looking.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where it is not theirs; [`Refusal::Conflict`] where there is nothing to reconfirm.
    pub async fn reconfirm(&self, id: RegistrationId) -> Result<FamilyId, Refusal> {
        self.moved(id, Move::Reconfirm).await
    }

    /// They do not look any more. Whatever list they are on loses them.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where it is not theirs; [`Refusal::Conflict`] where it ended already.
    pub async fn withdraw(&self, id: RegistrationId) -> Result<FamilyId, Refusal> {
        self.moved(id, Move::Withdraw).await
    }

    async fn moved(&self, id: RegistrationId, by: Move) -> Result<FamilyId, Refusal> {
        let theirs = |family: &FamilyView| self.person.may_keep(family.subject.as_deref());
        let found = self.service.store.family_of(id).await?;
        let mut family = found.filter(theirs).ok_or(Refusal::NotFound)?;
        // In the trail they stand by their numbers.
        family.members.sort_by(|one, other| one.phn.cmp(&other.phn));
        let whom = |place: &Place| place.registration == id;
        let decide = if by == Move::Withdraw { after_gone } else { after };
        self.together(&family, by, whom, |place| decide(place, by)).await?;
        Ok(family.id)
    }
}

/// Gives the family that an agent registered to whoever acts, if it is these people who wait in it, all of them and nobody else. Nobody
/// learns whose it is where it is somebody's: `None`.
async fn claimed(
    act: &mut Act,
    asked: &Registering,
    told: &Told<'_>,
) -> Result<Option<FamilyId>, Refusal> {
    let waiting = act.unclaimed(&told.phns()).await?;
    let Some((id, ..)) = waiting.first() else { return Ok(None) };
    let mut health = Vec::new();
    for (family, registration, phn) in &waiting {
        let told = told.members.iter().find(|told| told.patient.phn.as_str() == phn);
        let Some(told) = told.filter(|_| family == id) else { return Ok(None) };
        health.push(HealthUpdate {
            registration: *registration,
            changed: told.member.health_changed,
            conditions: told.member.conditions.clone(),
            complexity: told.complexity,
            preferred_name: told.member.preferred_name.clone().map(Some),
        });
    }
    if health.len() != told.members.len() || asked.registered_by == RegisteredBy::Agent {
        return Ok(None);
    }
    act.claim(*id).await?;
    act.update_family(*id, &told.wishes, &health).await?;
    Ok(Some(*id))
}
