//! What one message costs: processor, statements, WAL, allocations, memory.

use crate::alloc;
use crate::bench::{Bench, Load};
use crate::fault::{Done, told};
use crate::figure::Figure;
use crate::limit::{Limit, Script};
use crate::machine::memory;
use crate::message::Event;
use crate::report::{Goal, Report};

const CONNECTIONS: usize = 32;
/// Goal for the server's processor time of an add.
const MICROS: f64 = 200.0;
/// Messages of a counted run at most.
const COUNTED: u64 = 5_000;

/// WAL of a stretch: bytes of records, bytes of whole pages, records.
const WAL: &str = "
SELECT coalesce(sum(record_size), 0), coalesce(sum(fpi_size), 0), coalesce(sum(count), 0)
  FROM pg_get_wal_stats(";

/// Statements as clients sent them, the most frequent first.
const STATEMENTS: &str = "
SELECT calls, round(mean_plan_time::numeric * 1000, 1), round(mean_exec_time::numeric * 1000, 1), regexp_replace(left(query, 70), '\\s+', ' ', 'g')
  FROM pg_stat_statements
 WHERE toplevel AND calls > 10 AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
 ORDER BY calls DESC";

/// What one run showed.
struct Run {
    name: String,
    figure: Figure,
    wal: [f64; 3],
    peak: Option<f64>,
}

/// Measures them.
pub(crate) fn run(bench: &mut Bench, report: &mut Report) -> Done {
    let limit = Limit::find(bench)?;
    bench.data.postgres.run("CREATE EXTENSION IF NOT EXISTS pg_walinspect")?;
    report.section("Cost of one message, 32 connections");
    let mut runs = Vec::new();
    for event in [Event::Add, Event::Query] {
        for (mode, flags) in bench.modes() {
            let name = format!("{}: {mode}", event.word());
            let load = Load { flags, ..Load::new(event, CONNECTIONS) };
            let mut runs_of_it = Vec::new();
            for _ in 0..bench.args.rounds() {
                runs_of_it.push(ours(bench, &name, &load)?);
            }
            runs.push(middle(runs_of_it));
        }
        let script = if event == Event::Add { Script::Add } else { Script::Query };
        let mut runs_of_it = Vec::new();
        for _ in 0..bench.args.rounds() {
            let name = format!("{}: pgbench", event.word());
            let (figure, wal) = with_wal(bench, |bench| limit.run(bench, script, CONNECTIONS))?;
            runs_of_it.push(Run { name, figure, wal, peak: None });
        }
        runs.push(middle(runs_of_it));
    }
    table(report, &runs);
    goals(report, &runs);
    for event in [Event::Add, Event::Query] {
        for (mode, flags) in bench.modes() {
            let load = Load { flags, ..Load::new(event, CONNECTIONS) };
            report.line(&format!("\n{}, {mode}:\n", event.word()));
            allocations(bench, report, &load)?;
            statements(bench, report, &load)?;
        }
    }
    Ok(())
}

/// The run whose processor time is in the middle.
fn middle(mut runs: Vec<Run>) -> Run {
    runs.sort_by(|a, b| f64::total_cmp(&a.figure.cpu.server, &b.figure.cpu.server));
    runs.swap_remove(runs.len() / 2)
}

fn ours(bench: &mut Bench, name: &str, load: &Load) -> Done<Run> {
    let server = bench.server(&load.flags, false)?;
    let (figure, wal) = with_wal(bench, |bench| bench.on(&server, load))?;
    let peak = memory(server.pid(), "VmHWM")?;
    server.stop()?;
    Ok(Run { name: name.to_owned(), figure, wal, peak: Some(peak) })
}

/// Runs something, and says what WAL came of each message.
fn with_wal(
    bench: &mut Bench,
    side: impl FnOnce(&mut Bench) -> Done<Figure>,
) -> Done<(Figure, [f64; 3])> {
    // What is on disk: the statistics read nothing beyond it.
    let place = |bench: &Bench| bench.data.postgres.run("SELECT pg_current_wal_flush_lsn()");
    let from = place(bench)?;
    let figure = side(bench)?;
    let to = place(bench)?;
    if from == to {
        return Ok((figure, [0.0; 3]));
    }
    let text = bench.data.postgres.run(&format!("{WAL} '{from}', '{to}')"))?;
    let parts: Result<Vec<f64>, _> = text.split('|').map(str::parse).collect();
    let [bytes, pages, records] = parts?[..] else { return told(format!("WAL: {text}")) };
    let all = figure.all.max(1) as f64;
    Ok((figure, [bytes / all, pages / all, records / all]))
}

fn table(report: &mut Report, runs: &[Run]) {
    report.line(
        "| message: side | messages/s | server µs | Postgres µs | driver µs | WAL bytes without whole pages | whole pages in WAL, bytes | WAL records | server's peak MiB |",
    );
    report.line("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    for Run { name, figure, wal: [bytes, pages, records], peak } in runs {
        let (cpu, rate) = (figure.cpu, figure.rate);
        let peak = peak.map_or_else(String::new, |peak| format!("{peak:.0}"));
        report.line(&format!(
            "| {name} | {rate:.0} | {:.0} | {:.0} | {:.0} | {bytes:.0} | {pages:.0} | {records:.1} | {peak} |",
            cpu.server, cpu.postgres, cpu.driver
        ));
    }
}

fn goals(report: &mut Report, runs: &[Run]) {
    for run in runs.iter().filter(|run| run.name.starts_with("add: ours")) {
        let micros = run.figure.cpu.server;
        report.goal(Goal {
            work: format!("server CPU, {}", run.name),
            goal: format!("≤ {MICROS:.0} µs"),
            figure: format!("{micros:.0} µs"),
            reached: micros <= MICROS,
            suite: "cost",
        });
    }
}

/// Two runs, since the difference leaves out what starting and stopping allocate.
fn allocations(bench: &mut Bench, report: &mut Report, load: &Load) -> Done {
    let long = COUNTED.min(bench.data.free());
    let mut counts = Vec::new();
    for messages in [long / 5, long] {
        let server = bench.server(&load.flags, true)?;
        let load = Load { messages: Some(messages), ..load.clone() };
        let figure = bench.on(&server, &load)?;
        if figure.all != messages {
            return told(format!("{} of {messages} messages were sent", figure.all));
        }
        counts.push(alloc::read(&server.stop()?)?);
    }
    let each = |at: usize| (counts[1][at] - counts[0][at]) / (long - long / 5) as f64;
    report.line(&format!(
        "- {:.0} allocations, {:.0} bytes allocated in the server",
        each(0),
        each(1)
    ));
    Ok(())
}

/// Statements are counted in a run of their own: counting costs something.
fn statements(bench: &mut Bench, report: &mut Report, load: &Load) -> Done {
    let messages = COUNTED.min(bench.data.free());
    let postgres = &bench.data.postgres;
    postgres.run("ALTER ROLE pas SET pg_stat_statements.track = 'all'")?;
    postgres.run("ALTER ROLE pas SET pg_stat_statements.track_planning = on")?;
    let server = bench.server(&load.flags, false)?;
    bench.data.postgres.run("SELECT pg_stat_statements_reset()")?;
    bench.on(&server, &Load { messages: Some(messages), ..load.clone() })?;
    server.stop()?;
    let postgres = &bench.data.postgres;
    postgres.run("ALTER ROLE pas RESET ALL")?;
    for line in postgres.run(STATEMENTS)?.lines() {
        let fields: Vec<&str> = line.splitn(4, '|').collect();
        let [calls, planning, mean, text] = fields[..] else { continue };
        let each = calls.parse::<f64>()? / messages as f64;
        report.line(&format!("- {each:.3} times a message, {planning} µs of planning, {mean} µs of work in Postgres: `{text}`"));
    }
    Ok(())
}
