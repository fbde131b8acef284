//! One statement for many messages: whoever comes while a statement is under way is taken along by the next one.
//!
//! Nobody waits for company. A message that finds a lane free goes at once, alone; under load, those that arrive while the
//! lanes are busy go together. So a group grows with the load, and costs an idle server nothing.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::error::StoreError;

/// Work that one statement does for many.
pub(super) trait Shared: Send + Sync + 'static {
    /// What one message asks for.
    type Job: Send + 'static;
    /// What it gets.
    type Done: Send + 'static;

    /// How much it is, in patients.
    fn weight(job: &Self::Job) -> usize;

    /// Does it for all; one result a job, in their order.
    fn run(
        &self,
        jobs: Vec<Self::Job>,
    ) -> impl Future<Output = Vec<Result<Self::Done, StoreError>>> + Send;
}

/// Bounds on sharing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Statements under way at once.
    pub(super) lanes: usize,
    /// Messages in one statement at most.
    pub(super) share: usize,
    /// How long a message waits to be taken along.
    pub(super) patience: Duration,
}

/// Patients in one statement, beyond which no further message is taken along.
const FULL: usize = 1_000;

/// The lanes of one kind of work. Clones lead to the same lanes.
pub(super) struct Lanes<S: Shared> {
    inner: Arc<Inner<S>>,
}

struct Inner<S: Shared> {
    work: S,
    bounds: Bounds,
    queue: Mutex<Queue<S>>,
}

struct Queue<S: Shared> {
    busy: usize,
    last_number: u64,
    waiting: VecDeque<Waiting<S>>,
}

struct Waiting<S: Shared> {
    number: u64,
    job: S::Job,
    answer: oneshot::Sender<Result<S::Done, StoreError>>,
}

impl<S: Shared> Clone for Lanes<S> {
    fn clone(&self) -> Self {
        Lanes { inner: self.inner.clone() }
    }
}

impl<S: Shared> std::fmt::Debug for Lanes<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lanes").field("bounds", &self.inner.bounds).finish_non_exhaustive()
    }
}

impl<S: Shared> Lanes<S> {
    pub(super) fn new(work: S, bounds: Bounds) -> Self {
        let bounds = Bounds { lanes: bounds.lanes.max(1), share: bounds.share.max(1), ..bounds };
        let queue = Mutex::new(Queue { busy: 0, last_number: 0, waiting: VecDeque::new() });
        Lanes { inner: Arc::new(Inner { work, bounds, queue }) }
    }

    /// How many wait to be taken along.
    pub(super) fn waiting(&self) -> usize {
        self.inner.queue().waiting.len()
    }

    /// Has a job done, together with others'. Dropped before it was begun, it is never done.
    pub(super) async fn ask(&self, job: S::Job) -> Result<S::Done, StoreError> {
        let (answer, mut answered) = oneshot::channel();
        let (number, free) = {
            let mut queue = self.inner.queue();
            queue.last_number += 1;
            let number = queue.last_number;
            queue.waiting.push_back(Waiting { number, job, answer });
            let free = queue.busy < self.inner.bounds.lanes;
            queue.busy += usize::from(free);
            (number, free)
        };
        if free {
            // A task of its own: whoever asked may hang up, and those taken along must not notice.
            tokio::spawn(Lane { inner: self.inner.clone(), open: true }.serve());
        }
        let given_up = |_| Err(StoreError::Unavailable("the statement was given up".into()));
        match tokio::time::timeout(self.inner.bounds.patience, &mut answered).await {
            Ok(answer) => answer.unwrap_or_else(given_up),
            Err(_) if self.inner.withdraw(number) => {
                Err(StoreError::Busy("no statement was free in time".into()))
            }
            Err(_) => answered.await.unwrap_or_else(given_up),
        }
    }
}

impl<S: Shared> Inner<S> {
    fn queue(&self) -> MutexGuard<'_, Queue<S>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a job back; `false`: it is under way.
    fn withdraw(&self, number: u64) -> bool {
        let mut queue = self.queue();
        let before = queue.waiting.len();
        queue.waiting.retain(|waiting| waiting.number != number);
        queue.waiting.len() < before
    }
}

/// One that serves the queue until it is empty. A panic on the way does not cost the lane.
struct Lane<S: Shared> {
    inner: Arc<Inner<S>>,
    open: bool,
}

impl<S: Shared> Drop for Lane<S> {
    fn drop(&mut self) {
        if self.open {
            self.inner.queue().busy -= 1;
        }
    }
}

impl<S: Shared> Lane<S> {
    async fn serve(mut self) {
        while let Some(group) = self.next() {
            let (jobs, answers): (Vec<_>, Vec<_>) =
                group.into_iter().map(|waiting| (waiting.job, waiting.answer)).unzip();
            for (done, answer) in self.inner.work.run(jobs).await.into_iter().zip(answers) {
                // Whoever does not listen any more has hung up.
                let _ = answer.send(done);
            }
        }
    }

    /// The next jobs to be done together. `None`: there is none, and the lane is closed, in one step with having looked:
    /// whoever comes next opens another.
    fn next(&mut self) -> Option<Vec<Waiting<S>>> {
        let mut queue = self.inner.queue();
        let (mut group, mut weight) = (Vec::new(), 0);
        while group.len() < self.inner.bounds.share {
            let Some(next) = queue.waiting.front() else { break };
            let heavier = weight + S::weight(&next.job);
            if !group.is_empty() && heavier > FULL {
                break;
            }
            if let Some(next) = queue.waiting.pop_front().filter(|next| !next.answer.is_closed()) {
                weight = heavier;
                group.push(next);
            }
        }
        if group.is_empty() {
            queue.busy -= 1;
            self.open = false;
            return None;
        }
        Some(group)
    }
}
