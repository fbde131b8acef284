//! What the machine says of itself and of a process.

use std::process::Command;

use super::fault::{Done, told};

/// Clock ticks a second in `/proc`: constant on Linux, whatever the kernel's own clock.
const TICKS: f64 = 100.0;

/// Seconds of processor that a process used: its own, and with `reaped` those of its children that ended.
fn used(pid: u32, reaped: bool) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in brackets, may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let wanted = if reaped { 11..15 } else { 11..13 };
    let ticks: f64 = fields.get(wanted)?.iter().filter_map(|field| field.parse::<f64>().ok()).sum();
    Some(ticks / TICKS)
}

/// Seconds of processor of this process, which is the driver.
pub(crate) fn own_cpu() -> f64 {
    used(std::process::id(), false).unwrap_or(0.0)
}

/// Seconds of processor of the children of this process that ended, such as a pgbench.
pub(crate) fn ended_cpu() -> f64 {
    used(std::process::id(), true).unwrap_or(0.0) - own_cpu()
}

/// Seconds of processor of one process.
pub(crate) fn cpu(pid: u32) -> f64 {
    used(pid, false).unwrap_or(0.0)
}

/// Seconds of processor of a process and all its children, those that ended included.
pub(crate) fn family_cpu(pid: u32) -> f64 {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let children = children.unwrap_or_default();
    let alive = children.split_whitespace().filter_map(|child| child.parse().ok());
    used(pid, true).unwrap_or(0.0) + alive.map(cpu).sum::<f64>()
}

/// A line of `/proc/PID/status` that is in KiB (`VmRSS`, `VmHWM`), in MiB.
pub(crate) fn memory(pid: u32, line: &str) -> Done<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let value = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'));
    let kib = value.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    kib.map_or_else(|| told(format!("no {line} of process {pid}")), |kib| Ok(kib / 1024.0))
}

/// What is said of the machine at the top of the report.
#[derive(Debug)]
pub(crate) struct Machine {
    /// Lines of the report.
    pub(crate) lines: Vec<String>,
}

impl Machine {
    /// Asks.
    pub(crate) fn ask() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let text = |path| std::fs::read_to_string(path).unwrap_or_default();
        let (cpu, memory, load) =
            (text("/proc/cpuinfo"), text("/proc/meminfo"), text("/proc/loadavg"));
        let field = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name));
            let value = line.and_then(|line| line.split_once(':'));
            value.map_or_else(|| "?".to_owned(), |(_, value)| value.trim().to_owned())
        };
        let mut lines = vec![
            format!(
                "{cores} cores ({}), {} of memory, Linux {}",
                field(&cpu, "model name"),
                field(&memory, "MemTotal"),
                text("/proc/sys/kernel/osrelease").trim(),
            ),
            format!("{}, commit {}", said("rustc", &["--version"]), commit()),
            format!("load average at the start: {}", load.trim()),
        ];
        let busy: f64 =
            load.split_whitespace().next().and_then(|one| one.parse().ok()).unwrap_or(0.0);
        if busy > 0.3 {
            lines.push(format!(
                "**The machine is not quiet (load {busy}): ratios hold better than figures.**"
            ));
        }
        Machine { lines }
    }
}

/// The commit that is measured, and whether the files are that.
fn commit() -> String {
    let commit = said("git", &["rev-parse", "--short=12", "HEAD"]);
    let altered = !said("git", &["status", "--porcelain", "--untracked-files=no"]).is_empty();
    if altered { format!("{commit} with changes") } else { commit }
}

/// What a program says, in one line; empty when it cannot be run.
fn said(program: &str, words: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(words).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = command.output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).trim().to_owned()
}
