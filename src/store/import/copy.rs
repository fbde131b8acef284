//! Rows in the text format of Postgres' COPY.

use std::fmt::Write as _;

use serde::Serialize;

use crate::registry::Identifier;

use super::super::error::StoreError;
use super::Row;

/// A row in COPY's text format.
pub(super) fn write_row(out: &mut String, line: i64, row: &Row) -> Result<(), StoreError> {
    let mut columns = Columns { out };
    match row {
        Row::Practitioner(record) => {
            columns.first(&record.key).flag(record.active).tokens(&record.identifiers);
            columns.json(&record.identifiers)?.json(&record.names)?.json(&record.licences)?;
        }
        Row::Organization(record) => {
            columns.first(&record.key).flag(record.active).tokens(&record.identifiers);
            columns.json(&record.identifiers)?.json(&record.names)?.json(&record.addresses)?;
        }
        Row::Role(role) => {
            columns
                .first(&line.to_string())
                .text(&role.key)
                .flag(role.active)
                .json(&role.period)?;
            columns.text(&role.practitioner).text(&role.organization);
        }
        Row::Patient(record) => {
            columns.first(&record.phn).flag(record.active).json(&record.names)?;
            columns.optional(record.birth_date.map(|day| day.to_string()).as_deref());
            columns
                .flag(record.deceased)
                .optional(record.deceased_on.map(|day| day.to_string()).as_deref());
            columns.optional(record.replaced_by.as_deref()).flag(record.masked);
        }
    }
    out.push('\n');
    Ok(())
}

struct Columns<'o> {
    out: &'o mut String,
}

impl Columns<'_> {
    fn text(&mut self, text: &str) -> &mut Self {
        self.out.push('\t');
        self.first(text)
    }

    /// The first column, which no tab stands before.
    fn first(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            match c {
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                c => self.out.push(c),
            }
        }
        self
    }

    fn optional(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.text(text),
            None => {
                self.out.push_str("\t\\N");
                self
            }
        }
    }

    fn flag(&mut self, flag: bool) -> &mut Self {
        self.out.push_str(if flag { "\tt" } else { "\tf" });
        self
    }

    fn json<T: Serialize>(&mut self, value: &T) -> Result<&mut Self, StoreError> {
        let text = serde_json::to_string(value)
            .map_err(|_| StoreError::Broken("a record does not encode".into()))?;
        Ok(self.text(&text))
    }

    /// A Postgres array literal: every element quoted.
    fn tokens(&mut self, identifiers: &[Identifier]) -> &mut Self {
        let mut literal = String::from("{");
        for (i, identifier) in identifiers.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            let token = identifier.token().replace('\\', "\\\\").replace('"', "\\\"");
            let _ = write!(literal, "{comma}\"{token}\"");
        }
        literal.push('}');
        self.text(&literal)
    }
}
