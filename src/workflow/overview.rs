//! What people see before they do something: what is theirs to do, who is on a panel, how an area stands.

use crate::attachment::Role;
use crate::panel::PanelId;
use crate::store::{
    MEMBERS_SHOWN, MemberSearch, MemberView, NetworkView, Outstanding, PanelSide, Waiting,
};

use super::{About, Desk, Refusal, Right};

/// A panel that somebody acts for, and what is still to be done on it.
#[derive(Debug, Clone)]
pub struct Own {
    /// The panel.
    pub side: PanelSide,
    /// What is still to be done; `None`: nothing.
    pub outstanding: Option<Outstanding>,
}

/// People of a panel.
#[derive(Debug, Clone)]
pub struct Members {
    /// Which panel.
    pub side: PanelSide,
    /// Who, whoever changed last first.
    pub people: Vec<MemberView>,
    /// There are more of them than are shown at a time.
    pub more: bool,
}

/// A network with its communities and panels.
#[derive(Debug, Clone)]
pub struct Area {
    /// Which network.
    pub network: NetworkView,
    /// Who waits, by community.
    pub waiting: Vec<Waiting>,
    /// The panels at clinics there.
    pub panels: Vec<PanelSide>,
}

impl Desk<'_> {
    /// The panels of providers they act for, with what is still to be done.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn own_panels(&self) -> Result<Vec<Own>, Refusal> {
        let mut panels = self.panels().await?;
        panels.retain(|side| self.may(side, Right::Act));
        let ids: Vec<PanelId> = panels.iter().map(|side| side.id).collect();
        let outstanding = self.service.store.outstanding(&ids).await?;
        let of = |panel| outstanding.iter().find(|one| one.panel == panel).copied();
        Ok(panels.into_iter().map(|side| Own { outstanding: of(side.id), side }).collect())
    }

    /// One panel of a provider they act for.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where they act for another one, or for nobody.
    pub async fn own_panel(&self, panel: PanelId) -> Result<PanelSide, Refusal> {
        self.panel(panel, Right::Act).await
    }

    /// Who is on a panel, or was.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where they do not act for its provider.
    pub async fn members(&self, panel: PanelId, search: &MemberSearch) -> Result<Members, Refusal> {
        let side = self.panel(panel, Right::Act).await?;
        let mut people = self.service.store.people_on(panel, search).await?;
        let more = people.len() > MEMBERS_SHOWN;
        people.truncate(MEMBERS_SHOWN);
        if !people.is_empty() {
            let phns = people.iter().map(|member| member.phn.as_str()).collect();
            self.seen("see-panel", &About::panel(&side, phns)).await?;
        }
        Ok(Members { side, people, more })
    }

    /// The networks that they coordinate.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn networks(&self) -> Result<Vec<NetworkView>, Refusal> {
        let network = |role: &Role| match role {
            Role::Coordinator { network } => Some(network.clone()),
            _ => None,
        };
        let codes: Vec<String> = self.person.roles.iter().filter_map(network).collect();
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        Ok(self.service.store.networks(&codes).await?)
    }

    /// Who waits and who has room, by community.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where they do not coordinate it.
    pub async fn area(&self, network: &str) -> Result<Area, Refusal> {
        if !self.person.coordinates(network) {
            return Err(Refusal::NotFound);
        }
        let store = &self.service.store;
        let found = store.networks(&[network]).await?.pop().ok_or(Refusal::NotFound)?;
        let waiting = store.waiting_in(network, self.now()).await?;
        let panels = store.panels_in(network, self.as_of()).await?;
        Ok(Area { network: found, waiting, panels })
    }
}
