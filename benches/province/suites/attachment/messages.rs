//! Adds of people who are registered against adds of people who are not: they take turns.

use crate::bench::{Bench, Load};
use crate::fault::{Done, told};
use crate::figure::{Figure, ratio};
use crate::message::Event;
use crate::report::Report;
use crate::server::Server;

const CONNECTIONS: usize = 8;

/// Measures them.
pub(super) fn run(bench: &mut Bench, server: &Server, report: &mut Report) -> Done {
    let each: u64 = if bench.args.quick { 300 } else { 2_000 };
    let all = each * bench.args.rounds() as u64;
    let registered = bench.data.postgres.run(&format!(
        "SELECT b.i FROM bench.person b JOIN attachment.registration r ON r.phn = b.phn
          WHERE r.state = 'active' AND b.n >= (SELECT first FROM bench.waiting) ORDER BY md5(r.phn) LIMIT {all}"
    ))?;
    let registered: Vec<u64> = registered.lines().map(str::parse).collect::<Result<_, _>>()?;
    let strangers = bench.data.take(all)?;
    let strangers = bench.data.people(&strangers)?;
    let load = Load { messages: Some(each), ..Load::new(Event::Add, CONNECTIONS) };
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    let rounds = registered.chunks_exact(each as usize).zip(strangers.chunks_exact(each as usize));
    for (registered, strangers) in rounds {
        known.push(bench.about(server, &load, registered.to_vec())?.0);
        unknown.push(bench.about(server, &load, strangers.to_vec())?.0);
    }
    if known.is_empty() {
        return told("there are too few people for adds: more of them");
    }
    report.line(&format!(
        "\nAdds, {CONNECTIONS} connections: of a registrant {:.2} × the messages/s of a stranger.",
        ratio(&known, &unknown)
    ));
    report.sides();
    report.side(CONNECTIONS, "add of a registrant", &Figure::median(&known));
    report.side(CONNECTIONS, "add of a stranger", &Figure::median(&unknown));
    Ok(())
}
