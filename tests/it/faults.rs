//! The world around the server fails: Postgres is restarted, starved or out of disk, clients stall, the clock steps, the
//! server itself is stopped, the database is lost and restored. docs/TESTING.md has the table of these.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::task::JoinHandle;

use crate::answer::Answer;
use crate::cluster::Database;
use crate::message::{ADD, PANELS, PATIENTS, Patient, QUERY, REMOVE, message};
use crate::server::Ask;

mod clock;
mod disk;
mod restart;
mod restore;
mod stalled;
mod starved;
mod stop;

/// A post of this message.
fn post(message: &Value) -> Ask {
    let headers = vec![("content-type".into(), "application/fhir+json".into())];
    let (method, path) = ("POST".into(), "/$process-message".into());
    Ask { method, path, headers, body: message.to_string().into_bytes() }
}

/// Nothing of what must always hold is broken: each step of an entry begins where the one before ended, the last one is
/// where the entry stands, and no entry is older than its own beginning.
async fn is_whole(database: &Database) {
    let torn = "SELECT count(*) FROM (
        SELECT was, lag(became) OVER (PARTITION BY entry_id ORDER BY id) AS before FROM panel.change
    ) c WHERE was IS DISTINCT FROM before";
    assert_eq!(database.count(torn).await, 0, "steps that do not follow from each other");
    let stray = "SELECT count(*) FROM panel.entry e WHERE status IS DISTINCT FROM
        (SELECT became FROM panel.change c WHERE c.entry_id = e.id ORDER BY c.id DESC LIMIT 1)";
    assert_eq!(database.count(stray).await, 0, "entries that are not where their history ends");
    let turned = "SELECT count(*) FROM panel.entry
        WHERE started_at > status_at OR ended_at < started_at";
    assert_eq!(database.count(turned).await, 0, "entries that end before they begin");
    // A message takes an entry one step further at most, and of one patient two: one gives way, another is opened.
    let doubled = "SELECT count(*) FROM (
        SELECT FROM panel.change c JOIN panel.entry e ON e.id = c.entry_id GROUP BY c.message_id, e.phn
        HAVING count(*) > 2 OR count(*) > count(DISTINCT c.entry_id)
    ) m";
    assert_eq!(database.count(doubled).await, 0, "messages with more than one effect");
}

/// What was sent, and what was answered; `None`: nothing.
type Told = Vec<(Value, Option<Answer>)>;

/// Senders at work until told that it is over. Each sends one message of one patient after the other and, told to come
/// again, comes again.
struct Load {
    over: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    refused: Arc<AtomicUsize>,
    senders: Vec<JoinHandle<Told>>,
}

impl Load {
    /// Starts so many senders, for these patients.
    fn start(address: SocketAddr, senders: usize, patients: &'static [Patient]) -> Load {
        let (over, answered, refused) =
            <(Arc<AtomicBool>, Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
        let sender = |n: usize| {
            let (over, answered, refused) = (over.clone(), answered.clone(), refused.clone());
            tokio::spawn(async move {
                let mut told = Vec::new();
                for turn in n.. {
                    if over.load(Ordering::SeqCst) {
                        break;
                    }
                    let event = [ADD, ADD, REMOVE, QUERY][turn % 4];
                    let patient = turn % patients.len();
                    let sent = message(event, PANELS[turn % 5], &patients[patient..=patient]);
                    let answer = deliver(&sent, address, &refused).await;
                    let gone = answer.is_none();
                    told.push((sent, answer));
                    if gone {
                        break;
                    }
                    answered.fetch_add(1, Ordering::SeqCst);
                }
                told
            })
        };
        let senders = (0..senders).map(sender).collect();
        Load { over, answered, refused, senders }
    }

    fn answered(&self) -> usize {
        self.answered.load(Ordering::SeqCst)
    }

    fn refused(&self) -> usize {
        self.refused.load(Ordering::SeqCst)
    }

    /// Tells the senders that it is over.
    async fn end(self) -> Told {
        self.over.store(true, Ordering::SeqCst);
        self.told().await
    }

    /// Everything that was sent, and what was answered; `None`: the server had gone, and with that the sender ended.
    async fn told(self) -> Told {
        let mut all = Vec::new();
        for sender in self.senders {
            all.extend(sender.await.expect("no panic"));
        }
        all
    }
}

/// Sends until it is answered with a message; `None` when the server has gone. A refusal must say that trying again helps.
async fn deliver(sent: &Value, address: SocketAddr, refused: &AtomicUsize) -> Option<Answer> {
    loop {
        let answer = post(sent).try_send(address).await.ok()?;
        if answer.status == 200 {
            assert_eq!(answer.response(), "ok", "{:?}", answer.codes());
            return Some(answer);
        }
        come_again(&answer);
        refused.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A 503 that says when to come again, and that it will be processed once.
fn come_again(answer: &Answer) {
    assert_eq!(answer.status, 503, "{:?}", answer.codes());
    assert_eq!(answer.issues()[0]["code"], "transient");
    assert!(answer.header("retry-after").parse::<u32>().is_ok());
}

/// Patients of one load, and those of another.
const SOME: &[Patient] = &[PATIENTS[0], PATIENTS[1], PATIENTS[2]];
const OTHERS: &[Patient] = &[PATIENTS[3], PATIENTS[4], PATIENTS[5]];
