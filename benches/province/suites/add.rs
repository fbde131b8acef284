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
        goal(report, *connections, &modes, ours, bare);
    }
    Ok(())
}

type Mode = (&'static str, Vec<String>);

/// The goals that there are for so many connections.
fn goal(
    report: &mut Report,
    connections: usize,
    modes: &[Mode],
    ours: &[Vec<Figure>],
    bare: &[Figure],
) {
    let (alone, shared) = (&ours[0], &ours[ours.len() - 1]);
    let figure = |side: &[Figure]| {
        let share = ratio(side, bare);
        (share, format!("{share:.2} × ({:.0}/s)", Figure::median(side).rate))
    };
    let work = |mode: usize| format!("add, {connections} connections, {}", modes[mode].0);
    match connections {
        1 if modes.len() > 1 => {
            let more = Figure::median(shared).p50 / Figure::median(alone).p50.max(1e-6);
            report.goal(Goal {
                work: "p50 of an add, 1 connection, shared ÷ one a transaction".to_owned(),
                goal: "≤ 1.1".to_owned(),
                figure: format!("{more:.2}"),
                reached: more <= 1.1,
                suite: "add",
            });
        }
        32 => {
            let (share, figure) = figure(alone);
            let (goal, reached) = ("≥ 0.75 × the pgbench limit".to_owned(), share >= 0.75);
            report.goal(Goal { work: work(0), goal, figure, reached, suite: "add" });
        }
        64 => {
            let (share, figure) = figure(shared);
            let (goal, reached) = ("≥ 2 × the pgbench limit".to_owned(), share >= 2.0);
            let work = work(modes.len() - 1);
            report.goal(Goal { work, goal, figure, reached, suite: "add" });
        }
        _ => {}
    }
}
