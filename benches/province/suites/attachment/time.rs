//! What time makes due: 5,000 people are to be asked at once, by a server that was just started.

use std::time::{Duration, Instant};

use crate::bench::Bench;
use crate::fault::{Done, told};
use crate::report::Report;
use crate::server::Server;

const DUE: u32 = 5_000;
const PATIENCE: Duration = Duration::from_secs(600);

const LEFT: &str = "SELECT count(*) FROM attachment.registration WHERE state = 'active' AND reconfirmed_at < now() - interval '90 days'";

/// Measures it.
pub(super) fn run(bench: &Bench, report: &mut Report) -> Done {
    let postgres = &bench.data.postgres;
    postgres.run(&format!(
        "UPDATE attachment.registration SET reconfirmed_at = now() - interval '91 days'
          WHERE id IN (SELECT id FROM attachment.registration WHERE state = 'active' AND registered_at < now() - interval '92 days' ORDER BY id LIMIT {DUE})"
    ))?;
    postgres.run("VACUUM ANALYZE attachment.registration")?;
    let since = postgres.run("SELECT now()")?;
    postgres.run("ALTER ROLE pas SET pg_stat_statements.track = 'all'")?;
    postgres.run("SELECT pg_stat_statements_reset()")?;
    let server = Server::start(&bench.setup(&[], false))?;
    let begun = Instant::now();
    while postgres.run(LEFT)? != "0" {
        if begun.elapsed() > PATIENCE {
            return told("time does not pass");
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    // A pass that finds nothing comes after the last one that did.
    std::thread::sleep(Duration::from_secs(3));
    server.stop()?;
    postgres.run("ALTER ROLE pas RESET ALL")?;
    // All but the last step, by the clock of the acts.
    let each = postgres.run(&format!(
        "WITH asked AS (SELECT at FROM attachment.registration_change WHERE reason = 'asked' AND at >= '{since}')
         SELECT round(1e6 * extract(epoch FROM max(at) - min(at)) / nullif(count(*) FILTER (WHERE at < (SELECT max(at) FROM asked)), 0)) FROM asked"
    ))?;
    report.line(&format!(
        "\nTime: {DUE} people due at once are asked in {each} ms a thousand. The dearest statements, calls and mean ms:\n"
    ));
    for line in postgres.run(DEAREST)?.lines() {
        report.line(&format!("- {line}"));
    }
    Ok(())
}

const DEAREST: &str = "
SELECT calls || ' × ' || round(mean_exec_time::numeric, 1) || ' ms: `' || left(trim(regexp_replace(query, '\\s+', ' ', 'g')), 90) || '`'
  FROM pg_stat_statements WHERE query ILIKE '%attachment.%' AND query NOT ILIKE '%pg_stat_statements%' AND query NOT ILIKE '%interval ''90 days''%'
 ORDER BY total_exec_time DESC LIMIT 6";
