//! What happens because time passes, or because a registry says so. Any number of servers may do it at once: each step is decided anew under
//! lock, and whoever comes second finds nothing to do.

use tracing::error;

use crate::access::Caller;
use crate::attachment::{
    ListId, ListState, Move, NoticeKind, Place, ProposalState, RegistrationState, Step, after,
    after_gone, after_lapsed, after_merged, after_provider_left,
};
use crate::audit::{Origin, Record};
use crate::panel::PanelId;
use crate::process::Service;
use crate::store::{By, DUE_AT_A_TIME, Due, ListView, Merged, Moved, StoreError};

use super::{billing, record};

/// How much happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Passed {
    /// Registrations that moved.
    pub registrations: usize,
    /// Lists whose time was up.
    pub lists: usize,
    /// Lists of which providers are reminded, and people who are reminded to confirm.
    pub reminders: usize,
    /// Lists and people for whom it could not be done: a defect, which the log tells of.
    pub failures: usize,
}

impl Passed {
    /// Whether anything happened: then there may be more.
    pub fn is_something(self) -> bool {
        self.registrations + self.lists + self.reminders > 0
    }

    /// What cannot be done for one stops nobody else; where the database is away, nothing can be done.
    fn failed(&mut self, what: &'static str, defect: StoreError) -> Result<(), StoreError> {
        if defect.is_passing() {
            return Err(defect);
        }
        error!(%defect, what, "what time makes due could not be done for one");
        self.failures += 1;
        Ok(())
    }
}

/// What moves registrations by itself.
const MOVES: [Move; 5] = [Move::Die, Move::ProviderLeft, Move::PutBack, Move::Ask, Move::Suspend];

/// How often some of one kind are moved before the next kind has its turn: whoever stops the server waits for that at most.
const TURNS: usize = 50;

/// Does what is due, some of each.
///
/// # Errors
/// When the database does not answer. What was done stays done.
pub async fn pass_time(service: &Service) -> Result<Passed, StoreError> {
    let (now, today) = (service.clock.now(), service.clock.today(service.offset));
    let periods = &service.attaching.periods;
    let mut passed = Passed::default();
    for (list, panel) in service.store.due_lists(now).await? {
        match expire(service, list, panel).await {
            Ok(expired) => passed.lists += usize::from(expired),
            Err(defect) => passed.failed("list", defect)?,
        }
    }
    for by in MOVES {
        let when = Due { by, now, today, periods };
        // One kind until it is done: to look for the other kinds takes longer than to move a few people.
        for _ in 0..TURNS {
            let phns = service.store.due(&when).await?;
            if phns.is_empty() {
                break;
            }
            let before = passed.failures;
            let moved = move_each(service, &when, &phns, &mut passed).await?;
            passed.registrations += moved;
            // Who could not be moved would come again at once.
            if passed.failures > before {
                break;
            }
            if moved == 0 || phns.len() < DUE_AT_A_TIME {
                break;
            }
        }
    }
    for merged in service.store.merged().await? {
        match follow(service, &merged).await {
            Ok(moved) => passed.registrations += moved,
            Err(defect) => passed.failed("merged number", defect)?,
        }
    }
    let (by, store) = (own(service), &service.store);
    passed.reminders = store.remind(&by, now - periods.remind).await?.len();
    passed.reminders += store.remind_to_confirm(&by, now - periods.confirm).await?;
    Ok(passed)
}

/// All of them at once; where that cannot be done, one by one.
async fn move_each(
    service: &Service,
    when: &Due<'_>,
    phns: &[String],
    passed: &mut Passed,
) -> Result<usize, StoreError> {
    let together = match move_all(service, when, phns).await {
        Ok(moved) => return Ok(moved),
        Err(defect) => defect,
    };
    if phns.len() == 1 || together.is_passing() {
        passed.failed(when.by.word(), together)?;
        return Ok(0);
    }
    let mut moved = 0;
    for phn in phns {
        match move_all(service, when, std::slice::from_ref(phn)).await {
            Ok(one) => moved += one,
            Err(defect) => passed.failed(when.by.word(), defect)?,
        }
    }
    Ok(moved)
}

async fn move_all(service: &Service, when: &Due<'_>, phns: &[String]) -> Result<usize, StoreError> {
    let by = when.by;
    let phns: Vec<&str> = phns.iter().map(String::as_str).collect();
    let mut act = service.store.act(own(service)).await?;
    act.lock_patients(&phns).await?;
    // A new snapshot, after the locks.
    let due = act.still_due(when, &phns).await?;
    let still = |phn: &str| due.iter().any(|due| due == phn);
    let places = act.places(&phns).await?;
    let steps: Vec<Step> = places
        .iter()
        .filter(|(phn, place)| still(phn) && happens(place, by))
        .flat_map(|(_, place)| match by {
            Move::Die => after_gone(place, by),
            Move::ProviderLeft => after_provider_left(place),
            Move::PutBack => after_lapsed(place),
            _ => after(place, by),
        })
        .collect();
    if steps.is_empty() {
        return Ok(0);
    }
    let moved = steps.iter().filter(|step| matches!(step, Step::Registration { .. })).count();
    let record = own_record(&act.by, by.word(), &phns);
    act.take(&steps, billing(service)).await?;
    act.raise(&phns).await?;
    act.commit(&record).await?;
    Ok(moved)
}

/// Whether it can be about them.
fn happens(place: &Place, by: Move) -> bool {
    match by {
        Move::Ask => place.state == RegistrationState::Active,
        Move::Suspend => place.state == RegistrationState::ReconfirmDue,
        Move::ProviderLeft => {
            matches!(place.state, RegistrationState::Attached | RegistrationState::Proposed)
        }
        _ => true,
    }
}

/// The number of somebody who waits was merged into another one: they go on under that. How many registrations moved.
async fn follow(service: &Service, merged: &Merged) -> Result<usize, StoreError> {
    let phns = [merged.phn.as_str(), merged.other.as_str()];
    let mut act = service.store.act(own(service)).await?;
    act.lock_patients(&phns).await?;
    if !act.still_merged(merged).await? {
        return Ok(0);
    }
    let places = act.places(&phns).await?;
    let of = |phn: &str| places.iter().find(|(whose, _)| whose == phn).map(|(_, place)| place);
    let (at, periods) = (act.by.at, &service.attaching.periods);
    let survival =
        of(&merged.phn).and_then(|place| after_merged(place, of(&merged.other), at, periods));
    let Some(survival) = survival else { return Ok(0) };
    let record = own_record(&act.by, Move::Merge.word(), &phns);
    act.take(&survival.steps, billing(service)).await?;
    act.renumber(survival.registration, &merged.other, survival.began).await?;
    if let Some(open) = survival.accepted {
        act.enter(open.panel, &[(open.id, merged.other.as_str())]).await?;
    }
    act.raise(&phns).await?;
    act.commit(&record).await?;
    Ok(1)
}

/// Time is up: whoever on the list is not answered is put back.
async fn expire(service: &Service, list: ListId, panel: PanelId) -> Result<bool, StoreError> {
    let Some(view) = service.store.list(list).await? else { return Ok(false) };
    let phns: Vec<&str> = view.proposals.iter().map(|proposal| proposal.phn.as_str()).collect();
    let mut act = service.store.act(own(service)).await?;
    act.lock_panel(panel).await?;
    act.lock_patients(&phns).await?;
    let Some(now) = act.list(list).await? else { return Ok(false) };
    let (moves, steps) = expired(&now);
    let record = own_record(&act.by, "expire-list", &phns);
    if now.state == ListState::Closed {
        return Ok(false);
    }
    act.move_proposals(&moves).await?;
    // Also one on which nobody was left.
    act.close_list(list).await?;
    act.tell_practice(list, NoticeKind::ListExpired).await?;
    act.take(&steps, billing(service)).await?;
    act.raise(&phns).await?;
    act.commit(&record).await?;
    Ok(true)
}

fn expired(list: &ListView) -> (Vec<Moved>, Vec<Step>) {
    let open = list.proposals.iter().filter(|proposal| proposal.state.is_unanswered());
    open.map(|proposal| {
        let moved = (proposal.id.0, proposal.state, ProposalState::Expired, None);
        (moved, Step::put_back(proposal.registration))
    })
    .unzip()
}

/// Nobody did it: time did.
fn own(service: &Service) -> By {
    By {
        id: service.clock.id(),
        at: service.clock.now(),
        author: "pas".to_owned(),
        on_behalf_of: None,
    }
}

fn own_record(by: &By, event: &'static str, phns: &[&str]) -> Record {
    let origin = Origin { request_id: by.id, caller: &Caller::Unchecked, address: None };
    record(by, origin, event, phns)
}
