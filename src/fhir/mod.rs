//! FHIR R4 (4.0.1) on the wire: JSON text into a tree that knows where each part stands, references
//! resolved inside a Bundle, and the few types that we write. Only what we read or write is here; it is
//! no model of FHIR.

mod element;
mod json;
mod limits;
mod path;
mod period;
mod reference;

pub use element::{Element, Misshapen};
pub use json::{Json, decode};
pub use limits::{JsonFault, JsonLimits};
pub use path::Path;
pub use period::Period;
pub use reference::{Entries, Entry, Unresolved};
