//! What the province leaves open.

use chrono::{DateTime, NaiveDate, Utc};

use super::{Bands, Periods, Weights};

/// Choices, each with its default.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// How long things take.
    pub periods: Periods,
    /// What counts when families are put in order.
    pub weights: Weights,
    /// Where bands of complexity begin.
    pub bands: Bands,
    /// The $0 attachment code that is written: the guide prints 98890, and 98990 is its alias.
    pub code: &'static str,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            periods: Periods::default(),
            weights: Weights::default(),
            bands: Bands::default(),
            code: "98890",
        }
    }
}

/// When panels are looked at.
#[derive(Debug, Clone, Copy)]
pub struct AsOf {
    /// Now.
    pub at: DateTime<Utc>,
    /// Whose role at a clinic ended before this day has left it.
    pub left_before: NaiveDate,
}
