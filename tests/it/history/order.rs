//! Is there one serial order in which everything that was told of a patient is true?
//!
//! A search after Wing and Gong: whatever was called before the first of the remaining answers came may be next, if its answer
//! is the one that the state gives. Which acts were placed and the state that they led to are remembered, so that no
//! dead end is walked into twice (Lowe). An act without an answer may be placed anywhere after its call, or nowhere.

use std::collections::HashSet;

use super::model::{Act, State, Word};

/// One act on one patient. Instants are numbers off one counter.
#[derive(Debug, Clone)]
pub struct Operation {
    pub act: Act,
    /// When it was first sent.
    pub called: u64,
    /// When it was first answered, and how; `None`: never.
    pub told: Option<(u64, Word)>,
}

/// How far a search may go. Histories that are sound need a few thousand looks.
const LOOKS: usize = 20_000_000;

/// Which operations were placed.
type Placed = Vec<u64>;

struct Search<'o> {
    /// In order of their calls.
    operations: &'o [Operation],
    dead_ends: HashSet<(Placed, State)>,
    looks: usize,
    /// The longest order that was found, for the message.
    best: usize,
}

/// Whether there is such an order; `Err` holds how many operations could be placed at most.
pub fn serial_order(operations: &[Operation]) -> Result<(), usize> {
    let mut sorted = operations.to_vec();
    sorted.sort_by_key(|operation| operation.called);
    let mut search = Search { operations: &sorted, dead_ends: HashSet::new(), looks: 0, best: 0 };
    let mut placed = vec![0; sorted.len().div_ceil(64)];
    if search.go_on(&mut placed, 0, State::default()) { Ok(()) } else { Err(search.best) }
}

impl Search<'_> {
    fn go_on(&mut self, placed: &mut Placed, count: usize, state: State) -> bool {
        self.best = self.best.max(count);
        let open = |n: &usize| placed[n / 64] & (1 << (n % 64)) == 0;
        let remaining: Vec<usize> = (0..self.operations.len()).filter(open).collect();
        let told = |n: &usize| self.operations[*n].told.map(|(at, _)| at);
        // Nothing may come before an act that was over when it was called.
        let Some(until) = remaining.iter().filter_map(told).min() else { return true };
        if !self.dead_ends.insert((placed.clone(), state)) {
            return false;
        }
        self.looks += 1;
        assert!(self.looks < LOOKS, "this history is too tangled to be judged");
        let mut next: Vec<usize> =
            remaining.into_iter().filter(|n| self.operations[*n].called < until).collect();
        // Those of which we know that they happened come first.
        next.sort_by_key(|n| told(n).unwrap_or(u64::MAX));
        let fitting = next.into_iter().filter_map(|n| {
            let (after, word, steps) = state.act(self.operations[n].act);
            let fits = match self.operations[n].told {
                Some((_, told)) => told == word,
                // What nobody was told of and changed nothing needs no place.
                None => !steps.is_empty(),
            };
            fits.then_some((n, after, steps.is_empty()))
        });
        let mut fitting: Vec<_> = fitting.collect();
        // What changes nothing and is true now may as well come now: whatever is possible without it is possible after it.
        if let Some(free) = fitting.iter().position(|(_, _, unchanged)| *unchanged) {
            fitting = vec![fitting[free]];
        }
        for (n, after, _) in fitting {
            placed[n / 64] |= 1 << (n % 64);
            if self.go_on(placed, count + 1, after) {
                return true;
            }
            placed[n / 64] &= !(1 << (n % 64));
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::Standing::{self, Absent, Confirmed, NotMrp, Removed};
    use super::*;

    fn told(act: Act, called: u64, at: u64, standing: Standing) -> Operation {
        let word = Word { standing, remark: None, mrp: None };
        Operation { act, called, told: Some((at, word)) }
    }

    fn remarked(mut operation: Operation, remark: &'static str) -> Operation {
        if let Some((_, word)) = &mut operation.told {
            word.remark = Some(remark);
        }
        operation
    }

    fn with_mrp(mut operation: Operation, panel: usize) -> Operation {
        if let Some((_, word)) = &mut operation.told {
            word.mrp = Some(panel);
        }
        operation
    }

    fn unanswered(act: Act, called: u64) -> Operation {
        Operation { act, called, told: None }
    }

    const ADD: Act = Act::Add(0);
    const ELSEWHERE: Act = Act::Add(1);
    const REMOVE: Act = Act::Remove(0);
    const QUERY: Act = Act::Query(0);

    #[test]
    fn one_after_the_other_is_an_order() {
        let history = [
            told(QUERY, 0, 1, Absent),
            told(ADD, 2, 3, Confirmed),
            remarked(told(ADD, 4, 5, Confirmed), "already-on-panel"),
            remarked(told(ELSEWHERE, 6, 7, Confirmed), "mrp-moved"),
            with_mrp(told(QUERY, 8, 9, NotMrp), 1),
            told(REMOVE, 10, 11, Removed),
            remarked(told(REMOVE, 12, 13, Removed), "not-on-panel"),
            with_mrp(told(QUERY, 14, 15, Removed), 1),
        ];
        assert_eq!(serial_order(&history), Ok(()));
    }

    #[test]
    fn what_came_at_once_may_have_been_in_either_order() {
        for (first, second) in [(Absent, None), (Confirmed, Some(0))] {
            let mut query = told(QUERY, 1, 2, first);
            if let (Some((_, word)), Some(_)) = (&mut query.told, second) {
                word.mrp = second;
            }
            assert_eq!(serial_order(&[told(ADD, 0, 3, Confirmed), query]), Ok(()));
        }
    }

    #[test]
    fn an_acknowledged_change_that_a_later_query_does_not_know_is_lost() {
        let history = [told(ADD, 0, 1, Confirmed), told(QUERY, 2, 3, Absent)];
        assert_eq!(serial_order(&history), Err(1));
    }

    #[test]
    fn a_query_that_knows_less_than_one_that_was_over_before_it_is_stale() {
        let history = [
            told(ADD, 0, 9, Confirmed),
            with_mrp(told(QUERY, 1, 2, Confirmed), 0),
            told(QUERY, 3, 4, Absent),
        ];
        assert!(serial_order(&history).is_err());
        // Had the two been at once, the second might have been quicker.
        let history = [
            told(ADD, 0, 9, Confirmed),
            with_mrp(told(QUERY, 1, 4, Confirmed), 0),
            told(QUERY, 3, 5, Absent),
        ];
        assert_eq!(serial_order(&history), Ok(()));
    }

    #[test]
    fn two_providers_who_both_found_nobody_attached_are_two_mrps() {
        let both = [told(ADD, 0, 2, Confirmed), told(ELSEWHERE, 1, 3, Confirmed)];
        assert!(serial_order(&both).is_err());
        let one =
            [told(ADD, 0, 2, Confirmed), remarked(told(ELSEWHERE, 1, 3, Confirmed), "mrp-moved")];
        assert_eq!(serial_order(&one), Ok(()));
    }

    #[test]
    fn a_removal_that_took_effect_again_after_the_next_addition_is_doubled() {
        let history = [
            told(ADD, 0, 1, Confirmed),
            told(REMOVE, 2, 3, Removed),
            told(ADD, 4, 5, Confirmed),
            told(QUERY, 6, 7, Removed),
        ];
        assert!(serial_order(&history).is_err());
    }

    #[test]
    fn what_was_never_answered_may_have_happened_or_not_but_not_before_it_was_sent() {
        let known = |called, at| with_mrp(told(QUERY, called, at, Confirmed), 0);
        assert_eq!(serial_order(&[unanswered(ADD, 0), known(1, 2)]), Ok(()));
        assert_eq!(serial_order(&[unanswered(ADD, 0), told(QUERY, 1, 2, Absent)]), Ok(()));
        assert!(serial_order(&[known(0, 1), unanswered(ADD, 2)]).is_err());
        let once = [unanswered(ADD, 0), told(REMOVE, 1, 2, Removed), known(3, 4)];
        assert!(serial_order(&once).is_err(), "once, not twice");
    }
}
