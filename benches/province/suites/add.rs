//! Adds of one patient: the server in each of its modes against the bare SQL of one add.

use crate::bench::{Bench, Load};
use crate::fault::Done;
use crate::figure::{Figure, ratio};
use crate::limit::{Limit, Script};
use crate::message::Event;
use crate::report::{Goal, Report};

/// Measures them.
pub(crate) fn run(bench: &mut Bench, report: &mut Report) -> Done {
    let limit = Limit::find(bench)?;
    let modes = bench.modes();
    report.section("Add, one patient");
    report.line(&format!(
        "What one add writes, in the server and in `benches/sql/add.sql`: {}",
        limit.written
    ));
    let mut tables = Vec::new();
    for connections in bench.args.connections.clone() {
        let mut ours = vec![Vec::new(); modes.len()];
        let mut bare = Vec::new();
        for round in 0..bench.args.rounds() {
            eprintln!("add: {connections} connections, round {}", round + 1);
            for (at, (_, flags)) in modes.iter().enumerate() {
                let load = Load { flags: flags.clone(), ..Load::new(Event::Add, connections) };
                ours[at].push(bench.ours(&load)?);
            }
            bare.push(limit.run(bench, Script::Add, connections)?);
        }
        let plain = limit.run(bench, Script::AddTransaction, connections)?;
        tables.push((connections, ours, bare, plain));
    }
    report.line("\nRatio to the limit, median of the rounds (and of p50 to the limit's p50):\n");
    report.line("| connections | mode | messages/s ÷ limit | p50 ÷ limit's p50 |");
    report.line("|---:|---|---:|---:|");
    for (connections, ours, bare, _) in &tables {
        for ((name, _), ours) in modes.iter().zip(ours) {
            let share = ratio(ours, bare);
            let slower = Figure::median(ours).p50 / Figure::median(bare).p50.max(1e-6);
            report.line(&format!("| {connections} | {name} | {share:.2} | {slower:.2} |"));
        }
    }
    report.sides();
    for (connections, ours, bare, plain) in &tables {
        for ((name, _), ours) in modes.iter().zip(ours) {
            report.side(*connections, name, &Figure::median(ours));
        }
        report.side(*connections, "limit: pgbench, one statement", &Figure::median(bare));
        report.side(*connections, "pgbench, BEGIN, five statements, COMMIT", plain);
    }
    for (connections, ours, bare, _) in &tables {
        let mode = match connections {
            32 => 0,
            64 => ours.len() - 1,
            _ => continue,
        };
        let share = ratio(&ours[mode], bare);
        let wanted = if *connections == 32 { 0.75 } else { 2.0 };
        report.goal(Goal {
            work: format!("add, {connections} connections, {}", modes[mode].0),
            goal: format!("≥ {wanted} × the pgbench limit"),
            figure: format!("{share:.2} × ({:.0}/s)", Figure::median(&ours[mode]).rate),
            reached: share >= wanted,
            suite: "add",
        });
    }
    Ok(())
}
