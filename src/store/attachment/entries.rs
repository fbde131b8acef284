//! What the workflow does to panels: entries become pending when somebody is accepted, and confirmed when the provider says so.

use sqlx::Row as _;
use sqlx::types::Json;

use crate::attachment::ProposalId;
use crate::panel::{Change, Entry, PanelId};

use super::super::error::StoreError;
use super::super::steps::Steps;
use super::act::Act;
use super::steps::touched;

// Everything that a decision about one panel has to know of these people.
const ENTRIES: &str = "
SELECT json_build_object('phn', e.phn, 'entry_id', e.id, 'panel_id', e.panel_id, 'practitioner_key', n.practitioner_key,
                         'status', e.status, 'started_at', e.started_at, 'status_at', e.status_at) AS doc
  FROM panel.entry e JOIN panel.panel n ON n.id = e.panel_id
 WHERE e.phn = ANY ($1) AND e.status <> 'removed'";

// Whoever is on the panel as not-mrp keeps that entry. $1 proposals, $2 patients, $3 panel; $4 when, $5 author, $6 for whom (null: its provider), $7 the act.
const ACCEPT: &str = "
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::text[]) AS a (proposal_id, phn)
), again AS (
    UPDATE panel.entry e SET status = 'pending', status_at = greatest($4, e.started_at), author = $5, message_id = $7
      FROM asked a WHERE e.phn = a.phn AND e.panel_id = $3 AND e.status = 'not-mrp'
    RETURNING e.id, e.phn
), opened AS (
    INSERT INTO panel.entry (panel_id, phn, status, started_at, status_at, author, message_id)
    SELECT $3, a.phn, 'pending', $4, $4, $5, $7 FROM asked a WHERE NOT EXISTS (SELECT FROM again g WHERE g.phn = a.phn)
    RETURNING id, phn
), entered AS (
    SELECT id, phn, 'not-mrp'::panel.status AS was FROM again UNION ALL SELECT id, phn, NULL FROM opened
), history AS (
    INSERT INTO panel.change (entry_id, was, became, at, author, on_behalf_of, message_id, reason)
    SELECT id, was, 'pending', $4, $5, coalesce($6, (SELECT practitioner_key FROM panel.panel WHERE id = $3)), $7, 'accepted' FROM entered
)
UPDATE attachment.proposal p SET entry_id = n.id
  FROM asked a JOIN entered n USING (phn) WHERE p.id = a.proposal_id";

// $1 entries, $2 was; $3 when, $4 author, $5 for whom, $6 the act; $7 why.
const CONFIRM: &str = "
WITH confirmed AS (
    UPDATE panel.entry e SET status = 'confirmed', status_at = $3, started_at = $3, author = $4, message_id = $6
      FROM unnest($1::bigint[], $2::text[]::panel.status[]) AS s (id, was)
     WHERE e.id = s.id AND e.status = s.was
    RETURNING e.id, s.was
)
INSERT INTO panel.change (entry_id, was, became, at, author, on_behalf_of, message_id, reason)
SELECT id, was, 'confirmed', $3, $4, $5, $6, $7 FROM confirmed";

// Before somebody becomes MRP, whoever was must have ceased to be. $1 entries, $2 why; $3 when, $4 author, $5 for whom, $6 the act.
const DISPLACE: &str = "
WITH ended AS (
    UPDATE panel.entry e SET status = 'not-mrp', status_at = greatest($3, e.started_at), author = $4, message_id = $6
      FROM unnest($1::bigint[], $2::text[]) AS s (id, reason)
     WHERE e.id = s.id AND e.status = 'confirmed'
    RETURNING e.id, e.panel_id, s.reason
), notice AS (
    INSERT INTO panel.notice (panel_id, entry_id, kind, at, message_id)
    SELECT panel_id, id, 'mrp-moved', $3, $6 FROM ended WHERE reason = 'mrp-moved'
)
INSERT INTO panel.change (entry_id, was, became, at, author, on_behalf_of, message_id, reason)
SELECT id, 'confirmed', 'not-mrp', $3, $4, $5, $6, reason FROM ended";

const ON_PANEL: &str = "
SELECT EXISTS (SELECT FROM panel.entry WHERE panel_id = $1 AND phn = ANY ($2) AND status IN ('confirmed', 'pending')) AS found";

// Why somebody is confirmed: their provider said so of a list, or in a clean-up.
const ACCEPTED: &str = "confirmed";
pub(super) const CLEANED_UP: &str = "clean-up-confirmed";

/// Entries that cease to be confirmed, and why each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended<'e> {
    pub(super) entries: &'e [i64],
    pub(super) reasons: &'e [&'static str],
}

impl Act {
    /// Whether one of these people, who are locked, is on the panel, pending or confirmed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_on(&mut self, panel: PanelId, phns: &[&str]) -> Result<bool, StoreError> {
        let query = sqlx::query(ON_PANEL).bind(panel.0).bind(phns);
        Ok(query.fetch_one(self.connection()).await?.try_get("found")?)
    }

    /// The open entries of people who are locked, on whichever panel.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn entries(&mut self, phns: &[&str]) -> Result<Vec<Entry>, StoreError> {
        let rows = sqlx::query(ENTRIES).bind(phns).fetch_all(self.connection()).await?;
        let doc = |row| {
            let Json(entry) = sqlx::postgres::PgRow::try_get::<Json<Entry>, _>(row, "doc")?;
            Ok(entry)
        };
        rows.iter().map(doc).collect()
    }

    /// Puts people on a panel, pending.
    ///
    /// # Errors
    /// When the database does not answer, or one of them is on it in a way that was not foreseen: a defect.
    pub async fn enter(
        &mut self,
        panel: PanelId,
        accepted: &[(ProposalId, &str)],
    ) -> Result<(), StoreError> {
        let by = self.by.clone();
        let entered = sqlx::query(ACCEPT)
            .bind(accepted.iter().map(|(proposal, _)| proposal.0).collect::<Vec<_>>())
            .bind(accepted.iter().map(|(_, phn)| *phn).collect::<Vec<_>>())
            .bind(panel.0)
            .bind(by.at)
            .bind(&by.author)
            .bind(&by.on_behalf_of)
            .bind(by.id)
            .execute(self.connection())
            .await?;
        touched(entered.rows_affected(), accepted.len())
    }

    /// Takes the steps by which pending entries become confirmed: those that are confirmed, and those that cease to be.
    ///
    /// # Errors
    /// When the database does not answer, or an entry is not as it was decided on: a defect.
    pub async fn confirm(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        let mut steps = Steps::default();
        changes.iter().for_each(|change| steps.take(0, change));
        if !steps.opened.is_empty() {
            return Err(StoreError::Broken("whoever is confirmed is on the panel".into()));
        }
        self.displace(Ended { entries: &steps.ended, reasons: &steps.ended_reason }).await?;
        self.confirm_as(&steps.confirmed, &steps.confirmed_was, ACCEPTED).await
    }

    /// Entries elsewhere cease to be confirmed.
    pub(super) async fn displace(&mut self, ended: Ended<'_>) -> Result<(), StoreError> {
        let Ended { entries, reasons } = ended;
        if entries.is_empty() {
            return Ok(());
        }
        let by = self.by.clone();
        let query = sqlx::query(DISPLACE).bind(entries).bind(reasons);
        let query = query.bind(by.at).bind(&by.author).bind(&by.on_behalf_of).bind(by.id);
        touched(query.execute(self.connection()).await?.rows_affected(), entries.len())
    }

    /// Entries become confirmed, for a reason.
    pub(super) async fn confirm_as(
        &mut self,
        entries: &[i64],
        was: &[&'static str],
        reason: &'static str,
    ) -> Result<(), StoreError> {
        let by = self.by.clone();
        let query = sqlx::query(CONFIRM).bind(entries).bind(was);
        let query = query.bind(by.at).bind(&by.author).bind(&by.on_behalf_of).bind(by.id);
        let rows = query.bind(reason).execute(self.connection()).await?.rows_affected();
        touched(rows, entries.len())
    }
}
