//! What becomes of a panel: pure decisions, changes as values.
//!
//! A panel is one provider at one clinic. The deciding functions see the entries that matter, under lock, and say
//! which steps to take; nothing here reads or writes.

mod decide;
mod status;

pub use decide::{answer_mrp, as_deceased, decide_add, decide_remove};
pub use status::{Entry, EntryId, EntryStatus, PanelId, Status};

use chrono::{DateTime, Utc};

use crate::message::Phn;

/// What happens when an added patient has another MRP.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MrpElsewhere {
    /// The newest attachment wins: the other entry becomes `not-mrp`, and its panel is told.
    #[default]
    Transfer,
    /// The message is refused.
    Reject,
}

/// What happens when a patient to be removed is not on the panel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NotOnPanel {
    /// Fine, with a warning: the state asked for holds.
    #[default]
    Accept,
    /// The message is refused.
    Reject,
}

/// Choices that the guide leaves open.
#[derive(Debug, Clone, Copy, Default)]
pub struct Policy {
    /// On adding a patient of another provider.
    pub mrp_elsewhere: MrpElsewhere,
    /// On removing a patient who is not there.
    pub not_on_panel: NotOnPanel,
}

/// One step of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new entry, `confirmed`, on the panel of the message.
    Open(Phn),
    /// An entry of the panel of the message becomes `confirmed` again.
    Confirm {
        /// Which.
        entry: EntryId,
        /// What it is now.
        was: EntryStatus,
    },
    /// Another panel's entry becomes `not-mrp`.
    Displace {
        /// Which.
        entry: EntryId,
        /// Whether it is the same provider's, at another clinic; any other provider is told.
        same_provider: bool,
    },
    /// An entry of the panel of the message becomes `removed`.
    Remove {
        /// Which.
        entry: EntryId,
        /// What it is now.
        was: EntryStatus,
    },
}

/// What the sender should know about one member although nothing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// Already confirmed here; nothing changed.
    AlreadyOnPanel,
    /// Another provider was MRP and no longer is.
    MrpMoved,
    /// This provider was MRP at another clinic, and is now here.
    ClinicMoved,
    /// Was not on the panel to begin with; nothing changed.
    NotOnPanel,
}

/// Why one member stops the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Another provider is MRP, and the policy is to refuse.
    MrpElsewhere,
    /// Not on the panel, and the policy is to refuse.
    NothingToRemove,
}

/// Where one member stands, as the answer shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The patient.
    pub phn: Phn,
    /// In relation to the panel of the message.
    pub status: Status,
    /// Since when attached, where ever.
    pub start: Option<DateTime<Utc>>,
    /// Since when no longer attached.
    pub end: Option<DateTime<Utc>>,
    /// The panel whose provider is MRP; `None`: nobody is.
    pub mrp: Option<PanelId>,
}

/// The panel of a message.
#[derive(Debug, Clone, Copy)]
pub struct Here<'k> {
    /// Which.
    pub panel: PanelId,
    /// Its provider's key in PAS.
    pub practitioner_key: &'k str,
}

/// What was decided for a whole message.
#[derive(Debug, Default)]
pub struct Decision {
    /// Steps to take, all of them or none.
    pub changes: Vec<Change>,
    /// One a member, in the order of the message.
    pub standings: Vec<Standing>,
    /// By the member's place in the message.
    pub notices: Vec<(usize, Notice)>,
}
