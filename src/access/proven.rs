//! Tokens that were proven a moment ago: a program sends one token with hundreds of messages, and to check its
//! signature was half of the instructions of an add.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use ring::digest::{SHA256, digest};

use super::fault::TokenFault;
use super::token::Authenticated;

/// Tokens that are kept in mind at most, of a kilobyte at most each. Beyond that all are forgotten, and proven anew.
const TOKENS: usize = 4_096;

/// What a signed token says. Whether it is in force is asked anew each time.
#[derive(Clone)]
pub(super) struct Proven {
    pub(super) by: Authenticated,
    pub(super) times: Times,
}

/// When a token is in force, in seconds since 1970.
#[derive(Clone, Copy)]
pub(super) struct Times {
    /// The later of `nbf` and `iat`.
    pub(super) from: Option<f64>,
    /// `exp`.
    pub(super) until: f64,
}

impl Times {
    /// Whether it is now, by a clock that may differ from the issuer's.
    pub(super) fn check(self, now: DateTime<Utc>, leeway: TimeDelta) -> Result<(), TokenFault> {
        let (now, leeway) = (seconds(now.timestamp_millis()), seconds(leeway.num_milliseconds()));
        if now >= self.until + leeway {
            return Err(TokenFault::Expired);
        }
        if self.from.is_some_and(|from| now + leeway < from) {
            return Err(TokenFault::NotYetValid);
        }
        Ok(())
    }
}

/// Milliseconds as the seconds of a NumericDate (RFC 7519 §2), which may have a fraction.
#[expect(clippy::cast_precision_loss, reason = "exact for the next 280,000 years")]
fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1000.0
}

/// A token by its digest: who holds the server's memory holds no token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Over every byte, the signature's as well.
    pub(super) fn of(token: &str) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        Fingerprint(bytes)
    }
}

/// What tokens proved by one set of keys. It lives and dies with that set.
#[derive(Default)]
pub(super) struct Memory(Mutex<HashMap<Fingerprint, Proven>>);

impl Memory {
    pub(super) fn recall(&self, token: Fingerprint) -> Option<Proven> {
        self.all().get(&token).cloned()
    }

    pub(super) fn keep(&self, token: Fingerprint, proven: Proven) {
        let mut all = self.all();
        if all.len() >= TOKENS {
            all.clear();
        }
        all.insert(token, proven);
    }

    pub(super) fn len(&self) -> usize {
        self.all().len()
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Fingerprint, Proven>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many, and nothing of them.
impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Memory({})", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_are_kept_and_no_more() {
        let memory = Memory::default();
        let times = Times { from: None, until: 0.0 };
        for n in 0..TOKENS + 10 {
            let token = Fingerprint::of(&n.to_string());
            memory.keep(token, Proven { by: Authenticated::UNCHECKED, times });
            assert!(memory.recall(token).is_some() && memory.len() <= TOKENS);
        }
        assert_eq!(memory.len(), 10);
    }
}
