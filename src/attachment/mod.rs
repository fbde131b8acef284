//! From waiting for a provider to being on a panel: pure state machines, steps as values.
//!
//! Nothing here reads, writes or knows the time. `docs/ATTACHMENT.md` draws the states; the source is the province's page on attaching
//! patients in four steps: capacity, list, review, attachment.

/// An enumeration with a word for each variant: in the database, in JSON, on pages.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$of])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every one.
            pub const ALL: &[$name] = &[$($name::$variant),+];

            /// Its word.
            pub const fn word(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }

            /// The one with this word.
            pub fn of(word: &str) -> Option<Self> {
                $name::ALL.iter().copied().find(|one| one.word() == word)
            }
        }
    };
}

pub(crate) use words;

mod after;
mod capacity;
mod cleaning;
mod cleanup;
mod clinic;
mod complexity;
mod contact;
mod emr;
mod ground;
mod letter;
mod numbers;
mod policy;
mod proposal;
mod registration;
mod rights;
mod score;
mod standing;

pub use after::{
    Dropped, OpenProposal, Place, Step, Survival, after, after_confirmed, after_gone, after_lapsed,
    after_merged, after_provider_left, after_removed,
};
pub use capacity::{
    Bound, Capacity, CapacityFault, Gender, MONTH, Mix, Room, Taken, Target, is_language,
};
pub use cleaning::{Became, Chore, Chosen, Cleaned, clean};
pub use cleanup::{
    CleanUp, Field, Invalid, Listed, Mismatch, Missing, Repeated, Unlisted, clean_up,
};
pub use clinic::{ClinicDetails, ClinicFault, Job, Post, TEXT_FOR_FAMILIES};
pub use complexity::{Bands, Complexity, complexity};
pub use contact::{Contact, ContactChannel, dialled, is_email};
pub use emr::{
    EmrFault, EmrList, EmrName, EmrPatient, Numbering, Unreadable, read_bundle, read_table,
};
pub use ground::Ground;
pub use letter::{LONGEST_TEXT, Letter, NoticeKind, NoticePages};
pub use numbers::{Cell, CommunityNumbers, Month, Numbers, Published, Tally, months_before};
pub use policy::{AsOf, Policy};
pub use proposal::{
    Answer, DeclineReason, LeaveOutReason, ListId, ListState, ProposalId, ProposalState,
};
pub use registration::{Move, Periods, RegistrationId, RegistrationState};
pub use rights::{Acting, Person, Role};
pub use score::{FamilyId, Part, PartName, Ranked, Seeker, Wanted, Weights, rank};
pub use standing::Standing;
