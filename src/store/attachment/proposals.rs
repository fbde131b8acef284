//! Who is on lists, as they are shown.

use chrono::{DateTime, Utc};
use sqlx::Row as _;
use sqlx::postgres::{PgExecutor, PgRow};
use sqlx::types::Json;

use crate::attachment::{
    Complexity, FamilyId, ListId, Part, ProposalId, ProposalState, RegistrationId,
};

use super::super::error::StoreError;
use super::lists::ListView;
use super::names::open_name;
use super::places::word;

/// Somebody on a list.
#[derive(Debug, Clone)]
pub struct ProposalView {
    /// Which.
    pub id: ProposalId,
    /// Whose registration.
    pub registration: RegistrationId,
    /// In which family; `None`: not for whoever looks.
    pub family: Option<FamilyId>,
    /// Whom it is about, to lock them and to record who was seen. Shown with the profile alone.
    pub phn: String,
    /// Its state.
    pub state: ProposalState,
    /// Why declined or left out.
    pub reason: Option<String>,
    /// Who they are; `None`: it came to nothing, and they are no longer shown.
    pub profile: Option<Profile>,
}

/// What a provider decides by.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Name on record today; `None`: the record is masked.
    pub name: Option<String>,
    /// Born; `None`: not on record, or masked.
    pub birth_date: Option<chrono::NaiveDate>,
    /// How much care they are likely to need.
    pub complexity: Complexity,
    /// What they have, by name.
    pub conditions: Vec<String>,
    /// Their health changed in the last three months.
    pub changed: bool,
    /// Their community, by code.
    pub community_code: String,
    /// Its name.
    pub community: String,
    /// The language they speak.
    pub language: String,
    /// The language they need an interpreter for.
    pub interpreter: Option<String>,
    /// The beginning of the wait.
    pub registered_at: DateTime<Utc>,
    /// How to reach them, once the list is sent.
    pub reach: Option<String>,
    /// The points of their family.
    pub parts: Vec<Part>,
}

const PROPOSALS: &str = concat!(
    "
SELECT p.list_id, p.id, p.registration_id, r.family_id, r.phn, p.state, p.reason, p.score, r.complexity, r.changed, r.registered_at,
       r.state = 'attached' AND r.panel_id = l.panel_id AS attached_here,
       f.language, f.interpreter, f.community AS community_code, c.name AS community,
       CASE WHEN k.masked THEN NULL ELSE k.birth_date END AS birth_date,
       CASE WHEN k.masked THEN NULL ELSE r.preferred_name END AS preferred_name,
       CASE f.channel WHEN 'email' THEN f.email ELSE f.phone END AS reach,
       ARRAY(SELECT d.name FROM attachment.condition d WHERE d.code = ANY (r.conditions) ORDER BY d.name) AS conditions,
       ",
    open_name!(),
    " AS name
  FROM attachment.proposal p
  JOIN attachment.list l ON l.id = p.list_id
  JOIN attachment.registration r ON r.id = p.registration_id
  JOIN attachment.family f ON f.id = r.family_id
  JOIN area.community c ON c.code = f.community
  JOIN client_registry.patient k ON k.phn = r.phn
 WHERE p.list_id = ANY ($1)
 ORDER BY p.place, p.id"
);

/// Adds who is on these lists.
pub(super) async fn fill(
    executor: impl PgExecutor<'_>,
    lists: &mut [ListView],
) -> Result<(), StoreError> {
    let ids: Vec<_> = lists.iter().map(|list| list.id.0).collect();
    for row in &sqlx::query(PROPOSALS).bind(ids).fetch_all(executor).await? {
        let of = ListId(row.try_get("list_id")?);
        let state = word(row, "state", ProposalState::of)?;
        let proposal = ProposalView {
            id: ProposalId(row.try_get("id")?),
            registration: RegistrationId(row.try_get("registration_id")?),
            family: Some(FamilyId(row.try_get("family_id")?)),
            phn: row.try_get("phn")?,
            state,
            reason: row.try_get("reason")?,
            profile: if state.shows_whom(row.try_get("attached_here")?) {
                Some(profile(row)?)
            } else {
                None
            },
        };
        if let Some(list) = lists.iter_mut().find(|list| list.id == of) {
            list.proposals.push(proposal);
        }
    }
    Ok(())
}

fn profile(row: &PgRow) -> Result<Profile, StoreError> {
    let preferred: Option<String> = row.try_get("preferred_name")?;
    let name: Option<String> = row.try_get("name")?;
    let with_preferred = |name: String| match preferred {
        Some(preferred) => format!("{name} ({preferred})"),
        None => name,
    };
    let Json(parts) = row.try_get("score")?;
    Ok(Profile {
        name: name.map(with_preferred),
        birth_date: row.try_get("birth_date")?,
        complexity: word(row, "complexity", Complexity::of)?,
        conditions: row.try_get("conditions")?,
        changed: row.try_get("changed")?,
        community_code: row.try_get("community_code")?,
        community: row.try_get("community")?,
        language: row.try_get("language")?,
        interpreter: row.try_get("interpreter")?,
        registered_at: row.try_get("registered_at")?,
        reach: row.try_get("reach")?,
        parts,
    })
}
