//! Cleaning up a panel for good: whom the provider chose is added, confirmed or taken off, as messages of the EMR would have done it.

use std::collections::HashSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::attachment::{
    Became, Chore, Chosen, Ground, Step, after_confirmed, after_removed, clean,
};
use crate::fhir::Path;
use crate::message::{Name, Patient, Phn, PhnCheck};
use crate::panel::{Here, PanelId};
use crate::registry::{Judgement, PatientRecord, PatientRecords, matches};
use crate::store::{Act, PanelSide};

use super::{About, Desk, Refusal, Right};

/// People in one act at most: while it lasts, messages about them wait.
pub const BATCH: usize = 500;
/// People in one request at most.
const MOST: usize = 5_000;

/// Somebody to be added, as the EMR has them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Newcomer {
    /// Personal health number.
    pub phn: String,
    /// All given names, as on the services card.
    pub given: String,
    /// Family name.
    pub family: String,
    /// Born.
    pub birth_date: NaiveDate,
}

/// What is chosen from a dry run.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Picking {
    /// Only in the EMR: they come onto the panel.
    #[serde(default)]
    pub add: Vec<Newcomer>,
    /// In both and pending, by number: they become confirmed.
    #[serde(default)]
    pub confirm: Vec<String>,
    /// Only in PAS, by number: they are taken off the panel.
    #[serde(default)]
    pub remove: Vec<String>,
}

/// One person of a choice.
#[derive(Debug)]
pub struct Picked {
    /// Who.
    pub phn: Phn,
    /// What is to be done.
    pub chore: Chore,
    /// Who they are said to be; `None`: they are on the panel, and that says it.
    said: Option<Patient>,
}

impl Picked {
    /// Whether they are who they are said to be and can be attached. The one answer is for all that can be wrong.
    fn is_known(&self, records: &PatientRecords, by: Judgement) -> bool {
        let record = records.get(self.phn.as_str());
        match (self.chore, &self.said) {
            (Chore::Remove, _) => true,
            (_, Some(said)) => matches(said, record, by),
            (_, None) => record.is_some_and(PatientRecord::is_attachable),
        }
    }
}

/// A choice that can be carried out, batch by batch.
#[derive(Debug)]
pub struct Cleaning {
    /// Of which panel.
    pub side: PanelSide,
    /// Everybody, in the order in which they are done.
    pub people: Vec<Picked>,
}

impl Picking {
    fn picked(&self, check: bool) -> Result<Vec<Picked>, Refusal> {
        let parse = |chore: Chore, place: usize, text: &str| {
            Phn::parse(text, check).map_err(|_| {
                Refusal::Invalid(Ground::Phn, format!("{}[{place}]: this is no PHN.", chore.word()))
            })
        };
        let by_number = |chore: Chore, numbers: &[String]| {
            let one = |(place, text): (usize, &String)| {
                Ok(Picked { phn: parse(chore, place, text)?, chore, said: None })
            };
            numbers.iter().enumerate().map(one).collect::<Result<Vec<_>, Refusal>>()
        };
        let mut people = by_number(Chore::Confirm, &self.confirm)?;
        people.extend(by_number(Chore::Remove, &self.remove)?);
        let at = Path::root("Patient");
        for (place, new) in self.add.iter().enumerate() {
            let phn = parse(Chore::Add, place, &new.phn)?;
            let name = Name { family: new.family.clone(), given: vec![new.given.clone()], at };
            let (names, birth_date) = (vec![name], new.birth_date);
            let said = Some(Patient { phn: phn.clone(), names, birth_date, at });
            people.push(Picked { phn, chore: Chore::Add, said });
        }
        Ok(people)
    }
}

impl Desk<'_> {
    /// Begins to clean up a panel. Nothing is changed yet.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where they do not act for its provider; [`Refusal::Invalid`] where nobody is chosen, somebody twice, or too many.
    pub async fn cleaning(&self, panel: PanelId, picking: &Picking) -> Result<Cleaning, Refusal> {
        let side = self.panel(panel, Right::Act).await?;
        let people = picking.picked(self.service.reading.phn == PhnCheck::Digit)?;
        let invalid = |text: &'static str| Err((Ground::People, text).into());
        if people.is_empty() {
            return invalid("Choose somebody to be changed.");
        }
        if people.len() > MOST {
            return invalid("There are 5,000 people at most at a time.");
        }
        let mut seen = HashSet::new();
        if !people.iter().all(|one| seen.insert(one.phn.as_str())) {
            return invalid("Each person is named once.");
        }
        Ok(Cleaning { side, people })
    }

    /// Carries out one batch of a choice, in one act; says what became of each. Whoever cannot be changed stops nobody else.
    ///
    /// # Errors
    /// When the database does not answer: then nothing of the batch is kept, or all of it.
    pub async fn clean(&self, side: &PanelSide, batch: &[Picked]) -> Result<Vec<Became>, Refusal> {
        let phns: Vec<&str> = batch.iter().map(|one| one.phn.as_str()).collect();
        let store = &self.service.store;
        let today = self.service.clock.today(self.service.offset);
        let by = Judgement { today, policy: self.service.judging };
        let records = store.people(&phns).await?;
        let chosen = batch.iter().map(|one| {
            let Picked { phn, chore, .. } = one;
            Chosen { phn, chore: *chore, known: one.is_known(&records, by) }
        });
        let chosen: Vec<Chosen<'_>> = chosen.collect();
        let mut act = store.act(self.by(Some(&side.practitioner_key))).await?;
        act.lock_panel(side.id).await?;
        act.lock_patients(&phns).await?;
        // Its time is that of its turn: what it waited for has happened before.
        act.by.at = self.now();
        let entries = act.entries(&phns).await?;
        let here = Here { panel: side.id, practitioner_key: &side.practitioner_key };
        let cleaned = clean(&chosen, &entries, here, act.by.at, self.service.deciding);
        let of = |wanted: fn(Became) -> bool| -> Vec<&str> {
            let all = phns.iter().zip(&cleaned.became);
            all.filter(|(_, became)| wanted(**became)).map(|(phn, _)| *phn).collect()
        };
        let changed = of(Became::has_changed);
        // Also whoever is not changed is told of, or was asked about in vain.
        let others: Vec<(&'static str, Vec<&str>)> = [
            ("clean-up-no-match", of(|became| became == Became::NoMatch)),
            ("clean-up-unchanged", of(|b| !b.has_changed() && b != Became::NoMatch)),
        ]
        .into_iter()
        .filter(|(_, phns)| !phns.is_empty())
        .collect();
        if changed.is_empty() {
            drop(act);
            for (event, phns) in others {
                self.seen(event, &About::panel(side, phns)).await?;
            }
        } else {
            act.change(side.id, &cleaned.changes).await?;
            let steps = self.settled(&mut act, side, &chosen, &changed).await?;
            act.take(&steps, self.billing()).await?;
            act.raise(&changed).await?;
            let mut records =
                vec![self.record(&act.by, "clean-up-panel", &About::panel(side, changed))];
            for (event, phns) in others {
                let beside = self.by(Some(&side.practitioner_key));
                records.push(self.record(&beside, event, &About::panel(side, phns)));
            }
            act.commit_all(&records).await?;
        }
        Ok(cleaned.became)
    }

    /// What the changes mean for those who are registered.
    async fn settled(
        &self,
        act: &mut Act,
        side: &PanelSide,
        chosen: &[Chosen<'_>],
        changed: &[&str],
    ) -> Result<Vec<Step>, Refusal> {
        let off: HashSet<&str> = chosen
            .iter()
            .filter(|one| one.chore == Chore::Remove)
            .map(|one| one.phn.as_str())
            .collect();
        let periods = &self.service.attaching.periods;
        let at = act.by.at;
        let places = act.places(changed).await?;
        let steps = places.iter().flat_map(|(phn, place)| match off.contains(phn.as_str()) {
            true => after_removed(place, side.id, at, periods),
            false => after_confirmed(place, side.id),
        });
        Ok(steps.collect())
    }
}
