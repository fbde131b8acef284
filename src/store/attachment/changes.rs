//! Changes of a panel by an act of ours, as a message makes them.

use crate::panel::{Change, PanelId};

use super::super::error::StoreError;
use super::super::steps::Steps;
use super::act::Act;
use super::entries::{CLEANED_UP, Ended};
use super::steps::touched;

// $1 entries, $2 was; $3 when, $4 author, $5 for whom, $6 the act.
const REMOVE: &str = "
WITH ended AS (
    UPDATE panel.entry e SET status = 'removed', status_at = greatest($3, e.started_at), ended_at = greatest($3, e.started_at), author = $4, message_id = $6
      FROM unnest($1::bigint[], $2::text[]::panel.status[]) AS s (id, was)
     WHERE e.id = s.id AND e.status = s.was
    RETURNING e.id, s.was
)
INSERT INTO panel.change (entry_id, was, became, at, author, on_behalf_of, message_id, reason)
SELECT id, was, 'removed', $3, $4, $5, $6, 'clean-up-removed' FROM ended";

// $1 panel, $2 patients; $3 when, $4 author, $5 for whom, $6 the act.
const OPEN: &str = "
WITH opened AS (
    INSERT INTO panel.entry (panel_id, phn, status, started_at, status_at, author, message_id)
    SELECT $1, phn, 'confirmed', $3, $3, $4, $6 FROM unnest($2::text[]) AS s (phn)
    RETURNING id
)
INSERT INTO panel.change (entry_id, was, became, at, author, on_behalf_of, message_id, reason)
SELECT id, NULL, 'confirmed', $3, $4, $5, $6, 'clean-up-added' FROM opened";

impl Act {
    /// Takes the steps of a clean-up: whoever comes onto the panel, is confirmed on it or is taken off it, and whoever's attachment elsewhere ends by that.
    ///
    /// # Errors
    /// When the database does not answer, or an entry is not as it was decided on: a defect.
    pub async fn change(&mut self, panel: PanelId, changes: &[Change]) -> Result<(), StoreError> {
        let (mut removed, mut others) = (Steps::default(), Steps::default());
        for change in changes {
            let is_removal = matches!(change, Change::Remove { .. });
            if is_removal { &mut removed } else { &mut others }.take(0, change);
        }
        self.displace(Ended { entries: &others.ended, reasons: &others.ended_reason }).await?;
        self.confirm_as(&others.confirmed, &others.confirmed_was, CLEANED_UP).await?;
        let by = self.by.clone();
        if !removed.ended.is_empty() {
            let query = sqlx::query(REMOVE).bind(&removed.ended).bind(&removed.ended_was);
            let query = query.bind(by.at).bind(&by.author).bind(&by.on_behalf_of).bind(by.id);
            let rows = query.execute(self.connection()).await?.rows_affected();
            touched(rows, removed.ended.len())?;
        }
        if !others.opened.is_empty() {
            let query = sqlx::query(OPEN).bind(panel.0).bind(&others.opened);
            let query = query.bind(by.at).bind(&by.author).bind(&by.on_behalf_of).bind(by.id);
            let rows = query.execute(self.connection()).await?.rows_affected();
            touched(rows, others.opened.len())?;
        }
        Ok(())
    }
}
