//! What is recorded of every request, and the chain of hashes that shows whether it was altered since. Pure: rows and
//! seals come from and go to `store::audit`.
//!
//! A request becomes a [`Record`]. Recorded, it is an [`Event`]: the record with its number. A [`Sealing`] hashes a batch
//! of events into a [`Seal`] that covers the seal before; a [`Verifier`] walks the chain and says what does not fit.

mod event;
mod finding;
mod hash;
mod interchange;
mod record;
mod seal;
mod verify;

pub use event::Event;
pub use finding::{Finding, Verified};
pub use hash::Hash;
pub use interchange::audit_event;
pub use record::{Origin, Outcome, Patients, Record};
pub use seal::{FORM, Missing, Seal, Sealing};
pub use verify::Verifier;
