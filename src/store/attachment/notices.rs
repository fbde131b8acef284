//! What families are told: taken by one server at a time, tried again later and later.

use chrono::{DateTime, Utc};
use sqlx::Row as _;

use crate::attachment::NoticeKind;

use super::super::error::StoreError;
use super::super::pool::Store;
use super::places::word;

/// A notice that is to be sent now.
#[derive(Debug, Clone)]
pub struct DueNotice {
    /// Our number of it.
    pub id: i64,
    /// What it tells.
    pub kind: NoticeKind,
    /// Where to.
    pub email: String,
    /// How often it was tried, this time included.
    pub attempts: i32,
}

/// Tried so often, it is given up: that is after a day and a half.
pub const ATTEMPTS: i32 = 12;

// Whoever takes one puts off the next try by twice as long each time: if they die, somebody else tries then. Families who are reached by telephone
// are told by people.
const TAKE: &str = "
WITH due AS (
    SELECT n.id FROM attachment.notice n JOIN attachment.family f ON f.id = n.family_id AND f.channel = 'email'
     WHERE n.due_at <= $1 AND n.sent_at IS NULL AND n.given_up_at IS NULL
     ORDER BY n.due_at LIMIT 20 FOR UPDATE OF n SKIP LOCKED
)
UPDATE attachment.notice n
   SET attempts = n.attempts + 1, due_at = $1 + interval '1 minute' * 2 ^ least(n.attempts, 11)
  FROM due, attachment.family f WHERE n.id = due.id AND f.id = n.family_id
RETURNING n.id, n.kind, n.attempts, f.email";

const SENT: &str = "UPDATE attachment.notice SET sent_at = $2 WHERE id = $1 AND sent_at IS NULL";
const GIVEN_UP: &str = "UPDATE attachment.notice SET given_up_at = $2 WHERE id = $1 AND sent_at IS NULL AND given_up_at IS NULL";

impl Store {
    /// Takes some of the notices that are to be sent by now; nobody else does for a while.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_notices(&self, now: DateTime<Utc>) -> Result<Vec<DueNotice>, StoreError> {
        let rows = sqlx::query(TAKE).bind(now).fetch_all(&self.pool).await?;
        let notice = |row: &sqlx::postgres::PgRow| -> Result<DueNotice, StoreError> {
            Ok(DueNotice {
                id: row.try_get("id")?,
                kind: word(row, "kind", NoticeKind::of)?,
                email: row.try_get("email")?,
                attempts: row.try_get("attempts")?,
            })
        };
        rows.iter().map(notice).collect()
    }

    /// Writes down that a notice was sent.
    ///
    /// # Errors
    /// When the database does not answer: then it is sent once more.
    pub async fn notice_sent(&self, id: i64, at: DateTime<Utc>) -> Result<(), StoreError> {
        sqlx::query(SENT).bind(id).bind(at).execute(&self.pool).await?;
        Ok(())
    }

    /// Gives a notice up.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn give_up_notice(&self, id: i64, at: DateTime<Utc>) -> Result<(), StoreError> {
        sqlx::query(GIVEN_UP).bind(id).bind(at).execute(&self.pool).await?;
        Ok(())
    }
}
