//! What happens because time passes, or because a registry says so. Any number of servers may do it at once: each step is decided anew under
//! lock, and whoever comes second finds nothing to do.

use crate::access::Caller;
use crate::attachment::{
    Move, NoticeKind, Place, ProposalState, RegistrationId, RegistrationState, Step, after,
    after_gone,
};
use crate::audit::{Origin, Outcome, Patients, Record};
use crate::clock::Clock;
use crate::panel::PanelId;
use crate::process::Service;
use crate::store::{Billing, By, ListView, Moved, StoreError};

/// How much happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Passed {
    /// Registrations that moved.
    pub registrations: usize,
    /// Lists whose time was up.
    pub lists: usize,
    /// Lists of which providers are reminded, and people who are reminded to confirm.
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
        let phns = service.store.due(by, now, today, periods).await?;
        if !phns.is_empty() {
            passed.registrations += move_all(service, by, &phns).await?;
        }
    }
    let (by, store) = (own(service), &service.store);
    passed.reminders = store.remind(&by, now - periods.remind).await?.len();
    passed.reminders += store.remind_to_confirm(&by, now - periods.confirm).await?;
    Ok(passed)
}

async fn move_all(service: &Service, by: Move, phns: &[String]) -> Result<usize, StoreError> {
    let phns: Vec<&str> = phns.iter().map(String::as_str).collect();
    let now = service.clock.now();
    let mut act = service.store.act(own(service)).await?;
    act.lock_patients(&phns).await?;
    let due =
        service.store.due(by, now, service.clock.today(service.offset), &service.attaching.periods);
    // A new snapshot, after the locks.
    let due = due.await?;
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
    let record = record(&act.by, by.word(), &phns);
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
    let record = record(&act.by, "expire-list", &phns);
    act.move_proposals(&moves).await?;
    act.tell_practice(list, NoticeKind::ListExpired).await?;
    act.take(&steps, billing(service)).await?;
    act.raise(&phns).await?;
    act.commit(&record).await?;
    Ok(true)
}

fn expired(list: &ListView) -> (Vec<Moved>, Vec<Step>) {
    let open = list.proposals.iter().filter(|proposal| proposal.state.is_unanswered());
    let put_back = |id: RegistrationId| Step::Registration {
        id,
        was: RegistrationState::Proposed,
        became: RegistrationState::Active,
        by: Move::PutBack,
        panel: None,
    };
    open.map(|proposal| {
        let moved = (proposal.id.0, proposal.state, ProposalState::Expired, None);
        (moved, put_back(proposal.registration))
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

fn billing(service: &Service) -> Billing {
    let day = Clock::day_of(service.clock.now(), service.offset);
    Billing { code: service.attaching.code, day }
}

fn record(by: &By, event: &str, phns: &[&str]) -> Record {
    let origin = Origin { request_id: by.id, caller: &Caller::Unchecked, address: None };
    Record {
        event: Some(event.to_owned()),
        patients: Patients(phns.iter().map(|phn| (*phn).to_owned()).collect()),
        message_id: Some(by.id),
        ..Record::new(by.id, by.at, origin, 200, Outcome::Ok, [event])
    }
}
