//! What a message means for people who wait for a provider, or who were attached not long ago: whatever brings them onto a
//! panel attaches them, and whatever takes them off it soon gives their waiting time back.

use std::collections::HashMap;

use crate::attachment::{Step, after_confirmed, after_removed};
use crate::clock::Clock;
use crate::panel::{Change, EntryId};
use crate::store::{Billing, By, Effect, Looked, Receipt, StoreError, Turn};

use super::Service;

/// Those of a message's patients whom the attachment workflow knows.
pub(super) struct Registered {
    phns: Vec<String>,
    /// Whose entries there are.
    entries: HashMap<EntryId, String>,
}

impl Registered {
    pub(super) fn of(looked: &Looked) -> Self {
        let registered = |phn: &String| looked.registered.contains(phn);
        let entries = looked.entries.iter().filter(|entry| registered(&entry.phn));
        Registered {
            phns: looked.registered.clone(),
            entries: entries.map(|entry| (entry.entry_id, entry.phn.clone())).collect(),
        }
    }

    /// In the message's transaction, after its steps.
    pub(super) async fn settle(
        &self,
        turn: &mut Turn,
        receipt: &Receipt,
        service: &Service,
    ) -> Result<(), StoreError> {
        let Some(effect) = receipt.effect.as_ref().filter(|_| !self.phns.is_empty()) else {
            return Ok(());
        };
        let phns: Vec<&str> = self.phns.iter().map(String::as_str).collect();
        let mut steps: Vec<Step> = Vec::new();
        for (phn, place) in turn.places(&phns).await? {
            match self.came_of(&phn, effect) {
                Some(Came::On) => steps.extend(after_confirmed(&place, effect.panel)),
                Some(Came::Off) => {
                    let periods = &service.attaching.periods;
                    steps.extend(after_removed(&place, effect.panel, receipt.at, periods));
                }
                None => {}
            }
        }
        let by = By {
            id: receipt.id,
            at: receipt.at,
            author: receipt.author().to_owned(),
            on_behalf_of: Some(effect.practitioner.clone()),
        };
        let day = Clock::day_of(receipt.at, service.offset);
        turn.settle(&by, &phns, &steps, Billing { code: service.attaching.code, day }).await
    }

    /// What the message did with somebody.
    fn came_of(&self, phn: &str, effect: &Effect) -> Option<Came> {
        let of = |entry: &EntryId| self.entries.get(entry).is_some_and(|of| of == phn);
        effect.changes.iter().find_map(|change| match change {
            Change::Open(opened) if opened.as_str() == phn => Some(Came::On),
            Change::Confirm { entry, .. } if of(entry) => Some(Came::On),
            Change::Remove { entry, .. } if of(entry) => Some(Came::Off),
            _ => None,
        })
    }
}

/// Onto the panel, or off it.
enum Came {
    On,
    Off,
}
