//! Step 1 of attachment: what room a provider has.

use crate::attachment::{Capacity, CapacityFault, Ground, Role, Target};
use crate::panel::PanelId;
use crate::store::PanelSide;

use super::{About, Desk, Refusal, Right};

impl Desk<'_> {
    /// The panels that somebody acts for or looks after.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn panels(&self) -> Result<Vec<PanelSide>, Refusal> {
        let provider = |role: &Role| match role {
            Role::Provider { practitioner_key } | Role::Delegate { practitioner_key } => {
                Some(practitioner_key.clone())
            }
            _ => None,
        };
        let keys: Vec<String> = self.person.roles.iter().filter_map(provider).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let mut panels = self.service.store.panels_of(&keys, self.as_of()).await?;
        for role in &self.person.roles {
            if let Role::Coordinator { network } = role {
                panels.extend(self.service.store.panels_in(network, self.as_of()).await?);
            }
        }
        panels.retain(|side| self.may(side, Right::See));
        panels.sort_by_key(|panel| panel.id);
        panels.dedup_by_key(|panel| panel.id);
        Ok(panels)
    }

    /// One panel.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where it is not theirs to see.
    pub async fn see_panel(&self, panel: PanelId) -> Result<PanelSide, Refusal> {
        self.panel(panel, Right::See).await
    }

    /// The targets of a panel.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where it is not theirs to see.
    pub async fn targets(&self, panel: PanelId) -> Result<Vec<Target>, Refusal> {
        self.panel(panel, Right::See).await?;
        Ok(self.service.store.targets_of(panel).await?)
    }

    /// A panel of a network that they coordinate, with its targets.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where they do not coordinate its network.
    pub async fn targeted(&self, panel: PanelId) -> Result<(PanelSide, Vec<Target>), Refusal> {
        let side = self.panel(panel, Right::Coordinate).await?;
        let targets = self.service.store.targets_of(panel).await?;
        Ok((side, targets))
    }

    /// Sets how large a panel is to be by a day, or gives that up.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where they do not coordinate its network; [`Refusal::Invalid`] where it makes no sense.
    pub async fn set_target(&self, panel: PanelId, target: Target) -> Result<Vec<Target>, Refusal> {
        let side = self.panel(panel, Right::Coordinate).await?;
        if target.size.is_some_and(|size| size > 100_000) {
            return Err((Ground::Number, "A panel has 100,000 people at most.").into());
        }
        // What was agreed for a day that is over stays as it was agreed.
        if target.due_on < self.today() {
            return Err((Ground::Day, "That day is over: choose today or a day to come.").into());
        }
        let by = self.by(None);
        let record = self.record(&by, "set-target", &About::clinic(&side, Vec::new()));
        let mut act = self.service.store.act(by).await?;
        act.lock_panel(panel).await?;
        act.set_target(panel, target).await?;
        act.commit(&record).await?;
        Ok(self.service.store.targets_of(panel).await?)
    }

    /// States the capacity of a panel, from this moment on.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where they do not act for its provider; [`Refusal::Invalid`] where it makes no sense.
    pub async fn state_capacity(
        &self,
        panel: PanelId,
        capacity: &Capacity,
    ) -> Result<PanelSide, Refusal> {
        let side = self.panel(panel, Right::Act).await?;
        capacity.check().map_err(|fault| {
            let ground = match fault {
                CapacityFault::Mix => Ground::Mix,
                CapacityFault::Number => Ground::Number,
                CapacityFault::Language => Ground::Language,
            };
            Refusal::Invalid(ground, fault.to_string())
        })?;
        let by = self.by(Some(&side.practitioner_key));
        let record = self.record(&by, "state-capacity", &About::panel(&side, Vec::new()));
        let mut act = self.service.store.act(by).await?;
        act.lock_panel(panel).await?;
        act.by.at = self.now();
        act.state_capacity(&side, capacity).await?;
        let stated = act.panel(panel, self.as_of()).await?.ok_or(Refusal::NotFound)?;
        act.commit(&record).await?;
        Ok(stated)
    }
}
