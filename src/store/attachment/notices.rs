//! What families, and those who act for panels, are told: taken by one server at a time, tried again later and later.

use chrono::{DateTime, Utc};
use sqlx::Row as _;

use crate::attachment::{ContactChannel, ListId, NoticeKind};

use super::super::error::StoreError;
use super::super::pool::Store;
use super::act::{Act, By};
use super::places::word;

/// A notice that is to be sent now.
#[derive(Debug, Clone)]
pub struct DueNotice {
    /// Our number of it.
    pub id: i64,
    /// What it tells.
    pub kind: NoticeKind,
    /// Where to: an address or a telephone number.
    pub to: String,
    /// How often it was tried, this time included.
    pub attempts: i32,
}

/// Tried so often, it is given up: that is after a day and a half.
pub const ATTEMPTS: i32 = 12;

// Whoever takes one puts off the next try by twice as long each time: if they die, somebody else tries then. Families who are reached by telephone
// are called by people. $1 now, $2 channel.
const TAKE: &str = "
WITH due AS (
    SELECT n.id, CASE $2 WHEN 'email' THEN coalesce(f.email, c.email) ELSE coalesce(f.phone, c.phone) END AS place
      FROM attachment.notice n
      LEFT JOIN attachment.family f ON f.id = n.family_id
      LEFT JOIN access.contact c ON c.subject = n.subject
     WHERE n.due_at <= $1 AND n.sent_at IS NULL AND n.given_up_at IS NULL AND coalesce(f.channel, c.channel) = $2
     ORDER BY n.due_at LIMIT 1 FOR UPDATE OF n SKIP LOCKED
)
UPDATE attachment.notice n
   SET attempts = n.attempts + 1, due_at = $1 + interval '1 minute' * 2 ^ least(n.attempts, 11)
  FROM due WHERE n.id = due.id
RETURNING n.id, n.kind, n.attempts, due.place";

const SENT: &str = "UPDATE attachment.notice SET sent_at = $2 WHERE id = $1 AND sent_at IS NULL";
const GIVEN_UP: &str = "
UPDATE attachment.notice SET given_up_at = $2, refused_with = $3 WHERE id = $1 AND sent_at IS NULL AND given_up_at IS NULL";

// $2 when it is tried next.
const PUT_OFF: &str = "UPDATE attachment.notice SET due_at = $2, attempts = attempts - 1 WHERE id = $1 AND sent_at IS NULL AND attempts > 0";

// They said meanwhile that they look, or look no more: what was asked is not asked any more. $1 now.
const PAST: &str = "
UPDATE attachment.notice n SET given_up_at = $1
 WHERE n.due_at <= $1 AND n.sent_at IS NULL AND n.given_up_at IS NULL AND n.kind IN ('asked', 'not-reconfirmed')
   AND NOT EXISTS (SELECT FROM attachment.registration r
                    WHERE r.family_id = n.family_id AND r.state = CASE n.kind WHEN 'asked' THEN 'reconfirm-due' ELSE 'suspended' END)";

/// To whoever acts for the provider of `l`'s panel, and wants to be told. Columns and conditions follow.
macro_rules! to_practice {
    ($list:literal) => {
        concat!(
            " FROM ",
            $list,
            " l JOIN panel.panel n ON n.id = l.panel_id
  JOIN access.role r ON r.practitioner_key = n.practitioner_key AND r.revoked_at IS NULL
  JOIN access.contact c ON c.subject = r.subject AND c.channel <> 'none'"
        )
    };
}

// $1 list, $2 what, $3 the act, $4 when.
const TELL_PRACTICE: &str = concat!(
    "INSERT INTO attachment.notice (subject, list_id, kind, act_id, made_at, due_at)
SELECT DISTINCT r.subject, l.id, $2, $3::uuid, $4::timestamptz, $4::timestamptz",
    to_practice!("attachment.list"),
    " WHERE l.id = $1
ON CONFLICT ON CONSTRAINT a_person_is_told_once DO NOTHING"
);

// $1 now, $2 sent by then, $3 the act.
const REMIND: &str = concat!(
    "WITH l AS (
    UPDATE attachment.list SET reminded_at = $1 WHERE state = 'sent' AND reminded_at IS NULL AND sent_at <= $2 RETURNING id, panel_id
), told AS (
    INSERT INTO attachment.notice (subject, list_id, kind, act_id, made_at, due_at)
    SELECT DISTINCT r.subject, l.id, 'list-due', $3::uuid, $1, $1",
    to_practice!("l"),
    " ON CONFLICT ON CONSTRAINT a_person_is_told_once DO NOTHING
)
SELECT id FROM l"
);

// $1 now, $2 accepted by then, $3 the act. Who was told of a list is not told again.
const REMIND_TO_CONFIRM: &str = concat!(
    "INSERT INTO attachment.notice (subject, list_id, kind, act_id, made_at, due_at)
SELECT DISTINCT r.subject, l.id, 'to-confirm', $3::uuid, $1::timestamptz, $1::timestamptz",
    to_practice!("attachment.list"),
    " WHERE l.id IN (SELECT list_id FROM attachment.proposal WHERE state = 'accepted' AND state_at <= $2)
   AND NOT EXISTS (SELECT FROM attachment.notice t WHERE t.subject = r.subject AND t.list_id = l.id AND t.kind = 'to-confirm')
ON CONFLICT ON CONSTRAINT a_person_is_told_once DO NOTHING RETURNING list_id"
);

impl Store {
    /// Takes a notice that is to be sent by now by this channel; nobody else does for a minute at least.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_notice(
        &self,
        by: ContactChannel,
        now: DateTime<Utc>,
    ) -> Result<Option<DueNotice>, StoreError> {
        let query = sqlx::query(TAKE).bind(now).bind(by.word());
        let row = query.fetch_optional(&self.pool).await?;
        let notice = |row: &sqlx::postgres::PgRow| -> Result<DueNotice, StoreError> {
            Ok(DueNotice {
                id: row.try_get("id")?,
                kind: word(row, "kind", NoticeKind::of)?,
                to: row.try_get("place")?,
                attempts: row.try_get("attempts")?,
            })
        };
        row.as_ref().map(notice).transpose()
    }

    /// Writes down that a notice was sent.
    ///
    /// # Errors
    /// When the database does not answer: then it is sent once more.
    pub async fn notice_sent(&self, id: i64, at: DateTime<Utc>) -> Result<(), StoreError> {
        sqlx::query(SENT).bind(id).bind(at).execute(&self.pool).await?;
        Ok(())
    }

    /// Gives a notice up, with the status that it was refused with, if it was.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn give_up_notice(
        &self,
        id: i64,
        at: DateTime<Utc>,
        status: Option<u16>,
    ) -> Result<(), StoreError> {
        let query = sqlx::query(GIVEN_UP).bind(id).bind(at).bind(status.map(i32::from));
        query.execute(&self.pool).await?;
        Ok(())
    }

    /// Puts off a notice that was not tried in earnest.
    ///
    /// # Errors
    /// When the database does not answer: then it counts as tried.
    pub async fn put_off_notice(&self, id: i64, until: DateTime<Utc>) -> Result<(), StoreError> {
        sqlx::query(PUT_OFF).bind(id).bind(until).execute(&self.pool).await?;
        Ok(())
    }

    /// Gives up notices that do not hold any more.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn give_up_past_notices(&self, at: DateTime<Utc>) -> Result<(), StoreError> {
        sqlx::query(PAST).bind(at).execute(&self.pool).await?;
        Ok(())
    }

    /// Reminds the providers of lists that were sent by then and are still open; gives those lists, each once whichever server asks.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn remind(&self, by: &By, sent_by: DateTime<Utc>) -> Result<Vec<ListId>, StoreError> {
        let query = sqlx::query(REMIND).bind(by.at).bind(sent_by).bind(by.id);
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(ListId(row.try_get("id")?))).collect()
    }

    /// Reminds providers to confirm whom they accepted by then; gives how many people are told.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn remind_to_confirm(
        &self,
        by: &By,
        accepted_by: DateTime<Utc>,
    ) -> Result<usize, StoreError> {
        let query = sqlx::query(REMIND_TO_CONFIRM).bind(by.at).bind(accepted_by).bind(by.id);
        Ok(query.fetch_all(&self.pool).await?.len())
    }
}

impl Act {
    /// Tells whoever acts for the provider of a list's panel, and wants to be told.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tell_practice(
        &mut self,
        list: ListId,
        kind: NoticeKind,
    ) -> Result<(), StoreError> {
        let query = sqlx::query(TELL_PRACTICE).bind(list.0).bind(kind.word());
        let query = query.bind(self.by.id).bind(self.by.at);
        query.execute(self.connection()).await?;
        Ok(())
    }
}
