//! Who may post: callers, what they are allowed, and how often.

mod caller;
mod grant;

pub use caller::{Caller, ClientId, Subject};
pub use grant::Grant;
