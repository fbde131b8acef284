//! Families as they are shown to whoever registered them, and what they may change.

use chrono::{DateTime, Utc};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{Postgres, Row as _};

use crate::attachment::{Complexity, FamilyId, Gender, RegistrationId, RegistrationState};

use super::super::error::StoreError;
use super::super::pool::Store;
use super::act::Act;
use super::names::open_name;
use super::places::word;
use super::steps::touched;

/// How to reach a family, where it lives, and what it would like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wishes {
    /// How to reach them.
    pub email: Option<String>,
    /// How to reach them.
    pub phone: Option<String>,
    /// By which of the two: `email`, `phone` or `text`.
    pub channel: String,
    /// The language they speak, BCP 47.
    pub language: String,
    /// Where they live; `None`: no fixed address.
    pub postal_code: Option<String>,
    /// In which community, by code.
    pub community: String,
    /// How far they would go, kilometres; `None`: any distance.
    pub distance: Option<u32>,
    /// What they would prefer their provider to be.
    pub gender: Option<Gender>,
    /// The language they need an interpreter for.
    pub interpreter: Option<String>,
}

/// A family as it is shown to itself.
#[derive(Debug, Clone)]
pub struct FamilyView {
    /// Which.
    pub id: FamilyId,
    /// The community's name.
    pub community: String,
    /// What they told when they registered, or since.
    pub wishes: Wishes,
    /// Its members.
    pub members: Vec<RegistrationView>,
    /// How many families of their community that wait registered earlier; beyond a thousand they are not counted.
    pub before: i64,
    /// Who may see and change it; `None`: nobody but agents.
    pub subject: Option<String>,
}

/// A registration as it is shown to whoever registered it.
#[derive(Debug, Clone)]
pub struct RegistrationView {
    /// Which.
    pub id: RegistrationId,
    /// Whom.
    pub phn: String,
    /// Their name in the Client Registry; `None`: the record is masked, or there is none.
    pub name: Option<String>,
    /// How they want to be called.
    pub preferred_name: Option<String>,
    /// Its state.
    pub state: RegistrationState,
    /// The beginning of the wait.
    pub registered_at: DateTime<Utc>,
    /// When they last said that they are looking.
    pub reconfirmed_at: DateTime<Utc>,
    /// Their health changed in the three months before they told.
    pub changed: bool,
    /// Codes of what they have.
    pub conditions: Vec<String>,
}

/// The health of a member, told anew.
#[derive(Debug, Clone)]
pub struct HealthUpdate {
    /// Whose.
    pub registration: RegistrationId,
    /// Their health changed in the last three months.
    pub changed: bool,
    /// Codes of what they have.
    pub conditions: Vec<String>,
    /// What that comes to.
    pub complexity: Complexity,
    /// How they want to be called from now on; `None`: as before.
    pub preferred_name: Option<Option<String>>,
}

/// Families with their members; the argument is a condition on `f`, a family.
macro_rules! families {
    ($condition:literal) => {
        concat!(
            "
SELECT f.id AS family_id, f.subject, c.name AS community, f.community AS community_code, f.email, f.phone, f.channel, f.language,
       f.postal_code, f.distance, f.gender, f.interpreter, r.id, r.phn, r.preferred_name, r.state, r.registered_at, r.reconfirmed_at,
       r.changed, r.conditions,
       (SELECT ",
            open_name!(),
            " FROM client_registry.patient k WHERE k.phn = r.phn) AS name,
       w.before
  FROM attachment.family f JOIN area.community c ON c.code = f.community
 CROSS JOIN LATERAL (
       SELECT coalesce(min(m.registered_at) FILTER (WHERE m.state IN ('active', 'reconfirm-due', 'suspended', 'proposed')),
                       min(m.registered_at)) AS since
         FROM attachment.registration m WHERE m.family_id = f.id) s
 CROSS JOIN LATERAL (
       SELECT count(*) AS before
         FROM (SELECT FROM attachment.family g
                WHERE g.community = f.community
                  AND EXISTS (SELECT FROM attachment.registration o
                               WHERE o.family_id = g.id AND o.state = 'active' AND o.registered_at < s.since)
                LIMIT 1000) b) w
  JOIN attachment.registration r ON r.family_id = f.id
 WHERE ",
            $condition,
            " ORDER BY f.id, r.id"
        )
    };
}

const FAMILIES_OF: &str = families!("f.subject = $1");
const FAMILY: &str = families!("f.id = $1");
const FAMILY_OF: &str =
    families!("f.id = (SELECT x.family_id FROM attachment.registration x WHERE x.id = $1)");

// Of several registrations of one person, the one that goes on; one of them may wait, and it comes first.
const FAMILY_OF_PERSON: &str = "
SELECT family_id FROM attachment.registration
 WHERE phn = $1 AND state NOT IN ('withdrawn', 'deceased')
 ORDER BY state = 'attached', registered_at DESC LIMIT 1";

const UPDATE_FAMILY: &str = "
UPDATE attachment.family
   SET email = $2, phone = $3, channel = $4, language = $5, postal_code = $6, community = $7, distance = $8, gender = $9, interpreter = $10
 WHERE id = $1";

// What is not told yet goes the way that they want now: by a call, which is due to nobody who sends, or by whoever sends. $1 family, $2 channel,
// $3 now.
const REDIRECT: &str = "
UPDATE attachment.notice SET due_at = CASE $2 WHEN 'phone' THEN 'infinity'::timestamptz ELSE $3 END
 WHERE family_id = $1 AND sent_at IS NULL AND given_up_at IS NULL AND (due_at = 'infinity') <> ($2 = 'phone')";

const UPDATE_HEALTH: &str = "
UPDATE attachment.registration SET changed = $3, conditions = $4, complexity = $5, preferred_name = CASE WHEN $6 THEN $7 ELSE preferred_name END
 WHERE id = $1 AND family_id = $2 AND state NOT IN ('withdrawn', 'deceased')";

// One row for everybody whose registration goes on: what the family says is theirs too. Nothing of the state moves.
const UPDATED: &str = "
INSERT INTO attachment.registration_change (registration_id, was, became, reason, at, author, act_id)
SELECT id, state, state, 'updated', $2, $3, $4 FROM attachment.registration
 WHERE family_id = $1 AND state NOT IN ('withdrawn', 'deceased')";

impl Store {
    /// The families that somebody registered.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn families_of(&self, subject: &str) -> Result<Vec<FamilyView>, StoreError> {
        families(&sqlx::query(FAMILIES_OF).bind(subject).fetch_all(&self.pool).await?)
    }

    /// One family, whosever it is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn family(&self, family: FamilyId) -> Result<Option<FamilyView>, StoreError> {
        let rows = sqlx::query(FAMILY).bind(family.0).fetch_all(&self.pool).await?;
        Ok(families(&rows)?.pop())
    }

    /// The family of a registration, whosever it is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn family_of(&self, id: RegistrationId) -> Result<Option<FamilyView>, StoreError> {
        let rows = sqlx::query(FAMILY_OF).bind(id.0).fetch_all(&self.pool).await?;
        Ok(families(&rows)?.pop())
    }

    /// The family in which somebody's registration goes on.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn family_of_person(&self, phn: &str) -> Result<Option<FamilyId>, StoreError> {
        let row = sqlx::query(FAMILY_OF_PERSON).bind(phn).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| row.try_get("family_id")).transpose()?.map(FamilyId))
    }
}

impl Act {
    /// Keeps what a family tells anew, with a row of history for each of its members whose registration goes on. They are locked.
    ///
    /// # Errors
    /// When the database does not answer, or somebody's registration has ended: a defect, since they are locked.
    pub async fn update_family(
        &mut self,
        family: FamilyId,
        wishes: &Wishes,
        health: &[HealthUpdate],
    ) -> Result<(), StoreError> {
        let by = self.by.clone();
        let query = bind_wishes(sqlx::query(UPDATE_FAMILY).bind(family.0), wishes);
        let updated = query.execute(self.connection()).await?;
        touched(updated.rows_affected(), 1)?;
        let query = sqlx::query(REDIRECT).bind(family.0).bind(&wishes.channel).bind(by.at);
        query.execute(self.connection()).await?;
        for told in health {
            let query = sqlx::query(UPDATE_HEALTH).bind(told.registration.0).bind(family.0);
            let query = query.bind(told.changed).bind(&told.conditions);
            let query = query.bind(told.complexity.word()).bind(told.preferred_name.is_some());
            let query = query.bind(told.preferred_name.as_ref().and_then(Option::as_deref));
            let updated = query.execute(self.connection()).await?;
            touched(updated.rows_affected(), 1)?;
        }
        let query = sqlx::query(UPDATED).bind(family.0).bind(by.at).bind(&by.author).bind(by.id);
        query.execute(self.connection()).await?;
        Ok(())
    }
}

/// Binds what a family told, from `email` to `interpreter`, after what is bound already.
pub(super) fn bind_wishes<'q>(
    query: Query<'q, Postgres, PgArguments>,
    wishes: &'q Wishes,
) -> Query<'q, Postgres, PgArguments> {
    query
        .bind(&wishes.email)
        .bind(&wishes.phone)
        .bind(&wishes.channel)
        .bind(&wishes.language)
        .bind(&wishes.postal_code)
        .bind(&wishes.community)
        .bind(wishes.distance.and_then(|km| i32::try_from(km).ok()))
        .bind(wishes.gender.map(Gender::word))
        .bind(&wishes.interpreter)
}

fn families(rows: &[PgRow]) -> Result<Vec<FamilyView>, StoreError> {
    let mut families: Vec<FamilyView> = Vec::new();
    for row in rows {
        let id = FamilyId(row.try_get("family_id")?);
        let member = member(row)?;
        match families.last_mut().filter(|family| family.id == id) {
            Some(family) => family.members.push(member),
            None => families.push(FamilyView {
                id,
                community: row.try_get("community")?,
                wishes: wishes(row)?,
                members: vec![member],
                before: row.try_get("before")?,
                subject: row.try_get("subject")?,
            }),
        }
    }
    Ok(families)
}

fn member(row: &PgRow) -> Result<RegistrationView, StoreError> {
    Ok(RegistrationView {
        id: RegistrationId(row.try_get("id")?),
        phn: row.try_get("phn")?,
        name: row.try_get("name")?,
        preferred_name: row.try_get("preferred_name")?,
        state: word(row, "state", RegistrationState::of)?,
        registered_at: row.try_get("registered_at")?,
        reconfirmed_at: row.try_get("reconfirmed_at")?,
        changed: row.try_get("changed")?,
        conditions: row.try_get("conditions")?,
    })
}

fn wishes(row: &PgRow) -> Result<Wishes, StoreError> {
    let distance: Option<i32> = row.try_get("distance")?;
    Ok(Wishes {
        email: row.try_get("email")?,
        phone: row.try_get("phone")?,
        channel: row.try_get("channel")?,
        language: row.try_get("language")?,
        postal_code: row.try_get("postal_code")?,
        community: row.try_get("community_code")?,
        distance: distance.and_then(|km| u32::try_from(km).ok()),
        gender: row.try_get::<Option<&str>, _>("gender")?.and_then(Gender::of),
        interpreter: row.try_get("interpreter")?,
    })
}
