//! A message by itself: it takes its turn, and then nothing changes between its looking and its writing.
//!
//! For those that found that something had changed since they looked, that somebody else was at it, or that the statement which
//! they shared had failed. What happens to such a message, happens to no other.

use std::sync::Arc;

use sqlx::postgres::PgConnection;
use sqlx::{Postgres, Transaction};
use tokio::sync::OwnedSemaphorePermit;

use crate::attachment::{Place, Step};

use super::attachment::{Billing, By, places, raise, take};
use super::directory::{About, gather};
use super::error::StoreError;
use super::keep::{Keeping, keep};
use super::look::{Known, Look, look};
use super::pool::{Store, died_resting};
use super::question::Question;

/// A message's turn: one transaction, rolled back unless committed.
#[derive(Debug)]
pub struct Turn {
    transaction: Transaction<'static, Postgres>,
    _permit: OwnedSemaphorePermit,
}

impl Store {
    /// Begins a message's turn. One round trip.
    ///
    /// # Errors
    /// When the database does not answer, or no connection is free in time.
    pub async fn begin(&self) -> Result<Turn, StoreError> {
        let _waiting = self.wait();
        let permit =
            tokio::time::timeout(self.acquire_timeout, self.turns.clone().acquire_owned()).await;
        let Ok(Ok(permit)) = permit else {
            return Err(StoreError::Busy("too many changes are under way".into()));
        };
        let mut tries = self.tries();
        loop {
            match self.units.begin().await {
                Ok(transaction) => return Ok(Turn { transaction, _permit: permit }),
                Err(error) if died_resting(&error) && tries.next().is_some() => {}
                Err(error) => return Err(self.explain(error)),
            }
        }
    }
}

impl Turn {
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    /// Makes it so. One round trip.
    ///
    /// # Errors
    /// When the database does not answer: then it may be so or not.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }

    /// Where the patients of the message stand in the attachment workflow. One round trip.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn places(&mut self, phns: &[&str]) -> Result<Vec<(String, Place)>, StoreError> {
        places(self.connection(), phns).await
    }

    /// Takes the steps that the message means for people who are registered. A round trip or a few.
    ///
    /// # Errors
    /// When the database does not answer, or somebody is not where it was decided on: a defect.
    pub async fn settle(
        &mut self,
        by: &By,
        phns: &[&str],
        steps: &[Step],
        billing: Billing,
    ) -> Result<(), StoreError> {
        take(self.connection(), by, steps, billing).await?;
        raise(self.connection(), phns).await
    }

    /// Waits for the message's turn, and gathers everything that it needs. Three round trips. `changes`: whether its patients
    /// are to be changed.
    ///
    /// # Errors
    /// When the database does not answer, or a lock was not to be had in time.
    pub async fn look(
        &mut self,
        question: &Question<'_>,
        changes: bool,
    ) -> Result<Known, StoreError> {
        let phns: Vec<&str> = question.phns().filter(|_| changes).collect();
        sqlx::query("SELECT panel.take_turn($1, $2, $3, $4)")
            .bind(question.client())
            .bind(question.sender())
            .bind(question.bundle_key())
            .bind(phns)
            .execute(&mut *self.transaction)
            .await?;
        let directory = gather(&mut *self.transaction, &About::of(question)).await?;
        let asked = [Look::new(question, &directory)];
        let looked = look(&mut *self.transaction, &asked).await?.pop().unwrap_or_default();
        Ok(Known { directory: Arc::new(directory), looked, since: None })
    }

    /// Writes the message with its effect, its answer and its record, or only a record. One round trip; to be committed.
    ///
    /// # Errors
    /// When the database does not answer: then it may be kept or not, and the same message sent again will tell. Or when
    /// an entry was not as the decision saw it: a defect, and nothing is kept.
    pub async fn keep(&mut self, keeping: &Keeping) -> Result<(), StoreError> {
        let kept = keep(&mut *self.transaction, &[keeping], None).await?;
        if keeping.receipt.as_ref().is_some_and(|receipt| !kept.contains(&receipt.id)) {
            return Err(StoreError::Broken("a message in its turn could not be kept".into()));
        }
        Ok(())
    }
}
