//! One function an event: from the entries that matter to the steps to take and the answer to give.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::message::Phn;

use super::{
    Change, Decision, Entry, EntryStatus, Here, MrpElsewhere, NotOnPanel, Notice, PanelId, Policy,
    Refusal, Standing, Status,
};

/// The entries of one patient that matter to one panel.
#[derive(Debug, Clone, Copy, Default)]
struct Situation<'e> {
    /// The entry here: the open one, else the last that was removed.
    here: Option<&'e Entry>,
    /// The entry elsewhere that makes another provider MRP.
    elsewhere: Option<&'e Entry>,
}

impl Situation<'_> {
    /// The open entry here.
    fn open(&self) -> Option<&Entry> {
        self.here.filter(|entry| entry.status != EntryStatus::Removed)
    }

    fn mrp(&self, here: Here<'_>) -> Option<PanelId> {
        let confirmed = self.here.is_some_and(|entry| entry.status == EntryStatus::Confirmed);
        if confirmed { Some(here.panel) } else { self.elsewhere.map(|entry| entry.panel_id) }
    }
}

fn situations<'e>(entries: &'e [Entry], here: Here<'_>) -> HashMap<&'e str, Situation<'e>> {
    let mut all: HashMap<&'e str, Situation<'e>> = HashMap::new();
    for entry in entries {
        let situation = all.entry(&entry.phn).or_default();
        if entry.panel_id == here.panel {
            let weight = |entry: &Entry| (entry.status != EntryStatus::Removed, entry.entry_id);
            let newer = situation.here.is_none_or(|known| weight(entry) > weight(known));
            if newer {
                situation.here = Some(entry);
            }
        } else if entry.status == EntryStatus::Confirmed {
            situation.elsewhere = Some(entry);
        }
    }
    all
}

/// `add-patient-to-panel`: every patient ends up `confirmed` here.
///
/// # Errors
/// Every member (by its place) that stops the message; then nothing may change.
pub fn decide_add(
    patients: &[Phn],
    entries: &[Entry],
    here: Here<'_>,
    now: DateTime<Utc>,
    policy: Policy,
) -> Result<Decision, Vec<(usize, Refusal)>> {
    let all = situations(entries, here);
    let mut decision = Decision::default();
    let mut refusals = Vec::new();
    for (place, phn) in patients.iter().enumerate() {
        let situation = all.get(phn.as_str()).copied().unwrap_or_default();
        let open = situation.open();
        if let Some(entry) = open.filter(|entry| entry.status == EntryStatus::Confirmed) {
            decision.notices.push((place, Notice::AlreadyOnPanel));
            decision.standings.push(standing(phn, Some(entry), Some(here.panel)));
            continue;
        }
        if let Some(other) = situation.elsewhere {
            let same_provider = other.practitioner_key == here.practitioner_key;
            if policy.mrp_elsewhere == MrpElsewhere::Reject && !same_provider {
                refusals.push((place, Refusal::MrpElsewhere));
                continue;
            }
            decision.changes.push(Change::Displace { entry: other.entry_id, same_provider });
            let notice = if same_provider { Notice::ClinicMoved } else { Notice::MrpMoved };
            decision.notices.push((place, notice));
        }
        decision.changes.push(match open {
            Some(entry) => Change::Confirm { entry: entry.entry_id, was: entry.status },
            None => Change::Open(phn.clone()),
        });
        decision.standings.push(Standing {
            phn: phn.clone(),
            status: Status::Confirmed,
            start: Some(now),
            end: None,
            mrp: Some(here.panel),
        });
    }
    if refusals.is_empty() { Ok(decision) } else { Err(refusals) }
}

/// `remove-patient-from-panel`: no patient is on this panel any more.
///
/// # Errors
/// Every member (by its place) that stops the message; then nothing may change.
pub fn decide_remove(
    patients: &[Phn],
    entries: &[Entry],
    here: Here<'_>,
    now: DateTime<Utc>,
    policy: Policy,
) -> Result<Decision, Vec<(usize, Refusal)>> {
    let all = situations(entries, here);
    let mut decision = Decision::default();
    let mut refusals = Vec::new();
    for (place, phn) in patients.iter().enumerate() {
        let situation = all.get(phn.as_str()).copied().unwrap_or_default();
        let mrp_elsewhere = situation.elsewhere.map(|entry| entry.panel_id);
        let Some(entry) = situation.open() else {
            if policy.not_on_panel == NotOnPanel::Reject {
                refusals.push((place, Refusal::NothingToRemove));
                continue;
            }
            decision.notices.push((place, Notice::NotOnPanel));
            decision.standings.push(standing(phn, situation.here, mrp_elsewhere));
            continue;
        };
        decision.changes.push(Change::Remove { entry: entry.entry_id, was: entry.status });
        decision.standings.push(Standing {
            phn: phn.clone(),
            status: Status::Removed,
            start: Some(entry.started_at),
            // Another server's clock may have been ahead when the entry began.
            end: Some(now.max(entry.started_at)),
            mrp: mrp_elsewhere,
        });
    }
    if refusals.is_empty() { Ok(decision) } else { Err(refusals) }
}

/// `get-patient-mrp-status`: where every patient stands in relation to this panel, and who the MRP is.
///
/// `deceased` says whether the Client Registry holds a patient for dead: an open entry then shows as `deceased`.
pub fn answer_mrp(
    patients: &[Phn],
    entries: &[Entry],
    here: Here<'_>,
    deceased: impl Fn(&Phn) -> Option<Option<DateTime<Utc>>>,
) -> Decision {
    let all = situations(entries, here);
    let standings = patients.iter().map(|phn| {
        let situation = all.get(phn.as_str()).copied().unwrap_or_default();
        let mut standing = standing(phn, situation.here, situation.mrp(here));
        if let (Some(_), Some(died)) = (situation.open(), deceased(phn)) {
            (standing.status, standing.end) = as_deceased(standing.start, standing.end, died);
        }
        standing
    });
    Decision { standings: standings.collect(), ..Decision::default() }
}

/// How an open entry shows when the Client Registry holds its patient for dead: status and end. `died` is the day, where it
/// is known; one before the attachment began ends nothing.
pub fn as_deceased(
    start: Option<DateTime<Utc>>,
    end: Option<DateTime<Utc>>,
    died: Option<DateTime<Utc>>,
) -> (Status, Option<DateTime<Utc>>) {
    let died = died.filter(|died| start.is_none_or(|start| start <= *died));
    (Status::Deceased, died.or(end))
}

/// An entry as it stands, unchanged.
fn standing(phn: &Phn, entry: Option<&Entry>, mrp: Option<PanelId>) -> Standing {
    let status = entry.map_or(Status::NotOnPanel, |entry| entry.status.into());
    let ended = matches!(status, Status::NotMrp | Status::Removed);
    Standing {
        phn: phn.clone(),
        status,
        start: entry.map(|entry| entry.started_at),
        end: entry.filter(|_| ended).map(|entry| entry.status_at),
        mrp,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    const PANEL: PanelId = PanelId(1);
    const HERE: Here<'static> = Here { panel: PANEL, practitioner_key: "me" };
    const THERE: PanelId = PanelId(2);

    fn day(n: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, n, 12, 0, 0).unwrap()
    }

    fn phn() -> Phn {
        Phn::parse("9012372173", true).unwrap()
    }

    fn entry(id: i64, panel_id: PanelId, status: EntryStatus) -> Entry {
        let (phn, entry_id) = (phn().as_str().to_owned(), super::super::EntryId(id));
        Entry {
            phn,
            entry_id,
            panel_id,
            practitioner_key: "other".into(),
            status,
            started_at: day(1),
            status_at: day(2),
        }
    }

    fn add(entries: &[Entry], policy: Policy) -> Result<Decision, Vec<(usize, Refusal)>> {
        decide_add(&[phn()], entries, HERE, day(20), policy)
    }

    #[test]
    fn adding_someone_without_a_provider_opens_an_entry() {
        let decision = add(&[], Policy::default()).unwrap();
        assert_eq!(decision.changes, [Change::Open(phn())]);
        assert_eq!(decision.standings[0].status, Status::Confirmed);
        assert_eq!((decision.standings[0].start, decision.standings[0].end), (Some(day(20)), None));
        assert_eq!(decision.standings[0].mrp, Some(PANEL));
    }

    #[test]
    fn adding_twice_changes_nothing_and_says_so() {
        let decision = add(&[entry(1, PANEL, EntryStatus::Confirmed)], Policy::default()).unwrap();
        assert_eq!(decision.changes, []);
        assert_eq!(decision.notices, [(0, Notice::AlreadyOnPanel)]);
        assert_eq!(decision.standings[0].start, Some(day(1)));
    }

    #[test]
    fn adding_a_patient_of_another_provider_moves_them_or_is_refused() {
        let other = entry(7, THERE, EntryStatus::Confirmed);
        let decision = add(std::slice::from_ref(&other), Policy::default()).unwrap();
        assert_eq!(
            decision.changes,
            [Change::Displace { entry: other.entry_id, same_provider: false }, Change::Open(phn())]
        );
        assert_eq!(decision.notices, [(0, Notice::MrpMoved)]);
        let reject = Policy { mrp_elsewhere: MrpElsewhere::Reject, ..Policy::default() };
        assert_eq!(add(&[other], reject).unwrap_err(), [(0, Refusal::MrpElsewhere)]);
    }

    #[test]
    fn adding_again_confirms_the_open_entry_and_opens_a_new_one_after_a_removal() {
        for was in [EntryStatus::NotMrp, EntryStatus::Pending] {
            let known = entry(3, PANEL, was);
            let decision = add(std::slice::from_ref(&known), Policy::default()).unwrap();
            assert_eq!(decision.changes, [Change::Confirm { entry: known.entry_id, was }]);
        }
        let decision = add(&[entry(3, PANEL, EntryStatus::Removed)], Policy::default()).unwrap();
        assert_eq!(decision.changes, [Change::Open(phn())]);
    }

    #[test]
    fn removing_ends_the_open_entry_whatever_its_status() {
        for was in [EntryStatus::Confirmed, EntryStatus::NotMrp, EntryStatus::Pending] {
            let known = entry(3, PANEL, was);
            let decision = decide_remove(
                &[phn()],
                std::slice::from_ref(&known),
                HERE,
                day(20),
                Policy::default(),
            )
            .unwrap();
            assert_eq!(decision.changes, [Change::Remove { entry: known.entry_id, was }]);
            let standing = &decision.standings[0];
            assert_eq!(
                (standing.status, standing.end, standing.mrp),
                (Status::Removed, Some(day(20)), None)
            );
        }
    }

    #[test]
    fn removing_someone_who_is_not_there_is_fine_or_refused() {
        let gone = [entry(3, PANEL, EntryStatus::Removed), entry(4, THERE, EntryStatus::Confirmed)];
        let decision = decide_remove(&[phn()], &gone, HERE, day(20), Policy::default()).unwrap();
        assert_eq!((decision.changes.len(), decision.notices[0].1), (0, Notice::NotOnPanel));
        assert_eq!(decision.standings[0].mrp, Some(THERE));
        let reject = Policy { not_on_panel: NotOnPanel::Reject, ..Policy::default() };
        let refused = decide_remove(&[phn()], &gone, HERE, day(20), reject).unwrap_err();
        assert_eq!(refused, [(0, Refusal::NothingToRemove)]);
    }

    #[test]
    fn a_query_tells_every_status_with_its_date_and_the_mrp() {
        let ask = |entries: &[Entry], died: Option<Option<DateTime<Utc>>>| {
            let decision = answer_mrp(&[phn()], entries, HERE, |_| died);
            assert_eq!(decision.changes, []);
            let standing = decision.standings.into_iter().next().unwrap();
            (standing.status, standing.start, standing.end, standing.mrp)
        };
        let here = |status| entry(3, PANEL, status);
        assert_eq!(ask(&[], None), (Status::NotOnPanel, None, None, None));
        assert_eq!(
            ask(&[here(EntryStatus::Confirmed)], None),
            (Status::Confirmed, Some(day(1)), None, Some(PANEL))
        );
        assert_eq!(
            ask(&[here(EntryStatus::NotMrp), entry(9, THERE, EntryStatus::Confirmed)], None),
            (Status::NotMrp, Some(day(1)), Some(day(2)), Some(THERE))
        );
        assert_eq!(
            ask(&[here(EntryStatus::Removed)], None),
            (Status::Removed, Some(day(1)), Some(day(2)), None)
        );
        assert_eq!(
            ask(&[here(EntryStatus::Pending)], None),
            (Status::Pending, Some(day(1)), None, None)
        );
        let died = Some(Some(day(5)));
        assert_eq!(
            ask(&[here(EntryStatus::Confirmed)], died),
            (Status::Deceased, Some(day(1)), Some(day(5)), Some(PANEL))
        );
        assert_eq!(ask(&[here(EntryStatus::Removed)], died).0, Status::Removed);
    }

    #[test]
    fn one_refused_member_refuses_all_and_each_is_named() {
        let second = Phn::parse("9698658215", true).unwrap();
        let other = entry(7, THERE, EntryStatus::Confirmed);
        let reject = Policy { mrp_elsewhere: MrpElsewhere::Reject, ..Policy::default() };
        let refused = decide_add(&[second, phn()], &[other], HERE, day(20), reject).unwrap_err();
        assert_eq!(refused, [(1, Refusal::MrpElsewhere)]);
    }

    #[test]
    fn a_providers_own_patient_moves_between_their_clinics_whatever_the_policy() {
        let own =
            Entry { practitioner_key: "me".into(), ..entry(7, THERE, EntryStatus::Confirmed) };
        for mrp_elsewhere in [MrpElsewhere::Transfer, MrpElsewhere::Reject] {
            let policy = Policy { mrp_elsewhere, ..Policy::default() };
            let decision = add(std::slice::from_ref(&own), policy).unwrap();
            assert_eq!(decision.notices, [(0, Notice::ClinicMoved)]);
            assert_eq!(
                decision.changes,
                [
                    Change::Displace { entry: own.entry_id, same_provider: true },
                    Change::Open(phn())
                ]
            );
        }
    }
}
