//! What an earlier run left behind: processes that still work on the data, and their marks.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::SandboxError;
use super::address::{Address, status};
use super::folder::{Folder, remove_file};

/// For a cluster: it may be shutting down already, then it is asked, then it is made to.
const GENTLE: &[(Option<Signal>, Duration)] = &[
    (None, Duration::from_secs(2)),
    (Some(Signal::SIGINT), Duration::from_secs(30)),
    (Some(Signal::SIGQUIT), Duration::from_secs(10)),
    (Some(Signal::SIGKILL), Duration::from_secs(5)),
];

/// For a cluster in the making there is nothing to save.
const HARSH: &[(Option<Signal>, Duration)] = &[(Some(Signal::SIGKILL), Duration::from_secs(5))];

/// Ends what still runs on a folder that we have locked, and removes what would keep Postgres
/// from starting.
///
/// Postgres takes the number in `postmaster.pid` for a running server when any process has it,
/// even a dead one that nobody reaped. We know better: we look at what runs in the folder.
pub(super) fn clear(folder: &Folder, address: &Address) -> Result<(), SandboxError> {
    let data = folder.data();
    end_all(&data, GENTLE)?;
    remove_file(&data.join("postmaster.pid"))?;
    address.clear()?;
    for leftover in folder.leftovers()? {
        end_all(&leftover, HARSH)?;
        fs::remove_dir_all(&leftover).map_err(SandboxError::file("remove", &leftover))?;
    }
    Ok(())
}

/// Ends the Postgres processes that work in `data`, step by step.
fn end_all(data: &Path, steps: &[(Option<Signal>, Duration)]) -> Result<(), SandboxError> {
    let mut running = live(data);
    for (signal, patience) in steps {
        if running.is_empty() {
            return Ok(());
        }
        if let Some(signal) = signal {
            let listed = status(data).map(|(pid, _)| pid);
            tracing::warn!(?signal, folder = %data.display(), "ending a Postgres left behind");
            for pid in &running {
                // Only the first process of a cluster takes SIGINT for a shutdown.
                if *signal != Signal::SIGINT || Some(pid.as_raw()) == listed {
                    // It may be gone by now, which is what we want.
                    let _ = kill(*pid, *signal);
                }
            }
        }
        let deadline = Instant::now() + *patience;
        while !running.is_empty() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(25));
            running = live(data);
        }
    }
    match running.first() {
        Some(pid) => Err(SandboxError::LeftBehind { pid: pid.as_raw(), folder: data.into() }),
        None => Ok(()),
    }
}

/// The Postgres processes whose working folder is `data`; a dead one that nobody reaped has none.
#[cfg(target_os = "linux")]
fn live(data: &Path) -> Vec<Pid> {
    use std::os::unix::fs::MetadataExt;

    let Ok(wanted) = data.metadata() else { return Vec::new() };
    let works_there = |pid: &i32| {
        let process = Path::new("/proc").join(pid.to_string());
        // A person's shell may well be in there: not every process is ours to end.
        let name = fs::read_to_string(process.join("comm")).unwrap_or_default();
        matches!(name.trim(), "postgres" | "postmaster" | "initdb")
            && process
                .join("cwd")
                .metadata()
                .is_ok_and(|found| (found.dev(), found.ino()) == (wanted.dev(), wanted.ino()))
    };
    let entries = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(works_there).map(Pid::from_raw).collect()
}

/// Other systems do not tell working folders: there it is the process that `postmaster.pid`
/// names, provided that its command line names the folder.
#[cfg(not(target_os = "linux"))]
fn live(data: &Path) -> Vec<Pid> {
    let Some((pid, _)) = status(data) else { return Vec::new() };
    let asked = std::process::Command::new("ps")
        .args(["-ww", "-o", "command=", "-p", &pid.to_string()])
        .output();
    let names_it = asked.is_ok_and(|output| {
        String::from_utf8_lossy(&output.stdout).contains(&*data.to_string_lossy())
    });
    if names_it { vec![Pid::from_raw(pid)] } else { Vec::new() }
}
