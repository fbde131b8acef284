//! Whoever calls the registry: an agent finds their family, and does for them what they ask.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::message::Name;
use crate::registry::is_known_as;
use crate::store::FamilyView;

use super::registry::AT;
use super::updating::phns;
use super::{About, Desk, Refusal};

/// Somebody on the telephone, as an agent looks for them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Finding {
    /// Personal health number of one of the family.
    pub phn: String,
    /// Their family name.
    pub family: String,
    /// Born.
    pub birth_date: NaiveDate,
}

impl Desk<'_> {
    /// The family of somebody on the telephone, for an agent: all that they say of one member is right, by the rules of registering.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where they are no agent, or there is no such family; [`Refusal::Often`] where that happened too often.
    pub async fn find_family(&self, asked: &Finding) -> Result<FamilyView, Refusal> {
        if !self.person.is_agent() {
            return Err(Refusal::NotFound);
        }
        let store = &self.service.store;
        let name = Name { family: asked.family.clone(), given: Vec::new(), at: AT };
        let patient = self.patient(&asked.phn, name, asked.birth_date);
        let patient = patient.map_err(|_| Refusal::NotFound)?;
        let phn = patient.phn.as_str();
        let attempt = self.attempt()?;
        let records = store.people(&[phn]).await?;
        let mut found = None;
        if is_known_as(&patient, records.get(phn), self.judgement())
            && let Some(id) = store.family_of_person(phn).await?
        {
            found = store.family(id).await?;
        }
        let phns = found.as_ref().map_or(vec![phn], phns);
        self.seen("find-family", &About { phns, ..About::default() }).await?;
        let family = found.ok_or(Refusal::NotFound)?;
        self.service.attempts.give_back(&attempt);
        Ok(family)
    }
}
