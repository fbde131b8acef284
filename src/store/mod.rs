//! Postgres, and the only SQL in the house.
//!
//! A message costs two round trips: [`Store::look`], then [`Store::keep`]; however many patients it is about, and shared with
//! whichever messages come at the same time. One that finds that something has changed in between takes its [`Turn`].

mod attachment;
mod audit;
mod directory;
mod error;
mod grants;
mod import;
mod keep;
mod keeps;
mod look;
mod looks;
mod pool;
mod question;
mod replica;
mod retention;
mod schema;
mod sessions;
mod share;
mod statements;
mod steps;
mod turn;
mod unit;
mod views;
mod watch;
mod whole;

pub use attachment::{
    ATTEMPTS, Act, ActedFor, Billing, By, CallReason, CallView, ClinicEntry, CommunityTally,
    DUE_AT_A_TIME, Delegate, Due, DueNotice, FamilyClinic, FamilyView, HealthUpdate, KeptDetails,
    ListView, MEMBERS_SHOWN, MemberSearch, MemberView, Merged, Moved, Named, NetworkView,
    NewFamily, NewRegistration, Outstanding, PanelSide, Picked, Profile, ProposalView, RecordRow,
    RegistrationView, StaffMember, Stated, Waiting, Wishes,
};
pub use audit::{Queue, QueueBounds, Sealed, Trail, TrailQuestion, TrailState, Writer};
pub use directory::Directory;
pub use error::StoreError;
pub use grants::{Party, Registration};
pub use import::{Block, Import, ImportReport, Line, Pushed, Registry, Row, Rows};
pub use keep::{Effect, Keeping, Kept, Receipt};
pub use look::{Known, Looked, Parties, Seen};
pub use pool::{Load, SERVER_ROLE, Store, StoreOptions};
pub use question::{Question, client_key};
pub use retention::Turnover;
pub use schema::{SCHEMA_VERSION, SchemaState};
pub use sessions::{Session, SessionTimes};
pub use turn::Turn;
pub use unit::Pooler;
pub use views::{PanelMember, PanelQuestion};
pub use whole::PlacedMember;
