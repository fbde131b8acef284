//! Latencies, counted in classes that are 1.6 % wide: small, quick, and exact enough for a p99.9.

/// Classes to each doubling.
const FINE: u32 = 6;

/// How often each latency was seen.
#[derive(Debug, Clone)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    all: u64,
}

impl Histogram {
    /// An empty one, for latencies up to half an hour.
    pub(crate) fn new() -> Self {
        Histogram { counts: vec![0; 26 << FINE], all: 0 }
    }

    /// Counts a latency of so many microseconds.
    pub(crate) fn add(&mut self, micros: u64) {
        let last = self.counts.len() - 1;
        self.counts[class(micros).min(last)] += 1;
        self.all += 1;
    }

    /// How many were counted.
    pub(crate) fn count(&self) -> u64 {
        self.all
    }

    /// The latency, in microseconds, that this share (0 to 1) of all did not exceed. 0 when nothing was counted.
    pub(crate) fn quantile(&self, share: f64) -> u64 {
        let wanted = ((self.all as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        for (at, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return middle(at);
            }
        }
        0
    }
}

/// The class of a latency: exact below `2^FINE`, then by its highest bits.
fn class(micros: u64) -> usize {
    let bits = 64 - micros.leading_zeros();
    let shift = bits.saturating_sub(FINE + 1);
    ((u64::from(shift) << FINE) + (micros >> shift)) as usize
}

/// The middle of a class.
fn middle(class: usize) -> u64 {
    let class = class as u64;
    let shift = (class >> FINE).saturating_sub(1);
    let low = (class - (shift << FINE)) << shift;
    low + (1 << shift) / 2
}
