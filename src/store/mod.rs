//! Postgres, and the only SQL in the house.
//!
//! A query costs two round trips: [`Store::look`], [`Session::keep`]. A change costs four: [`Store::begin`],
//! [`Turn::look`], [`Turn::apply`], [`Turn::commit`]; however many patients it is about.

mod apply;
mod audit;
mod error;
mod grants;
mod import;
mod look;
mod pool;
mod retention;
mod schema;
mod steps;
mod views;

pub use apply::{Effect, Kept, Receipt, Session, Turn};
pub use audit::{Queue, QueueBounds, Sealed, Trail, TrailQuestion, TrailState, Writer};
pub use error::StoreError;
pub use grants::{Party, Registration};
pub use import::{Block, Import, ImportReport, Line, Pushed, Registry, Row, Rows};
pub use look::{Known, Parties, Question, Seen};
pub use pool::{Load, SERVER_ROLE, Store, StoreOptions};
pub use retention::Turnover;
pub use schema::{SCHEMA_VERSION, SchemaState};
pub use views::{PanelMember, PanelQuestion};
