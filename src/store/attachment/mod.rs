//! The attachment workflow in Postgres. What an act reads is locked until it commits; what pages show is read without a lock.

mod act;
mod areas;
mod candidates;
mod capacity;
mod due;
mod entries;
mod lists;
mod notices;
mod places;
mod records;
mod registrations;
mod rights;
mod steps;
mod targets;

pub use act::{Act, By};
pub use capacity::{PanelSide, Stated};
pub use lists::{ListView, Picked, ProposalView};
pub use notices::{ATTEMPTS, DueNotice};
pub(super) use places::places;
pub use records::RecordRow;
pub use registrations::{FamilyView, NewFamily, NewRegistration, RegistrationView};
pub use rights::Delegate;
pub use steps::{Billing, Moved};
pub(super) use steps::{raise, take};
