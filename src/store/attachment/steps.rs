//! Steps of the workflow, each guarded by what it was, with its history.

use chrono::{DateTime, Utc};
use sqlx::postgres::PgConnection;

use crate::attachment::{Move, ProposalState, RegistrationId, Step};

use super::super::error::StoreError;
use super::act::By;

// $1 ids, $2 was, $3 became, $4 why, $5 panels; $6 when, $7 author, $8 for whom, $9 the act.
const REGISTRATIONS: &str = "
WITH step AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[]) AS s (id, was, became, reason, panel_id)
), moved AS (
    UPDATE attachment.registration r
       SET state = s.became, panel_id = s.panel_id, state_at = greatest($6, r.registered_at),
           reconfirmed_at = CASE WHEN s.reason IN ('reconfirmed', 'attachment-ended', 'provider-left') THEN greatest($6, r.registered_at) ELSE r.reconfirmed_at END
      FROM step s WHERE r.id = s.id AND r.state = s.was
    RETURNING r.id, r.family_id
), told AS (
    INSERT INTO attachment.notice (family_id, kind, act_id, made_at, due_at)
    SELECT DISTINCT m.family_id, s.reason, $9, $6, CASE f.channel WHEN 'phone' THEN 'infinity'::timestamptz ELSE $6 END
      FROM step s JOIN moved m USING (id) JOIN attachment.family f ON f.id = m.family_id
     WHERE s.reason IN ('asked', 'not-reconfirmed', 'put-back', 'attached', 'attachment-ended', 'provider-left') AND s.was <> s.became AND (s.reason <> 'attached' OR f.channel <> 'phone')
    ON CONFLICT ON CONSTRAINT a_family_is_told_once DO NOTHING
)
INSERT INTO attachment.registration_change (registration_id, was, became, reason, at, author, on_behalf_of, act_id)
SELECT s.id, s.was, s.became, s.reason, $6, $7, $8, $9 FROM step s JOIN moved USING (id)";

// $1 registration, $2 number, $3 the beginning of the wait; $4 why, $5 when, $6 author, $7 the act.
const RENUMBER: &str = "
WITH put_right AS (
    UPDATE attachment.registration SET phn = $2, registered_at = least($3, registered_at) WHERE id = $1 RETURNING id, state
)
INSERT INTO attachment.registration_change (registration_id, was, became, reason, at, author, act_id)
SELECT id, state, state, $4, $5, $6, $7 FROM put_right";

// $1 ids, $2 was, $3 became; $4 when, $5 author, $6 for whom, $7 the act; $8 why.
const PROPOSALS: &str = "
WITH step AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $8::text[]) AS s (id, was, became, reason)
), moved AS (
    UPDATE attachment.proposal p SET state = s.became, state_at = $4, reason = coalesce(s.reason, p.reason)
      FROM step s WHERE p.id = s.id AND p.state = s.was
    RETURNING p.id
)
INSERT INTO attachment.proposal_change (proposal_id, was, became, reason, at, author, on_behalf_of, act_id)
SELECT s.id, s.was, s.became, s.reason, $4, $5, $6, $7 FROM step s JOIN moved USING (id)";

// Whoever moves somebody on a list waits here for whoever moves somebody else: each must see what the other did, or neither closes the list.
// After every other lock, and in order. $1 proposals.
const LOCK_LISTS: &str = "
SELECT FROM attachment.list WHERE id IN (SELECT list_id FROM attachment.proposal WHERE id = ANY ($1)) ORDER BY id FOR UPDATE";

// A list that nobody on it waits for any more; coordinators of its network are told, if they want to be. $1 proposals, $2 when, $3 the act.
const CLOSE_LISTS: &str = "
WITH closed AS (
    UPDATE attachment.list l SET state = 'closed', closed_at = $2
     WHERE l.id IN (SELECT list_id FROM attachment.proposal WHERE id = ANY ($1)) AND l.state = 'sent'
       AND NOT EXISTS (SELECT FROM attachment.proposal p WHERE p.list_id = l.id AND p.state IN ('proposed', 'in-intake'))
    RETURNING id, panel_id
)
INSERT INTO attachment.notice (subject, list_id, kind, act_id, made_at, due_at)
SELECT DISTINCT r.subject, l.id, 'list-closed', $3::uuid, $2, $2
  FROM closed l JOIN panel.panel n ON n.id = l.panel_id
  JOIN area.community m ON m.code = area.community_of_clinic(n.organization_key)
  JOIN access.role r ON r.network = m.network AND r.revoked_at IS NULL
  JOIN access.contact c ON c.subject = r.subject AND c.channel <> 'none'
ON CONFLICT ON CONSTRAINT a_person_is_told_once DO NOTHING";

// $1 proposals, $2 code, $3 day, $4 when, $5 author, $6 the act.
const RECORDS: &str = "
INSERT INTO attachment.record (panel_id, proposal_id, phn, practitioner_key, organization_key, code, attached_on, at, author, on_behalf_of, act_id)
SELECT n.id, p.id, r.phn, n.practitioner_key, n.organization_key, $2, $3, $4, $5, n.practitioner_key, $6
  FROM attachment.proposal p JOIN attachment.list l ON l.id = p.list_id JOIN panel.panel n ON n.id = l.panel_id
  JOIN attachment.registration r ON r.id = p.registration_id
 WHERE p.id = ANY ($1)";

// $1 entries, $2 when, $3 author, $4 the act, $5 why.
const DROP: &str = "
WITH dropped AS (
    UPDATE panel.entry e SET status = 'removed', status_at = greatest($2, started_at), ended_at = greatest($2, started_at), author = $3, message_id = $4
      FROM unnest($1::bigint[], $5::text[]) AS s (id, why) WHERE e.id = s.id AND status = 'pending'
    RETURNING e.id, e.panel_id, s.why
)
INSERT INTO panel.change (entry_id, was, became, at, author, on_behalf_of, message_id, reason)
SELECT d.id, 'pending', 'removed', $2, $3, n.practitioner_key, $4, d.why FROM dropped d JOIN panel.panel n ON n.id = d.panel_id";

// Messages about them that looked before are overtaken. $1 patients.
const RAISE: &str = "
UPDATE panel.patient p
   SET version = version + 1,
       registered = EXISTS (SELECT FROM attachment.registration r WHERE r.phn = p.phn AND r.state NOT IN ('withdrawn', 'deceased'))
 WHERE p.phn = ANY ($1)";

/// What a record of an attachment says besides what the database knows.
#[derive(Debug, Clone, Copy)]
pub struct Billing {
    /// The $0 code that is written.
    pub code: &'static str,
    /// The day in the province.
    pub day: chrono::NaiveDate,
}

/// Takes all steps or none.
pub(in crate::store) async fn take(
    connection: &mut PgConnection,
    by: &By,
    steps: &[Step],
    billing: Billing,
) -> Result<(), StoreError> {
    let (mut ids, mut was, mut became, mut reasons, mut panels) =
        (vec![], vec![], vec![], vec![], vec![]);
    let (mut proposals, mut drops, mut dropped, mut records) = (vec![], vec![], vec![], vec![]);
    for step in steps {
        match step {
            Step::Registration { id, was: from, became: to, by: reason, panel } => {
                ids.push(id.0);
                was.push(from.word());
                became.push(to.word());
                reasons.push(reason.word());
                panels.push(panel.map(|panel| panel.0));
            }
            Step::Proposal { id, was, became } => proposals.push((id.0, *was, *became, None)),
            Step::Record(id) => records.push(id.0),
            Step::Drop(entry, why) => {
                drops.push(entry.0);
                dropped.push(why.word());
            }
        }
    }
    if !ids.is_empty() {
        let asked = ids.len();
        let query = sqlx::query(REGISTRATIONS).bind(ids).bind(was).bind(became).bind(reasons);
        let query = query.bind(panels).bind(by.at).bind(&by.author).bind(&by.on_behalf_of);
        touched(query.bind(by.id).execute(&mut *connection).await?.rows_affected(), asked)?;
    }
    move_proposals(connection, by, &proposals).await?;
    write_records(connection, by, &records, billing).await?;
    if !drops.is_empty() {
        let asked = drops.len();
        let query = sqlx::query(DROP).bind(drops).bind(by.at).bind(&by.author).bind(by.id);
        touched(query.bind(dropped).execute(&mut *connection).await?.rows_affected(), asked)?;
    }
    Ok(())
}

/// A registration goes on under another number, with the wait that began then.
pub(super) async fn renumber(
    connection: &mut PgConnection,
    by: &By,
    registration: RegistrationId,
    phn: &str,
    began: DateTime<Utc>,
) -> Result<(), StoreError> {
    let query = sqlx::query(RENUMBER).bind(registration.0).bind(phn).bind(began);
    let query = query.bind(Move::Merge.word()).bind(by.at).bind(&by.author).bind(by.id);
    touched(query.execute(connection).await?.rows_affected(), 1)
}

/// A proposal, what it is, what it becomes, and why.
pub type Moved = (i64, ProposalState, ProposalState, Option<&'static str>);

/// Moves proposals, and closes lists on which nobody is left to be answered.
pub(super) async fn move_proposals(
    connection: &mut PgConnection,
    by: &By,
    moves: &[Moved],
) -> Result<(), StoreError> {
    if moves.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = moves.iter().map(|(id, ..)| *id).collect();
    sqlx::query(LOCK_LISTS).bind(&ids).execute(&mut *connection).await?;
    let query = sqlx::query(PROPOSALS)
        .bind(&ids)
        .bind(moves.iter().map(|(_, was, ..)| was.word()).collect::<Vec<_>>())
        .bind(moves.iter().map(|(_, _, became, _)| became.word()).collect::<Vec<_>>())
        .bind(by.at)
        .bind(&by.author)
        .bind(&by.on_behalf_of)
        .bind(by.id)
        .bind(moves.iter().map(|(.., reason)| *reason).collect::<Vec<_>>());
    touched(query.execute(&mut *connection).await?.rows_affected(), ids.len())?;
    sqlx::query(CLOSE_LISTS).bind(&ids).bind(by.at).bind(by.id).execute(connection).await?;
    Ok(())
}

/// Writes the $0 attachment code for proposals.
pub(super) async fn write_records(
    connection: &mut PgConnection,
    by: &By,
    proposals: &[i64],
    billing: Billing,
) -> Result<(), StoreError> {
    if proposals.is_empty() {
        return Ok(());
    }
    let query = sqlx::query(RECORDS).bind(proposals).bind(billing.code).bind(billing.day);
    let written = query.bind(by.at).bind(&by.author).bind(by.id).execute(connection).await?;
    touched(written.rows_affected(), proposals.len())
}

/// Lets messages know that something has changed about these people.
pub(in crate::store) async fn raise(
    connection: &mut PgConnection,
    phns: &[&str],
) -> Result<(), StoreError> {
    sqlx::query(RAISE).bind(phns).execute(connection).await?;
    Ok(())
}

/// Everything was decided under lock: a row that is not as it was is a defect, and nothing of the act may be kept.
pub(super) fn touched(rows: u64, asked: usize) -> Result<(), StoreError> {
    if usize::try_from(rows) == Ok(asked) {
        return Ok(());
    }
    Err(StoreError::Broken(format!("{rows} of {asked} steps could be taken")))
}
