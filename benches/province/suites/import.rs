//! `pas import` against a bare COPY.

use crate::bench::Bench;
use crate::fault::Done;
use crate::report::Report;

/// Measures it. The comparison is a piece of its own, not here yet.
pub(crate) fn run(_bench: &Bench, report: &mut Report) -> Done {
    report.section("Import");
    report.line("Not measured by this program yet.");
    Ok(())
}
