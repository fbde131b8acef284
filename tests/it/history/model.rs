//! One patient as everybody should know them: where they stand on each panel, and what each act makes of it.

use crate::message::{ADD, PANELS, Panel, QUERY, REMOVE};

/// The panels of a history, each of another provider.
pub const SIDES: [Panel; 4] = [PANELS[0], PANELS[1], PANELS[2], PANELS[5]];

/// Where a patient stands on a panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Standing {
    #[default]
    Absent,
    Confirmed,
    NotMrp,
    Removed,
}

impl Standing {
    /// By the word of answers and of the database.
    pub fn of(word: &str) -> Standing {
        match word {
            "not-on-panel" => Standing::Absent,
            "confirmed" => Standing::Confirmed,
            "not-mrp" => Standing::NotMrp,
            "removed" => Standing::Removed,
            other => panic!("no standing is called {other}"),
        }
    }
}

/// What is asked about one patient; with the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    Add(usize),
    Remove(usize),
    Query(usize),
}

impl Act {
    pub fn event(self) -> &'static str {
        match self {
            Act::Add(_) => ADD,
            Act::Remove(_) => REMOVE,
            Act::Query(_) => QUERY,
        }
    }

    pub fn panel(self) -> usize {
        match self {
            Act::Add(panel) | Act::Remove(panel) | Act::Query(panel) => panel,
        }
    }
}

/// What is answered about one patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Word {
    /// Where they stand on the panel that was asked about.
    pub standing: Standing,
    /// The remark about them, if there is one.
    pub remark: Option<&'static str>,
    /// The panel whose provider is MRP; told by queries alone.
    pub mrp: Option<usize>,
}

/// One step of one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    pub panel: usize,
    pub was: Option<Standing>,
    pub became: Standing,
}

/// Where a patient stands on every panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct State([Standing; SIDES.len()]);

impl State {
    pub fn mrp(self) -> Option<usize> {
        self.0.iter().position(|standing| *standing == Standing::Confirmed)
    }

    /// How many call themselves MRP.
    pub fn mrps(self) -> usize {
        self.0.iter().filter(|standing| **standing == Standing::Confirmed).count()
    }

    /// Takes a step that the database says was taken.
    pub fn take(&mut self, step: Move) {
        self.0[step.panel] = step.became;
    }

    /// What the act makes of it, what is answered, and the steps that are taken.
    pub fn act(self, act: Act) -> (State, Word, Vec<Move>) {
        let (mut next, panel) = (self, act.panel());
        let here = self.0[panel];
        let (mut steps, mut remark) = (Vec::new(), None);
        let step = |panel, was: Standing, became| Move {
            panel,
            was: (!matches!(was, Standing::Absent | Standing::Removed)).then_some(was),
            became,
        };
        match act {
            Act::Add(_) if here == Standing::Confirmed => remark = Some("already-on-panel"),
            Act::Add(_) => {
                if let Some(other) = self.mrp() {
                    steps.push(step(other, Standing::Confirmed, Standing::NotMrp));
                    remark = Some("mrp-moved");
                }
                steps.push(step(panel, here, Standing::Confirmed));
            }
            Act::Remove(_) if matches!(here, Standing::Absent | Standing::Removed) => {
                remark = Some("not-on-panel");
            }
            Act::Remove(_) => steps.push(step(panel, here, Standing::Removed)),
            Act::Query(_) => {}
        }
        steps.iter().for_each(|step| next.take(*step));
        let mrp = if matches!(act, Act::Query(_)) { self.mrp() } else { None };
        (next, Word { standing: next.0[panel], remark, mrp }, steps)
    }
}
