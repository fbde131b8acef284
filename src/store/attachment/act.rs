//! One act: a transaction in which what is read stays so until it is committed.

use chrono::{DateTime, Utc};
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::attachment::{Place, RegistrationId, Step};
use crate::audit::Record;
use crate::panel::PanelId;

use super::super::audit::add_records;
use super::super::error::StoreError;
use super::super::pool::Store;
use super::super::turn::Turn;
use super::places::places;
use super::steps::{Billing, raise, renumber, take};

/// Which act it is, when, by whom and for whom.
#[derive(Debug, Clone)]
pub struct By {
    /// Our number of it: in every row of history that it leaves.
    pub id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// Who: the subject who signed in, or the chore that time drove.
    pub author: String,
    /// The provider in whose name, by key in PAS.
    pub on_behalf_of: Option<String>,
}

/// An act under way. Dropped, nothing of it comes to be.
#[derive(Debug)]
pub struct Act {
    turn: Turn,
    /// Who does it.
    pub by: By,
}

// A number of its own beside the panel's: it cannot meet the locks of messages, which are one number.
const LOCK_PANEL: &str = "SELECT pg_advisory_xact_lock(1346458964, hashint8($1))";
const LOCK_PATIENTS: &str = "SELECT panel.take_turn(NULL, NULL, NULL, $1)";

impl Store {
    /// Begins an act.
    ///
    /// # Errors
    /// When the database does not answer, or no connection is free in time.
    pub async fn act(&self, by: By) -> Result<Act, StoreError> {
        Ok(Act { turn: self.begin().await?, by })
    }
}

impl Act {
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        self.turn.connection()
    }

    /// Waits until no other act is about this panel as a whole. Before [`Act::lock_patients`], so that nobody waits in a circle.
    ///
    /// # Errors
    /// When the database does not answer, or somebody else held it for too long.
    pub async fn lock_panel(&mut self, panel: PanelId) -> Result<(), StoreError> {
        sqlx::query(LOCK_PANEL).bind(panel.0).execute(self.connection()).await?;
        Ok(())
    }

    /// Waits until no message and no other act is about these people, who are in the Client Registry.
    ///
    /// # Errors
    /// When the database does not answer, or somebody else held one of them for too long.
    pub async fn lock_patients(&mut self, phns: &[&str]) -> Result<(), StoreError> {
        sqlx::query(LOCK_PATIENTS).bind(phns).execute(self.connection()).await?;
        Ok(())
    }

    /// Where these people stand, who are locked.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn places(&mut self, phns: &[&str]) -> Result<Vec<(String, Place)>, StoreError> {
        places(self.connection(), phns).await
    }

    /// Takes steps that were decided.
    ///
    /// # Errors
    /// When the database does not answer, or somebody is not where it was decided on: a defect.
    pub async fn take(&mut self, steps: &[Step], billing: Billing) -> Result<(), StoreError> {
        let by = self.by.clone();
        take(self.connection(), &by, steps, billing).await
    }

    /// Lets a registration go on under another number, with the wait that began then; both numbers are locked.
    ///
    /// # Errors
    /// When the database does not answer, or there is no such registration: a defect.
    pub async fn renumber(
        &mut self,
        registration: RegistrationId,
        phn: &str,
        began: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let by = self.by.clone();
        renumber(self.connection(), &by, registration, phn, began).await
    }

    /// Lets messages about these people know that something has changed. After every other step.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn raise(&mut self, phns: &[&str]) -> Result<(), StoreError> {
        raise(self.connection(), phns).await
    }

    /// Makes it so, together with its audit record.
    ///
    /// # Errors
    /// When the database does not answer: then it may be done or not.
    pub async fn commit(self, event: &Record) -> Result<(), StoreError> {
        self.commit_all(std::slice::from_ref(event)).await
    }

    /// As [`Act::commit`], where one act is several things to the trail.
    ///
    /// # Errors
    /// When the database does not answer: then it may be done or not.
    pub async fn commit_all(mut self, events: &[Record]) -> Result<(), StoreError> {
        add_records(self.connection(), events).await?;
        self.turn.commit().await
    }
}
