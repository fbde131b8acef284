//! Records into blocks of rows, away from the database, so that the next block can be made while one is sent.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::super::error::StoreError;
use super::Row;
use super::copy::write_row;

/// A block is given out when this much text has come together.
const FULL: usize = 1 << 20;

/// Which table rows are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Practitioner,
    Organization,
    Role,
    Patient,
}

impl Place {
    const ALL: [Place; 4] = [Place::Practitioner, Place::Organization, Place::Role, Place::Patient];

    const fn of(row: &Row) -> Self {
        match row {
            Row::Practitioner(_) => Place::Practitioner,
            Row::Organization(_) => Place::Organization,
            Row::Role(_) => Place::Role,
            Row::Patient(_) => Place::Patient,
        }
    }

    /// The staging table; none for people, who may need none.
    pub(super) const fn staged(self) -> Option<&'static str> {
        match self {
            Place::Practitioner => Some("staged_practitioner"),
            Place::Organization => Some("staged_organization"),
            Place::Role => Some("staged_practitioner_role"),
            Place::Patient => None,
        }
    }

    /// The columns, in the order in which `write_row` writes them.
    pub(super) const fn columns(self) -> &'static str {
        match self {
            Place::Practitioner => "key, active, tokens, identifiers, names, licences",
            Place::Organization => "key, active, tokens, identifiers, names, addresses",
            Place::Role => "line, key, active, period, practitioner, organization",
            Place::Patient => {
                "phn, active, names, birth_date, deceased, deceased_on, replaced_by, masked"
            }
        }
    }
}

/// Rows for one table, as text for COPY.
#[derive(Debug)]
pub struct Block {
    pub(super) place: Place,
    pub(super) text: String,
}

/// What became of a record.
#[derive(Debug)]
pub enum Pushed {
    /// It waits for its block to be full.
    Kept,
    /// Its block is full and wants to be sent.
    Full(Block),
    /// It came before, and is not taken again.
    Repeated {
        /// On which line.
        first: i64,
    },
}

/// The rows of a file. It remembers every key, for each record once: up to 30 bytes a person.
#[derive(Default)]
pub struct Rows {
    blocks: [String; 4],
    /// The lines of people, by the nine digits after the 9.
    people: HashMap<u32, u32>,
    /// The lines of everybody and everything else, by their keys.
    others: HashMap<(Place, String), i64>,
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").finish_non_exhaustive()
    }
}

impl Rows {
    /// Adds the record of a line.
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn push(&mut self, line: i64, row: &Row) -> Result<Pushed, StoreError> {
        let place = Place::of(row);
        if let Some(first) = self.before(place, key(row), line) {
            return Ok(Pushed::Repeated { first });
        }
        let text = &mut self.blocks[place as usize];
        write_row(text, line, row)?;
        if text.len() < FULL {
            return Ok(Pushed::Kept);
        }
        // The next block is as large, and grows no more.
        let next = String::with_capacity(text.capacity());
        Ok(Pushed::Full(Block { place, text: std::mem::replace(text, next) }))
    }

    /// What is left at the end.
    pub fn rest(self) -> impl Iterator<Item = Block> {
        let blocks = Place::ALL.into_iter().zip(self.blocks);
        blocks.filter(|(_, text)| !text.is_empty()).map(|(place, text)| Block { place, text })
    }

    /// The line on which a record came before; this one's is written down if there is none.
    fn before(&mut self, place: Place, key: &str, line: i64) -> Option<i64> {
        // A file of more lines than 32 bits count would only have the first of two told wrong.
        if let (Place::Patient, Some(number)) = (place, number(key)) {
            let line = u32::try_from(line).unwrap_or(u32::MAX);
            return match self.people.entry(number) {
                Entry::Occupied(first) => Some(i64::from(*first.get())),
                Entry::Vacant(place) => {
                    place.insert(line);
                    None
                }
            };
        }
        match self.others.entry((place, key.to_owned())) {
            Entry::Occupied(first) => Some(*first.get()),
            Entry::Vacant(place) => {
                place.insert(line);
                None
            }
        }
    }
}

fn key(row: &Row) -> &str {
    match row {
        Row::Practitioner(record) => &record.key,
        Row::Organization(record) => &record.key,
        Row::Role(role) => &role.key,
        Row::Patient(record) => &record.phn,
    }
}

/// The nine digits after the 9 of a PHN.
fn number(phn: &str) -> Option<u32> {
    phn.strip_prefix('9').filter(|rest| rest.len() == 9)?.parse().ok()
}
