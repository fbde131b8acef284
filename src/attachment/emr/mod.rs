//! The list of patients that an EMR hands over: a table (CSV), or a Bundle of FHIR.

mod bundle;
mod table;

use chrono::NaiveDate;

pub use bundle::read_bundle;
pub use table::read_table;

/// A name as an EMR has it; some have no more than half of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmrName {
    /// The family name.
    pub family: Option<String>,
    /// Given names, in order.
    pub given: Vec<String>,
}

/// A patient as an EMR has them. The number is as it is written there: whether it is one, is judged later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmrPatient {
    /// Where: the line of a table, the number of an entry of a Bundle. From 1.
    pub line: u32,
    /// Personal health number.
    pub phn: String,
    /// Names.
    pub names: Vec<EmrName>,
    /// Born.
    pub birth_date: Option<NaiveDate>,
}

/// What [`EmrPatient::line`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbering {
    /// Lines of a table, the header being one.
    Lines,
    /// Entries of a Bundle.
    Entries,
}

/// What an EMR handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmrList {
    /// What its numbers count.
    pub numbering: Numbering,
    /// Everybody whose number could be read.
    pub patients: Vec<EmrPatient>,
    /// What could not be read.
    pub faults: Vec<EmrFault>,
}

/// Why something of a list could not be read. Repeats nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmrFault {
    /// Where.
    pub line: u32,
    /// Why.
    pub why: &'static str,
}

/// Why a list as a whole could not be read. Repeats nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

/// A text with something in it, without the space around it.
fn filled(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}
