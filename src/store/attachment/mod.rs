//! The attachment workflow in Postgres. What an act reads is locked until it commits; what pages show is read without a lock.

mod act;
mod areas;
mod candidates;
mod capacity;
mod entries;
mod lists;
mod members;
mod networks;
mod places;
mod registrations;
mod rights;
mod steps;

pub use act::{Act, By};
pub use capacity::{PanelSide, Stated};
pub use lists::{ListView, Picked, ProposalView};
pub use members::{MEMBERS_SHOWN, MemberSearch, MemberView};
pub use networks::{NetworkView, Outstanding, Waiting};
pub(super) use places::places;
pub use registrations::{FamilyView, NewFamily, NewRegistration, RegistrationView};
pub use steps::{Billing, Moved};
pub(super) use steps::{raise, take};
