//! Where people stand in the workflow.

use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgRow};

use crate::attachment::{
    OpenProposal, Place, ProposalId, ProposalState, RegistrationId, RegistrationState,
};
use crate::panel::{EntryId, PanelId};

use super::super::error::StoreError;

// The registration of a person that goes on: it waits, or a message may still give it back.
const PLACES: &str = "
SELECT r.phn, r.id, r.state, r.state_at, r.registered_at, r.panel_id, p.id AS proposal_id, p.state AS proposal_state,
       l.panel_id AS proposal_panel, p.entry_id
  FROM attachment.registration r
  LEFT JOIN attachment.proposal p ON p.registration_id = r.id AND p.state IN ('proposed', 'in-intake', 'accepted')
  LEFT JOIN attachment.list l ON l.id = p.list_id
 WHERE r.phn = ANY ($1) AND r.state NOT IN ('withdrawn', 'deceased')
 ORDER BY r.phn, r.id";

/// The places of people who are locked, each with their PHN.
pub(in crate::store) async fn places(
    connection: &mut PgConnection,
    phns: &[&str],
) -> Result<Vec<(String, Place)>, StoreError> {
    let rows = sqlx::query(PLACES).bind(phns).fetch_all(connection).await?;
    rows.iter().map(|row| Ok((row.try_get("phn")?, place(row)?))).collect()
}

fn place(row: &PgRow) -> Result<Place, StoreError> {
    let proposal: Option<i64> = row.try_get("proposal_id")?;
    let proposal = match proposal {
        None => None,
        Some(id) => Some(OpenProposal {
            id: ProposalId(id),
            state: word(row, "proposal_state", ProposalState::of)?,
            panel: PanelId(row.try_get("proposal_panel")?),
            entry: row.try_get::<Option<i64>, _>("entry_id")?.map(EntryId),
        }),
    };
    Ok(Place {
        registration: RegistrationId(row.try_get("id")?),
        state: word(row, "state", RegistrationState::of)?,
        state_at: row.try_get("state_at")?,
        registered_at: row.try_get("registered_at")?,
        panel: row.try_get::<Option<i64>, _>("panel_id")?.map(PanelId),
        proposal,
    })
}

/// A column that holds one of our words.
pub(super) fn word<T>(
    row: &PgRow,
    column: &str,
    of: impl Fn(&str) -> Option<T>,
) -> Result<T, StoreError> {
    let text: &str = row.try_get(column)?;
    of(text).ok_or_else(|| StoreError::Broken(format!("{column}: no such word")))
}
