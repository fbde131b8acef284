//! Looking on the connections of the pool, for many messages with one statement.

use std::sync::Arc;

use super::directory::{About, Directory, gather};
use super::error::StoreError;
use super::look::{Known, Look, Looked, look};
use super::pool::{Store, died_resting, explain, tries};
use super::question::Question;
use super::share::Shared;
use super::unit::Units;

/// Looks on the connections of the pool.
#[derive(Debug)]
pub(super) struct Looks {
    pub(super) units: Units,
}

impl Shared for Looks {
    type Job = Look;
    type Done = Looked;

    fn weight(job: &Look) -> usize {
        job.phns.len()
    }

    async fn run(&self, jobs: Vec<Look>) -> Vec<Result<Looked, StoreError>> {
        let looked = async {
            let mut tries = tries(&self.units.pool);
            loop {
                let mut unit = self.units.acquire().await?;
                match look(&mut *unit, &jobs).await {
                    Err(error) if died_resting(&error) && tries.next().is_some() => unit.give_up(),
                    Err(error) => return Err(error),
                    Ok(looked) => return unit.end().await.map(|()| looked),
                }
            }
        };
        match looked.await {
            Ok(looked) => looked.into_iter().map(Ok).collect(),
            Err(error) => jobs.iter().map(|_| Err(explain(&self.units.pool, &error))).collect(),
        }
    }
}

impl Store {
    /// Gathers everything that a message needs, in one snapshot and without a lock. One round trip, shared with other messages;
    /// two for the first message of a caller about a provider, and after the directory has changed.
    ///
    /// # Errors
    /// When the database does not answer, or no connection is free in time.
    pub async fn look(&self, question: &Question<'_>) -> Result<Known, StoreError> {
        let about = About::of(question);
        let mut directory = match self.directories.find(&about) {
            Some(directory) => directory,
            None => self.gather(&about).await?,
        };
        loop {
            let looked = self.looks.ask(Look::new(question, &directory)).await?;
            if looked.edition == directory.edition {
                return Ok(Known { directory, looked, since: None });
            }
            directory = self.gather(&about).await?;
        }
    }

    pub(super) async fn gather(&self, about: &About) -> Result<Arc<Directory>, StoreError> {
        let mut tries = self.tries();
        loop {
            let mut unit = self.units.acquire().await.map_err(|error| self.explain(error))?;
            match gather(&mut *unit, about).await {
                Err(error) if died_resting(&error) && tries.next().is_some() => unit.give_up(),
                Err(error) => return Err(self.explain(error)),
                Ok(directory) => {
                    unit.end().await?;
                    let directory = Arc::new(directory);
                    self.directories.keep(about.clone(), directory.clone());
                    return Ok(directory);
                }
            }
        }
    }
}
