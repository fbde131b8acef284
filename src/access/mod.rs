//! Who may post: callers, what they are allowed, and how often.

mod caller;

pub use caller::{Caller, ClientId, Subject};
