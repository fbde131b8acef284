//! Figures of one measurement, and medians of several.

use super::histogram::Histogram;
use super::load::Seen;

/// Microseconds of processor for one message.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cpu {
    /// The driver: ours, or pgbench.
    pub(crate) driver: f64,
    /// The server; nothing where there is none.
    pub(crate) server: f64,
    /// Postgres, all of its processes.
    pub(crate) postgres: f64,
}

/// What one measurement gave.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Figure {
    /// Messages a second.
    pub(crate) rate: f64,
    /// Patients a second.
    pub(crate) patients: f64,
    /// Milliseconds that half of the messages took at most.
    pub(crate) p50: f64,
    /// That 99 of 100 took at most.
    pub(crate) p99: f64,
    /// That 999 of 1,000 took at most.
    pub(crate) p999: f64,
    /// Messages that were counted.
    pub(crate) messages: u64,
    /// Messages in all, those before it counted included.
    pub(crate) all: u64,
    /// Processor time.
    pub(crate) cpu: Cpu,
    /// Bytes of an answer's body.
    pub(crate) answer: usize,
}

impl Figure {
    /// From what the driver saw.
    pub(crate) fn of(seen: &Seen, cpu: Cpu, members: usize) -> Self {
        let mut figure = Figure::from(&seen.latencies, seen.seconds, cpu);
        figure.patients = figure.rate * members as f64;
        figure.all = seen.all;
        figure.answer = seen.answer_bytes;
        figure
    }

    /// From latencies over so many seconds.
    pub(crate) fn from(latencies: &Histogram, seconds: f64, cpu: Cpu) -> Self {
        let millis = |share| latencies.quantile(share) as f64 / 1e3;
        let rate = latencies.count() as f64 / seconds.max(1e-3);
        Figure {
            rate,
            patients: rate,
            p50: millis(0.5),
            p99: millis(0.99),
            p999: millis(0.999),
            messages: latencies.count(),
            all: latencies.count(),
            cpu,
            answer: 0,
        }
    }

    /// The medians of several, each taken by itself; the messages of all.
    pub(crate) fn median(all: &[Figure]) -> Self {
        let of = |part: fn(&Figure) -> f64| median(all.iter().map(part).collect());
        Figure {
            rate: of(|f| f.rate),
            patients: of(|f| f.patients),
            p50: of(|f| f.p50),
            p99: of(|f| f.p99),
            p999: of(|f| f.p999),
            messages: all.iter().map(|f| f.messages).sum(),
            all: all.iter().map(|f| f.all).sum(),
            cpu: Cpu {
                driver: of(|f| f.cpu.driver),
                server: of(|f| f.cpu.server),
                postgres: of(|f| f.cpu.postgres),
            },
            answer: all.first().map_or(0, |f| f.answer),
        }
    }
}

/// The middle one; of an even number the mean of the two in the middle; 0 of none.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// The median of the ratios of each round's two sides.
pub(crate) fn ratio(ours: &[Figure], limit: &[Figure]) -> f64 {
    median(ours.iter().zip(limit).map(|(ours, limit)| ours.rate / limit.rate.max(1e-9)).collect())
}
