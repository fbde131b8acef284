//! Changes of panels as the columns of one statement.

use crate::panel::{Change, EntryStatus};

/// Changes as columns; `place` says whose they are.
#[derive(Default)]
pub(super) struct Steps<'c> {
    pub(super) ended_place: Vec<i32>,
    pub(super) ended: Vec<i64>,
    pub(super) ended_was: Vec<&'static str>,
    pub(super) ended_became: Vec<&'static str>,
    pub(super) ended_reason: Vec<&'static str>,
    pub(super) confirmed_place: Vec<i32>,
    pub(super) confirmed: Vec<i64>,
    pub(super) confirmed_was: Vec<&'static str>,
    pub(super) opened_place: Vec<i32>,
    pub(super) opened: Vec<&'c str>,
}

impl<'c> Steps<'c> {
    pub(super) fn take(&mut self, place: i32, change: &'c Change) {
        match change {
            Change::Open(phn) => {
                self.opened_place.push(place);
                self.opened.push(phn.as_str());
            }
            Change::Confirm { entry, was } => {
                self.confirmed_place.push(place);
                self.confirmed.push(entry.0);
                self.confirmed_was.push(was.word());
            }
            Change::Displace { entry, same_provider } => {
                let reason = if *same_provider { "clinic-moved" } else { "mrp-moved" };
                self.end(place, entry.0, EntryStatus::Confirmed, EntryStatus::NotMrp, reason);
            }
            Change::Remove { entry, was } => {
                self.end(place, entry.0, *was, EntryStatus::Removed, "removed")
            }
        }
    }

    fn end(
        &mut self,
        place: i32,
        entry: i64,
        was: EntryStatus,
        became: EntryStatus,
        reason: &'static str,
    ) {
        self.ended_place.push(place);
        self.ended.push(entry);
        self.ended_was.push(was.word());
        self.ended_became.push(became.word());
        self.ended_reason.push(reason);
    }
}
