//! The same add in small and large provinces. All of them are open at once, so that rounds can alternate.

use crate::args::Args;
use crate::bench::{Bench, Load};
use crate::fault::Done;
use crate::figure::{Figure, median};
use crate::message::Event;
use crate::report::{Goal, Report};

const CONNECTIONS: [usize; 2] = [1, 8];

/// Measures them.
pub(crate) fn run(args: &Args, report: &mut Report) -> Done {
    let mut benches: Vec<Bench> = Vec::new();
    for people in &args.sizes {
        benches.push(Bench::open(args, *people)?);
    }
    report.section("Size of the province");
    report.line(
        "| connections | people | entries | adds/s | p50 ms | p99 ms | p50 ÷ of the smallest |",
    );
    report.line("|---:|---:|---:|---:|---:|---:|---:|");
    for connections in CONNECTIONS {
        let mut figures: Vec<Vec<Figure>> = vec![Vec::new(); benches.len()];
        for round in 0..args.rounds() {
            eprintln!("size: {connections} connections, round {}", round + 1);
            for (at, bench) in benches.iter_mut().enumerate() {
                figures[at].push(bench.ours(&Load::new(Event::Add, connections))?);
            }
        }
        for (at, all) in figures.iter().enumerate() {
            let (people, entries) = (args.sizes[at], benches[at].data.listed);
            let grown = all.iter().zip(&figures[0]).map(|(large, small)| large.p50 / small.p50);
            let grown = median(grown.collect());
            let Figure { rate, p50, p99, .. } = Figure::median(all);
            report.line(&format!(
                "| {connections} | {people} | {entries} | {rate:.0} | {p50:.2} | {p99:.2} | {grown:.2} |"
            ));
            if at > 0 && at + 1 == figures.len() {
                report.goal(Goal {
                    work: format!(
                        "p50 of an add, {} to {people} people, {connections} connections",
                        args.sizes[0]
                    ),
                    goal: "grows by less than 1.3 ×".to_owned(),
                    figure: format!("{grown:.2} × (to {p50:.2} ms)"),
                    reached: grown < 1.3,
                    suite: "size",
                });
            }
        }
    }
    benches.into_iter().try_for_each(Bench::close)
}
