//! Families that wait, and how they come to.

use chrono::{DateTime, Utc};
use sqlx::Row as _;
use sqlx::postgres::{PgExecutor, PgRow};
use sqlx::types::Json;

use crate::attachment::{Complexity, FamilyId, RegistrationId};
use crate::registry::{PatientRecord, PatientRecords};

use super::super::error::StoreError;
use super::super::pool::Store;
use super::act::Act;
use super::families::{Wishes, bind_wishes};
use super::steps::touched;

/// A family as it is to be kept.
#[derive(Debug, Clone)]
pub struct NewFamily {
    /// Our number of it.
    pub id: FamilyId,
    /// Who may see and change it.
    pub subject: Option<String>,
    /// `self`, `family` or `agent`.
    pub registered_by: &'static str,
    /// What they told of themselves as a family.
    pub wishes: Wishes,
    /// Who they are.
    pub members: Vec<NewRegistration>,
}

/// A person as they are to be kept.
#[derive(Debug, Clone)]
pub struct NewRegistration {
    /// Our number of it.
    pub id: RegistrationId,
    /// Personal health number: matched with the Client Registry.
    pub phn: String,
    /// The beginning of the wait.
    pub registered_at: DateTime<Utc>,
    /// How they want to be called.
    pub preferred_name: Option<String>,
    /// They have a provider and look for another.
    pub attached_now: bool,
    /// Why they look for one.
    pub looking: &'static str,
    /// Their health changed in the last three months.
    pub changed: bool,
    /// Codes of what they have.
    pub conditions: Vec<String>,
    /// What that comes to.
    pub complexity: Complexity,
}

const COMMUNITY_OF: &str = "SELECT area.community_of($1) AS community";
const COMMUNITY: &str = "SELECT code FROM area.community WHERE code = $1";
const WEIGHTS: &str = "SELECT code, weight FROM attachment.condition WHERE code = ANY ($1)";
const PEOPLE: &str =
    "SELECT row_to_json(r) AS doc FROM client_registry.patient r WHERE r.phn = ANY ($1)";

const ADD_FAMILY: &str = "
INSERT INTO attachment.family (id, subject, registered_by, consented_at, email, phone, channel, language, postal_code, community,
                               distance, gender, interpreter)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

// Of this nobody is called: whoever wants calls told it to somebody, or sees it.
const TELL: &str = "
INSERT INTO attachment.notice (family_id, kind, act_id, made_at, due_at)
SELECT id, 'registered', $2, $3, $3 FROM attachment.family WHERE id = $1 AND channel <> 'phone'";

const ADD_REGISTRATION: &str = "
WITH added AS (
    INSERT INTO attachment.registration (id, family_id, phn, state, registered_at, state_at, reconfirmed_at, preferred_name,
                                         attached_now, looking, changed, conditions, complexity)
    VALUES ($1, $2, $3, 'active', $13, $4, $4, $5, $6, $7, $8, $9, $10)
    RETURNING id
)
INSERT INTO attachment.registration_change (registration_id, was, became, reason, at, author, act_id)
SELECT id, NULL, 'active', 'registered', $4, $11, $12 FROM added";

impl Store {
    /// The community of a postal code; `None`: it is in none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn community_of(&self, postal_code: &str) -> Result<Option<String>, StoreError> {
        let row = sqlx::query(COMMUNITY_OF).bind(postal_code).fetch_one(&self.pool).await?;
        Ok(row.try_get("community")?)
    }

    /// Whether there is a community of this code.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn community_exists(&self, code: &str) -> Result<bool, StoreError> {
        Ok(sqlx::query(COMMUNITY).bind(code).fetch_optional(&self.pool).await?.is_some())
    }

    /// What these conditions weigh; those that are not on file are left out.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn weights(&self, codes: &[String]) -> Result<Vec<(String, u32)>, StoreError> {
        let rows = sqlx::query(WEIGHTS).bind(codes).fetch_all(&self.pool).await?;
        let weight = |row: &PgRow| -> Result<(String, u32), StoreError> {
            let weight: i32 = row.try_get("weight")?;
            Ok((row.try_get("code")?, u32::try_from(weight).unwrap_or_default()))
        };
        rows.iter().map(weight).collect()
    }

    /// What the Client Registry holds about these people.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn people(&self, phns: &[&str]) -> Result<PatientRecords, StoreError> {
        people(&self.pool, phns).await
    }
}

async fn people(
    executor: impl PgExecutor<'_>,
    phns: &[&str],
) -> Result<PatientRecords, StoreError> {
    let rows = sqlx::query(PEOPLE).bind(phns).fetch_all(executor).await?;
    let mut people = PatientRecords::new();
    for row in &rows {
        let Json(record) = row.try_get::<Json<PatientRecord>, _>("doc")?;
        people.insert(record.phn.clone(), record);
    }
    Ok(people)
}

// Nobody's, or it is a defect: they are locked.
const CLAIM: &str = "UPDATE attachment.family SET subject = $2 WHERE id = $1 AND subject IS NULL";

impl Act {
    /// Gives a family that an agent registered to whoever does this act. Its members are locked.
    ///
    /// # Errors
    /// When the database does not answer, or it is somebody's.
    pub async fn claim(&mut self, family: FamilyId) -> Result<(), StoreError> {
        let by = self.by.author.clone();
        let claimed = sqlx::query(CLAIM).bind(family.0).bind(by).execute(self.connection()).await?;
        touched(claimed.rows_affected(), 1)
    }

    /// What the Client Registry holds about people who are locked.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn people(&mut self, phns: &[&str]) -> Result<PatientRecords, StoreError> {
        people(self.connection(), phns).await
    }
}

impl Act {
    /// Keeps a family of people who are locked.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn register(&mut self, family: &NewFamily) -> Result<(), StoreError> {
        let by = self.by.clone();
        let query = sqlx::query(ADD_FAMILY).bind(family.id.0).bind(&family.subject);
        let query = query.bind(family.registered_by).bind(by.at);
        bind_wishes(query, &family.wishes).execute(self.connection()).await?;
        let told = sqlx::query(TELL).bind(family.id.0).bind(by.id).bind(by.at);
        told.execute(self.connection()).await?;
        for member in &family.members {
            let added = sqlx::query(ADD_REGISTRATION)
                .bind(member.id.0)
                .bind(family.id.0)
                .bind(&member.phn)
                .bind(by.at)
                .bind(&member.preferred_name)
                .bind(member.attached_now)
                .bind(member.looking)
                .bind(member.changed)
                .bind(&member.conditions)
                .bind(member.complexity.word())
                .bind(&by.author)
                .bind(by.id)
                .bind(member.registered_at)
                .execute(self.connection())
                .await?;
            touched(added.rows_affected(), 1)?;
        }
        Ok(())
    }
}
