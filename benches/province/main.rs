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
    let mut bench = Bench::open(args, args.people)?;
    head.push(format!("{}, {}", bench.data.postgres.run("SELECT version()")?, settings(&bench)?));
    head.push(format!(
        "{} people, {} providers, {} clinics, {} entries on panels; {} rounds of {} s after {} s of warming up; tokens checked; \
         server --connections {}",
        args.people,
        args.providers,
        args.clinics,
        bench.data.listed,
        args.rounds(),
        args.seconds(),
        args.warm(),
        args.pool,
    ));
    let mut report = Report::new(head);
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
    let wanted = suites.iter().filter(|(suite, _)| args.wants(*suite));
    let mut done = wanted.map(|(_, run)| run(&mut bench, &mut report)).find(Result::is_err);
    bench.close()?;
    if done.is_none() && args.wants(Suite::Size) {
        done = Some(suites::size::run(args, &mut report));
    }
    // What was measured before something failed is told all the same.
    let text = report.text(if args.quick { " --quick" } else { "" });
    std::io::stdout().write_all(text.as_bytes())?;
    if let Some(out) = &args.out {
        std::fs::write(out, &text)?;
    }
    done.unwrap_or(Ok(()))
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
