//! Sessions of people who signed in with a browser.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::Row as _;
use sqlx::types::Json;

use crate::audit::Record;

use super::audit::record_sql;
use super::error::StoreError;
use super::pool::Store;

/// A session that goes on.
#[derive(Debug, Clone)]
pub struct Session {
    /// Who, in the words of the issuer.
    pub subject: String,
    /// As they are greeted.
    pub name: String,
    /// In every form of ours.
    pub form_key: String,
}

/// How long a session lasts at most, and without anything being done in it.
#[derive(Debug, Clone, Copy)]
pub struct SessionTimes {
    /// In all.
    pub all: TimeDelta,
    /// Since the last request.
    pub idle: TimeDelta,
}

impl Default for SessionTimes {
    fn default() -> Self {
        SessionTimes { all: TimeDelta::hours(10), idle: TimeDelta::minutes(30) }
    }
}

const OPEN: &str = concat!(
    "
WITH over AS (DELETE FROM web.session WHERE expires_at <= $5 OR seen_at <= $7), recorded AS (",
    record_sql!("8"),
    ")
INSERT INTO web.session (digest, subject, name, form_key, opened_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, $5, $5, $6)"
);

// Of two who end one session at once, one is in the trail.
const CLOSE: &str = concat!(
    "
WITH gone AS (DELETE FROM web.session WHERE digest = $1 RETURNING subject)
",
    record_sql!("2", "WHERE EXISTS (SELECT FROM gone)")
);

// Written down once a minute: a page is not worth a transaction each time.
const GO_ON: &str = "
WITH seen AS (UPDATE web.session SET seen_at = $2 WHERE digest = $1 AND expires_at > $2 AND seen_at > $3 AND seen_at <= $2 - interval '1 minute')
SELECT subject, name, form_key FROM web.session WHERE digest = $1 AND expires_at > $2 AND seen_at > $3";

impl Store {
    /// Opens a session under the digest of its secret, with its record in the trail, and clears away those that are over.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn open_session(
        &self,
        digest: &[u8],
        session: &Session,
        at: DateTime<Utc>,
        times: SessionTimes,
        record: &Record,
    ) -> Result<(), StoreError> {
        let query = sqlx::query(OPEN).bind(digest).bind(&session.subject).bind(&session.name);
        let query = query.bind(&session.form_key).bind(at).bind(at + times.all);
        query.bind(at - times.idle).bind(Json([record])).execute(&self.pool).await?;
        Ok(())
    }

    /// The session of this digest, if it goes on.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn session(
        &self,
        digest: &[u8],
        at: DateTime<Utc>,
        times: SessionTimes,
    ) -> Result<Option<Session>, StoreError> {
        let query = sqlx::query(GO_ON).bind(digest).bind(at).bind(at - times.idle);
        let Some(row) = query.fetch_optional(&self.pool).await? else { return Ok(None) };
        Ok(Some(Session {
            subject: row.try_get("subject")?,
            name: row.try_get("name")?,
            form_key: row.try_get("form_key")?,
        }))
    }

    /// Ends a session, with its record in the trail where there is one and the session was there.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn close_session(
        &self,
        digest: &[u8],
        record: Option<&Record>,
    ) -> Result<(), StoreError> {
        let query = sqlx::query(CLOSE).bind(digest).bind(Json(record.as_slice()));
        query.execute(&self.pool).await?;
        Ok(())
    }
}
