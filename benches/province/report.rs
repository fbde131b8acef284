//! The report: what was reached comes first, then everything that was measured.

use std::fmt::Write as _;

use super::figure::Figure;

/// A row of the table of goals.
#[derive(Debug)]
pub(crate) struct Goal {
    /// What is measured.
    pub(crate) work: String,
    /// What is wanted.
    pub(crate) goal: String,
    /// What came out.
    pub(crate) figure: String,
    /// Whether it is what is wanted.
    pub(crate) reached: bool,
    /// The suite that measures it.
    pub(crate) suite: &'static str,
}

/// Everything that is told at the end.
#[derive(Debug, Default)]
pub(crate) struct Report {
    goals: Vec<Goal>,
    body: String,
    head: Vec<String>,
}

impl Report {
    /// A report that begins with these lines.
    pub(crate) fn new(head: Vec<String>) -> Self {
        Report { head, ..Report::default() }
    }

    /// Adds a goal.
    pub(crate) fn goal(&mut self, goal: Goal) {
        eprintln!("  {}: {} (goal {})", goal.work, goal.figure, goal.goal);
        self.goals.push(goal);
    }

    /// Begins a section.
    pub(crate) fn section(&mut self, title: &str) {
        let _ = write!(self.body, "\n## {title}\n\n");
    }

    /// Adds a line, also to standard error, so that one sees it go on.
    pub(crate) fn line(&mut self, line: &str) {
        eprintln!("{line}");
        self.body.push_str(line);
        self.body.push('\n');
    }

    /// Begins a table of sides.
    pub(crate) fn sides(&mut self) {
        self.line(
            "\n| connections | side | messages/s | p50 ms | p99 ms | p99.9 ms | counted | server µs | Postgres µs | driver µs |",
        );
        self.line("|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    }

    /// Adds a row to it.
    pub(crate) fn side(&mut self, connections: usize, name: &str, figure: &Figure) {
        let Figure { rate, p50, p99, p999, messages, cpu, .. } = figure;
        let (server, postgres, driver) = (cpu.server, cpu.postgres, cpu.driver);
        self.line(&format!(
            "| {connections} | {name} | {rate:.0} | {p50:.2} | {p99:.2} | {p999:.2} | {messages} | {server:.0} | {postgres:.0} | {driver:.0} |"
        ));
    }

    /// The whole as Markdown.
    pub(crate) fn text(&self, words: &str) -> String {
        let mut text = String::from("# Measured\n\n");
        for line in &self.head {
            let _ = writeln!(text, "- {line}");
        }
        if !self.goals.is_empty() {
            text.push_str(
                "\n| work | goal | figure | reached | command |\n|---|---|---|---|---|\n",
            );
        }
        for Goal { work, goal, figure, reached, suite } in &self.goals {
            let reached = if *reached { "yes" } else { "no" };
            let _ = writeln!(
                text,
                "| {work} | {goal} | {figure} | {reached} | `cargo bench --bench province -- {suite}{words}` |"
            );
        }
        text + &self.body
    }
}
