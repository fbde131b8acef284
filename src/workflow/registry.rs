//! The Health Connect Registry: people register themselves and their family, say that they are still looking, or no longer.

use crate::attachment::{
    Complexity, FamilyId, Move, RegistrationId, Step, after, after_gone, complexity,
};
use crate::fhir::Path;
use crate::message::{Name, Patient, Phn, PhnCheck};
use crate::registry::{Judgement, PatientRecords, matches};
use crate::store::{FamilyView, NewFamily, NewRegistration};

use super::registering::{check, is_postal_code};
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
        let (postal_code, community) =
            self.home(asked.postal_code.as_deref(), asked.community.as_deref()).await?;
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
                preferred_name: member.preferred_name.clone(),
                attached_now: member.attached_now,
                looking: member.looking.word(),
                changed: member.health_changed,
                conditions: member.conditions.clone(),
                complexity: self.complexity(&member.conditions, member.health_changed).await?,
            });
        }
        let family = NewFamily {
            id: family,
            subject: (asked.registered_by != RegisteredBy::Agent)
                .then(|| self.person.subject.clone()),
            registered_by: asked.registered_by.word(),
            email: asked.email.clone(),
            phone: asked.phone.clone(),
            channel: asked.channel.word(),
            language: asked.language.clone(),
            postal_code,
            community,
            distance: asked.distance,
            gender: asked.provider_gender,
            interpreter: asked.interpreter.clone(),
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
        act.register(&family).await?;
        act.raise(&phns).await?;
        act.commit(&record).await?;
        Ok(store.families_of(self.person).await?)
    }

    /// Where they live: the postal code as it is kept, and the community.
    pub(super) async fn home(
        &self,
        postal_code: Option<&str>,
        community: Option<&str>,
    ) -> Result<(Option<String>, String), Refusal> {
        let store = &self.service.store;
        match (postal_code, community) {
            (Some(code), None) => {
                let code: String =
                    code.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase();
                let community = store.community_of(&code).await?.filter(|_| is_postal_code(&code));
                let community = community.ok_or_else(|| {
                    Refusal::Invalid(
                        "The postal code is in none of the communities on file.".into(),
                    )
                })?;
                Ok((Some(code), community))
            }
            (None, Some(code)) if store.community_exists(code).await? => {
                Ok((None, code.to_owned()))
            }
            _ => Err(Refusal::Invalid(
                "Give a postal code, or a community for those who have no fixed address.".into(),
            )),
        }
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
        let (subject, phns) = store.family_of(id).await?.ok_or(Refusal::NotFound)?;
        if !self.person.registered(subject.as_deref()) {
            return Err(Refusal::NotFound);
        }
        let phns: Vec<&str> = phns.iter().map(String::as_str).collect();
        let act_by = self.by(None);
        let about = About { phns: phns.clone(), ..About::default() };
        let record = self.record(&act_by, by.word(), &about);
        let mut act = store.act(act_by).await?;
        act.lock_patients(&phns).await?;
        let places = act.places(&phns).await?;
        let place = places.iter().map(|(_, place)| place).find(|place| place.registration == id);
        let steps: Vec<Step> = match (place, by) {
            (Some(place), Move::Withdraw) => after_gone(place, by),
            (Some(place), _) => after(place, by),
            (None, _) => Vec::new(),
        };
        if steps.is_empty() {
            return Err(Refusal::Conflict("This registration came to its end."));
        }
        act.take(&steps, self.billing()).await?;
        act.raise(&phns).await?;
        act.commit(&record).await?;
        Ok(store.families_of(self.person).await?)
    }
}
