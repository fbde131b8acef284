//! The attachment workflow, act by act: who may, what is read under lock, what is decided, what is kept.
//!
//! Every act has the shape of a message's: judged by [`crate::attachment`], which is pure, applied in one transaction with its history and its
//! audit record. docs/ATTACHMENT.md draws it.

mod acting;
mod calls;
mod cleaning;
mod clinics;
mod contact;
mod delegates;
mod lists;
mod numbers;
mod overview;
mod panels;
mod papers;
mod registering;
mod registry;
mod review;
mod telephone;
mod time;
mod updating;
mod wishes;

use chrono::{DateTime, Utc};

use crate::attachment::{Acting, AsOf, Ground, Person};
use crate::audit::{Origin, Outcome, Patients, Record};
use crate::panel::PanelId;
use crate::process::Service;
use crate::store::{Billing, By, PanelSide, StoreError};

pub use acting::Provider;
pub use cleaning::{BATCH, Cleaning, Newcomer, Picked, Picking};
pub use clinics::Clinic;
pub use lists::{Candidate, Choice, LeftOut, Sending};
pub use numbers::numbers;
pub use overview::{Area, Members, Own};
pub use papers::{Compared, Records};
pub use registering::{Channel, Looking, MEMBERS, Member, RegisteredBy, Registering};
pub use review::Given;
pub use telephone::Finding;
pub use time::{Passed, pass_time};
pub use updating::{Health, Updating};

/// Where somebody who signed in does what they may.
#[derive(Debug, Clone, Copy)]
pub struct Desk<'d> {
    /// Postgres, time, and the rules of messages.
    pub service: &'d Service,
    /// Who.
    pub person: &'d Person,
    /// Of which request.
    pub origin: Origin<'d>,
}

/// Why something is not done.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is not there, or it is somebody else's; which of the two is nobody's to know.
    #[error("There is no such thing, or it is not yours.")]
    NotFound,
    /// What was asked makes no sense.
    #[error("{1}")]
    Invalid(Ground, String),
    /// It is not possible as things stand.
    #[error("{1}")]
    Conflict(Ground, &'static str),
    /// They tried too often to name people who are not found.
    #[error(
        "Too many attempts matched nobody. Try again later, or call the Health Connect Registry."
    )]
    Often(u64),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is wrong with what was asked: in a word, and in a sentence.
type Wrong = (Ground, &'static str);

impl From<Wrong> for Refusal {
    fn from((ground, text): Wrong) -> Self {
        Refusal::Invalid(ground, text.to_owned())
    }
}

impl Refusal {
    /// Why, in a word.
    pub const fn ground(&self) -> Ground {
        match self {
            Refusal::NotFound => Ground::NotFound,
            Refusal::Invalid(ground, _) | Refusal::Conflict(ground, _) => *ground,
            Refusal::Often(_) => Ground::Often,
            Refusal::Store(_) => Ground::NotNow,
        }
    }
}

/// What somebody wants to do with a panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    /// As its provider, or for them.
    Act,
    /// As the coordinator of its network.
    Coordinate,
    /// As either.
    See,
}

impl Desk<'_> {
    fn now(&self) -> DateTime<Utc> {
        self.service.clock.now()
    }

    fn by(&self, on_behalf_of: Option<&str>) -> By {
        By {
            id: self.service.clock.id(),
            at: self.now(),
            author: self.person.subject.clone(),
            on_behalf_of: on_behalf_of.map(str::to_owned),
        }
    }

    fn billing(&self) -> Billing {
        billing(self.service)
    }

    /// The panel, if they may do that with it.
    async fn panel(&self, panel: PanelId, right: Right) -> Result<PanelSide, Refusal> {
        let side = self.service.store.panel_side(panel, self.as_of()).await?;
        side.filter(|side| self.may(side, right)).ok_or(Refusal::NotFound)
    }

    fn as_of(&self) -> AsOf {
        let grace = self.service.attaching.periods.grace;
        AsOf { at: self.now(), left_before: self.today() - grace }
    }

    /// Nobody acts for a provider where they are no longer: their messages would be refused as well.
    fn may(&self, side: &PanelSide, right: Right) -> bool {
        let acts: Option<Acting> = self.person.acts_for(&side.practitioner_key);
        let acts = acts.filter(|_| side.practises);
        let network = side.community.as_ref().map(|(_, network)| network);
        let coordinates = network.is_some_and(|network| self.person.coordinates(network));
        match right {
            Right::Act => acts.is_some(),
            Right::Coordinate => coordinates,
            Right::See => acts.is_some() || coordinates,
        }
    }

    /// What is written into the trail of something that was done, or seen.
    fn record(&self, by: &By, event: &'static str, about: &About<'_>) -> Record {
        Record {
            subject: Some(self.person.subject.clone()),
            // Whoever looks after a panel and does not act for its provider acts in their own name.
            on_behalf_of: about
                .practitioner
                .iter()
                .filter(|key| self.person.acts_for(key).is_some())
                .map(|key| (*key).to_owned())
                .collect(),
            facility: about.organization.iter().map(|key| (*key).to_owned()).collect(),
            ..record(by, self.origin, event, &about.phns)
        }
    }

    /// Records that somebody saw these people, before they do.
    async fn seen(&self, event: &'static str, about: &About<'_>) -> Result<(), Refusal> {
        let record = self.record(&self.by(about.practitioner), event, about);
        Ok(self.service.store.record(&[record]).await?)
    }
}

/// The code that is written for whoever is attached today.
fn billing(service: &Service) -> Billing {
    let day = service.clock.today(service.offset);
    Billing { code: service.attaching.code, day }
}

/// What is written into the trail of everything that was done, whoever did it.
fn record(by: &By, origin: Origin<'_>, event: &'static str, phns: &[&str]) -> Record {
    Record {
        event: Some(event.to_owned()),
        patients: Patients(phns.iter().map(|phn| (*phn).to_owned()).collect()),
        message_id: Some(by.id),
        ..Record::new(by.id, by.at, origin, 200, Outcome::Ok, [event])
    }
}

/// What an act is about.
#[derive(Debug, Clone, Default)]
struct About<'a> {
    practitioner: Option<&'a str>,
    organization: Option<&'a str>,
    phns: Vec<&'a str>,
}

impl<'a> About<'a> {
    fn panel(side: &'a PanelSide, phns: Vec<&'a str>) -> Self {
        About {
            practitioner: Some(&side.practitioner_key),
            organization: Some(&side.organization_key),
            phns,
        }
    }

    /// As [`About::panel`], of what is done in nobody's name.
    fn clinic(side: &'a PanelSide, phns: Vec<&'a str>) -> Self {
        About { practitioner: None, ..About::panel(side, phns) }
    }
}
