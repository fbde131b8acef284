//! What rules are handed: the record that a message means, and what judging it depends on.

use chrono::NaiveDate;

use super::{How, Policy};

/// What judging needs to know besides message and records.
#[derive(Debug, Clone, Copy)]
pub struct Judgement {
    /// Today's date in the province, for periods.
    pub today: NaiveDate,
    /// Choices.
    pub policy: Policy,
}

/// A record that was looked for by its identifiers.
#[derive(Debug)]
pub(super) enum Found<'r, T> {
    /// One record, which is valid today.
    Valid(&'r T),
    /// One record that is on file but not valid today; still compared, so that no fault hides another.
    Ended(&'r T),
    /// None.
    Unknown,
    /// Several valid ones.
    Several,
}

// By hand: derived, these would ask T to be Copy, though only a reference to it is held.
impl<T> Clone for Found<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Found<'_, T> {}

impl<'r, T> Found<'r, T> {
    /// Of the records under the identifiers of a message, the one that is meant.
    pub(super) fn among(records: &'r [T], valid: impl Fn(&T) -> bool) -> Self {
        let mut current = records.iter().filter(|record| valid(record));
        match (current.next(), current.next(), records) {
            (Some(one), None, _) => Found::Valid(one),
            (Some(_), Some(_), _) => Found::Several,
            (None, _, [one]) => Found::Ended(one),
            (None, _, []) => Found::Unknown,
            (None, _, _) => Found::Several,
        }
    }

    /// The record, valid or not.
    pub(super) fn record(&self) -> Option<&'r T> {
        match self {
            Found::Valid(record) | Found::Ended(record) => Some(record),
            Found::Unknown | Found::Several => None,
        }
    }

    /// Why the record is not what the guide calls existing and valid.
    pub(super) fn why_not(&self) -> Option<How> {
        match self {
            Found::Valid(_) => None,
            Found::Ended(_) => Some(How::NotCurrent),
            Found::Unknown => Some(How::Unknown),
            Found::Several => Some(How::Several),
        }
    }
}
