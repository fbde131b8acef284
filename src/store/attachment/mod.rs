//! The attachment workflow in Postgres. What an act reads is locked until it commits; what pages show is read without a lock.

mod act;
mod areas;
mod candidates;
mod capacity;
mod entries;
mod families;
mod lists;
mod numbers;
mod places;
mod registrations;
mod rights;
mod steps;

pub use act::{Act, By};
pub use areas::Named;
pub use capacity::{PanelSide, Stated};
pub use families::{FamilyView, HealthUpdate, RegistrationView, Wishes};
pub use lists::{ListView, Picked, ProposalView};
pub use numbers::CommunityTally;
pub(super) use places::places;
pub use registrations::{NewFamily, NewRegistration};
pub use steps::{Billing, Moved};
pub(super) use steps::{raise, take};
