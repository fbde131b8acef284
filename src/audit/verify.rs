//! Walks the chain: seals in order, under each its events in order, then the events that wait for one.
//!
//! What is remembered on the way is bounded by what has not been sealed in time, not by the length of the trail.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::event::Event;
use super::finding::{Finding, Verified};
use super::hash::Hash;
use super::seal::{Digest, FORM, Missing, Seal};

/// How old an event may be that waits for a seal.
const PATIENCE: TimeDelta = TimeDelta::hours(1);

/// A verification under way.
#[derive(Debug)]
pub struct Verifier {
    now: DateTime<Utc>,
    expected: BTreeSet<Hash>,
    previous: Option<Seal>,
    open: Option<Open>,
    /// Events under numbers that were sealed as empty: a later seal must cover them.
    awaited: BTreeMap<i64, DateTime<Utc>>,
    /// Numbers that no sound seal speaks of, so that nothing can be said of a late one among them.
    unknown: Vec<Missing>,
    overdue: Option<(i64, i64)>,
    verified: Verified,
    findings: Vec<Finding>,
}

/// A seal whose events are being looked at.
#[derive(Debug)]
struct Open {
    seal: Seal,
    digest: Digest,
    /// The next number of the range that is not accounted for.
    next: i64,
    /// The next of the late ones.
    late: usize,
    /// The next of the missing ranges that was not passed.
    gap: usize,
    removed: bool,
}

impl Verifier {
    /// A verification at this instant; the chain must hold these hashes.
    pub fn new(now: DateTime<Utc>, expected: impl IntoIterator<Item = Hash>) -> Self {
        Verifier {
            now,
            expected: expected.into_iter().collect(),
            previous: None,
            open: None,
            awaited: BTreeMap::new(),
            unknown: Vec::new(),
            overdue: None,
            verified: Verified::default(),
            findings: Vec::new(),
        }
    }

    /// What was found since this was asked last.
    pub fn findings(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.findings)
    }

    /// The next seal, by number. Its events are given after it; whether there is any use in them is the answer.
    pub fn seal(&mut self, seal: Seal) -> bool {
        self.close();
        let (number, last, hash) =
            self.previous.as_ref().map_or((0, 0, Hash::ZERO), |p| (p.number, p.last, p.hash));
        if seal.number > number + 1 {
            self.find(Finding::SealsMissing { seals: (number + 1, seal.number - 1) });
            self.unknown.push((last + 1, seal.first - 1));
        }
        let sound = seal.form == FORM && seal.hashed() == seal.hash;
        if seal.form != FORM {
            self.find(Finding::UnknownForm { seal: seal.number });
        } else if !sound {
            self.find(Finding::SealAltered { seal: seal.number });
        }
        let follows = seal.previous == hash && seal.first == last + 1;
        if sound && seal.number == number + 1 && !follows {
            self.find(Finding::OutOfChain { seal: seal.number });
        }
        self.expected.remove(&seal.hash);
        self.verified.seals += 1;
        self.verified.head = Some(seal.hash);
        if sound {
            self.open = Some(Open {
                next: seal.first,
                digest: Digest::default(),
                late: 0,
                gap: 0,
                removed: false,
                seal: seal.clone(),
            });
        } else {
            self.unknown.push((seal.first, seal.last));
        }
        self.previous = Some(seal);
        sound
    }

    /// The next event of the open seal, by number: one of its late ones, or one from its first number to its last.
    pub fn event(&mut self, event: &Event) {
        let Some(mut open) = self.open.take() else { return };
        let number = event.number;
        if number < open.seal.first {
            self.late(&mut open, number);
        } else {
            self.pass(&mut open, number);
            open.next = number + 1;
            let empty = open.seal.missing.get(open.gap);
            if empty.is_some_and(|(from, to)| (*from..=*to).contains(&number)) {
                self.awaited.insert(number, event.record.at);
                self.open = Some(open);
                return;
            }
        }
        self.verified.events += 1;
        open.digest.take(event);
        self.open = Some(open);
    }

    /// An event after the last seal.
    pub fn unsealed(&mut self, number: i64, at: DateTime<Utc>) {
        self.close();
        if at >= self.now - PATIENCE {
            self.verified.unsealed += 1;
        } else {
            let (first, count) = self.overdue.unwrap_or((number, 0));
            self.overdue = Some((first, count + 1));
        }
    }

    /// The end: what was looked at, and the last findings.
    pub fn finish(mut self) -> (Verified, Vec<Finding>) {
        self.close();
        for (number, at) in std::mem::take(&mut self.awaited) {
            if at >= self.now - PATIENCE {
                self.verified.unsealed += 1;
            } else {
                self.find(Finding::Added { number });
            }
        }
        if let Some((first, count)) = self.overdue {
            self.find(Finding::NeverSealed { first, count });
        }
        for hash in std::mem::take(&mut self.expected) {
            self.find(Finding::NotInChain { hash });
        }
        (self.verified, self.findings)
    }

    fn find(&mut self, finding: Finding) {
        self.verified.findings += 1;
        self.findings.push(finding);
    }

    /// One of the seal's late events is there; those before it in the list are not.
    fn late(&mut self, open: &mut Open, number: i64) {
        while let Some(named) = open.seal.late.get(open.late).copied() {
            if named > number {
                break;
            }
            open.late += 1;
            if named < number {
                self.removed(open, (named, named));
            }
        }
        let unknown = self.unknown.iter().any(|(from, to)| (*from..=*to).contains(&number));
        if self.awaited.remove(&number).is_none() && !unknown {
            self.find(Finding::SealedTwice { seal: open.seal.number, number });
        }
    }

    /// Accounts for the numbers of the range before `until`: each is among the missing, or removed.
    fn pass(&mut self, open: &mut Open, until: i64) {
        while open.next < until {
            let gap = open.seal.missing.get(open.gap).copied();
            match gap {
                Some((_, to)) if to < open.next => open.gap += 1,
                Some((from, to)) if from <= open.next => {
                    // Through the gap, or to the event inside of it.
                    open.next = until.min(to + 1);
                }
                _ => {
                    let end = gap.map_or(until, |(from, _)| from.min(until));
                    self.removed(open, (open.next, end - 1));
                    open.next = end;
                }
            }
        }
        while open.seal.missing.get(open.gap).is_some_and(|(_, to)| *to < until) {
            open.gap += 1;
        }
    }

    fn removed(&mut self, open: &mut Open, numbers: (i64, i64)) {
        open.removed = true;
        self.find(Finding::Removed { seal: open.seal.number, numbers });
    }

    /// No more events of the open seal.
    fn close(&mut self) {
        let Some(mut open) = self.open.take() else { return };
        for named in open.seal.late.split_off(open.late) {
            self.removed(&mut open, (named, named));
        }
        let end = open.seal.last + 1;
        self.pass(&mut open, end);
        // Without them all, the hash cannot be told.
        if !open.removed && open.digest.finish() != open.seal.digest {
            let first = open.seal.late.first().copied().unwrap_or(open.seal.first);
            let numbers = (first, open.seal.last.max(first));
            self.find(Finding::Altered { seal: open.seal.number, numbers });
        }
    }
}
