//! `pas panel`: who is on a panel.

use std::io::Write as _;
use std::process::ExitCode;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::Serialize;

use crate::cli::{PanelArgs, PanelFormat};
use crate::clock::Clock;
use crate::config;
use crate::store::{PanelMember, PanelQuestion};

use super::database::Database;
use super::{CommandError, runtime, store};

/// A member as it is shown; others script against these names.
#[derive(Debug, Serialize)]
struct Shown {
    phn: String,
    family: Option<String>,
    given: Option<String>,
    status: &'static str,
    start: String,
    end: Option<String>,
}

impl Shown {
    fn new(member: PanelMember, today: NaiveDate) -> Self {
        let current = member.names.iter().find(|name| name.period.holds(today));
        let name = current.or(member.names.first());
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        Shown {
            phn: member.phn,
            family: name.map(|name| name.family.clone()),
            given: name.map(|name| name.given.join(" ")),
            status: member.status.code(),
            start: time(member.start),
            end: member.end.map(time),
        }
    }
}

pub(super) fn run(args: &PanelArgs) -> Result<ExitCode, CommandError> {
    let offset = config::offset(args.utc_offset);
    let today = Clock::System.today(offset);
    let database = Database::open(&args.shared)?;
    let question = PanelQuestion::new(
        &args.practitioner,
        &args.facility,
        &config::naming(&args.naming),
        offset,
    );
    let members = runtime()?.block_on(async {
        let store = store(&database).await?;
        let members = store.panel_members(&question).await?;
        store.close().await;
        Ok::<_, CommandError>(members)
    });
    database.close()?;
    let Some(members) = members? else {
        let text = format!(
            "PAS knows no panel of practitioner {} at facility {}",
            args.practitioner, args.facility
        );
        return Err(CommandError::Told(text));
    };
    let shown: Vec<Shown> = members.into_iter().map(|member| Shown::new(member, today)).collect();
    let text = match args.format {
        PanelFormat::Table => table(&shown),
        PanelFormat::Csv => csv(&shown),
        PanelFormat::Json => serde_json::to_string_pretty(&shown).unwrap_or_default() + "\n",
    };
    std::io::stdout().write_all(text.as_bytes()).map_err(CommandError::io("standard output"))?;
    Ok(ExitCode::SUCCESS)
}

const HEADINGS: [&str; 6] = ["phn", "family", "given", "status", "start", "end"];

fn cells(member: &Shown) -> [&str; 6] {
    [
        &member.phn,
        member.family.as_deref().unwrap_or_default(),
        member.given.as_deref().unwrap_or_default(),
        member.status,
        &member.start,
        member.end.as_deref().unwrap_or_default(),
    ]
}

fn table(members: &[Shown]) -> String {
    let rows: Vec<[&str; 6]> = std::iter::once(HEADINGS).chain(members.iter().map(cells)).collect();
    let width =
        |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEADINGS.len()).map(width).collect();
    let line = |row: &[&str; 6]| {
        let padded: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        padded.join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// RFC 4180.
fn csv(members: &[Shown]) -> String {
    let quote = |cell: &&str| {
        if cell.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            (*cell).to_owned()
        }
    };
    let line = |row: [&str; 6]| row.iter().map(quote).collect::<Vec<_>>().join(",") + "\r\n";
    std::iter::once(HEADINGS).chain(members.iter().map(cells)).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member() -> Shown {
        Shown {
            phn: "9012372173".into(),
            family: Some("Test, \"well\"".into()),
            given: None,
            status: "confirmed",
            start: "2026-11-22T05:47:00Z".into(),
            end: None,
        }
    }

    #[test]
    fn csv_quotes_what_needs_it() {
        let text = csv(&[member()]);
        assert_eq!(
            text.lines().nth(1),
            Some("9012372173,\"Test, \"\"well\"\"\",,confirmed,2026-11-22T05:47:00Z,")
        );
    }

    #[test]
    fn a_table_lines_up() {
        let text = table(&[member()]);
        let columns: Vec<Option<usize>> =
            text.lines().map(|line| line.find("confirmed").or(line.find("status"))).collect();
        assert_eq!(columns[0], columns[1]);
    }
}
