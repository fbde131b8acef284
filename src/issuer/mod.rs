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
    /// No connection, or it broke.
    #[error("no connection, or it broke")]
    Unreachable,
    /// No answer in time.
    #[error("no answer in time")]
    Silent,
    /// Another status than 200; a redirect is not followed.
    #[error("it answered with HTTP status {0}")]
    Status(u16),
    /// More than 1 MiB.
    #[error("the document is longer than 1 MiB")]
    TooLong,
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
    /// This machine trusts no certificate authority.
    #[error("no certificate authorities are installed on this machine")]
    NoRoots,
    /// What came is no key set.
    #[error("of the keys: {0}")]
    Keys(#[from] KeysFault),
}

impl From<OutgoingFault> for IssuerFault {
    fn from(fault: OutgoingFault) -> Self {
        match fault {
            OutgoingFault::Unreachable => IssuerFault::Unreachable,
            OutgoingFault::Silent => IssuerFault::Silent,
            OutgoingFault::Status(status) => IssuerFault::Status(status),
            OutgoingFault::TooLong => IssuerFault::TooLong,
            OutgoingFault::NoRoots => IssuerFault::NoRoots,
        }
    }
}
