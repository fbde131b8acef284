//! How often: a budget of requests for each client, and one of failed patient matches, so that nobody finds out by trying
//! which name and birth date belong to a number.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::clock::whole_seconds;

use super::caller::ClientId;

/// Clients that are kept in mind at most.
const CLIENTS: usize = 10_000;
/// The longest that a client waits for what it overdrew.
const LONGEST_DEBT: Duration = Duration::from_secs(24 * 3600);

/// What one client may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests a minute, in the long run.
    pub requests_per_minute: NonZeroU32,
    /// Requests at once, after a rest.
    pub burst: NonZeroU32,
    /// Patients an hour whose name or birth date, as sent, is not the registry's; as many at once, after a rest.
    pub failed_matches_per_hour: NonZeroU32,
}

impl Limits {
    /// Limits whose burst is the allowance of a whole minute.
    pub const fn new(requests_per_minute: NonZeroU32, failed_matches_per_hour: NonZeroU32) -> Self {
        let burst = requests_per_minute;
        Limits { requests_per_minute, burst, failed_matches_per_hour }
    }
}

/// Which budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Budget {
    /// Requests.
    Requests,
    /// Failed patient matches.
    FailedMatches,
}

/// A request that comes too soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryAfter {
    /// Because of this.
    pub budget: Budget,
    /// When it may be tried again: whole seconds, at least one.
    pub seconds: u64,
}

/// Keeps the budgets of all clients, each as the instant at which it is whole again (GCRA): nothing has to run
/// meanwhile. Time is the steady clock, so that setting the machine's clock neither frees nor locks anybody.
#[derive(Debug)]
pub struct Limiter {
    requests: Rate,
    failed_matches: Rate,
    clients: Mutex<HashMap<ClientId, Debts>>,
}

/// A budget of `allowance`, of which one comes back every `interval`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    interval: Duration,
    allowance: u32,
}

/// When each budget is whole again; a past instant: it is whole.
#[derive(Debug, Clone, Copy)]
struct Debts {
    requests: Instant,
    failed_matches: Instant,
}

impl Rate {
    pub(super) fn of(count: NonZeroU32, time: Duration, allowance: NonZeroU32) -> Self {
        Rate { interval: time / count.get(), allowance: allowance.get() }
    }

    /// What one takes until it has come back.
    pub(super) fn one(self) -> Duration {
        self.interval
    }

    /// How long until one can be taken; zero: now.
    pub(super) fn wait(self, whole: Instant, now: Instant) -> Duration {
        let debt = whole.saturating_duration_since(now) + self.interval;
        debt.saturating_sub(self.interval * self.allowance)
    }

    pub(super) fn after(self, whole: Instant, count: u32, now: Instant) -> Instant {
        let debt = whole.saturating_duration_since(now);
        let more = self.interval.checked_mul(count).unwrap_or(LONGEST_DEBT);
        let most = LONGEST_DEBT.max(self.interval * self.allowance);
        now + debt.saturating_add(more).min(most)
    }
}

impl Limiter {
    /// A limiter that has seen nobody yet.
    pub fn new(limits: Limits) -> Self {
        let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3600));
        let failed = limits.failed_matches_per_hour;
        Limiter {
            requests: Rate::of(limits.requests_per_minute, minute, limits.burst),
            failed_matches: Rate::of(failed, hour, failed),
            clients: Mutex::default(),
        }
    }

    /// Lets a request of this client in, and counts it; unless it is too soon, or too many matches failed before.
    ///
    /// # Errors
    /// Which budget is used up, and when to come again. Such a request is not counted.
    pub fn admit(&self, client: &ClientId, now: Instant) -> Result<(), RetryAfter> {
        self.with(client, now, |debts| {
            refuse(Budget::Requests, self.requests.wait(debts.requests, now))?;
            self.has_matches_left(debts, now)?;
            debts.requests = self.requests.after(debts.requests, 1, now);
            Ok(())
        })
    }

    /// Whether patients of this client may be matched still: many requests may have been let in together, before the first
    /// of them was charged for its failed matches.
    ///
    /// # Errors
    /// When that budget is used up, and when to come again.
    pub fn may_match(&self, client: &ClientId, now: Instant) -> Result<(), RetryAfter> {
        self.with(client, now, |debts| self.has_matches_left(debts, now))
    }

    fn has_matches_left(&self, debts: &Debts, now: Instant) -> Result<(), RetryAfter> {
        refuse(Budget::FailedMatches, self.failed_matches.wait(debts.failed_matches, now))
    }

    /// Counts patients of one message who did not match. A message is never cut in two: it may overdraw, and its
    /// client waits for that, a day at most.
    pub fn charge_failed_matches(&self, client: &ClientId, count: usize, now: Instant) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        if count == 0 {
            return;
        }
        self.with(client, now, |debts| {
            debts.failed_matches = self.failed_matches.after(debts.failed_matches, count, now);
        });
    }

    fn with<T>(&self, client: &ClientId, now: Instant, act: impl FnOnce(&mut Debts) -> T) -> T {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if clients.len() >= CLIENTS && !clients.contains_key(client) {
            make_room(&mut clients, now);
        }
        let fresh = Debts { requests: now, failed_matches: now };
        act(clients.entry(client.clone()).or_insert(fresh))
    }
}

pub(super) fn refuse(budget: Budget, wait: Duration) -> Result<(), RetryAfter> {
    let seconds = whole_seconds(wait);
    if seconds == 0 { Ok(()) } else { Err(RetryAfter { budget, seconds }) }
}

/// Forgets those who owe nothing; when everybody does, the one who owes least.
fn make_room(clients: &mut HashMap<ClientId, Debts>, now: Instant) {
    clients.retain(|_, debts| debts.requests > now || debts.failed_matches > now);
    if clients.len() >= CLIENTS {
        let owes = |debts: &Debts| debts.failed_matches.max(debts.requests);
        let least = clients.iter().min_by_key(|(_, debts)| owes(debts)).map(|(id, _)| id.clone());
        least.and_then(|client| clients.remove(&client));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(name: &str) -> ClientId {
        ClientId::parse(name).unwrap()
    }

    fn count(n: u32) -> NonZeroU32 {
        NonZeroU32::new(n).unwrap()
    }

    fn limiter(per_minute: u32, burst: u32, failed: u32) -> Limiter {
        Limiter::new(Limits {
            requests_per_minute: count(per_minute),
            burst: count(burst),
            failed_matches_per_hour: count(failed),
        })
    }

    /// Some instant, and others by seconds from it.
    fn from(start: Instant) -> impl Fn(f64) -> Instant {
        move |seconds| start + Duration::from_secs_f64(seconds)
    }

    #[test]
    fn a_burst_is_let_in_and_then_one_as_often_as_the_rate_says() {
        let limiter = limiter(60, 3, 1);
        let (emr, at) = (client("emr"), from(Instant::now()));
        for _ in 0..3 {
            assert_eq!(limiter.admit(&emr, at(0.0)), Ok(()));
        }
        let refused = Err(RetryAfter { budget: Budget::Requests, seconds: 1 });
        assert_eq!(limiter.admit(&emr, at(0.0)), refused);
        assert_eq!(limiter.admit(&emr, at(0.5)), refused);
        assert_eq!(limiter.admit(&emr, at(1.0)), Ok(()));
        assert_eq!(limiter.admit(&emr, at(1.0)), refused);
        for _ in 0..3 {
            assert_eq!(limiter.admit(&emr, at(100.0)), Ok(()), "rested, no more than a burst");
        }
        assert_eq!(limiter.admit(&emr, at(100.0)), refused);
    }

    #[test]
    fn refused_requests_are_not_counted() {
        let limiter = limiter(60, 1, 1);
        let (emr, at) = (client("emr"), from(Instant::now()));
        assert_eq!(limiter.admit(&emr, at(0.0)), Ok(()));
        for _ in 0..1000 {
            assert!(limiter.admit(&emr, at(0.1)).is_err());
        }
        assert_eq!(limiter.admit(&emr, at(1.0)), Ok(()));
    }

    #[test]
    fn clients_do_not_share_budgets() {
        let limiter = limiter(60, 1, 1);
        let at = from(Instant::now());
        assert_eq!(limiter.admit(&client("one"), at(0.0)), Ok(()));
        assert!(limiter.admit(&client("one"), at(0.0)).is_err());
        assert_eq!(limiter.admit(&client("two"), at(0.0)), Ok(()));
    }

    #[test]
    fn failed_matches_lock_until_one_has_come_back() {
        let limiter = limiter(6000, 6000, 120);
        let (emr, at) = (client("emr"), from(Instant::now()));
        limiter.charge_failed_matches(&emr, 119, at(0.0));
        assert_eq!(limiter.admit(&emr, at(0.0)), Ok(()), "one is left");
        limiter.charge_failed_matches(&emr, 1, at(0.0));
        let refused = RetryAfter { budget: Budget::FailedMatches, seconds: 30 };
        assert_eq!(limiter.admit(&emr, at(0.0)), Err(refused));
        assert_eq!(limiter.admit(&emr, at(30.0)), Ok(()));
        limiter.charge_failed_matches(&emr, 0, at(30.0));
        assert_eq!(limiter.admit(&emr, at(30.0)), Ok(()), "nothing failed, nothing counted");
    }

    #[test]
    fn a_message_that_overdraws_is_waited_for_a_day_at_most() {
        let limiter = limiter(6000, 6000, 120);
        let (emr, at) = (client("emr"), from(Instant::now()));
        limiter.charge_failed_matches(&emr, 240, at(0.0));
        let waits = |seconds| Err(RetryAfter { budget: Budget::FailedMatches, seconds });
        assert_eq!(limiter.admit(&emr, at(0.0)), waits(3600 + 30));
        for huge in [5_000, usize::MAX, u32::MAX as usize] {
            limiter.charge_failed_matches(&emr, huge, at(1.0));
        }
        assert_eq!(limiter.admit(&emr, at(1.0)), waits(23 * 3600 + 30));
        assert_eq!(limiter.admit(&emr, at(24.0 * 3600.0)), Ok(()));
    }

    #[test]
    fn an_instant_before_the_last_one_is_taken_as_it_is() {
        let limiter = limiter(60, 1, 1);
        let (emr, at) = (client("emr"), from(Instant::now()));
        assert_eq!(limiter.admit(&emr, at(10.0)), Ok(()));
        assert!(limiter.admit(&emr, at(9.0)).is_err());
    }

    #[test]
    fn those_who_owe_nothing_are_forgotten_and_the_number_stays_bounded() {
        let limiter = limiter(60, 1, 1);
        let at = from(Instant::now());
        for n in 0..CLIENTS {
            assert_eq!(limiter.admit(&client(&format!("client-{n}")), at(0.0)), Ok(()));
        }
        let known = |limiter: &Limiter| limiter.clients.lock().unwrap().len();
        assert_eq!(known(&limiter), CLIENTS);
        limiter.charge_failed_matches(&client("client-7"), 1, at(0.0));
        assert_eq!(limiter.admit(&client("one-more"), at(0.0)), Ok(()));
        assert_eq!(known(&limiter), CLIENTS, "everybody owes: the least is forgotten");
        assert_eq!(limiter.admit(&client("another"), at(5.0)), Ok(()));
        assert_eq!(
            known(&limiter),
            2,
            "only the one with failed matches owes still, and the new one"
        );
        assert!(limiter.admit(&client("client-7"), at(5.0)).is_err());
    }
}
