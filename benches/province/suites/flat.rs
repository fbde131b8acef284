//! Memory of one server over very many messages, adds and queries in turn.

use crate::bench::{Bench, Load};
use crate::fault::{Done, told};
use crate::machine::memory;
use crate::message::Event;
use crate::report::{Goal, Report};

const CONNECTIONS: usize = 32;
/// Readings of memory.
const READINGS: u64 = 10;
/// Goal, in MiB.
const MIB: f64 = 150.0;
/// How much more at the end than at the second reading still counts as flat: noise of the allocator.
const FLAT: f64 = 1.1;

/// Measures it.
pub(crate) fn run(bench: &mut Bench, report: &mut Report) -> Done {
    let each = bench.args.messages() / READINGS;
    let half = (each / 2).min(bench.data.free());
    let server = bench.server(&[], false)?;
    report.section("Memory of the server, 32 connections");
    report.line("| messages | resident MiB | peak MiB | messages/s of the last adds | of the last queries |");
    report.line("|---:|---:|---:|---:|---:|");
    let (mut sent, mut resident) = (0, vec![memory(server.pid(), "VmRSS")?]);
    report.line(&format!("| 0 | {:.1} | | | |", resident[0]));
    for _ in 0..READINGS {
        let load =
            |event, messages| Load { messages: Some(messages), ..Load::new(event, CONNECTIONS) };
        let adds = bench.on(&server, &load(Event::Add, half))?;
        let queries = bench.on(&server, &load(Event::Query, each - half))?;
        sent += adds.all + queries.all;
        let (now, peak) = (memory(server.pid(), "VmRSS")?, memory(server.pid(), "VmHWM")?);
        resident.push(now);
        report.line(&format!(
            "| {sent} | {now:.1} | {peak:.1} | {:.0} | {:.0} |",
            adds.rate, queries.rate
        ));
    }
    let peak = memory(server.pid(), "VmHWM")?;
    server.stop()?;
    let [_, _, second, .., last] = resident[..] else { return told("memory was not read") };
    report.goal(Goal {
        work: format!("memory of the server over {sent} messages, 32 connections"),
        goal: format!("< {MIB:.0} MiB, and flat"),
        figure: format!("{peak:.0} MiB at most, {:.2} × from the second reading on", last / second),
        reached: peak < MIB && last / second <= FLAT,
        suite: "flat",
    });
    Ok(())
}
