//! A provider's whole panel: who may ask, what is found, and that it is recorded before it is told.

use chrono::{DateTime, Utc};

use crate::access::{Scopes, Spoken, may_speak};
use crate::audit::{Origin, Outcome, Patients, Record};
use crate::clock::Clock;
use crate::fault::{Code, Issue};
use crate::panel::{PanelId, Standing};
use crate::registry::Identifier;
use crate::reply::{PanelPage, panel_page};
use crate::store::{Directory, StoreError};

use super::{Answer, Service};

/// What is recorded as having been asked.
const EVENT: &str = "get-panel";

/// A question for a page of a panel.
#[derive(Debug)]
pub struct PanelAsk<'p> {
    /// Which request it is, from whom and from where.
    pub origin: Origin<'p>,
    /// What its sender may do.
    pub scopes: Scopes,
    /// The provider's number.
    pub provider: Identifier,
    /// The clinic's number, by every system that it may be on record under.
    pub facility: Vec<String>,
    /// Only members to whom something has happened since.
    pub since: Option<DateTime<Utc>>,
    /// Behind which place.
    pub after: i64,
    /// How many members at most.
    pub count: u32,
    /// Our base URL.
    pub base: &'p str,
}

/// Answers a question for a panel. `link` gives the address of the page behind a place, and without one that of this page.
pub async fn panel(
    service: &Service,
    ask: &PanelAsk<'_>,
    link: &(dyn Fn(Option<i64>) -> String + Sync),
) -> Answer {
    if !ask.scopes.allows_reading() {
        let answer = service.alone(vec![Issue::plain(Code::ScopeMissing)]);
        return ask.noted(service, answer, Outcome::Refused);
    }
    let late = |_| Err(StoreError::Unavailable("no answer in time".into()));
    let found = tokio::time::timeout(service.deadline, ask.answer(service, link)).await;
    found.unwrap_or_else(late).unwrap_or_else(|error| {
        let answer = service.failed(error);
        ask.noted(service, answer, Outcome::Failed)
    })
}

impl PanelAsk<'_> {
    async fn answer(
        &self,
        service: &Service,
        link: &(dyn Fn(Option<i64>) -> String + Sync),
    ) -> Result<Answer, StoreError> {
        let (store, caller) = (&service.store, self.origin.caller);
        let number = self.provider.token();
        let directory = store.directory(caller, &number, &self.facility).await?;
        let spoken = Spoken { practitioner: vec![number.clone()], facility: &self.facility };
        let today = service.clock.today(service.offset);
        let grant = directory.grant.as_ref();
        if let Err(fault) = may_speak(caller, grant, &spoken, &directory.records, today) {
            let answer = service.alone(vec![Issue::with(Code::Forbidden, fault.text())]);
            return Ok(self.noted(service, answer, Outcome::Refused));
        }
        let at = service.clock.now();
        let (mut found, mut next) = (None, None);
        if let Some(panel) = self.meant(&directory, &number, today) {
            let most = self.count.saturating_add(1);
            let mut members =
                store.members_after(panel, self.after, self.since, most, service.offset).await?;
            let count = usize::try_from(self.count).unwrap_or(usize::MAX);
            if members.len() > count {
                members.truncate(count);
                next = members.last().map(|last| link(Some(last.place)));
            }
            let members: Vec<Standing> = members.into_iter().map(|one| one.standing).collect();
            found = Some((panel, members));
        }
        let members = found.iter().flat_map(|(_, members)| members);
        let phns = members.map(|member| member.phn.as_str().to_owned()).collect();
        let id = service.clock.id();
        let page = PanelPage {
            id,
            at,
            base: self.base,
            own: link(None),
            next,
            provider: self.provider.clone(),
            panel: found,
        };
        let naming = &service.reading.naming;
        let body = panel_page(page, naming, &service.origin.canonical);
        let record =
            Record::new(Clock::System.id(), at, self.origin, 200, Outcome::Ok, []).kept(id);
        store.record(&[self.told(record, phns)]).await?;
        Ok(service.found(body))
    }

    /// The panel of the provider and the clinic that have these numbers today.
    fn meant(
        &self,
        directory: &Directory,
        number: &String,
        today: chrono::NaiveDate,
    ) -> Option<PanelId> {
        let has = |identifiers: &[Identifier], tokens: &[String]| {
            let mut current = identifiers.iter().filter(|id| id.period.holds(today));
            current.any(|id| tokens.contains(&id.token()))
        };
        let (records, number) = (&directory.records, std::slice::from_ref(number));
        let mut meant = directory.panels.iter().filter(|((provider, clinic), _)| {
            let mut providers = records.pas_practitioners.iter();
            let mut clinics = records.pas_organizations.iter();
            providers.any(|one| one.key == *provider && one.active && has(&one.identifiers, number))
                && clinics.any(|one| {
                    one.key == *clinic && one.active && has(&one.identifiers, &self.facility)
                })
        });
        // Numbers that two records have mean neither.
        let (first, second) = (meant.next(), meant.next());
        first.filter(|_| second.is_none()).map(|(_, panel)| *panel)
    }

    fn noted(&self, service: &Service, answer: Answer, outcome: Outcome) -> Answer {
        let record = self.told(service.record(&answer, outcome, self.origin), Vec::new());
        answer.with_record(record)
    }

    fn told(&self, record: Record, phns: Vec<String>) -> Record {
        Record {
            event: Some(EVENT.to_owned()),
            on_behalf_of: vec![self.provider.token()],
            facility: self.facility.clone(),
            patients: Patients(phns),
            ..record
        }
    }
}
