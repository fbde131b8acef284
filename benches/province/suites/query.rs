//! Queries of one patient: the server against the bare read, and against a handler that only parses and answers.

use crate::bench::{Bench, Load};
use crate::fault::Done;
use crate::figure::{Figure, ratio};
use crate::handler::Handler;
use crate::limit::{Limit, Script};
use crate::message::Event;
use crate::report::{Goal, Report};

/// Measures them.
pub(crate) fn run(bench: &mut Bench, report: &mut Report) -> Done {
    let limit = Limit::find(bench)?;
    report.section("Query, one patient");
    let mut tables = Vec::new();
    for connections in bench.args.connections.clone() {
        let (mut ours, mut bare, mut only) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..bench.args.rounds() {
            eprintln!("query: {connections} connections, round {}", round + 1);
            let load = Load::new(Event::Query, connections);
            ours.push(bench.ours(&load)?);
            bare.push(limit.run(bench, Script::Query, connections)?);
            let handler = Handler::start(ours[0].answer)?;
            only.push(bench.handler(handler.address, handler.pid(), &load)?);
        }
        tables.push((connections, ours, bare, only));
    }
    report.line("Ratios, medians of the rounds:\n");
    report.line("| connections | ÷ bare read | ÷ bare handler |");
    report.line("|---:|---:|---:|");
    for (connections, ours, bare, only) in &tables {
        let (read, handled) = (ratio(ours, bare), ratio(ours, only));
        report.line(&format!("| {connections} | {read:.2} | {handled:.2} |"));
        if *connections == 32 {
            report.goal(Goal {
                work: "query, 32 connections".to_owned(),
                goal: "≥ 0.75 × the pgbench read limit".to_owned(),
                figure: format!("{read:.2} × ({:.0}/s)", Figure::median(ours).rate),
                reached: read >= 0.75,
                suite: "query",
            });
        }
    }
    report.sides();
    for (connections, ours, bare, only) in &tables {
        report.side(*connections, "ours", &Figure::median(ours));
        report.side(*connections, "limit: pgbench, one read", &Figure::median(bare));
        report.side(*connections, "axum handler: parse, answer", &Figure::median(only));
    }
    Ok(())
}
