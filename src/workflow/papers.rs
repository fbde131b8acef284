//! What a provider takes along: the codes to bill by, and what differs between the EMR's list and the panel.

use chrono::NaiveDate;

use crate::attachment::{CleanUp, EmrPatient, Ground, Listed, clean_up};
use crate::message::PhnCheck;
use crate::panel::PanelId;
use crate::process::beside;
use crate::registry::Judgement;
use crate::store::{PanelSide, RecordRow};

use super::{About, Desk, Refusal, Right};

/// The attachment records of a panel in a period.
#[derive(Debug, Clone)]
pub struct Records {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// The clinic's number.
    pub facility: String,
    /// The provider's number.
    pub provider: String,
    /// One an attachment, in the order in which they came about.
    pub rows: Vec<RecordRow>,
}

/// An EMR's list beside a panel.
#[derive(Debug, Clone)]
pub struct Compared {
    /// Which panel.
    pub side: PanelSide,
    /// What differs.
    pub told: CleanUp,
    /// Everybody who is on the panel, with their record.
    pub listed: Vec<Listed>,
}

/// Rows from which on comparing holds up others.
const MANY: usize = 500;

impl Desk<'_> {
    /// The $0 attachment codes of a panel, from one day through another, as they are billed.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where they do not act for its provider; [`Refusal::Invalid`] where the period ends before it begins.
    pub async fn records(
        &self,
        panel: PanelId,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<Records, Refusal> {
        let side = self.panel(panel, Right::Act).await?;
        if to < from {
            return Err((Ground::Day, "The period ends before it begins.").into());
        }
        let store = &self.service.store;
        let parties = store.parties_of(panel).await?.ok_or(Refusal::NotFound)?;
        let rows = store.records_of(panel, from, to).await?;
        let phns = rows.iter().map(|row| row.phn.as_str()).collect();
        self.seen("see-records", &About::panel(&side, phns)).await?;
        let numbers = self.service.emitted(&parties).map(|ids| ids.map(|id| id.value));
        let [provider, facility] = numbers.unwrap_or_default();
        Ok(Records { from, to, facility, provider, rows })
    }

    /// Compares an EMR's list with the panel. Changes nothing. The Client Registry is asked about nobody who is not on the panel: a list
    /// of guesses finds nobody out.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where they do not act for its provider.
    pub async fn clean_up(
        &self,
        panel: PanelId,
        patients: &[EmrPatient],
    ) -> Result<Compared, Refusal> {
        let side = self.panel(panel, Right::Act).await?;
        let listed = self.service.store.listed_on(panel).await?;
        let phns = listed.iter().map(|listed| listed.record.phn.as_str()).collect();
        self.seen("clean-up", &About::panel(&side, phns)).await?;
        let digit = self.service.reading.phn == PhnCheck::Digit;
        let today = self.service.clock.today(self.service.offset);
        let by = Judgement { today, policy: self.service.judging };
        let many = patients.len() + listed.len() > MANY;
        let told = beside(many, || clean_up(patients, &listed, digit, by));
        Ok(Compared { side, told, listed })
    }
}
