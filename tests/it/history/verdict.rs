//! What was sent and told, and whether it can be true.

use std::collections::BTreeMap;

use super::model::{Act, Standing, Word};
use super::order::{Operation, serial_order};

/// A message: one act on each of its patients.
#[derive(Debug, Clone)]
pub struct Message {
    /// `Bundle.id`
    pub id: String,
    /// What is done about the patients; their panel is one.
    pub act: Act,
    /// Which patients, by their places in the cast.
    pub patients: Vec<usize>,
}

/// How a delivery was answered.
#[derive(Debug, Clone)]
pub struct Told {
    pub at: u64,
    pub bytes: Vec<u8>,
    /// One word a patient.
    pub words: Vec<Word>,
}

/// One delivery of a message, to whichever server.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub message: usize,
    pub sent: u64,
    /// `None`: no answer came, or one that says nothing of what was done (503).
    pub told: Option<Told>,
}

/// Everything that was sent.
#[derive(Debug, Clone, Default)]
pub struct History {
    pub messages: Vec<Message>,
    pub deliveries: Vec<Delivery>,
}

/// What is wrong with a history.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    /// Two deliveries of this message were answered with different bytes.
    AnsweredOtherwise { message: usize },
    /// There is no serial order for this patient; so many acts could be placed.
    NoOrder { patient: usize, placed: usize, of: usize },
}

/// What a history is made of.
#[derive(Debug)]
pub struct Counts {
    pub messages: usize,
    /// Deliveries beyond the first of each message.
    pub repeated: usize,
    /// Deliveries without an answer.
    pub unanswered: usize,
    /// Messages without any answer.
    pub unknown: usize,
}

impl History {
    /// The first answer to each message.
    pub fn first_told(&self) -> BTreeMap<usize, &Told> {
        let mut first: BTreeMap<usize, &Told> = BTreeMap::new();
        for delivery in &self.deliveries {
            if let Some(told) = &delivery.told {
                let earlier = first.entry(delivery.message).or_insert(told);
                if told.at < earlier.at {
                    *earlier = told;
                }
            }
        }
        first
    }

    /// When each message was sent for the first time.
    pub fn first_sent(&self) -> BTreeMap<usize, u64> {
        let mut first = BTreeMap::new();
        for delivery in &self.deliveries {
            let sent = first.entry(delivery.message).or_insert(delivery.sent);
            *sent = delivery.sent.min(*sent);
        }
        first
    }

    pub fn counts(&self) -> Counts {
        let unanswered = self.deliveries.iter().filter(|delivery| delivery.told.is_none()).count();
        let messages = self.first_sent().len();
        Counts {
            messages,
            repeated: self.deliveries.len() - messages,
            unanswered,
            unknown: messages - self.first_told().len(),
        }
    }

    /// The same history, told by somebody who knows which of the unanswered messages were kept, and with which words: those were
    /// answered at the very end, and the others never sent. It is judged faster, and more strictly.
    pub fn informed(&self, kept: &BTreeMap<&str, &[Word]>) -> History {
        let first_told = self.first_told();
        let mut informed = self.clone();
        informed.deliveries.retain(|delivery| {
            let id = self.messages[delivery.message].id.as_str();
            first_told.contains_key(&delivery.message) || kept.contains_key(id)
        });
        for delivery in &mut informed.deliveries {
            if !first_told.contains_key(&delivery.message) {
                let words = kept[self.messages[delivery.message].id.as_str()].to_vec();
                delivery.told = Some(Told { at: u64::MAX, bytes: Vec::new(), words });
            }
        }
        informed
    }

    /// Makes a query tell that a patient was never on a panel, after it was acknowledged that they are. Nothing that nobody was
    /// told of could make that true.
    pub fn lie_about_a_query(&mut self) {
        let first_sent = self.first_sent();
        let lie = self.first_told().into_iter().rev().find_map(|(query, _)| {
            let Message { act: Act::Query(panel), patients, .. } = &self.messages[query] else {
                return None;
            };
            let known = |(other, told): (usize, &Told)| {
                let message = &self.messages[other];
                let before = told.at < first_sent[&query] && message.act == Act::Add(*panel);
                before && message.patients.contains(&patients[0])
            };
            self.first_told().into_iter().any(known).then_some(query)
        });
        let lie = lie.expect("a query after an addition");
        for delivery in self.deliveries.iter_mut().filter(|delivery| delivery.message == lie) {
            if let Some(told) = &mut delivery.told {
                told.words[0].standing = Standing::Absent;
            }
        }
    }
}

/// Whether everything that was told can be true.
pub fn judge(history: &History) -> Result<(), Fault> {
    let (first_sent, first_told) = (history.first_sent(), history.first_told());
    for delivery in &history.deliveries {
        let message = delivery.message;
        if delivery.told.as_ref().is_some_and(|told| told.bytes != first_told[&message].bytes) {
            return Err(Fault::AnsweredOtherwise { message });
        }
    }
    let mut patients: BTreeMap<usize, Vec<Operation>> = BTreeMap::new();
    for (n, message) in history.messages.iter().enumerate() {
        // It was not sent when its server was known to be gone.
        let Some(called) = first_sent.get(&n) else { continue };
        let told = first_told.get(&n);
        for (place, patient) in message.patients.iter().enumerate() {
            patients.entry(*patient).or_default().push(Operation {
                act: message.act,
                called: *called,
                told: told.map(|told| (told.at, told.words[place])),
            });
        }
    }
    for (patient, operations) in patients {
        if let Err(placed) = serial_order(&operations) {
            return Err(Fault::NoOrder { patient, placed, of: operations.len() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::model::State;
    use super::*;

    fn message(act: Act, patients: &[usize]) -> Message {
        Message { id: String::new(), act, patients: patients.to_vec() }
    }

    fn told(at: u64, bytes: &str, words: &[Word]) -> Option<Told> {
        Some(Told { at, bytes: bytes.into(), words: words.to_vec() })
    }

    #[test]
    fn a_repetition_that_is_answered_otherwise_is_found_and_one_that_is_not_is_sound() {
        let (_, word, _) = State::default().act(Act::Add(0));
        let delivery =
            |sent, bytes| Delivery { message: 0, sent, told: told(sent + 1, bytes, &[word]) };
        let history = |second| History {
            messages: vec![message(Act::Add(0), &[3])],
            deliveries: vec![
                delivery(0, "so"),
                Delivery { message: 0, sent: 2, told: None },
                delivery(4, second),
            ],
        };
        assert_eq!(judge(&history("so")), Ok(()));
        assert_eq!(judge(&history("otherwise")), Err(Fault::AnsweredOtherwise { message: 0 }));
    }

    #[test]
    fn an_answer_is_true_from_the_first_sending_to_the_first_answer() {
        let (added, word, _) = State::default().act(Act::Add(0));
        let (_, known, _) = added.act(Act::Query(0));
        let (_, unknown, _) = State::default().act(Act::Query(0));
        let history = |query: Word| History {
            messages: vec![message(Act::Add(0), &[0]), message(Act::Query(0), &[0])],
            deliveries: vec![
                Delivery { message: 0, sent: 0, told: None },
                Delivery { message: 1, sent: 1, told: told(2, "q", &[query]) },
                Delivery { message: 0, sent: 3, told: told(4, "a", &[word]) },
            ],
        };
        // The first delivery got no answer: it was done then, or by the second.
        assert_eq!(judge(&history(known)), Ok(()));
        assert_eq!(judge(&history(unknown)), Ok(()));
    }

    #[test]
    fn each_patient_of_a_message_has_an_order_of_their_own() {
        let (_, absent, _) = State::default().act(Act::Query(0));
        let (_, added, _) = State::default().act(Act::Add(0));
        let wrong = Word { standing: Standing::Removed, ..added };
        let history = |second| History {
            messages: vec![message(Act::Query(0), &[1]), message(Act::Add(0), &[0, 1])],
            deliveries: vec![
                Delivery { message: 0, sent: 0, told: told(1, "q", &[absent]) },
                Delivery { message: 1, sent: 2, told: told(3, "a", &[added, second]) },
            ],
        };
        assert_eq!(judge(&history(added)), Ok(()));
        let found = Fault::NoOrder { patient: 1, placed: 1, of: 2 };
        assert_eq!(judge(&history(wrong)), Err(found));
    }
}
