//! The fault table in the parts in which people look for it.

use crate::fault::{Alone, Code, Severity};
use crate::registry::Rule;

/// Rows of the table that belong together.
#[derive(Debug, Clone)]
pub struct Section {
    /// What they have in common.
    pub title: &'static str,
    /// How such an answer looks.
    pub told: &'static str,
    /// The rows, in the order of the table.
    pub codes: Vec<Code>,
}

/// Every row of the table, once.
pub type Sections = [Section; 5];

/// The whole table.
pub fn sections() -> Sections {
    let mut sections = [
        ("No message yet", "Answered by an OperationOutcome alone, with the HTTP status named."),
        ("The message", "What is wrong with the message itself; all of it is told at once."),
        ("The guide's rules", "The message is sound, but differs from what the registries hold."),
        ("Remarks", "Nothing is wrong. Also in answers whose code is ok."),
        (
            "Our own failures",
            "Nothing was recorded. Send the same message again, with the same ids.",
        ),
    ]
    .map(|(title, told)| Section { title, told, codes: Vec::new() });
    for code in Code::ALL {
        if let Some(section) = sections.get_mut(place(*code)) {
            section.codes.push(*code);
        }
    }
    sections
}

fn place(code: Code) -> usize {
    let row = code.row();
    match row.alone {
        Alone::Status(500..) => 4,
        Alone::Status(_) => 0,
        Alone::InMessage if row.severity != Severity::Error => 3,
        Alone::InMessage if Rule::ALL.into_iter().any(|rule| Code::from(rule) == code) => 2,
        Alone::InMessage => 1,
    }
}
