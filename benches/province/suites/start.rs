//! The sandbox's second start, until it is ready.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::bench::Bench;
use crate::fault::{Done, told};
use crate::figure::median;
use crate::report::{Goal, Report};
use crate::server::{end, get};

/// Goal, in seconds.
const SECONDS: f64 = 2.0;
const STARTS: usize = 5;

/// Measures it.
pub(crate) fn run(bench: &Bench, report: &mut Report) -> Done {
    let folder = bench.data.folder.join("sandbox");
    let first = once(&folder)?;
    let starts: Done<Vec<f64>> = (0..STARTS).map(|_| once(&folder)).collect();
    std::fs::remove_dir_all(&folder)?;
    let starts = starts?;
    let middle = median(starts.clone());
    report.section("Start of the sandbox, until `/readyz` is 200");
    let all: Vec<String> = starts.iter().map(|seconds| format!("{seconds:.2}")).collect();
    report.line(&format!("First start {first:.2} s; further starts {} s.", all.join(", ")));
    report.goal(Goal {
        work: "sandbox, second start until ready".to_owned(),
        goal: format!("< {SECONDS} s"),
        figure: format!("{middle:.2} s"),
        reached: middle < SECONDS,
        suite: "start",
    });
    Ok(())
}

/// Seconds from starting the program until it is ready; then it is stopped.
fn once(folder: &std::path::Path) -> Done<f64> {
    let begun = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_pas"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.args(["serve", "--bind", "127.0.0.1:0", "--data-dir"]).arg(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let ready = ready(&mut child, begun);
    end(&mut child)?;
    ready
}

fn ready(child: &mut std::process::Child, begun: Instant) -> Done<f64> {
    let Some(out) = child.stdout.take() else { return told("no output of the sandbox") };
    // Kept until the end: the sandbox may go on talking.
    let mut out = BufReader::new(out);
    let mut line = String::new();
    out.read_line(&mut line)?;
    let place = line.strip_prefix("PAS serves http://").and_then(|rest| rest.split('/').next());
    let Some(address) = place.and_then(|place| place.parse().ok()) else {
        return told("the sandbox did not start");
    };
    while begun.elapsed() < Duration::from_secs(120) {
        if get(address, "/readyz").is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")) {
            return Ok(begun.elapsed().as_secs_f64());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    told("the sandbox does not become ready")
}
