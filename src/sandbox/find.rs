//! Which Postgres to use: one that was named, one that is installed, or one to fetch.

use std::cmp::Reverse;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;

use super::SandboxError;
use super::fetch;
use super::folder::Folder;
use super::owner::program;

/// The oldest Postgres that knows the settings we start it with.
const OLDEST: u32 = 13;

/// Where programs are looked for; a value, so that a test can look elsewhere.
#[derive(Debug, Clone)]
pub(super) struct Places {
    /// What `PATH` says.
    pub(super) path: Option<OsString>,
    /// Where the folders of systems and Homebrew lie: `/`.
    pub(super) root: PathBuf,
    /// The Python that fetches a Postgres.
    pub(super) python: OsString,
}

/// A Postgres that can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    pub(super) folder: PathBuf,
    pub(super) major: u32,
}

impl Places {
    pub(super) fn of_this_machine() -> Places {
        Places { path: std::env::var_os("PATH"), root: "/".into(), python: "python3".into() }
    }

    /// The folders that hold a Postgres, the most wanted one first.
    pub(super) fn folders(&self) -> Vec<PathBuf> {
        let mut folders: Vec<PathBuf> = Vec::new();
        if let Some(path) = &self.path {
            // A relative entry would mean another folder to a child that works elsewhere.
            folders.extend(std::env::split_paths(path).filter(|folder| folder.is_absolute()));
        }
        let below = |folder: &str, prefix: &str| numbered(&self.root.join(folder), prefix);
        folders.extend(below("usr/lib/postgresql", ""));
        folders.extend(below("usr", "pgsql-"));
        for homebrew in ["opt/homebrew/opt", "usr/local/opt"] {
            folders.extend(below(homebrew, "postgresql"));
        }
        folders.retain(|folder| missing(folder).is_none());
        folders
    }
}

/// The `bin` folders below `parent/<prefix><version>`, the highest version first.
fn numbered(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = parent.read_dir().into_iter().flatten().filter_map(Result::ok);
    let mut found: Vec<(Vec<u32>, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name();
            let version = name.to_str()?.strip_prefix(prefix)?.trim_start_matches('@');
            // As numbers: 9.6 comes before 10. Homebrew's name without one is its newest.
            let version = match version {
                "" => vec![u32::MAX],
                _ => version.split('.').map(str::parse).collect::<Result<_, _>>().ok()?,
            };
            Some((version, entry.path().join("bin")))
        })
        .collect();
    found.sort_by_key(|(version, folder)| (Reverse(version.clone()), folder.clone()));
    found.into_iter().map(|(_, folder)| folder).collect()
}

/// The program that `folder` does not hold, where one of the two is missing.
pub(super) fn missing(folder: &Path) -> Option<&'static str> {
    let runs = |name: &&str| {
        let found = folder.join(name).metadata();
        found.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    };
    ["initdb", "postgres"].into_iter().find(|name| !runs(name))
}

/// Chooses the Postgres for a folder: the one `named`, else the first one that is installed,
/// else one that we fetch. Existing data decide which major version it has to be.
pub(super) fn binaries(
    places: &Places,
    named: Option<&Path>,
    folder: &Folder,
) -> Result<Binaries, SandboxError> {
    let data = folder.version()?;
    let fits = |major| data.is_none_or(|data| data == major);
    if let Some(named) = named {
        let found = named_binaries(named, folder)?;
        return if fits(found.major) { Ok(found) } else { Err(other(folder, data, &[found])) };
    }
    let mut found = Vec::new();
    for place in places.folders().into_iter().chain(fetch::fetched(folder)) {
        match probe(&place, folder) {
            Ok(binaries) if fits(binaries.major) => return Ok(binaries),
            Ok(binaries) => found.push(binaries),
            Err(reason) => {
                tracing::debug!(folder = %place.display(), reason, "passed over a Postgres");
            }
        }
    }
    if !fits(fetch::MAJOR) {
        return Err(other(folder, data, &found));
    }
    let reason = match fetch::fetch(places, folder) {
        Ok(place) => match probe(&place, folder) {
            Ok(binaries) => return Ok(binaries),
            Err(reason) => format!("the fetched one does not run: {reason}"),
        },
        Err(fetch::Failure::Ours(error)) => return Err(error),
        Err(fetch::Failure::Fetch(reason)) => reason,
    };
    if found.is_empty() {
        Err(SandboxError::NoBinaries { reason, remedy: remedy() })
    } else {
        Err(other(folder, data, &found))
    }
}

/// The folder a person named: used, or refused with the reason.
fn named_binaries(named: &Path, folder: &Folder) -> Result<Binaries, SandboxError> {
    let refused = |reason| SandboxError::NamedBinaries { folder: named.into(), reason };
    let place = std::path::absolute(named).map_err(|error| refused(error.to_string()))?;
    if let Some(program) = missing(&place) {
        return Err(refused(format!("it has no executable `{program}`")));
    }
    probe(&place, folder).map_err(refused)
}

/// Asks a Postgres for its version, as the user that will run it: that it answers shows that this
/// user may run it and that its libraries are there.
fn probe(place: &Path, folder: &Folder) -> Result<Binaries, String> {
    let mut command = program(place, "postgres", folder.path(), folder.owner(), Signal::SIGKILL);
    let output = command.arg("--version").output().map_err(|error| match folder.owner() {
        Some(owner) => format!("user {} cannot run its `postgres`: {error}", owner.name),
        None => format!("its `postgres` does not run: {error}"),
    })?;
    let text = String::from_utf8_lossy(&output.stdout);
    match major(&text) {
        Some(major) if major >= OLDEST => Ok(Binaries { folder: place.into(), major }),
        Some(major) => Err(format!("its Postgres is version {major}, older than {OLDEST}")),
        None => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(format!("its `postgres` does not tell its version: {}{}", text.trim(), said.trim()))
        }
    }
}

/// The major version in what `postgres --version` says, such as `postgres (PostgreSQL) 15.14`.
fn major(text: &str) -> Option<u32> {
    let version =
        text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let digits = version?.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

fn other(folder: &Folder, data: Option<u32>, found: &[Binaries]) -> SandboxError {
    let versions: Vec<String> = found
        .iter()
        .map(|found| format!("Postgres {} in {}", found.major, found.folder.display()))
        .collect();
    let found = if versions.is_empty() {
        "none that runs".to_owned()
    } else {
        format!("only {}", versions.join(", "))
    };
    SandboxError::OtherVersion { folder: folder.data(), data: data.unwrap_or_default(), found }
}

/// The command that installs Postgres on this system.
fn remedy() -> &'static str {
    if cfg!(target_os = "macos") {
        return "brew install postgresql";
    }
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    remedy_for(&release)
}

/// The same, by what `/etc/os-release` says of a Linux system and those it descends from.
fn remedy_for(release: &str) -> &'static str {
    let lines = release.lines().filter_map(|line| line.split_once('='));
    let names: Vec<&str> = lines
        .filter(|(key, _)| matches!(*key, "ID" | "ID_LIKE"))
        .flat_map(|(_, names)| names.trim_matches('"').split_whitespace())
        .collect();
    let known = [
        ("fedora", "dnf install postgresql-server"),
        ("rhel", "dnf install postgresql-server"),
        ("suse", "zypper install postgresql-server"),
        ("alpine", "apk add postgresql"),
        ("arch", "pacman -S postgresql"),
    ];
    known
        .iter()
        .find(|(system, _)| names.contains(system))
        .map_or("apt-get install postgresql", |(_, command)| command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_what_postgres_says() {
        assert_eq!(major("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 19devel"), Some(19));
        assert_eq!(major("postgres (PostgreSQL) 9.6.24"), Some(9));
        assert_eq!(major("no such thing"), None);
    }

    #[test]
    fn the_command_that_mends_it_is_the_systems_own() {
        assert_eq!(remedy_for("ID=ubuntu\nID_LIKE=debian\n"), "apt-get install postgresql");
        assert_eq!(
            remedy_for("ID=\"rocky\"\nID_LIKE=\"rhel fedora\"\n"),
            "dnf install postgresql-server"
        );
        assert_eq!(remedy_for("NAME=\"Alpine Linux\"\nID=alpine\n"), "apk add postgresql");
        assert_eq!(remedy_for(""), "apt-get install postgresql");
    }
}
