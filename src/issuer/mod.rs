//! The issuer of tokens: its keys, fetched and kept fresh.
//!
//! Keys are asked for at the start, every few minutes, and when a token names one that is not known. Once there, they stay
//! until newer ones come, however long the issuer is away.

mod keeper;
mod sign_in;
mod source;

pub use keeper::{Issuer, Pace};
pub use sign_in::{Attempt, Client, ClientFault, SignInFault};
pub use source::{Endpoints, KeySource};

use crate::access::KeysFault;
use crate::outgoing::OutgoingFault;

/// Why there are no newer keys. For the log: no text of the issuer is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssuerFault {
    /// A document did not come, or is too long.
    #[error(transparent)]
    Outgoing(#[from] OutgoingFault),
    /// The metadata is no JSON object with a `jwks_uri`.
    #[error("its metadata names no jwks_uri")]
    NoMetadata,
    /// The metadata is another issuer's.
    #[error("its metadata is another issuer's")]
    AnotherIssuer,
    /// The metadata leads to an address that keys are not fetched from.
    #[error("its jwks_uri is not https")]
    NotSecure,
    /// The file cannot be read.
    #[error("the file cannot be read")]
    NoFile,
    /// What came is no key set.
    #[error("of the keys: {0}")]
    Keys(#[from] KeysFault),
}
