//! Every way to fail, and what each means on the wire. The one table is `table`; every layer's own errors are mapped to
//! its rows here, exhaustively, so that no failure is rendered anywhere else.

mod codes;
mod message;
mod rules;
mod table;

pub use codes::{IssueType, ResponseCode, Severity};
pub use table::{Alone, Code, Row};

use crate::fhir::{JsonFault, Path};
use crate::panel::{Notice, Refusal};
use crate::store::StoreError;

/// One `OperationOutcome.issue`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The row of the table.
    pub code: Code,
    /// What is wrong and what to change, for the sender. Holds nothing of what a registry knows.
    pub text: String,
    /// FHIRPath of the element in the request.
    pub expression: Option<String>,
}

impl Issue {
    /// An issue with the row's own text.
    pub fn plain(code: Code) -> Self {
        Issue { code, text: code.row().text.to_owned(), expression: None }
    }

    /// An issue with a text of its own.
    pub fn with(code: Code, text: impl Into<String>) -> Self {
        Issue { code, text: text.into(), expression: None }
    }

    /// The same, about this element.
    #[must_use]
    pub fn at(mut self, path: Path) -> Self {
        self.expression = Some(path.to_string());
        self
    }
}

/// `fatal-error` as soon as one issue is an error; else `ok`.
pub fn response_code(issues: &[Issue]) -> ResponseCode {
    let failed = issues.iter().any(|issue| issue.code.row().severity == Severity::Error);
    if failed { ResponseCode::FatalError } else { ResponseCode::Ok }
}

/// The HTTP status of an answer that is an OperationOutcome alone: that of its first error.
pub fn status_alone(issues: &[Issue]) -> u16 {
    let error = issues.iter().find(|issue| issue.code.row().severity == Severity::Error);
    match error.map(|issue| issue.code.row().alone) {
        Some(Alone::Status(status)) => status,
        Some(Alone::InMessage) | None => 400,
    }
}

impl From<&JsonFault> for Issue {
    fn from(fault: &JsonFault) -> Self {
        match fault {
            JsonFault::NotUtf8 { offset } => Issue::with(
                Code::Utf8Invalid,
                format!("The body is not UTF-8: the first wrong byte comes after {offset} bytes."),
            ),
            JsonFault::Syntax { line, column, reason } => Issue::with(
                Code::JsonInvalid,
                format!("The body is not JSON: {reason} at line {line}, column {column}."),
            ),
            JsonFault::TooDeep { limit } => Issue::with(
                Code::JsonTooDeep,
                format!("The JSON is nested deeper than {limit} levels."),
            ),
            JsonFault::TooMany { limit } => Issue::with(
                Code::JsonTooManyValues,
                format!("The JSON holds more than {limit} values."),
            ),
            JsonFault::DuplicateKey { at } => {
                let text = format!(
                    "The key {} stands twice in one object; which one counts is anybody's guess.",
                    quoted(at)
                );
                Issue::with(Code::DuplicateKey, text)
            }
            JsonFault::NulCharacter { at } => {
                let text = format!("The string {} holds the character U+0000.", quoted(at));
                Issue::with(Code::NulCharacter, text)
            }
        }
    }
}

/// A place in a body whose keys are the sender's own words: repeated only as far as it looks like a FHIR path.
fn quoted(place: &str) -> String {
    let plain = place.len() <= 200
        && place
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'[' | b']' | b'_' | b'-'));
    if plain && !place.is_empty() { format!("'{place}'") } else { "of one object".to_owned() }
}

impl From<&StoreError> for Code {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Schema { .. } => Code::DatabaseUnavailable,
            StoreError::Busy(_) => Code::DatabaseBusy,
            StoreError::NoUrl(_) | StoreError::Broken(_) => Code::InternalError,
        }
    }
}

impl From<Notice> for Issue {
    fn from(notice: Notice) -> Self {
        match notice {
            Notice::AlreadyOnPanel => Issue::plain(Code::AlreadyOnPanel),
            Notice::MrpMoved => Issue::plain(Code::MrpMoved),
            Notice::ClinicMoved => Issue::plain(Code::ClinicMoved),
            Notice::NotOnPanel => Issue::plain(Code::NotOnPanel),
        }
    }
}

impl From<Refusal> for Issue {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::MrpElsewhere => Issue::plain(Code::MrpElsewhere),
            Refusal::NothingToRemove => Issue::plain(Code::NothingToRemove),
        }
    }
}
