//! Senders at work while servers are killed, and what they saw.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;

use super::model::{Act, SIDES, Standing, Word};
use super::verdict::{Delivery, History, Message, Told};
use crate::answer::Answer;
use crate::cluster::Database;
use crate::message::{PANELS, PATIENTS, message};
use crate::patience::eventually;
use crate::sandbox::program::{Home, Running};
use crate::server::Ask;

/// Patients of a history: few, so that they are fought for.
const FEW: usize = 4;
/// Servers.
const SERVERS: usize = 3;
/// Remarks about a patient.
const REMARKS: [&str; 3] = ["already-on-panel", "mrp-moved", "not-on-panel"];

/// How a run goes. What is sent and who is killed follows from the seed; when it arrives does not.
pub struct Plan {
    pub seed: u64,
    pub clients: usize,
    /// New messages.
    pub messages: usize,
    /// Servers killed, at least.
    pub deaths: usize,
    /// Another way to the database than its own, and flags for it.
    pub through: Option<(String, &'static str)>,
}

/// Choices by a seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % sides as u64).expect("small")
    }
}

/// What all senders share.
struct Shared {
    /// Where each server is; `None`: it was killed.
    servers: Mutex<[Option<SocketAddr>; SERVERS]>,
    clock: AtomicU64,
    answered: AtomicUsize,
    over: AtomicBool,
    history: Mutex<History>,
    /// The bytes of each message.
    bodies: Mutex<Vec<Vec<u8>>>,
}

impl Shared {
    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    /// Writes down a new message.
    fn compose(&self, act: Act, patients: &[usize]) -> usize {
        let people: Vec<_> = patients.iter().map(|patient| PATIENTS[*patient]).collect();
        let sent: Value = message(act.event(), SIDES[act.panel()], &people);
        let id = sent["id"].as_str().expect("an id").to_owned();
        let mut bodies = self.bodies.lock().expect("not poisoned");
        bodies.push(sent.to_string().into_bytes());
        let mut history = self.history.lock().expect("not poisoned");
        history.messages.push(Message { id, act, patients: patients.to_vec() });
        bodies.len() - 1
    }

    /// Delivers a message to a server and writes down what came of it. Whether there was an answer.
    async fn deliver(&self, message: usize, server: usize) -> bool {
        let address = self.servers.lock().expect("not poisoned")[server];
        let Some(address) = address else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            return false;
        };
        let body = self.bodies.lock().expect("not poisoned")[message].clone();
        let headers = vec![("content-type".into(), "application/fhir+json".into())];
        let (method, path) = ("POST".into(), "/$process-message".into());
        let sent = self.tick();
        let answer = Ask { method, path, headers, body }.try_send(address).await;
        let at = self.tick();
        let told = answer.ok().and_then(|answer| told(at, &answer));
        let answered = told.is_some();
        self.history.lock().expect("not poisoned").deliveries.push(Delivery {
            message,
            sent,
            told,
        });
        if answered {
            self.answered.fetch_add(1, Ordering::SeqCst);
        } else {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        answered
    }

    /// How many messages there are.
    fn sent(&self) -> usize {
        self.bodies.lock().expect("not poisoned").len()
    }
}

/// An answer that says what was done; `None`: one that says to come again.
fn told(at: u64, answer: &Answer) -> Option<Told> {
    if answer.status == 503 {
        assert_eq!(answer.issues()[0]["code"], "transient");
        return None;
    }
    assert_eq!((answer.status, answer.response()), (200, "ok"), "{:?}", answer.codes());
    Some(Told { at, bytes: answer.bytes.to_vec(), words: words(answer) })
}

/// What an answer says of each patient. Remarks name them by their entry, which comes after four others.
pub fn words(answer: &Answer) -> Vec<Word> {
    let mrps = answer.mrps();
    let remark = |place: usize| {
        let entry = format!("Bundle.entry[{}].resource", place + 4);
        let about = |issue: &&Value| issue["expression"][0] == *entry;
        let issue = answer.issues().into_iter().find(about)?;
        let code = issue["details"]["coding"][0]["code"].as_str()?;
        Some(*REMARKS.iter().find(|known| **known == code).expect("a remark that there is"))
    };
    let word = |(place, standing): (usize, &str)| Word {
        standing: Standing::of(standing),
        remark: remark(place),
        mrp: mrps.get(place).and_then(|msp| SIDES.iter().position(|panel| panel.msp == *msp)),
    };
    answer.statuses().into_iter().enumerate().map(word).collect()
}

/// One sender: new messages, and repetitions of whatever was sent by anybody.
async fn send(shared: Arc<Shared>, mut dice: Dice, messages: usize) {
    for _ in 0..messages {
        let panel = dice.roll(SIDES.len());
        let act = match dice.roll(10) {
            0..5 => Act::Add(panel),
            5..7 => Act::Remove(panel),
            _ => Act::Query(panel),
        };
        let first = dice.roll(FEW);
        let patients = match dice.roll(4) {
            0 => vec![first, (first + 1 + dice.roll(FEW - 1)) % FEW],
            _ => vec![first],
        };
        let message = shared.compose(act, &patients);
        let server = dice.roll(SERVERS);
        if dice.roll(8) == 0 {
            // To two servers at once.
            let other = (server + 1) % SERVERS;
            tokio::join!(shared.deliver(message, server), shared.deliver(message, other));
        } else if !shared.deliver(message, server).await && dice.roll(3) > 0 {
            // Most try again until they are answered; the others will never know.
            while !shared.deliver(message, dice.roll(SERVERS)).await {}
        }
        if dice.roll(5) == 0 {
            shared.deliver(dice.roll(shared.sent()), dice.roll(SERVERS)).await;
        }
    }
}

/// Kills servers and starts them again until the senders are done.
async fn kill(
    shared: Arc<Shared>,
    homes: Arc<Vec<Home>>,
    flags: &'static str,
    mut running: Vec<Option<Running>>,
    mut dice: Dice,
    every: usize,
) -> (Vec<Option<Running>>, usize) {
    let mut deaths = 0;
    let mut next = every;
    while !shared.over.load(Ordering::SeqCst) {
        if shared.answered.load(Ordering::SeqCst) < next {
            tokio::time::sleep(Duration::from_millis(1)).await;
            continue;
        }
        next += every / 2 + dice.roll(every);
        // One, or two at once.
        let first = dice.roll(SERVERS);
        let mut victims = vec![first];
        if dice.roll(3) == 0 {
            victims.push((first + 1) % SERVERS);
        }
        for victim in &victims {
            let server = running[*victim].take().expect("it runs");
            server.signal(Signal::SIGKILL);
            shared.servers.lock().expect("not poisoned")[*victim] = None;
            assert_eq!(server.end(), -9);
            deaths += 1;
        }
        for victim in victims {
            let homes = homes.clone();
            let again = tokio::task::spawn_blocking(move || start(&homes[victim], flags)).await;
            let again = again.expect("it starts again");
            shared.servers.lock().expect("not poisoned")[victim] = Some(again.address);
            running[victim] = Some(again);
        }
    }
    (running, deaths)
}

fn start(home: &Home, flags: &str) -> Running {
    home.serve(&format!("--migrate false --connections 6 --seal-interval 0.2 {flags}"))
}

/// A run: its history, and how many servers were killed.
pub async fn run(plan: &Plan, database: &Database) -> (History, usize) {
    assert_ne!(SIDES[3].msp, PANELS[3].msp, "one provider, one panel");
    let (url, flags) = match &plan.through {
        Some((url, flags)) => (url, *flags),
        None => (&database.url, ""),
    };
    let home = |n| Home::with_database(&format!("history-{}-{n}", plan.seed), url);
    let homes: Arc<Vec<Home>> = Arc::new((0..SERVERS).map(home).collect());
    let starting = homes.clone();
    let running = tokio::task::spawn_blocking(move || {
        starting.iter().map(|home| Some(start(home, flags))).collect::<Vec<_>>()
    });
    let running = running.await.expect("they start");
    let address = |n: usize| running[n].as_ref().map(|server| server.address);
    let shared = Arc::new(Shared {
        servers: Mutex::new(std::array::from_fn(address)),
        clock: AtomicU64::new(0),
        answered: AtomicUsize::new(0),
        over: AtomicBool::new(false),
        history: Mutex::default(),
        bodies: Mutex::default(),
    });
    let dice = |n: usize| Dice(plan.seed.wrapping_mul(1_000_003).wrapping_add(n as u64));
    let each = plan.messages.div_ceil(plan.clients);
    let senders: Vec<_> =
        (0..plan.clients).map(|n| tokio::spawn(send(shared.clone(), dice(n), each))).collect();
    // Of four deliveries one is a repetition.
    let every = plan.messages * 4 / 3 / (plan.deaths + 1);
    let killer = kill(shared.clone(), homes.clone(), flags, running, dice(plan.clients), every);
    let killer = tokio::spawn(killer);
    for sender in senders {
        sender.await.expect("no panic");
    }
    shared.over.store(true, Ordering::SeqCst);
    let (running, deaths) = killer.await.expect("no panic");
    settle(&shared).await;
    let last = running.into_iter().flatten();
    tokio::task::spawn_blocking(move || last.for_each(Running::stop)).await.expect("they stop");
    let auditor = Home::with_database(&format!("history-{}-audit", plan.seed), &database.url);
    let verified = auditor.run("audit verify");
    assert!(verified.status.success(), "{verified:?}");
    assert!(verified.stdout.starts_with("sound: "), "{}", verified.stdout);
    let history = shared.history.lock().expect("not poisoned").clone();
    (history, deaths)
}

/// Everything that was answered is asked for once more, and where everybody stands now.
async fn settle(shared: &Shared) {
    let first_told = shared.history.lock().expect("not poisoned").clone();
    for message in first_told.first_told().into_keys() {
        eventually("the same answer", async || shared.deliver(message, message % SERVERS).await)
            .await;
    }
    for patient in 0..FEW {
        for panel in 0..SIDES.len() {
            let message = shared.compose(Act::Query(panel), &[patient]);
            eventually("an answer", async || shared.deliver(message, panel % SERVERS).await).await;
        }
    }
}
