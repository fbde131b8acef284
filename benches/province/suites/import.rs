//! `pas import` against a bare COPY of the same rows: `benches/import.sh`, in a database of its own on the same Postgres.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::bench::Bench;
use crate::fault::{Done, told};
use crate::report::{Goal, Report};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/import.sh");
/// Its database.
const DATABASE: &str = "import";
/// Goal, as a share of COPY.
const SHARE: f64 = 0.5;

/// Measures it.
pub(crate) fn run(bench: &Bench, report: &mut Report) -> Done {
    report.section("Import of the Client Registry");
    if !Path::new(SCRIPT).is_file() {
        report.line("Not measured: there is no `benches/import.sh`.");
        return Ok(());
    }
    let files = bench.data.folder.join("import");
    std::fs::create_dir_all(&files)?;
    let postgres = &bench.data.postgres;
    postgres.run(&format!("DROP DATABASE IF EXISTS {DATABASE}"))?;
    postgres.run(&format!("CREATE DATABASE {DATABASE}"))?;
    let (people, rounds) = (bench.args.people.to_string(), bench.args.rounds().to_string());
    let mut command = Command::new(SCRIPT);
    command.args([&people, &rounds]).arg(&files);
    command.env("DATABASE_URL", postgres.url_of(DATABASE)).env("PAS", env!("CARGO_BIN_EXE_pas"));
    command.env("PSQL", postgres.path("psql")).stderr(Stdio::inherit());
    let output = command.output();
    std::fs::remove_dir_all(&files)?;
    postgres.run(&format!("DROP DATABASE {DATABASE}"))?;
    let output = output?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        return told(format!("benches/import.sh failed: {text}"));
    }
    for line in text.lines() {
        report.line(&format!("- {line}"));
    }
    let ratio = text.lines().last().and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    let Some(ratio) = ratio else { return told(format!("benches/import.sh said: {text}")) };
    report.goal(Goal {
        work: format!("import of {people} patients"),
        goal: format!("≥ {SHARE} of a bare COPY"),
        figure: format!("{ratio:.2} ×"),
        reached: ratio >= SHARE,
        suite: "import",
    });
    Ok(())
}
