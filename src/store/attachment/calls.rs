//! Families who want to be called: whom, about what, and that they were.

use chrono::{DateTime, Utc};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use crate::attachment::{FamilyId, NoticeKind};

use super::super::error::StoreError;
use super::super::pool::Store;
use super::act::Act;
use super::names::shown_name;
use super::places::word;

/// A family that is to be called.
#[derive(Debug, Clone)]
pub struct CallView {
    /// Which.
    pub family: FamilyId,
    /// Its community.
    pub community: String,
    /// The language it speaks.
    pub language: String,
    /// The language it needs an interpreter for.
    pub interpreter: Option<String>,
    /// The number to call.
    pub phone: String,
    /// Those of it whom it is about, as they are called.
    pub names: Vec<String>,
    /// Their numbers, in the same order.
    pub phns: Vec<String>,
    /// About what, what happened first before the rest.
    pub about: Vec<CallReason>,
}

/// What a family is called about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallReason {
    /// The notice.
    pub notice: i64,
    /// What it tells.
    pub kind: NoticeKind,
    /// Since when it is to be told.
    pub since: DateTime<Utc>,
}

/// Families called at a time.
const AT_A_TIME: i64 = 100;

// What does not hold any more, nobody is called about: they said that they look, or look no more.
macro_rules! to_be_called {
    () => {
        "n.sent_at IS NULL AND n.given_up_at IS NULL AND f.channel = 'phone'
   AND EXISTS (SELECT FROM area.community c WHERE c.code = f.community AND c.network = $1)
   AND EXISTS (SELECT FROM attachment.registration r WHERE r.family_id = f.id
                  AND CASE n.kind WHEN 'asked' THEN r.state = 'reconfirm-due' WHEN 'not-reconfirmed' THEN r.state = 'suspended'
                                  WHEN 'put-back' THEN r.state IN ('active', 'reconfirm-due', 'suspended')
                                  WHEN 'attachment-ended' THEN r.state IN ('active', 'reconfirm-due', 'suspended')
                                  WHEN 'provider-left' THEN r.state IN ('active', 'reconfirm-due', 'suspended') END)"
    };
}

// $1 network, $2 families at most.
const CALLS: &str = concat!(
    "WITH open AS (
    SELECT n.id, n.kind, n.made_at, n.family_id FROM attachment.notice n JOIN attachment.family f ON f.id = n.family_id WHERE ",
    to_be_called!(),
    "), first AS (
    SELECT family_id, min(made_at) AS since FROM open GROUP BY family_id ORDER BY since, family_id LIMIT $2
)
SELECT o.id, o.kind, o.made_at, o.family_id, f.phone, f.language, f.interpreter, m.name AS community, p.names, p.phns
  FROM first t JOIN open o USING (family_id) JOIN attachment.family f ON f.id = o.family_id JOIN area.community m ON m.code = f.community
 CROSS JOIN LATERAL (
       SELECT array_agg(CASE WHEN k.masked THEN 'Name withheld' ELSE concat_ws(' ', ",
    shown_name!("k.names"),
    ", '(' || nullif(r.preferred_name, '') || ')') END ORDER BY r.id) AS names, array_agg(r.phn ORDER BY r.id) AS phns
         FROM attachment.registration r JOIN client_registry.patient k ON k.phn = r.phn
        WHERE r.family_id = o.family_id AND r.state IN ('active', 'reconfirm-due', 'suspended', 'proposed')) p
 ORDER BY t.since, o.family_id, o.made_at, o.id"
);

// $1 network, $2 notices, $3 when, $4 author, $5 the act. Whom several call at once, one has called.
const CALLED: &str = concat!(
    "WITH called AS (
    UPDATE attachment.notice n SET sent_at = $3 FROM attachment.family f WHERE f.id = n.family_id AND n.id = ANY ($2) AND ",
    to_be_called!(),
    " RETURNING n.id, n.family_id
), kept AS (
    INSERT INTO attachment.call (notice_id, called_at, author, act_id) SELECT id, $3, $4, $5 FROM called
)
SELECT count(*) AS notices, (SELECT array_agg(DISTINCT r.phn) FROM attachment.registration r JOIN called USING (family_id)
                              WHERE r.state IN ('active', 'reconfirm-due', 'suspended', 'proposed')) AS phns FROM called"
);

impl Store {
    /// The families of a network that are to be called, those who wait longest for it first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn calls(&self, network: &str) -> Result<Vec<CallView>, StoreError> {
        let rows = sqlx::query(CALLS).bind(network).bind(AT_A_TIME).fetch_all(&self.pool).await?;
        let mut calls: Vec<CallView> = Vec::new();
        for row in &rows {
            let family = FamilyId(row.try_get("family_id")?);
            match calls.last_mut().filter(|call| call.family == family) {
                Some(call) => call.about.push(reason(row)?),
                None => calls.push(CallView {
                    family,
                    community: row.try_get("community")?,
                    language: row.try_get("language")?,
                    interpreter: row.try_get("interpreter")?,
                    phone: row.try_get("phone")?,
                    names: row.try_get("names")?,
                    phns: row.try_get("phns")?,
                    about: vec![reason(row)?],
                }),
            }
        }
        Ok(calls)
    }
}

impl Act {
    /// Writes down that families of a network were called about these notices; gives who they are, or `None` where one of the notices is not
    /// to be called about, or not any more.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn called(
        &mut self,
        network: &str,
        notices: &[i64],
    ) -> Result<Option<Vec<String>>, StoreError> {
        let by = self.by.clone();
        let query = sqlx::query(CALLED).bind(network).bind(notices).bind(by.at);
        let row = query.bind(&by.author).bind(by.id).fetch_one(self.connection()).await?;
        let called: i64 = row.try_get("notices")?;
        let phns: Option<Vec<String>> = row.try_get("phns")?;
        Ok((usize::try_from(called) == Ok(notices.len())).then(|| phns.unwrap_or_default()))
    }
}

fn reason(row: &PgRow) -> Result<CallReason, StoreError> {
    Ok(CallReason {
        notice: row.try_get("id")?,
        kind: word(row, "kind", NoticeKind::of)?,
        since: row.try_get("made_at")?,
    })
}
