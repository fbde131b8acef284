//! What happens because time passes, or because a registry says so. Any number of servers may do it at once: each step is decided anew under
//! lock, and whoever comes second finds nothing to do.

use crate::access::Caller;
use crate::attachment::{Move, Place, ProposalState, RegistrationState, Step, after, after_gone};
use crate::audit::{Origin, Record};
use crate::panel::PanelId;
use crate::process::Service;
use crate::store::{By, DUE_AT_A_TIME, Due, ListView, Moved, StoreError};

use super::{billing, record};

/// How much happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Passed {
    /// Registrations that moved.
    pub registrations: usize,
    /// Lists whose time was up.
    pub lists: usize,
    /// Lists whose providers are reminded.
    pub reminders: usize,
}

impl Passed {
    /// Whether anything happened: then there may be more.
    pub fn is_something(self) -> bool {
        self != Passed::default()
    }
}

/// What moves registrations by itself.
const MOVES: [Move; 4] = [Move::Die, Move::ProviderLeft, Move::Ask, Move::Suspend];

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
        passed.lists += usize::from(expire(service, list, panel).await?);
    }
    for by in MOVES {
        let when = Due { by, now, today, periods };
        // One kind until it is done: to look for the other kinds takes longer than to move a few people.
        for _ in 0..TURNS {
            let phns = service.store.due(&when).await?;
            if phns.is_empty() {
                break;
            }
            let moved = move_all(service, &when, &phns).await?;
            passed.registrations += moved;
            if moved == 0 || phns.len() < DUE_AT_A_TIME {
                break;
            }
        }
    }
    passed.reminders = service.store.remind(now, periods).await?.len();
    Ok(passed)
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
        .flat_map(
            |(_, place)| if by == Move::Die { after_gone(place, by) } else { after(place, by) },
        )
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

/// Of several registrations of one person, the one that it is about.
fn happens(place: &Place, by: Move) -> bool {
    match by {
        Move::Ask => place.state == RegistrationState::Active,
        Move::Suspend => place.state == RegistrationState::ReconfirmDue,
        Move::ProviderLeft => place.state == RegistrationState::Attached,
        _ => true,
    }
}

/// Time is up: whoever on the list is not answered is put back.
async fn expire(
    service: &Service,
    list: crate::attachment::ListId,
    panel: PanelId,
) -> Result<bool, StoreError> {
    let Some(view) = service.store.list(list).await? else { return Ok(false) };
    let phns: Vec<&str> = view.proposals.iter().map(|proposal| proposal.phn.as_str()).collect();
    let mut act = service.store.act(own(service)).await?;
    act.lock_panel(panel).await?;
    act.lock_patients(&phns).await?;
    let Some(now) = act.list(list).await? else { return Ok(false) };
    let (moves, steps) = expired(&now);
    if moves.is_empty() {
        return Ok(false);
    }
    let record = own_record(&act.by, "expire-list", &phns);
    act.move_proposals(&moves).await?;
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
