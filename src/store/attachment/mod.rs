//! The attachment workflow in Postgres. What an act reads is locked until it commits; what pages show is read without a lock.

mod act;
mod areas;
mod calls;
mod candidates;
mod capacity;
mod contacts;
mod due;
mod entries;
mod families;
mod lists;
mod notices;
mod numbers;
mod members;
mod networks;
mod places;
mod records;
mod registrations;
mod rights;
mod steps;
mod targets;

pub use act::{Act, By};
pub use areas::Named;
pub use calls::{CallReason, CallView};
pub use capacity::{PanelSide, Stated};
pub use families::{FamilyView, HealthUpdate, RegistrationView, Wishes};
pub use lists::{ListView, Picked, ProposalView};
pub use members::{MEMBERS_SHOWN, MemberSearch, MemberView};
pub use networks::{NetworkView, Outstanding, Waiting};
pub use notices::{ATTEMPTS, DueNotice};
pub use numbers::CommunityTally;
pub(super) use places::places;
pub use records::RecordRow;
pub use registrations::{NewFamily, NewRegistration};
pub use rights::Delegate;
pub use steps::{Billing, Moved};
pub(super) use steps::{raise, take};
