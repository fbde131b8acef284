//! Where the data folder lies.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;

use super::SandboxError;
use super::address::short_hash;
use super::owner::Owner;

/// Where the data folder lies, and why it lies there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The data folder, absolute; it need not exist yet.
    pub data_dir: PathBuf,
    /// For the person at the terminal, where it is not the place one would expect.
    pub note: Option<String>,
}

/// Says where the data folder lies: at `wanted`, else at `.pas` in the working folder.
///
/// As root, Postgres runs as another user, who cannot enter for instance `/root`. Then the
/// default gives way to a folder below `/var/tmp`, always the same for one working folder, and
/// the note says so; print it.
///
/// # Errors
///
/// [`SandboxError::Unreachable`] for a `wanted` folder which that user cannot enter: data do not
/// move to a place that nobody named. [`SandboxError::NoUser`] where there is no such user.
/// [`SandboxError::Foreign`] where somebody else took the place below `/var/tmp`.
pub fn place(wanted: Option<&Path>) -> Result<Place, SandboxError> {
    let named = wanted.unwrap_or(Path::new(".pas"));
    let data_dir = std::path::absolute(named).map_err(SandboxError::file("find", named))?;
    let Some(owner) = Owner::choose(&data_dir)? else {
        return Ok(Place { data_dir, note: None });
    };
    // The data folder's own mode is mended at the start; what counts is the way there.
    let way = data_dir.ancestors().skip(1).find(|folder| folder.is_dir()).unwrap_or(&data_dir);
    if owner.reaches(way) {
        return Ok(Place { data_dir, note: None });
    }
    if wanted.is_some() {
        return Err(SandboxError::Unreachable { folder: way.into(), user: owner.name });
    }
    let elsewhere =
        Path::new("/var/tmp").join(format!("pas-{}", short_hash(data_dir.as_os_str().as_bytes())));
    claim(&elsewhere)?;
    let note = format!(
        "the data are in {}, not in {}: as root, Postgres runs as user {}, who cannot enter {}",
        elsewhere.display(),
        data_dir.display(),
        owner.name,
        way.display(),
    );
    Ok(Place { data_dir: elsewhere, note: Some(note) })
}

/// Makes a folder where anybody may make folders, or checks that the one there is ours.
fn claim(folder: &Path) -> Result<(), SandboxError> {
    match DirBuilder::new().mode(0o711).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(SandboxError::file("make", folder)(error));
        }
        _ => {}
    }
    let found = folder.symlink_metadata().map_err(SandboxError::file("read", folder))?;
    if found.is_dir() && found.uid() == geteuid().as_raw() {
        Ok(())
    } else {
        Err(SandboxError::Foreign { folder: folder.into() })
    }
}
