//! Records of requests that ask nothing else of Postgres: written in batches, beside the requests.
//!
//! A refusal must cost next to nothing, or refusing would be what overwhelms the server. So nobody waits here: a record
//! is taken or, when the queue is full, counted; the count itself is then recorded.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tracing::{error, info, warn};

use crate::audit::{Outcome, Record};
use crate::clock::Clock;

use super::super::error::StoreError;
use super::super::pool::Store;

/// How much is held, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct QueueBounds {
    /// Records that wait at most.
    pub waiting: usize,
    /// Records written at once at most.
    pub batch: usize,
    /// How long the first of a batch waits for more.
    pub linger: Duration,
    /// How long at most between two tries while Postgres is away, and until requests that are counted only are recorded.
    pub patience: Duration,
    /// Records a minute of those who proved nothing, or were told to wait: whoever fills the disk with refusals must at least
    /// be somebody, and keep to their allowance.
    pub strangers: u32,
}

impl Default for QueueBounds {
    fn default() -> Self {
        QueueBounds {
            waiting: 4_096,
            batch: 500,
            linger: Duration::from_millis(200),
            patience: Duration::from_secs(5),
            strangers: 600,
        }
    }
}

/// Where records are left. Clones lead to the same queue.
#[derive(Debug, Clone)]
pub struct Queue {
    sender: mpsc::Sender<Record>,
    counts: Arc<Counts>,
    strangers: Arc<Minute>,
}

/// How many records of strangers there were in the present minute.
#[derive(Debug)]
struct Minute {
    allowed: u32,
    begun: Mutex<(Instant, u32)>,
}

impl Minute {
    fn has_room(&self) -> bool {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        if begun.0.elapsed() >= Duration::from_secs(60) {
            *begun = (Instant::now(), 0);
        }
        begun.1 = begun.1.saturating_add(1);
        begun.1 <= self.allowed
    }
}

#[derive(Debug, Default)]
struct Counts {
    /// Requests for whose record there was no room, or which the database refused: to be recorded as a number.
    missed: AtomicU64,
    /// Requests that are not in the trail yet, in whichever way.
    owed: AtomicU64,
}

impl Counts {
    fn miss(&self, requests: u64) {
        self.missed.fetch_add(requests, Ordering::Relaxed);
    }
}

/// What writes them: one task.
#[derive(Debug)]
pub struct Writer {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    counts: Arc<Counts>,
}

impl Queue {
    /// Starts a queue and what writes it.
    pub fn start(store: Store, clock: Clock, bounds: QueueBounds) -> (Queue, Writer) {
        let (sender, records) = mpsc::channel(bounds.waiting.max(1));
        let (stop, stopped) = watch::channel(false);
        let counts = Arc::new(Counts::default());
        let strangers =
            Minute { allowed: bounds.strangers, begun: Mutex::new((Instant::now(), 0)) };
        let run = Run { store, clock, bounds, records, stopped, counts: counts.clone() };
        let task = tokio::spawn(run.write_to_the_end());
        (
            Queue { sender, counts: counts.clone(), strangers: Arc::new(strangers) },
            Writer { stop, task, counts },
        )
    }

    /// Leaves a record to be written. Never waits; when the queue is full, or has too many of strangers, it is counted only.
    pub fn offer(&self, record: Record) {
        self.counts.owed.fetch_add(1, Ordering::Relaxed);
        // A client that was told to wait may tell so as often as it likes: such records are no better than a stranger's.
        let known = record.client.is_some() && record.status != 429;
        let singly = known || self.strangers.has_room();
        if !singly || self.sender.try_send(record).is_err() {
            self.counts.miss(1);
        }
    }

    /// How many requests are not in the trail yet, for a gauge.
    pub fn waiting(&self) -> u64 {
        self.counts.owed.load(Ordering::Relaxed)
    }
}

impl Writer {
    /// Writes what waits and ends, within this time. Gives back how many were not recorded.
    pub async fn finish(mut self, within: Duration) -> u64 {
        let _ = self.stop.send(true);
        if tokio::time::timeout(within, &mut self.task).await.is_err() {
            self.task.abort();
        }
        let lost = self.counts.owed.load(Ordering::Relaxed);
        if lost > 0 {
            error!(lost, "refusals were not recorded before the end");
        }
        lost
    }
}

/// The writing task.
struct Run {
    store: Store,
    clock: Clock,
    bounds: QueueBounds,
    records: mpsc::Receiver<Record>,
    stopped: watch::Receiver<bool>,
    counts: Arc<Counts>,
}

impl Run {
    async fn write_to_the_end(mut self) {
        while let Some(mut batch) = self.batch().await {
            let missed = self.counts.missed.swap(0, Ordering::Relaxed);
            if missed > 0 {
                batch.push(Record::overflow(self.clock.id(), self.clock.now(), missed));
            }
            if !batch.is_empty() {
                self.write(&batch).await;
            }
        }
    }

    /// The next records to be written together, none when there may be some to count; `None` at the end, when none is left.
    async fn batch(&mut self) -> Option<Vec<Record>> {
        let mut batch = Vec::new();
        let stopped = self.stopped.wait_for(|stop| *stop);
        tokio::select! {
            biased;
            first = self.records.recv() => match first {
                Some(record) => batch.push(record),
                // The end: what is left may be a count of those that the database refused.
                None => return (self.counts.missed.load(Ordering::Relaxed) > 0).then_some(batch),
            },
            _ = stopped => {
                // Whoever leaves a record after this is counted, and the count told by finish().
                self.records.close();
                while let Ok(record) = self.records.try_recv() {
                    batch.push(record);
                }
                let left = !batch.is_empty() || self.counts.missed.load(Ordering::Relaxed) > 0;
                return left.then_some(batch);
            }
            // Those that are counted only come by no channel: there may be some, and nothing after them.
            () = tokio::time::sleep(self.bounds.patience) => return Some(batch),
        }
        let linger = tokio::time::sleep(self.bounds.linger);
        tokio::pin!(linger);
        while batch.len() < self.bounds.batch {
            let stopped = self.stopped.wait_for(|stop| *stop);
            tokio::select! {
                biased;
                next = self.records.recv() => match next {
                    Some(record) => batch.push(record),
                    None => break,
                },
                () = &mut linger => break,
                _ = stopped => break,
            }
        }
        Some(batch)
    }

    /// Writes a batch, however long Postgres is away.
    async fn write(&self, batch: &[Record]) {
        let mut pause = Duration::from_millis(100);
        let mut told = false;
        loop {
            match self.store.record(batch).await {
                Ok(()) => {
                    self.written(batch);
                    if told {
                        info!("refusals are recorded again");
                    }
                    return;
                }
                Err(StoreError::Broken(_)) => return self.write_singly(batch).await,
                Err(error) => {
                    if !told {
                        warn!(%error, "refusals wait to be recorded");
                    }
                    told = true;
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(self.bounds.patience);
        }
    }

    /// The database refuses one of them at least: it must not keep the others from being written.
    async fn write_singly(&self, batch: &[Record]) {
        let (mut refused, mut why) = (0, None);
        for record in batch {
            let one = std::slice::from_ref(record);
            loop {
                match self.store.record(one).await {
                    Ok(()) => self.written(one),
                    Err(error @ StoreError::Broken(_)) => {
                        why = Some(error);
                        // A count that is refused as well would be tried for ever.
                        if record.outcome != Outcome::Overflow {
                            refused += times(record);
                        }
                    }
                    Err(_) => {
                        tokio::time::sleep(self.bounds.patience).await;
                        continue;
                    }
                }
                break;
            }
        }
        if let Some(error) = why {
            error!(refused, %error, "records were refused by the database");
            self.counts.miss(refused);
        }
    }

    fn written(&self, records: &[Record]) {
        let requests = records.iter().map(times).sum();
        self.counts.owed.fetch_sub(requests, Ordering::Relaxed);
    }
}

/// How many requests a record stands for.
fn times(record: &Record) -> u64 {
    record.times.unsigned_abs()
}
