//! Measures the server and what bounds it side by side, in one run, on one durable Postgres. See benches/README.md.

mod alloc;
mod args;
mod bench;
#[path = "../counting/mod.rs"]
mod counting;
mod data;
mod fault;
mod figure;
mod handler;
mod histogram;
mod limit;
mod load;
mod machine;
mod message;
mod postgres;
mod report;
mod server;
mod suites;

use std::io::Write as _;

use args::{Args, Suite};
use bench::Bench;
use data::Population;
use fault::Done;
use machine::Machine;
use report::Report;

fn main() -> Done {
    let mut words = std::env::args().skip(1);
    match words.next().as_deref() {
        Some(handler::HANDLER) => {
            return handler::serve(words.next().unwrap_or_default().parse()?);
        }
        Some(server::COUNTED) => return alloc::serve(words),
        _ => {}
    }
    measure(&Args::read())
}

fn measure(args: &Args) -> Done {
    let mut head = Machine::ask().lines;
    type Run = fn(&mut Bench, &mut Report) -> Done;
    let suites: [(Suite, Run); 7] = [
        (Suite::Add, suites::add::run),
        (Suite::Query, suites::query::run),
        (Suite::Cost, suites::cost::run),
        (Suite::Batch, suites::batch::run),
        (Suite::Import, |bench, report| suites::import::run(bench, report)),
        (Suite::Start, |bench, report| suites::start::run(bench, report)),
        (Suite::Flat, suites::flat::run),
    ];
    let wanted: Vec<Run> =
        suites.iter().filter(|(suite, _)| args.wants(*suite)).map(|(_, run)| *run).collect();
    let waiting = wanted.is_empty() && !args.wants(Suite::Size);
    let population = if waiting { Population::Waiting } else { Population::Attached };
    let mut bench = Bench::of(args, args.people, population)?;
    head.extend(described(&bench)?);
    let mut report = Report::new(head);
    let mut done = wanted.iter().map(|run| run(&mut bench, &mut report)).find(Result::is_err);
    if waiting {
        done = Some(suites::attachment::run(&mut bench, &mut report));
    }
    bench.close()?;
    if done.is_none() && args.wants(Suite::Size) {
        done = Some(suites::size::run(args, &mut report));
    }
    if done.is_none() && !waiting && args.wants(Suite::Attachment) {
        let mut bench = Bench::of(args, args.people, Population::Waiting)?;
        done = Some(suites::attachment::run(&mut bench, &mut report));
        bench.close()?;
    }
    // What was measured before something failed is told all the same.
    let text = report.text(if args.quick { " --quick" } else { "" });
    std::io::stdout().write_all(text.as_bytes())?;
    if let Some(out) = &args.out {
        std::fs::write(out, &text)?;
    }
    done.unwrap_or(Ok(()))
}

/// What it is measured on.
fn described(bench: &Bench) -> Done<[String; 2]> {
    let args = &bench.args;
    let postgres =
        format!("{}, {}", bench.data.postgres.run("SELECT version()")?, settings(bench)?);
    let entries = bench.data.postgres.run("SELECT count(*) FROM panel.entry")?;
    let province = format!(
        "{} people, {} providers, {} clinics, {entries} entries on panels; {} rounds of {} s after {} s of warming up; tokens checked; \
         server --connections {}",
        args.people,
        args.providers,
        args.clinics,
        args.rounds(),
        args.seconds(),
        args.warm(),
        args.pool,
    );
    Ok([postgres, province])
}

/// What is set, as Postgres tells it: durability first.
fn settings(bench: &Bench) -> Done<String> {
    let names = ["fsync", "synchronous_commit", "full_page_writes"];
    let names = names.into_iter().chain(postgres::SETTINGS.iter().map(|(name, _)| *name));
    let told: Done<Vec<String>> = names
        .map(|name| Ok(format!("{name} {}", bench.data.postgres.run(&format!("SHOW {name}"))?)))
        .collect();
    Ok(told?.join(", "))
}
