//! Whom a caller may speak for.

use serde::Deserialize;

/// What a client, and a person signed in through it, are registered for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Grant {
    /// The client's clinics, as `system|value`.
    pub facilities: Vec<String>,
    /// The person's providers, as `system|value`; `None` for a program in its own name.
    pub practitioners: Option<Vec<String>>,
}
