//! Bounds on JSON, and why a body is none that we take.

/// Bounds on the JSON itself.
#[derive(Debug, Clone, Copy)]
pub struct JsonLimits {
    /// How deep arrays and objects may be nested.
    pub depth: usize,
    /// How many values there may be in all: a value takes far more memory than text. A patient takes about twenty.
    pub values: usize,
}

impl Default for JsonLimits {
    fn default() -> Self {
        JsonLimits { depth: 64, values: 500_000 }
    }
}

/// Why a body is no JSON that we take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonFault {
    /// The bytes are no UTF-8; the offset of the first wrong byte.
    NotUtf8 {
        /// Bytes before the first wrong one.
        offset: usize,
    },
    /// The text is no JSON.
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the parser says; speaks of syntax only, never quotes the body.
        reason: String,
    },
    /// Nested deeper than the limit.
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// More values than the limit.
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// An object with the same key twice.
    DuplicateKey {
        /// Which object, and which key.
        at: String,
    },
    /// A string holds U+0000.
    NulCharacter {
        /// Which string.
        at: String,
    },
}
