//! The command line of the measurements.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Measures PAS and what bounds it side by side, on one durable Postgres of its own. benches/README.md tells how to read it.
#[derive(Debug, Clone, Parser)]
#[command(name = "province", bin_name = "cargo bench --bench province --")]
pub(crate) struct Args {
    /// What to measure.
    #[arg(required = true, value_name = "SUITE")]
    pub(crate) suites: Vec<Suite>,
    /// One round of three seconds: to see that it works, not to quote.
    #[arg(long)]
    pub(crate) quick: bool,
    /// People of the province, for all suites but `size`.
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    pub(crate) people: u64,
    /// People of the provinces of the suite `size`.
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "10000,1000000,5700000",
        value_name = "N,…"
    )]
    pub(crate) sizes: Vec<u64>,
    /// Providers of the province, each with a panel.
    #[arg(long, default_value_t = 6_000, value_name = "N")]
    pub(crate) providers: u32,
    /// Clinics of the province.
    #[arg(long, default_value_t = 1_500, value_name = "N")]
    pub(crate) clinics: u32,
    /// Another seed gives another province.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,
    /// Connections of senders, one measurement each.
    #[arg(long, value_delimiter = ',', default_value = "1,8,32,64", value_name = "N,…")]
    pub(crate) connections: Vec<usize>,
    /// Rounds; figures are their medians [default: 3, with --quick 1]
    #[arg(long, value_name = "N")]
    pub(crate) rounds: Option<usize>,
    /// Seconds that are counted in each round [default: 10, with --quick 3]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) seconds: Option<u64>,
    /// Seconds before them that are not counted [default: 3, with --quick 1]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) warm: Option<u64>,
    /// Connections of the server to Postgres (its --connections).
    #[arg(long, default_value_t = 34, value_name = "N")]
    pub(crate) pool: u32,
    /// Messages of the suite `flat` [default: 1000000, with --quick 30000]
    #[arg(long, value_name = "N")]
    pub(crate) messages: Option<u64>,
    /// Where prepared provinces are kept, to be used again [default: target/tmp/province]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Write the report into this file as well.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Also let one server be measured with this flag more, such as --server-flag=--share=8; may be repeated.
    #[arg(long, value_name = "FLAG", allow_hyphen_values = true)]
    pub(crate) server_flag: Vec<String>,
}

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Suite {
    /// Adds of one patient against the bare SQL of one.
    Add,
    /// Queries of one patient against the bare read, and against a handler that only parses and answers.
    Query,
    /// What one message costs: CPU, statements, WAL, allocations, memory.
    Cost,
    /// Adds and queries of 1 to 5,000 patients in one message.
    Batch,
    /// Adds in small and large provinces.
    Size,
    /// `pas import` against a bare COPY.
    Import,
    /// The sandbox's second start.
    Start,
    /// Memory of the server over very many messages.
    Flat,
    /// The attachment workflow among 400,000 registrants.
    Attachment,
    /// All of them.
    All,
}

impl Args {
    /// The command line; cargo adds a word of its own.
    pub(crate) fn read() -> Self {
        Self::parse_from(std::env::args_os().filter(|word| word != "--bench"))
    }

    /// Whether a suite was asked for.
    pub(crate) fn wants(&self, suite: Suite) -> bool {
        self.suites.contains(&suite) || self.suites.contains(&Suite::All)
    }

    /// Rounds.
    pub(crate) fn rounds(&self) -> usize {
        self.rounds.unwrap_or(if self.quick { 1 } else { 3 }).max(1)
    }

    /// Seconds that count.
    pub(crate) fn seconds(&self) -> u64 {
        self.seconds.unwrap_or(if self.quick { 3 } else { 10 }).max(1)
    }

    /// Seconds that do not.
    pub(crate) fn warm(&self) -> u64 {
        self.warm.unwrap_or(if self.quick { 1 } else { 3 })
    }

    /// Messages of `flat`.
    pub(crate) fn messages(&self) -> u64 {
        self.messages.unwrap_or(if self.quick { 30_000 } else { 1_000_000 })
    }
}
