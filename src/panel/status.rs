//! Entries of panels and the words for where a patient stands.

use chrono::{DateTime, Utc};
use serde::Deserialize;

/// Our number of a panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
pub struct PanelId(pub i64);

/// Our number of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
pub struct EntryId(pub i64);

/// The status of an entry as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryStatus {
    /// Accepted through the attachment workflow, not yet confirmed.
    Pending,
    /// Attached: the panel's provider is MRP.
    Confirmed,
    /// Listed here, but attached to another panel since.
    NotMrp,
    /// Taken off the panel.
    Removed,
}

impl EntryStatus {
    /// The word in the database and on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            EntryStatus::Pending => "pending",
            EntryStatus::Confirmed => "confirmed",
            EntryStatus::NotMrp => "not-mrp",
            EntryStatus::Removed => "removed",
        }
    }
}

/// The status of a patient in relation to a panel, in the words that PAS itself shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Attached here.
    Confirmed,
    /// Accepted, not yet confirmed.
    Pending,
    /// Listed on this panel, but attached to another one.
    NotMrp,
    /// On this panel, and dead according to the Client Registry.
    Deceased,
    /// Was on this panel.
    Removed,
    /// Never was.
    NotOnPanel,
}

impl Status {
    /// Every status.
    pub const ALL: [Status; 6] = [
        Status::Confirmed,
        Status::Pending,
        Status::NotMrp,
        Status::Deceased,
        Status::Removed,
        Status::NotOnPanel,
    ];

    /// The code on the wire (`<base>/CodeSystem/pas-mrp-status`).
    pub const fn code(self) -> &'static str {
        match self {
            Status::Confirmed => "confirmed",
            Status::Pending => "pending",
            Status::NotMrp => "not-mrp",
            Status::Deceased => "deceased",
            Status::Removed => "removed",
            Status::NotOnPanel => "not-on-panel",
        }
    }

    /// The words for people.
    pub const fn display(self) -> &'static str {
        match self {
            Status::Confirmed => "Confirmed",
            Status::Pending => "Pending",
            Status::NotMrp => "Not MRP",
            Status::Deceased => "Deceased",
            Status::Removed => "Removed",
            Status::NotOnPanel => "Not on panel",
        }
    }

    /// Whether a reader who knows only base FHIR should take the patient for a member of the panel.
    pub const fn is_member(self) -> bool {
        matches!(self, Status::Confirmed | Status::Pending)
    }
}

impl From<EntryStatus> for Status {
    fn from(status: EntryStatus) -> Self {
        match status {
            EntryStatus::Pending => Status::Pending,
            EntryStatus::Confirmed => Status::Confirmed,
            EntryStatus::NotMrp => Status::NotMrp,
            EntryStatus::Removed => Status::Removed,
        }
    }
}

/// A patient on a panel, as far as decisions need it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Entry {
    /// The patient.
    pub phn: String,
    /// Our number of the entry.
    pub entry_id: EntryId,
    /// Which panel.
    pub panel_id: PanelId,
    /// Its provider's key in PAS.
    pub practitioner_key: String,
    /// Where it stands.
    pub status: EntryStatus,
    /// Since when the present or last attachment runs.
    pub started_at: DateTime<Utc>,
    /// Since when the status is what it is.
    pub status_at: DateTime<Utc>,
}
