//! Numbers for the public, and what of them may be told: nobody is to be found in a small one.

use chrono::{Datelike as _, Months, NaiveDate};

/// Fewer people than this are not counted in public.
const LEAST: u32 = 5;

/// A month of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(NaiveDate);

impl Month {
    /// Its first day.
    pub fn first(self) -> NaiveDate {
        self.0
    }

    /// The one after it.
    pub fn next(self) -> Month {
        Month(self.0.checked_add_months(Months::new(1)).unwrap_or(self.0))
    }
}

/// The whole months before a day, oldest first. The month of the day is none of them: it is not over.
pub fn months_before(day: NaiveDate, how_many: u32) -> Vec<Month> {
    let first = day.with_day(1).unwrap_or(day);
    let month = |back| first.checked_sub_months(Months::new(back)).map(Month);
    (1..=how_many).rev().filter_map(month).collect()
}

/// What happened in one community in one month, to the person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Who registered.
    pub registered: u32,
    /// Who came onto a panel.
    pub attached: u32,
    /// Who came back to waiting, since their attachment ended.
    pub came_back: u32,
    /// Who did not look any more.
    pub withdrew: u32,
    /// Who waited when the month ended.
    pub waiting: u32,
    /// Half of those waited for so many whole months at most.
    pub median: Option<u32>,
    /// Nine in ten of them did.
    pub ninetieth: Option<u32>,
}

/// A number as it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// Itself.
    Number(u32),
    /// Fewer than five, nobody included.
    Few,
    /// Not told: another that is not told could be found out from it, or it is of too few people.
    Withheld,
}

/// A month as it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// See [`Tally::registered`].
    pub registered: Cell,
    /// See [`Tally::attached`].
    pub attached: Cell,
    /// See [`Tally::came_back`].
    pub came_back: Cell,
    /// See [`Tally::withdrew`].
    pub withdrew: Cell,
    /// See [`Tally::waiting`]; to the nearest five, so that what happened is not to be found out from how many are left.
    pub waiting: Cell,
    /// See [`Tally::median`].
    pub median: Cell,
    /// See [`Tally::ninetieth`].
    pub ninetieth: Cell,
}

/// What is told of one community.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommunityNumbers {
    /// Its name.
    pub name: String,
    /// One a month, oldest first.
    pub months: Vec<Published>,
}

/// All that is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbers {
    /// Which months, oldest first.
    pub months: Vec<Month>,
    /// By name.
    pub communities: Vec<CommunityNumbers>,
    /// All communities together, one a month.
    pub together: Vec<Published>,
}

impl Cell {
    /// A count of people.
    pub fn of(count: u32) -> Cell {
        if count < LEAST { Cell::Few } else { Cell::Number(count) }
    }

    /// A sum of counts that are told one by one as well. It is withheld where one of the small ones would follow from it: the only one there is,
    /// or all of them, where together they are as few or about as many as they can be.
    pub fn sum(counts: &[u32]) -> Cell {
        let small: Vec<u32> = counts.iter().copied().filter(|count| *count < LEAST).collect();
        let (few, most) = (small.iter().sum::<u32>(), small.iter().map(|_| LEAST - 1).sum::<u32>());
        // One less than the most as well: else, where all are small, to be withheld would itself say that they are the most.
        let hides = small.is_empty() || small.len() > 1 && few > 0 && few + 1 < most;
        match Cell::of(counts.iter().sum()) {
            Cell::Number(_) if !hides => Cell::Withheld,
            cell => cell,
        }
    }

    fn in_fives(self) -> Cell {
        match self {
            Cell::Number(count) => Cell::Number((count + 2) / 5 * 5),
            cell => cell,
        }
    }
}

impl Published {
    /// One community in one month.
    pub fn of(tally: &Tally) -> Published {
        let waiting = Cell::of(tally.waiting);
        let wait = |months: Option<u32>| match (waiting, months) {
            (Cell::Number(_), Some(months)) => Cell::Number(months),
            _ => Cell::Withheld,
        };
        Published {
            registered: Cell::of(tally.registered),
            attached: Cell::of(tally.attached),
            came_back: Cell::of(tally.came_back),
            withdrew: Cell::of(tally.withdrew),
            waiting: waiting.in_fives(),
            median: wait(tally.median),
            ninetieth: wait(tally.ninetieth),
        }
    }

    /// All communities in one month.
    pub fn together(tallies: &[Tally]) -> Published {
        let sum =
            |count: fn(&Tally) -> u32| Cell::sum(&tallies.iter().map(count).collect::<Vec<_>>());
        Published {
            registered: sum(|tally| tally.registered),
            attached: sum(|tally| tally.attached),
            came_back: sum(|tally| tally.came_back),
            withdrew: sum(|tally| tally.withdrew),
            waiting: sum(|tally| tally.waiting).in_fives(),
            median: Cell::Withheld,
            ninetieth: Cell::Withheld,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn months_are_whole_and_end_before_the_day() {
        let day = NaiveDate::from_ymd_opt(2026, 3, 31).unwrap();
        let firsts: Vec<String> =
            months_before(day, 4).iter().map(|month| month.first().to_string()).collect();
        assert_eq!(firsts, ["2025-11-01", "2025-12-01", "2026-01-01", "2026-02-01"]);
        assert_eq!(months_before(day, 1)[0].next().first().to_string(), "2026-03-01");
    }

    #[test]
    fn fewer_than_five_are_few_and_of_their_wait_nothing_is_told() {
        let tally =
            Tally { registered: 4, attached: 5, waiting: 4, median: Some(7), ..Tally::default() };
        let told = Published::of(&tally);
        assert_eq!([told.registered, told.attached], [Cell::Few, Cell::Number(5)]);
        assert_eq!([told.came_back, told.waiting], [Cell::Few, Cell::Few]);
        assert_eq!([told.median, told.ninetieth], [Cell::Withheld, Cell::Withheld]);
        let many = Published::of(&Tally { waiting: 13, ..tally });
        assert_eq!([many.waiting, many.median], [Cell::Number(15), Cell::Number(7)]);
    }

    #[test]
    fn a_total_is_withheld_where_the_one_small_number_would_follow_from_it() {
        assert_eq!(Cell::sum(&[10, 7]), Cell::Number(17));
        assert_eq!(Cell::sum(&[10, 3]), Cell::Withheld);
        assert_eq!(Cell::sum(&[10, 3, 1]), Cell::Number(14));
        assert_eq!(Cell::sum(&[10, 0, 0]), Cell::Withheld);
        assert_eq!(Cell::sum(&[10, 4, 4]), Cell::Withheld);
        assert_eq!(Cell::sum(&[1, 2]), Cell::Few);
    }

    /// What everybody can read of some counts.
    fn told(counts: &[u32]) -> (Vec<Cell>, Cell) {
        (counts.iter().copied().map(Cell::of).collect(), Cell::sum(counts))
    }

    proptest! {
        #[test]
        fn whatever_is_told_a_small_number_can_be_more_than_one(
            counts in prop::collection::vec(0_u32..9, 1..5),
        ) {
            // Whoever reads it tries everything that the small ones could be.
            let small: Vec<usize> = (0..counts.len()).filter(|at| counts[*at] < LEAST).collect();
            let mut possible = vec![BTreeSet::new(); small.len()];
            for guess in 0..5_u32.pow(u32::try_from(small.len()).unwrap()) {
                let mut guessed = counts.clone();
                for (nth, at) in (0_u32..).zip(&small) {
                    guessed[*at] = guess / 5_u32.pow(nth) % 5;
                }
                if told(&guessed) == told(&counts) {
                    for (nth, at) in small.iter().enumerate() {
                        possible[nth].insert(guessed[*at]);
                    }
                }
            }
            prop_assert!(possible.iter().all(|values| values.len() > 1), "{possible:?}");
        }
    }
}
