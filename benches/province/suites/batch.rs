//! Many patients in one message against one patient a message.

use crate::bench::{Bench, Load};
use crate::fault::Done;
use crate::figure::{Figure, median};
use crate::message::Event;
use crate::report::{Goal, Report};

const CONNECTIONS: usize = 8;
const MEMBERS: [usize; 5] = [1, 10, 100, 1_000, 5_000];

/// Measures them.
pub(crate) fn run(bench: &mut Bench, report: &mut Report) -> Done {
    report.section("Patients in one message, 8 connections");
    report.line("| message | patients | patients/s | ÷ of one a message | messages/s | p50 ms | messages counted |");
    report.line("|---|---:|---:|---:|---:|---:|---:|");
    for event in [Event::Add, Event::Query] {
        let mut figures: Vec<Vec<Figure>> = vec![Vec::new(); MEMBERS.len()];
        for round in 0..bench.args.rounds() {
            eprintln!("batch: {}, round {}", event.word(), round + 1);
            for (at, members) in MEMBERS.iter().enumerate() {
                let load = Load { members: *members, ..Load::new(event, CONNECTIONS) };
                figures[at].push(bench.ours(&load)?);
            }
        }
        for (members, all) in MEMBERS.iter().zip(&figures) {
            let gains = all.iter().zip(&figures[0]).map(|(many, one)| many.patients / one.patients);
            let gain = median(gains.collect());
            let Figure { patients, rate, p50, messages, .. } = Figure::median(all);
            report.line(&format!(
                "| {} | {members} | {patients:.0} | {gain:.1} | {rate:.1} | {p50:.1} | {messages} |",
                event.word()
            ));
            if event == Event::Add && *members == 1_000 {
                report.goal(Goal {
                    work: "add 1,000 patients in one message, 8 connections".to_owned(),
                    goal: "≥ 20 × the patients/s of single adds".to_owned(),
                    figure: format!("{gain:.1} × ({patients:.0}/s)"),
                    reached: gain >= 20.0,
                    suite: "batch",
                });
            }
        }
    }
    Ok(())
}
