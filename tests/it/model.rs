//! Generated sequences of messages against a plain model in memory.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::message::{ADD, PANELS, PATIENTS, Panel, Patient, QUERY, REMOVE, message};
use crate::server::{Server, Setup};

#[derive(Debug, Clone)]
struct Act {
    event: &'static str,
    panel: usize,
    patients: Vec<usize>,
}

fn act() -> impl Strategy<Value = Act> {
    let event = prop_oneof![3 => Just(ADD), 2 => Just(REMOVE), 1 => Just(QUERY)];
    let patients = proptest::sample::subsequence(vec![0, 1, 2, 3], 1..=3).prop_shuffle();
    (event, 0..3_usize, patients).prop_map(|(event, panel, patients)| Act {
        event,
        panel,
        patients,
    })
}

/// What everybody should know: where each patient stands on each panel.
#[derive(Debug, Default)]
struct Model {
    status: BTreeMap<(usize, usize), &'static str>,
}

impl Model {
    fn mrp(&self, patient: usize) -> Option<usize> {
        let confirmed = |panel: &usize| self.status.get(&(*panel, patient)) == Some(&"confirmed");
        (0..PANELS.len()).find(confirmed)
    }

    fn here(&self, panel: usize, patient: usize) -> &'static str {
        self.status.get(&(panel, patient)).copied().unwrap_or("not-on-panel")
    }

    /// Does what the message asks; tells the remarks that the answer must hold, in order.
    fn act(&mut self, act: &Act) -> Vec<&'static str> {
        let mut remarks = Vec::new();
        for &patient in &act.patients {
            match (act.event, self.here(act.panel, patient)) {
                (ADD, "confirmed") => remarks.push("already-on-panel"),
                (ADD, _) => {
                    if let Some(other) = self.mrp(patient) {
                        self.status.insert((other, patient), "not-mrp");
                        remarks.push("mrp-moved");
                    }
                    self.status.insert((act.panel, patient), "confirmed");
                }
                (REMOVE, "removed" | "not-on-panel") => remarks.push("not-on-panel"),
                (REMOVE, _) => {
                    self.status.insert((act.panel, patient), "removed");
                }
                _ => {}
            }
        }
        remarks
    }
}

async fn check(acts: &[Act], refuse_transfers: bool) -> Result<(), TestCaseError> {
    let flags = if refuse_transfers { "--mrp-elsewhere reject --not-on-panel reject" } else { "" };
    let server = Server::with(Setup { flags: flags.to_owned(), ..Setup::default() }).await;
    let mut model = Model::default();
    for act in acts {
        let panel: Panel = PANELS[act.panel];
        let patients: Vec<Patient> =
            act.patients.iter().map(|patient| PATIENTS[*patient]).collect();
        let answer = server.post(&message(act.event, panel, &patients)).await;
        let before: Vec<&str> =
            act.patients.iter().map(|patient| model.here(act.panel, *patient)).collect();
        let refused: Vec<&str> = act
            .patients
            .iter()
            .zip(&before)
            .filter(|_| refuse_transfers)
            .filter_map(|(patient, status)| match (act.event, *status) {
                (ADD, "confirmed") => None,
                (ADD, _) if model.mrp(*patient).is_some() => Some("mrp-elsewhere"),
                (REMOVE, "removed" | "not-on-panel") => Some("nothing-to-remove"),
                _ => None,
            })
            .collect();
        if !refused.is_empty() {
            prop_assert_eq!((answer.response(), answer.codes()), ("fatal-error", refused));
            continue;
        }
        let remarks = model.act(act);
        prop_assert_eq!(answer.response(), "ok");
        prop_assert_eq!(&answer.codes()[1..], &remarks[..]);
        let statuses: Vec<&str> =
            act.patients.iter().map(|patient| model.here(act.panel, *patient)).collect();
        prop_assert_eq!(answer.statuses(), statuses);
        if act.event == QUERY {
            let mrps = act
                .patients
                .iter()
                .map(|patient| model.mrp(*patient).map_or("-", |panel| PANELS[panel].msp));
            prop_assert_eq!(answer.mrps(), mrps.collect::<Vec<_>>());
        }
    }
    server.stop().await.drop().await;
    Ok(())
}

#[test]
fn any_sequence_of_messages_ends_as_the_model_says() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut runner =
        TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let acts = proptest::collection::vec(act(), 1..24);
    runner
        .run(&(acts, any::<bool>()), |(acts, refuse)| runtime.block_on(check(&acts, refuse)))
        .unwrap_or_else(|failed| panic!("{failed}"));
}
