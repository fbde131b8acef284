//! Cleaning up a panel for good: what is chosen after the dry run, and what becomes of each.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::message::Phn;
use crate::panel::{Change, Entry, EntryStatus, Here, Notice, Policy, decide_add, decide_remove};

words! {
    /// What is to be done with somebody.
    Chore {
        /// They are only in the EMR, and come onto the panel.
        Add = "add",
        /// They are in both but pending, and become confirmed.
        Confirm = "confirm",
        /// They are only in PAS, and are taken off the panel.
        Remove = "remove",
    }
}

words! {
    /// What became of somebody.
    Became {
        /// They are on the panel now.
        Added = "added",
        /// They were pending and are confirmed now.
        Confirmed = "confirmed",
        /// They are off the panel now.
        Removed = "removed",
        /// They stood so already; nothing changed.
        AlreadySo = "already-so",
        /// They are not added or confirmed; why, is not told.
        NoMatch = "no-match",
        /// Whoever is to be confirmed has to be pending.
        NotPending = "not-pending",
        /// Another provider is theirs, who has to take them off first.
        OtherProvider = "other-provider",
        /// They are not on the panel, and that counts.
        NotOnPanel = "not-on-panel",
        /// It could not be done, or is not known to be: it can be asked for again.
        NotDone = "not-done",
    }
}

impl Became {
    /// Whether it is as it was asked for.
    pub const fn is_so(self) -> bool {
        matches!(self, Became::Added | Became::Confirmed | Became::Removed | Became::AlreadySo)
    }

    /// Whether something changed.
    pub const fn has_changed(self) -> bool {
        matches!(self, Became::Added | Became::Confirmed | Became::Removed)
    }
}

/// Somebody who was chosen.
#[derive(Debug, Clone, Copy)]
pub struct Chosen<'c> {
    /// Who.
    pub phn: &'c Phn,
    /// What is to be done.
    pub chore: Chore,
    /// Whether they are who they are said to be, and can be attached. Nobody asks this of whoever is taken off.
    pub known: bool,
}

/// What becomes of everybody who was chosen.
#[derive(Debug, Default)]
pub struct Cleaned {
    /// Steps to take, all of them or none.
    pub changes: Vec<Change>,
    /// One a person, in their order.
    pub became: Vec<Became>,
}

/// Decides for people who are locked, each of them once, by the rules of messages. Unlike in a message, whoever cannot be changed stops nobody
/// else.
pub fn clean(
    chosen: &[Chosen<'_>],
    entries: &[Entry],
    here: Here<'_>,
    now: DateTime<Utc>,
    policy: Policy,
) -> Cleaned {
    let mut cleaned = Cleaned { changes: Vec::new(), became: vec![Became::NotDone; chosen.len()] };
    let open: HashMap<&str, EntryStatus> = entries
        .iter()
        .filter(|entry| entry.panel_id == here.panel && entry.status != EntryStatus::Removed)
        .map(|entry| (entry.phn.as_str(), entry.status))
        .collect();
    let (mut on, mut off) = (Vec::new(), Vec::new());
    for (place, one) in chosen.iter().enumerate() {
        let became = match (one.chore, open.get(one.phn.as_str())) {
            (Chore::Remove, _) => {
                off.push(place);
                continue;
            }
            (_, Some(EntryStatus::Confirmed)) if one.known => Became::AlreadySo,
            (Chore::Confirm, Some(EntryStatus::Confirmed)) => Became::AlreadySo,
            (Chore::Confirm, found) if found != Some(&EntryStatus::Pending) => Became::NotPending,
            _ if !one.known => Became::NoMatch,
            _ => {
                on.push(place);
                continue;
            }
        };
        cleaned.set(place, became);
    }
    cleaned.take(chosen, on, Became::OtherProvider, |phns| {
        decide_add(phns, entries, here, now, policy)
    });
    cleaned.take(chosen, off, Became::NotOnPanel, |phns| {
        decide_remove(phns, entries, here, now, policy)
    });
    cleaned
}

impl Cleaned {
    fn set(&mut self, place: usize, became: Became) {
        if let Some(known) = self.became.get_mut(place) {
            *known = became;
        }
    }

    /// Takes what is decided of those at these places. Whoever would stop a message is put aside first.
    fn take<R>(
        &mut self,
        chosen: &[Chosen<'_>],
        mut places: Vec<usize>,
        refused: Became,
        decide: impl Fn(&[Phn]) -> Result<crate::panel::Decision, Vec<(usize, R)>>,
    ) {
        let numbers = |places: &[usize]| -> Vec<Phn> {
            places.iter().filter_map(|place| Some(chosen.get(*place)?.phn.clone())).collect()
        };
        let mut decided = decide(&numbers(&places));
        if let Err(refusals) = &decided {
            for (at, _) in refusals.iter().rev() {
                self.set(places.remove(*at), refused);
            }
            decided = decide(&numbers(&places));
        }
        let Ok(decision) = decided else { return };
        for place in &places {
            let became = chosen.get(*place).map(|one| match one.chore {
                Chore::Add => Became::Added,
                Chore::Confirm => Became::Confirmed,
                Chore::Remove => Became::Removed,
            });
            self.set(*place, became.unwrap_or(Became::NotDone));
        }
        for (at, notice) in &decision.notices {
            if let (Some(place), Notice::AlreadyOnPanel | Notice::NotOnPanel) =
                (places.get(*at), notice)
            {
                self.set(*place, Became::AlreadySo);
            }
        }
        self.changes.extend(decision.changes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::{EntryId, MrpElsewhere, NotOnPanel, PanelId};

    const HERE: Here<'static> = Here { panel: PanelId(1), practitioner_key: "me" };

    fn phn(text: &str) -> Phn {
        Phn::parse(text, false).unwrap()
    }

    fn entry(id: i64, panel: i64, phn: &str, status: EntryStatus) -> Entry {
        Entry {
            phn: phn.into(),
            entry_id: EntryId(id),
            panel_id: PanelId(panel),
            practitioner_key: if panel == 1 { "me" } else { "other" }.into(),
            status,
            started_at: DateTime::UNIX_EPOCH,
            status_at: DateTime::UNIX_EPOCH,
        }
    }

    fn cleaned(chosen: &[(&str, Chore, bool)], entries: &[Entry], policy: Policy) -> Cleaned {
        let numbers: Vec<Phn> = chosen.iter().map(|(text, ..)| phn(text)).collect();
        let chosen: Vec<Chosen<'_>> = numbers
            .iter()
            .zip(chosen)
            .map(|(phn, (_, chore, known))| Chosen { phn, chore: *chore, known: *known })
            .collect();
        clean(&chosen, entries, HERE, DateTime::UNIX_EPOCH, policy)
    }

    #[test]
    fn each_becomes_what_they_were_chosen_for_where_the_rules_of_messages_allow_it() {
        use Chore::{Add, Confirm, Remove};
        let entries = [
            entry(1, 1, "9000000001", EntryStatus::Pending),
            entry(2, 1, "9000000002", EntryStatus::Confirmed),
            entry(3, 1, "9000000003", EntryStatus::NotMrp),
            entry(4, 2, "9000000004", EntryStatus::Confirmed),
        ];
        let chosen = [
            ("9000000001", Confirm, true),
            ("9000000002", Remove, true),
            ("9000000003", Confirm, true),
            ("9000000004", Add, true),
            ("9000000005", Add, true),
            ("9000000006", Add, false),
            ("9000000007", Remove, true),
        ];
        let cleaned = cleaned(&chosen, &entries, Policy::default());
        assert_eq!(
            cleaned.became,
            [
                Became::Confirmed,
                Became::Removed,
                Became::NotPending,
                Became::Added,
                Became::Added,
                Became::NoMatch,
                Became::AlreadySo
            ]
        );
        assert_eq!(
            cleaned.changes,
            [
                Change::Confirm { entry: EntryId(1), was: EntryStatus::Pending },
                Change::Displace { entry: EntryId(4), same_provider: false },
                Change::Open(phn("9000000004")),
                Change::Open(phn("9000000005")),
                Change::Remove { entry: EntryId(2), was: EntryStatus::Confirmed },
            ]
        );
    }

    #[test]
    fn whoever_would_stop_a_message_stops_nobody_else_here() {
        use Chore::{Add, Remove};
        let policy =
            Policy { mrp_elsewhere: MrpElsewhere::Reject, not_on_panel: NotOnPanel::Reject };
        let entries = [
            entry(1, 2, "9000000001", EntryStatus::Confirmed),
            entry(2, 2, "9000000003", EntryStatus::Confirmed),
            entry(3, 1, "9000000005", EntryStatus::Confirmed),
        ];
        let chosen = [
            ("9000000001", Add, true),
            ("9000000002", Add, true),
            ("9000000003", Add, true),
            ("9000000004", Remove, true),
            ("9000000005", Remove, true),
        ];
        let cleaned = cleaned(&chosen, &entries, policy);
        assert_eq!(
            cleaned.became,
            [
                Became::OtherProvider,
                Became::Added,
                Became::OtherProvider,
                Became::NotOnPanel,
                Became::Removed
            ]
        );
        assert_eq!(cleaned.changes.len(), 2);
    }

    #[test]
    fn somebody_who_does_not_match_is_told_the_same_wherever_they_stand() {
        for status in [EntryStatus::Confirmed, EntryStatus::Pending, EntryStatus::NotMrp] {
            let entries = [entry(1, 1, "9000000001", status)];
            let cleaned =
                cleaned(&[("9000000001", Chore::Add, false)], &entries, Policy::default());
            assert_eq!((cleaned.became, cleaned.changes), (vec![Became::NoMatch], vec![]));
        }
    }
}
