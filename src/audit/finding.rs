//! What a verification finds.

use std::fmt;

use super::hash::Hash;

/// Something that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// Of the events under a seal one or more are not what was sealed.
    Altered {
        /// The seal.
        seal: i64,
        /// The first and the last number that it covers.
        numbers: (i64, i64),
    },
    /// Events that were sealed are gone.
    Removed {
        /// The seal that covers them.
        seal: i64,
        /// The first and the last of them.
        numbers: (i64, i64),
    },
    /// An event under a number of which the seal says that there was none, and which no later seal covers.
    Added {
        /// Its number.
        number: i64,
    },
    /// An event that two seals cover, or a late one that was never missing.
    SealedTwice {
        /// The second seal.
        seal: i64,
        /// Its number.
        number: i64,
    },
    /// A seal is not what was written.
    SealAltered {
        /// The seal.
        seal: i64,
    },
    /// A seal does not follow from the one before.
    OutOfChain {
        /// The seal.
        seal: i64,
    },
    /// Seals are gone.
    SealsMissing {
        /// The first and the last of them.
        seals: (i64, i64),
    },
    /// A seal in a form that this build does not know.
    UnknownForm {
        /// The seal.
        seal: i64,
    },
    /// Events that have waited for a seal for longer than they should.
    NeverSealed {
        /// The first of them.
        first: i64,
        /// How many.
        count: i64,
    },
    /// A hash that the chain should hold and does not: it was cut, or made anew.
    NotInChain {
        /// The hash.
        hash: Hash,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spell = |(from, to): (i64, i64)| {
            if from == to { format!("{from}") } else { format!("{from} to {to}") }
        };
        match *self {
            Finding::Altered { seal, numbers } => {
                write!(f, "altered: events {} are not as seal {seal} has them", spell(numbers))
            }
            Finding::Removed { seal, numbers } => {
                write!(f, "removed: events {}, which seal {seal} covers", spell(numbers))
            }
            Finding::Added { number } => {
                write!(f, "added: event {number}, under a number that was sealed as empty")
            }
            Finding::SealedTwice { seal, number } => {
                write!(f, "out of order: event {number} was not left over for seal {seal}")
            }
            Finding::SealAltered { seal } => {
                write!(f, "seal altered: {seal}; its events cannot be checked by it")
            }
            Finding::OutOfChain { seal } => {
                write!(f, "out of chain: seal {seal} does not follow from the one before")
            }
            Finding::SealsMissing { seals } => {
                write!(f, "seals missing: {}; no seal vouches for their events", spell(seals))
            }
            Finding::UnknownForm { seal } => {
                write!(f, "unknown form: seal {seal} was made by a newer build")
            }
            Finding::NeverSealed { first, count } => {
                write!(f, "never sealed: {count} events from number {first} on, older than an hour")
            }
            Finding::NotInChain { hash } => write!(f, "not in the chain: {hash}"),
        }
    }
}

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verified {
    /// Seals.
    pub seals: i64,
    /// Events under them.
    pub events: i64,
    /// Events that wait for a seal, and have not for long.
    pub unsealed: i64,
    /// The last seal's hash.
    pub head: Option<Hash>,
    /// How much was found that does not fit.
    pub findings: u64,
}
