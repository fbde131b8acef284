//! What room a provider has, as they state it for a panel.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// Whoever was accepted within it counts against what a provider takes a month.
pub const MONTH: TimeDelta = TimeDelta::days(30);

words! {
    /// A provider's gender, or the one that somebody would prefer.
    Gender {
        /// Female.
        Female = "female",
        /// Male.
        Male = "male",
        /// Neither.
        Another = "another",
    }
}

/// The complexity of new patients that would balance a panel, per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mix {
    /// Low.
    pub low: u8,
    /// Medium.
    pub medium: u8,
    /// High.
    pub high: u8,
}

/// What is stated for one panel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Capacity {
    /// Whether new patients are welcome at all.
    pub accepting: bool,
    /// How many, from now on.
    pub anticipated: u32,
    /// How many a month at most.
    pub monthly: Option<u32>,
    /// How large the panel is to be.
    pub desired_size: Option<u32>,
    /// Which mix would balance it.
    pub mix: Option<Mix>,
    /// The provider's gender, if it is to be considered.
    pub gender: Option<Gender>,
    /// Languages that patients can be seen in, BCP 47.
    #[serde(default)]
    pub languages: Vec<String>,
}

/// What is taken of the room that was stated, in people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// Before the provider, and not answered yet.
    pub unanswered: u32,
    /// Accepted since it was stated.
    pub since_stated: u32,
    /// Accepted within a [`MONTH`].
    pub in_month: u32,
    /// On the panel, with those who were accepted.
    pub size: u32,
}

words! {
    /// What bounds how many more people can be proposed.
    Bound {
        /// The provider has no role at the clinic any more.
        ProviderLeft = "provider-left",
        /// The provider accepts nobody.
        NotAccepting = "not-accepting",
        /// How many are anticipated.
        Anticipated = "anticipated",
        /// How many a month at most.
        Monthly = "monthly",
        /// How large the panel is to be.
        DesiredSize = "desired-size",
    }
}

/// How many more people can be proposed, and what bounds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// How many.
    pub open: u32,
    /// The statement that leaves the least.
    pub bound: Bound,
}

/// How large a panel is to be by a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Target {
    /// By when.
    pub due_on: chrono::NaiveDate,
    /// How large, in people; `None`: it is given up.
    pub size: Option<u32>,
}

/// What is wrong with a statement of capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CapacityFault {
    /// The mix is not a whole.
    #[error("low, medium and high must come to 100 per cent")]
    Mix,
    /// More people than there can be.
    #[error("new patients: 0 to 10,000; a month: 1 to 10,000; size of the panel: 1 to 100,000")]
    Number,
    /// Not a language.
    #[error("a language is a tag such as `en` or `zh-Hant`")]
    Language,
}

impl Capacity {
    /// Whether it makes sense.
    ///
    /// # Errors
    /// What is wrong with it first.
    pub fn check(&self) -> Result<(), CapacityFault> {
        let whole =
            |mix: Mix| u32::from(mix.low) + u32::from(mix.medium) + u32::from(mix.high) == 100;
        let within = |number: Option<u32>, most| number.is_none_or(|n| (1..=most).contains(&n));
        if self.anticipated > 10_000
            || !within(self.monthly, 10_000)
            || !within(self.desired_size, 100_000)
        {
            return Err(CapacityFault::Number);
        }
        if !self.mix.is_none_or(whole) {
            return Err(CapacityFault::Mix);
        }
        if self.languages.len() > 20 || !self.languages.iter().all(|tag| is_language(tag)) {
            return Err(CapacityFault::Language);
        }
        Ok(())
    }

    /// How many more can be proposed: the least that any of its statements leaves. Whoever is before the provider counts as if they were taken.
    pub fn room(&self, taken: Taken) -> Room {
        if !self.accepting {
            return Room { open: 0, bound: Bound::NotAccepting };
        }
        let left = |bound, most: u32, gone: u32| {
            let open = most.saturating_sub(gone.saturating_add(taken.unanswered));
            Room { open, bound }
        };
        let all = left(Bound::Anticipated, self.anticipated, taken.since_stated);
        let others = [
            self.monthly.map(|most| left(Bound::Monthly, most, taken.in_month)),
            self.desired_size.map(|most| left(Bound::DesiredSize, most, taken.size)),
        ];
        let tighter = |least: Room, room: Room| if room.open < least.open { room } else { least };
        others.into_iter().flatten().fold(all, tighter)
    }
}

/// Whether a text has the form of a language tag (BCP 47).
pub fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_lowercase())
        && parts.all(|part| {
            (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capacity() -> Capacity {
        Capacity {
            accepting: true,
            anticipated: 12,
            monthly: Some(4),
            desired_size: None,
            mix: Some(Mix { low: 50, medium: 30, high: 20 }),
            gender: None,
            languages: vec!["en".into(), "zh-Hant".into()],
        }
    }

    #[test]
    fn what_is_taken_is_not_open_and_a_closed_panel_has_no_room() {
        let room = |capacity: Capacity, unanswered, since_stated| {
            capacity.room(Taken { unanswered, since_stated, ..Taken::default() })
        };
        let of = |open| Room { open, bound: Bound::Anticipated };
        let any = || Capacity { monthly: None, ..capacity() };
        assert_eq!(room(any(), 0, 0), of(12));
        assert_eq!(room(any(), 3, 2), of(7));
        assert_eq!(room(any(), 1, u32::MAX), of(0));
        let closed = Capacity { accepting: false, ..any() };
        assert_eq!(room(closed, 0, 0), Room { open: 0, bound: Bound::NotAccepting });
    }

    #[test]
    fn the_tightest_statement_bounds_the_room() {
        let capacity = Capacity { desired_size: Some(1_000), ..capacity() };
        let room = |unanswered, since_stated, in_month, size| {
            let room = capacity.room(Taken { unanswered, since_stated, in_month, size });
            (room.open, room.bound)
        };
        assert_eq!(room(0, 0, 0, 0), (4, Bound::Monthly));
        assert_eq!(room(1, 0, 2, 0), (1, Bound::Monthly));
        // Taken before it was stated anew: the month goes on.
        assert_eq!(room(0, 0, 9, 0), (0, Bound::Monthly));
        assert_eq!(room(0, 10, 1, 0), (2, Bound::Anticipated));
        assert_eq!(room(2, 2, 0, 997), (1, Bound::DesiredSize));
        assert_eq!(room(0, 0, 0, 1_200), (0, Bound::DesiredSize));
    }

    #[test]
    fn a_statement_that_makes_no_sense_is_told_why() {
        assert_eq!(capacity().check(), Ok(()));
        let mix = Some(Mix { low: 50, medium: 30, high: 21 });
        assert_eq!(Capacity { mix, ..capacity() }.check(), Err(CapacityFault::Mix));
        let monthly = Some(0);
        assert_eq!(Capacity { monthly, ..capacity() }.check(), Err(CapacityFault::Number));
        let languages = vec!["English".into()];
        assert_eq!(Capacity { languages, ..capacity() }.check(), Err(CapacityFault::Language));
    }
}
