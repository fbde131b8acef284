//! The first start: a cluster that is there as a whole or not at all.

use std::fs::{self, DirBuilder, File};
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use nix::sys::signal::Signal;

use super::find::Binaries;
use super::folder::Folder;
use super::owner::{give, program};
use super::{DATABASE, ROLE, SandboxError};

/// Makes the cluster with its role and database. It is made beside its place and then renamed,
/// so a kill at any moment leaves no half cluster, only a leftover for the next start to remove.
pub(super) fn create(
    folder: &Folder,
    binaries: &Binaries,
    durable: bool,
) -> Result<(), SandboxError> {
    let unfinished = folder.unfinished();
    let mut output = initdb(folder, binaries, &unfinished, "C.UTF-8", durable)?;
    if !output.status.success() && stderr(&output).contains("locale") {
        // Not every system knows that name. `C` differs in the case of letters beyond ASCII only.
        output = initdb(folder, binaries, &unfinished, "C", durable)?;
    }
    if !output.status.success() {
        return Err(SandboxError::Create { program: "initdb", output: stderr(&output) });
    }
    make_database(folder, binaries, &unfinished, durable)?;
    let data = folder.data();
    fs::rename(&unfinished, &data).map_err(SandboxError::file("rename", &unfinished))?;
    if durable {
        let synced = File::open(folder.path()).and_then(|folder| folder.sync_all());
        synced.map_err(SandboxError::file("sync", folder.path()))?;
    }
    Ok(())
}

fn initdb(
    folder: &Folder,
    binaries: &Binaries,
    unfinished: &Path,
    locale: &str,
    durable: bool,
) -> Result<Output, SandboxError> {
    if unfinished.symlink_metadata().is_ok() {
        fs::remove_dir_all(unfinished).map_err(SandboxError::file("remove", unfinished))?;
    }
    DirBuilder::new()
        .mode(0o700)
        .create(unfinished)
        .map_err(SandboxError::file("make", unfinished))?;
    give(unfinished, folder.owner())?;
    let mut command = tool(folder, binaries, "initdb", unfinished);
    command.args(["--username", ROLE, "--auth=trust", "--encoding=UTF8"]);
    command.arg(format!("--locale={locale}"));
    if !durable {
        command.arg("--no-sync");
    }
    command.arg("--pgdata").arg(unfinished);
    command.output().map_err(not_run(binaries, "initdb"))
}

/// Makes the database without a server: Postgres reads the statement from its input.
fn make_database(
    folder: &Folder,
    binaries: &Binaries,
    unfinished: &Path,
    durable: bool,
) -> Result<(), SandboxError> {
    let mut command = tool(folder, binaries, "postgres", unfinished);
    // Without `exit_on_error` a failed statement would still end in success.
    command.args(["--single", "-c", "exit_on_error=on"]);
    command.arg("-c").arg(if durable { "fsync=on" } else { "fsync=off" });
    command.arg("-D").arg(unfinished).arg("postgres");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(not_run(binaries, "postgres"))?;
    if let Some(mut input) = child.stdin.take() {
        // That Postgres ended too early to read it shows in its status.
        let _ = input.write_all(format!("CREATE DATABASE {DATABASE};\n").as_bytes());
    }
    let output = child.wait_with_output().map_err(not_run(binaries, "postgres"))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(SandboxError::Create { program: "postgres --single", output: stderr(&output) })
    }
}

/// A program that works on the unfinished cluster, and has no reason to outlive us.
fn tool(folder: &Folder, binaries: &Binaries, name: &str, unfinished: &Path) -> Command {
    program(&binaries.folder, name, unfinished, folder.owner(), Signal::SIGKILL)
}

fn not_run(binaries: &Binaries, name: &str) -> impl FnOnce(std::io::Error) -> SandboxError {
    let program = binaries.folder.join(name);
    |source| SandboxError::Run { program, source }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}
