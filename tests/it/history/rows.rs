//! What the database holds of a history: every answer once, every step once, in an order that the senders' clocks allow.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::Row as _;

use super::load::words;
use super::model::{Act, Move, SIDES, Standing, State, Word};
use super::verdict::History;
use crate::answer::Answer;
use crate::cluster;
use crate::message::PATIENTS;

/// An answer that is kept, with what the audit trail has of it.
#[derive(Debug, Clone)]
pub struct Kept {
    pub bundle: String,
    pub answer: Vec<u8>,
    pub words: Vec<Word>,
    /// Rows of the trail: that it was processed, and that it was answered again.
    pub processed: i64,
    pub replayed: i64,
}

/// One row of panel.change.
#[derive(Debug, Clone)]
pub struct Step {
    pub bundle: String,
    pub patient: usize,
    pub step: Move,
}

/// Everything of a history.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    pub kept: Vec<Kept>,
    /// In order of their numbers.
    pub steps: Vec<Step>,
    /// Where each patient stands on each panel at the end.
    pub standing: BTreeMap<(usize, usize), Standing>,
}

/// What is wrong with the rows. Messages are named by their `Bundle.id`.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    /// It was answered, and is not kept.
    Lost(String),
    /// It is kept twice, or its steps come at two places.
    Doubled(String),
    /// What is kept is not what was sent, or was never sent.
    Otherwise(String),
    /// An answer that went out is not in the audit trail, or a processing is there twice.
    Recorded(String),
    /// The steps are not those that this message takes from where the patient stood.
    Steps(String),
    /// What the answer says is not what the steps made of it.
    Untrue(String),
    /// It was answered before another was sent that comes before it.
    Order(String),
    /// Two MRPs at once after this message.
    TwoMrps(String),
    /// A patient does not stand where the steps lead to: by patient and panel.
    Standing(usize, usize),
}

/// Whether the rows are those of this history.
pub fn judge(history: &History, rows: &Rows) -> Result<(), Fault> {
    answers(history, rows)?;
    let kept: BTreeMap<&str, &Kept> =
        rows.kept.iter().map(|kept| (kept.bundle.as_str(), kept)).collect();
    for patient in 0..PATIENTS.len() {
        steps(history, rows, patient, &kept)?;
    }
    Ok(())
}

/// Every answer is kept once, as it went out, and is in the trail.
fn answers(history: &History, rows: &Rows) -> Result<(), Fault> {
    let mut kept: BTreeMap<&str, &Kept> = BTreeMap::new();
    for row in &rows.kept {
        if kept.insert(&row.bundle, row).is_some() {
            return Err(Fault::Doubled(row.bundle.clone()));
        }
        if !history.messages.iter().any(|message| message.id == row.bundle) {
            return Err(Fault::Otherwise(row.bundle.clone()));
        }
        if row.processed != 1 {
            return Err(Fault::Recorded(row.bundle.clone()));
        }
    }
    let mut deliveries: BTreeMap<usize, i64> = BTreeMap::new();
    for delivery in &history.deliveries {
        let Some(told) = &delivery.told else { continue };
        let id = &history.messages[delivery.message].id;
        let Some(row) = kept.get(id.as_str()) else { return Err(Fault::Lost(id.clone())) };
        if row.answer != told.bytes {
            return Err(Fault::Otherwise(id.clone()));
        }
        let deliveries = deliveries.entry(delivery.message).or_default();
        *deliveries += 1;
        if *deliveries > row.processed + row.replayed {
            return Err(Fault::Recorded(id.clone()));
        }
    }
    Ok(())
}

/// One patient's steps, from the first to the last.
fn steps(
    history: &History,
    rows: &Rows,
    patient: usize,
    kept: &BTreeMap<&str, &Kept>,
) -> Result<(), Fault> {
    let (sent, told) = (history.first_sent(), history.first_told());
    let mine: Vec<&Step> = rows.steps.iter().filter(|step| step.patient == patient).collect();
    let (mut state, mut seen, mut latest) = (State::default(), BTreeSet::new(), 0);
    for of_one in mine.chunk_by(|one, other| one.bundle == other.bundle) {
        let id = &of_one[0].bundle;
        let message = history.messages.iter().position(|message| message.id == *id);
        let Some(n) = message else { return Err(Fault::Otherwise(id.clone())) };
        if !seen.insert(id) {
            return Err(Fault::Doubled(id.clone()));
        }
        let taken: Vec<Move> = of_one.iter().map(|step| step.step).collect();
        let (after, word, expected) = state.act(history.messages[n].act);
        state = after;
        if taken != expected {
            let mut stands = state;
            taken.iter().for_each(|step| stands.take(*step));
            let two = stands.mrps() > 1;
            return Err(if two { Fault::TwoMrps(id.clone()) } else { Fault::Steps(id.clone()) });
        }
        if told_of(history, n, patient, kept) != Some(word) {
            return Err(Fault::Untrue(id.clone()));
        }
        if told.get(&n).is_some_and(|told| told.at < latest) {
            return Err(Fault::Order(id.clone()));
        }
        latest = latest.max(sent[&n]);
    }
    // Whoever was told that something changed has a step.
    for (n, message) in history.messages.iter().enumerate() {
        let Some(word) = told_of(history, n, patient, kept) else { continue };
        let unchanged = ["already-on-panel", "not-on-panel"];
        let changed = !matches!(message.act, Act::Query(_))
            && !word.remark.is_some_and(|remark| unchanged.contains(&remark));
        if changed != seen.contains(&message.id) {
            return Err(Fault::Lost(message.id.clone()));
        }
    }
    for panel in 0..SIDES.len() {
        let (_, here, _) = state.act(Act::Query(panel));
        let stands = rows.standing.get(&(patient, panel)).copied().unwrap_or_default();
        if here.standing != stands {
            return Err(Fault::Standing(patient, panel));
        }
    }
    Ok(())
}

/// What the kept answer to a message says of a patient.
fn told_of(
    history: &History,
    message: usize,
    patient: usize,
    kept: &BTreeMap<&str, &Kept>,
) -> Option<Word> {
    let message = &history.messages[message];
    let place = message.patients.iter().position(|it| *it == patient)?;
    kept.get(message.id.as_str())?.words.get(place).copied()
}

const KEPT: &str = "
SELECT m.bundle_key, m.answer,
       (SELECT count(*) FROM audit.event e WHERE e.message_id = m.id AND e.outcome IN ('ok', 'fatal-error')) AS processed,
       (SELECT count(*) FROM audit.event e WHERE e.bundle_key = m.bundle_key AND e.outcome = 'replayed') AS replayed
  FROM inbox.message m";

const STEPS: &str = "
SELECT m.bundle_key, e.phn, p.tokens::text AS provider, c.was::text AS was, c.became::text AS became
  FROM panel.change c
  JOIN panel.entry e ON e.id = c.entry_id
  JOIN panel.panel n ON n.id = e.panel_id
  JOIN pas.practitioner p ON p.key = n.practitioner_key
  LEFT JOIN inbox.message m ON m.id = c.message_id
 ORDER BY c.id";

const STANDING: &str = "
SELECT DISTINCT ON (e.phn, e.panel_id) e.phn, p.tokens::text AS provider, e.status::text AS status
  FROM panel.entry e
  JOIN panel.panel n ON n.id = e.panel_id
  JOIN pas.practitioner p ON p.key = n.practitioner_key
 ORDER BY e.phn, e.panel_id, e.id DESC";

/// Reads them all.
pub async fn read(url: &str) -> Rows {
    let mut connection = cluster::connect(url).await;
    let mut rows = Rows::default();
    for row in sqlx::query(KEPT).fetch_all(&mut connection).await.expect("the answers") {
        let answer: Vec<u8> = row.get("answer");
        let told = Answer::new(200, Default::default(), answer.clone().into());
        rows.kept.push(Kept {
            bundle: row.get("bundle_key"),
            words: words(&told),
            answer,
            processed: row.get("processed"),
            replayed: row.get("replayed"),
        });
    }
    for row in sqlx::query(STEPS).fetch_all(&mut connection).await.expect("the steps") {
        let was: Option<&str> = row.get("was");
        rows.steps.push(Step {
            bundle: row.get::<Option<String>, _>("bundle_key").unwrap_or_default(),
            patient: patient(row.get("phn")),
            step: Move {
                panel: panel(row.get("provider")),
                was: was.map(Standing::of),
                became: Standing::of(row.get("became")),
            },
        });
    }
    for row in sqlx::query(STANDING).fetch_all(&mut connection).await.expect("the entries") {
        let place = (patient(row.get("phn")), panel(row.get("provider")));
        rows.standing.insert(place, Standing::of(row.get("status")));
    }
    rows
}

fn patient(phn: &str) -> usize {
    PATIENTS.iter().position(|patient| patient.phn == phn).expect("a patient of the history")
}

fn panel(tokens: &str) -> usize {
    let by_number = |panel: &crate::message::Panel| tokens.contains(panel.msp);
    SIDES.iter().position(by_number).expect("a panel of the history")
}

#[cfg(test)]
mod tests {
    use super::super::verdict::{Delivery, Message, Told};
    use super::*;

    /// Four messages, one after the other, and what the database ought to hold of them.
    fn sound() -> (History, Rows) {
        let (mut history, mut rows) = <(History, Rows)>::default();
        let mut state = State::default();
        for (n, act) in
            [Act::Add(0), Act::Add(1), Act::Query(0), Act::Remove(1)].into_iter().enumerate()
        {
            let (after, word, steps) = state.act(act);
            state = after;
            let (id, at) = (format!("m{n}"), 2 * n as u64 + 1);
            let told = Told { at, bytes: id.clone().into_bytes(), words: vec![word] };
            history.messages.push(Message { id: id.clone(), act, patients: vec![0] });
            history.deliveries.push(Delivery { message: n, sent: at - 1, told: Some(told) });
            rows.kept.push(Kept {
                bundle: id.clone(),
                answer: id.clone().into_bytes(),
                words: vec![word],
                processed: 1,
                replayed: 0,
            });
            let steps = steps.into_iter();
            rows.steps.extend(steps.map(|step| Step { bundle: id.clone(), patient: 0, step }));
        }
        rows.standing = [((0, 0), Standing::NotMrp), ((0, 1), Standing::Removed)].into();
        (history, rows)
    }

    fn spoilt(spoil: impl FnOnce(&mut History, &mut Rows)) -> Fault {
        let (mut history, mut rows) = sound();
        assert_eq!(judge(&history, &rows), Ok(()));
        spoil(&mut history, &mut rows);
        judge(&history, &rows).expect_err("a fault")
    }

    #[test]
    fn an_acknowledged_change_that_is_not_there_is_found() {
        assert_eq!(spoilt(|_, rows| drop(rows.kept.remove(0))), Fault::Lost("m0".into()));
        let last = |_: &mut History, rows: &mut Rows| {
            rows.steps.pop();
            rows.standing.insert((0, 1), Standing::Confirmed);
        };
        assert_eq!(spoilt(last), Fault::Lost("m3".into()));
    }

    #[test]
    fn a_doubled_change_is_found() {
        let again = spoilt(|_, rows| rows.steps.push(rows.steps[0].clone()));
        assert_eq!(again, Fault::Doubled("m0".into()));
        let at_once = spoilt(|_, rows| rows.steps.insert(0, rows.steps[0].clone()));
        assert_eq!(at_once, Fault::Steps("m0".into()));
        let kept = spoilt(|_, rows| rows.kept.push(rows.kept[2].clone()));
        assert_eq!(kept, Fault::Doubled("m2".into()));
    }

    #[test]
    fn two_mrps_at_once_are_found() {
        // The second provider was confirmed, and the first did not give way.
        let two = spoilt(|_, rows| drop(rows.steps.remove(1)));
        assert_eq!(two, Fault::Steps("m1".into()));
        let both = |_: &mut History, rows: &mut Rows| {
            rows.steps[1].step = Move { panel: 0, was: None, became: Standing::Confirmed };
        };
        assert_eq!(spoilt(both), Fault::TwoMrps("m1".into()));
    }

    #[test]
    fn an_answer_that_is_not_the_kept_one_or_not_true_is_found() {
        let otherwise = spoilt(|_, rows| rows.kept[2].answer = b"?".to_vec());
        assert_eq!(otherwise, Fault::Otherwise("m2".into()));
        let untrue = spoilt(|_, rows| rows.kept[1].words[0].remark = None);
        assert_eq!(untrue, Fault::Untrue("m1".into()));
        let never_sent = spoilt(|history, _| history.messages[3].id = "m4".into());
        assert_eq!(never_sent, Fault::Otherwise("m3".into()));
    }

    #[test]
    fn an_answer_that_is_not_in_the_trail_is_found() {
        assert_eq!(spoilt(|_, rows| rows.kept[1].processed = 0), Fault::Recorded("m1".into()));
        assert_eq!(spoilt(|_, rows| rows.kept[1].processed = 2), Fault::Recorded("m1".into()));
        let again = |history: &mut History, _: &mut Rows| {
            history.deliveries.push(history.deliveries[0].clone());
        };
        assert_eq!(spoilt(again), Fault::Recorded("m0".into()));
    }

    #[test]
    fn steps_in_an_order_that_the_senders_clocks_forbid_are_found() {
        // Of two additions the first was answered before the second was sent, yet it comes later.
        let turned = |history: &mut History, _: &mut Rows| {
            for (n, delivery) in history.deliveries.iter_mut().enumerate().take(2) {
                delivery.sent = 8 - 4 * n as u64;
                delivery.told.as_mut().expect("told").at = 9 - 4 * n as u64;
            }
        };
        assert_eq!(spoilt(turned), Fault::Order("m1".into()));
    }

    #[test]
    fn an_entry_that_is_not_where_its_steps_lead_is_found() {
        let stray = |_: &mut History, rows: &mut Rows| {
            rows.standing.insert((0, 1), Standing::NotMrp);
        };
        assert_eq!(spoilt(stray), Fault::Standing(0, 1));
    }
}
