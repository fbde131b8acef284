//! Candidates, lists and what is proposed on them.

use chrono::{DateTime, Utc};
use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgExecutor, PgRow};
use sqlx::types::Json;

use crate::attachment::{
    Complexity, FamilyId, LeaveOutReason, ListId, ListState, Part, ProposalId, ProposalState,
    RegistrationId,
};
use crate::panel::PanelId;

use super::super::error::StoreError;
use super::super::pool::Store;
use super::act::Act;
use super::names::shown_name;
use super::places::word;
use super::steps::{Billing, Moved, move_proposals, write_records};

/// A family that a coordinator puts on a list, with the points that it had.
#[derive(Debug, Clone)]
pub struct Picked {
    /// Which.
    pub family: FamilyId,
    /// Why.
    pub parts: Vec<Part>,
    /// Left out after all, and why.
    pub left_out: Option<LeaveOutReason>,
}

/// A list with everybody on it.
#[derive(Debug, Clone)]
pub struct ListView {
    /// Which.
    pub id: ListId,
    /// For which panel.
    pub panel: PanelId,
    /// Its state.
    pub state: ListState,
    /// Who made it.
    pub made_by: String,
    /// When it was sent.
    pub sent_at: DateTime<Utc>,
    /// Until when it is to be answered.
    pub due_at: DateTime<Utc>,
    /// Who is on it, families together.
    pub proposals: Vec<ProposalView>,
}

/// Somebody on a list, with the profile that a provider decides by.
#[derive(Debug, Clone)]
pub struct ProposalView {
    /// Which.
    pub id: ProposalId,
    /// Whose registration.
    pub registration: RegistrationId,
    /// In which family.
    pub family: FamilyId,
    /// Personal health number.
    pub phn: String,
    /// Name on record today.
    pub name: String,
    /// Born.
    pub birth_date: Option<chrono::NaiveDate>,
    /// Its state.
    pub state: ProposalState,
    /// Why declined or left out.
    pub reason: Option<String>,
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

const LISTS: &str = "
SELECT id, panel_id, state, made_by, sent_at, due_at FROM attachment.list WHERE panel_id = $1 ORDER BY sent_at DESC, id";

const LIST: &str =
    "SELECT id, panel_id, state, made_by, sent_at, due_at FROM attachment.list WHERE id = $1";

const OPEN_LIST: &str =
    "SELECT EXISTS (SELECT FROM attachment.list WHERE panel_id = $1 AND state <> 'closed') AS open";

const PROPOSALS: &str = concat!(
    "
SELECT p.list_id, p.id, p.registration_id, r.family_id, r.phn, p.state, p.reason, p.score, r.complexity, r.changed, r.registered_at,
       r.preferred_name, f.language, f.interpreter, f.community AS community_code, c.name AS community, k.birth_date,
       CASE f.channel WHEN 'email' THEN f.email ELSE f.phone END AS reach,
       ARRAY(SELECT d.name FROM attachment.condition d WHERE d.code = ANY (r.conditions) ORDER BY d.name) AS conditions,
       ",
    shown_name!("k.names"),
    " AS name
  FROM attachment.proposal p
  JOIN attachment.registration r ON r.id = p.registration_id
  JOIN attachment.family f ON f.id = r.family_id
  JOIN area.community c ON c.code = f.community
  JOIN client_registry.patient k ON k.phn = r.phn
 WHERE p.list_id = ANY ($1)
 ORDER BY p.place, p.id"
);

const ADD_LIST: &str = "
INSERT INTO attachment.list (id, panel_id, state, made_by, sent_at, due_at) VALUES ($1, $2, 'sent', $3, $4, $5)";

// $1 list, $2 registrations, $3 places, $4 scores, $5 states, $6 reasons; $7 when, $8 author, $9 the act.
const ADD_PROPOSALS: &str = "
WITH added AS (
    INSERT INTO attachment.proposal (list_id, registration_id, state, state_at, reason, score, place)
    SELECT $1, registration_id, state, $7, reason, score, place
      FROM unnest($2::uuid[], $3::int[], $4::jsonb[], $5::text[], $6::text[]) AS s (registration_id, place, score, state, reason)
    RETURNING id, state, reason
)
INSERT INTO attachment.proposal_change (proposal_id, was, became, reason, at, author, act_id)
SELECT id, NULL, state, reason, $7, $8, $9 FROM added";

impl Store {
    /// The lists of a panel, the last one first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn lists_of(&self, panel: PanelId) -> Result<Vec<ListView>, StoreError> {
        let rows = sqlx::query(LISTS).bind(panel.0).fetch_all(&self.pool).await?;
        let mut lists = Vec::new();
        for row in &rows {
            lists.push(list_view(row)?);
        }
        fill(&self.pool, &mut lists).await?;
        Ok(lists)
    }

    /// One list.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list(&self, list: ListId) -> Result<Option<ListView>, StoreError> {
        let mut connection = self.pool.acquire().await.map_err(|error| self.explain(error))?;
        find(&mut connection, list).await
    }
}

impl Act {
    /// Whether the panel, which is locked, has a list that is not closed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_open_list(&mut self, panel: PanelId) -> Result<bool, StoreError> {
        let row = sqlx::query(OPEN_LIST).bind(panel.0).fetch_one(self.connection()).await?;
        Ok(row.try_get("open")?)
    }

    /// As [`Store::list`], of this moment.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list(&mut self, list: ListId) -> Result<Option<ListView>, StoreError> {
        find(self.connection(), list).await
    }

    /// Moves proposals, each from what it is to what it becomes, with a reason.
    ///
    /// # Errors
    /// When the database does not answer, or one is not as it was decided on: a defect.
    pub async fn move_proposals(&mut self, moves: &[Moved]) -> Result<(), StoreError> {
        let by = self.by.clone();
        move_proposals(self.connection(), &by, moves).await
    }

    /// Writes down the $0 attachment code for people who were accepted.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn write_records(
        &mut self,
        accepted: &[(ProposalId, &str)],
        billing: Billing,
    ) -> Result<(), StoreError> {
        let by = self.by.clone();
        let proposals: Vec<i64> = accepted.iter().map(|(proposal, _)| proposal.0).collect();
        write_records(self.connection(), &by, &proposals, billing).await
    }

    /// Makes and sends a list. Its panel and everybody on it are locked.
    ///
    /// # Errors
    /// When the database does not answer, or the panel has a list that is not closed.
    pub async fn send_list(
        &mut self,
        list: ListId,
        panel: PanelId,
        due_at: DateTime<Utc>,
        picked: &[Picked],
    ) -> Result<(), StoreError> {
        let by = self.by.clone();
        let query = sqlx::query(ADD_LIST).bind(list.0).bind(panel.0).bind(&by.author);
        query.bind(by.at).bind(due_at).execute(self.connection()).await?;
        let families: Vec<FamilyId> = picked.iter().map(|picked| picked.family).collect();
        let members = self.members_of(&families).await?;
        let (mut ids, mut places, mut scores) = (vec![], vec![], vec![]);
        let (mut states, mut reasons) = (vec![], vec![]);
        for (place, one) in (1_i32..).zip(picked) {
            for (_, registration, _) in members.iter().filter(|(of, ..)| *of == one.family) {
                ids.push(registration.0);
                places.push(place);
                scores.push(Json(&one.parts));
                let left_out = one.left_out.is_some();
                let state = if left_out { ProposalState::LeftOut } else { ProposalState::Proposed };
                states.push(state.word());
                reasons.push(one.left_out.map(LeaveOutReason::word));
            }
        }
        sqlx::query(ADD_PROPOSALS)
            .bind(list.0)
            .bind(ids)
            .bind(places)
            .bind(scores)
            .bind(states)
            .bind(reasons)
            .bind(by.at)
            .bind(&by.author)
            .bind(by.id)
            .execute(self.connection())
            .await?;
        Ok(())
    }
}

async fn find(connection: &mut PgConnection, list: ListId) -> Result<Option<ListView>, StoreError> {
    let Some(row) = sqlx::query(LIST).bind(list.0).fetch_optional(&mut *connection).await? else {
        return Ok(None);
    };
    let mut lists = vec![list_view(&row)?];
    fill(connection, &mut lists).await?;
    Ok(lists.pop())
}

fn list_view(row: &PgRow) -> Result<ListView, StoreError> {
    Ok(ListView {
        id: ListId(row.try_get("id")?),
        panel: PanelId(row.try_get("panel_id")?),
        state: word(row, "state", ListState::of)?,
        made_by: row.try_get("made_by")?,
        sent_at: row.try_get("sent_at")?,
        due_at: row.try_get("due_at")?,
        proposals: Vec::new(),
    })
}

async fn fill(executor: impl PgExecutor<'_>, lists: &mut [ListView]) -> Result<(), StoreError> {
    let ids: Vec<_> = lists.iter().map(|list| list.id.0).collect();
    for row in &sqlx::query(PROPOSALS).bind(ids).fetch_all(executor).await? {
        let of = ListId(row.try_get("list_id")?);
        let preferred: Option<String> = row.try_get("preferred_name")?;
        let name: String = row.try_get("name")?;
        let Json(parts) = row.try_get("score")?;
        let proposal = ProposalView {
            id: ProposalId(row.try_get("id")?),
            registration: RegistrationId(row.try_get("registration_id")?),
            family: FamilyId(row.try_get("family_id")?),
            phn: row.try_get("phn")?,
            name: preferred.map_or(name.clone(), |preferred| format!("{name} ({preferred})")),
            birth_date: row.try_get("birth_date")?,
            state: word(row, "state", ProposalState::of)?,
            reason: row.try_get("reason")?,
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
        };
        if let Some(list) = lists.iter_mut().find(|list| list.id == of) {
            list.proposals.push(proposal);
        }
    }
    Ok(())
}
