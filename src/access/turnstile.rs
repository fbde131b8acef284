//! How often one and the same may come, where nothing but that is counted: an address, a session, a person who guesses.

use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::limit::{Budget, Rate, RetryAfter, refuse};

/// Those that are kept in mind at most.
const KNOWN: usize = 10_000;

/// Lets everybody through so many times a minute, and as many at once after a rest. Each is kept as the instant at which
/// their budget is whole again.
#[derive(Debug)]
pub struct Turnstile<K> {
    rate: Rate,
    budget: Budget,
    whole: Mutex<HashMap<K, Instant>>,
}

impl<K: Eq + Hash + Clone> Turnstile<K> {
    /// A turnstile that has seen nobody yet.
    pub fn new(per_minute: NonZeroU32) -> Self {
        let rate = Rate::of(per_minute, Duration::from_secs(60), per_minute);
        Turnstile { rate, budget: Budget::Requests, whole: Mutex::default() }
    }

    /// One for attempts to name people: so many an hour fail, and those that do not are given back.
    pub fn of_attempts(per_hour: NonZeroU32) -> Self {
        let rate = Rate::of(per_hour, Duration::from_secs(3600), per_hour);
        Turnstile { rate, budget: Budget::FailedMatches, whole: Mutex::default() }
    }

    /// Lets them through, and counts it; unless it is too soon.
    ///
    /// # Errors
    /// When to come again. Whoever is not let through is not counted.
    pub fn admit(&self, who: &K, now: Instant) -> Result<(), RetryAfter> {
        let mut known = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = known.get(who).copied().unwrap_or(now);
        refuse(self.budget, self.rate.wait(whole, now))?;
        if known.len() >= KNOWN && !known.contains_key(who) {
            make_room(&mut known, now);
        }
        known.insert(who.clone(), self.rate.after(whole, 1, now));
        Ok(())
    }

    /// Gives back what was counted once.
    pub fn give_back(&self, who: &K) {
        let mut known = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(whole) = known.get_mut(who) {
            *whole = whole.checked_sub(self.rate.one()).unwrap_or(*whole);
        }
    }
}

/// Forgets those who owe nothing; when everybody does, all of them. To look for who owes least, for each one who is new,
/// would be work that somebody with many addresses could make us do.
fn make_room<K: Eq + Hash>(known: &mut HashMap<K, Instant>, now: Instant) {
    known.retain(|_, whole| *whole > now);
    if known.len() >= KNOWN {
        known.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turnstile(per_minute: u32) -> Turnstile<u32> {
        Turnstile::new(NonZeroU32::new(per_minute).unwrap())
    }

    #[test]
    fn each_comes_so_often_and_is_then_told_when_to_come_again() {
        let (turnstile, now) = (turnstile(2), Instant::now());
        assert_eq!(turnstile.admit(&1, now), Ok(()));
        assert_eq!(turnstile.admit(&1, now), Ok(()));
        let wait = RetryAfter { budget: Budget::Requests, seconds: 30 };
        assert_eq!(turnstile.admit(&1, now), Err(wait));
        assert_eq!(turnstile.admit(&2, now), Ok(()), "another");
        assert_eq!(turnstile.admit(&1, now + Duration::from_secs(30)), Ok(()));
        assert_eq!(turnstile.admit(&1, now + Duration::from_secs(30)), Err(wait));
    }

    #[test]
    fn what_is_given_back_was_not_counted() {
        let (attempts, now) = (Turnstile::of_attempts(NonZeroU32::new(2).unwrap()), Instant::now());
        for _ in 0..5 {
            assert_eq!(attempts.admit(&1, now), Ok(()));
            attempts.give_back(&1);
        }
        attempts.give_back(&2);
        assert_eq!(attempts.admit(&1, now), Ok(()));
        assert_eq!(attempts.admit(&1, now), Ok(()));
        let wait = RetryAfter { budget: Budget::FailedMatches, seconds: 1800 };
        assert_eq!(attempts.admit(&1, now), Err(wait));
    }

    #[test]
    fn so_many_are_kept_in_mind_and_no_more() {
        let (turnstile, now) = (turnstile(1), Instant::now());
        let count = || turnstile.whole.lock().unwrap().len();
        for who in 0..30_000 {
            assert_eq!(turnstile.admit(&who, now), Ok(()));
            assert!(count() <= KNOWN);
        }
        assert_eq!(turnstile.admit(&1, now + Duration::from_secs(61)), Ok(()));
        for who in 0..10_000 {
            let _ = turnstile.admit(&(who + 50_000), now + Duration::from_secs(61));
        }
        assert!(count() <= KNOWN);
    }
}
