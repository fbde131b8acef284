//! Who acts for whom, as pages show it.

use std::collections::HashSet;

use crate::panel::PanelId;
use crate::store::{ActedFor, Delegate, FamilyClinic, FamilyView, KeptDetails, StaffMember};

use super::{Desk, Refusal, Right};

/// A provider that somebody is, with who acts for them.
#[derive(Debug, Clone)]
pub struct Provider {
    /// By key in PAS.
    pub key: String,
    /// Their name.
    pub name: String,
    /// Who acts for them.
    pub delegates: Vec<Delegate>,
    /// Who works at the clinics where they work, each once.
    pub staff: Vec<StaffMember>,
}

impl Desk<'_> {
    /// The providers that they are, with who acts for each.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where they are no provider.
    pub async fn providers(&self) -> Result<Vec<Provider>, Refusal> {
        let own: Vec<&str> = self.person.is_provider().collect();
        if own.is_empty() {
            return Err(Refusal::NotFound);
        }
        let store = &self.service.store;
        let delegates = store.delegates_of(&own).await?;
        let mut providers = Vec::new();
        for named in store.providers(&own).await? {
            let clinics = store.workplaces(&named.code, self.today()).await?;
            let clinics: Vec<&str> = clinics.iter().map(String::as_str).collect();
            let mut staff = store.staff_of(&clinics).await?;
            let mut seen = HashSet::new();
            staff.retain(|member| seen.insert(member.subject.clone()));
            let of = |one: &&Delegate| one.practitioner_key == named.code;
            providers.push(Provider {
                delegates: delegates.iter().filter(of).cloned().collect(),
                key: named.code,
                name: named.name,
                staff,
            });
        }
        Ok(providers)
    }

    /// The providers for whom they act.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn acted_for(&self) -> Result<Vec<ActedFor>, Refusal> {
        Ok(self.service.store.acted_for(&self.person.subject).await?)
    }

    /// How the clinic of a panel is reached and found.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where the panel is not theirs to see.
    pub async fn clinic_of(&self, panel: PanelId) -> Result<Option<KeptDetails>, Refusal> {
        let side = self.panel(panel, Right::See).await?;
        Ok(self.service.store.clinic_details(&side.organization_key).await?)
    }

    /// The clinics that took somebody of a family, which is theirs.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where it is not theirs.
    pub async fn clinics_that_took(
        &self,
        family: &FamilyView,
    ) -> Result<Vec<FamilyClinic>, Refusal> {
        if !self.person.may_keep(family.subject.as_deref()) {
            return Err(Refusal::NotFound);
        }
        Ok(self.service.store.clinics_of_family(family.id).await?)
    }
}
