//! Whom Postgres runs as, and how its programs are launched.

use std::io;
use std::os::unix::fs::{MetadataExt, lchown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::unistd::{Uid, User, geteuid, setsid};

use super::SandboxError;
use super::folder::DATA;

/// The user that Postgres runs as where we are root, for it refuses to be root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) name: String,
}

impl Owner {
    /// Chooses for a data folder. `None` where we are not root: Postgres then runs as ourselves.
    ///
    /// What belongs to an ordinary user stays theirs, so that this user can still work with it
    /// after a run by root.
    pub(super) fn choose(data_dir: &Path) -> Result<Option<Owner>, SandboxError> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let data = data_dir.join(DATA);
        for folder in [&data, data_dir] {
            let Ok(found) = folder.metadata() else { continue };
            let user = User::from_uid(Uid::from_raw(found.uid())).ok().flatten();
            // A cluster is run by its owner, known or not. A new one is made for a known user
            // only, for `initdb` insists on a name.
            if found.uid() != 0 && (folder == data || user.is_some()) {
                let name = user.map_or_else(|| found.uid().to_string(), |user| user.name);
                return Ok(Some(Owner { uid: found.uid(), gid: found.gid(), name }));
            }
        }
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .map(|user| Owner { uid: user.uid.as_raw(), gid: user.gid.as_raw(), name: user.name })
            .map(Some)
            .ok_or(SandboxError::NoUser)
    }

    /// Whether this user can enter `folder`. Asked of the kernel in a child, so that access lists
    /// count as well as mode bits.
    pub(super) fn reaches(&self, folder: &Path) -> bool {
        let mut probe = Command::new("/bin/true");
        probe.uid(self.uid).gid(self.gid).current_dir(folder);
        probe.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // Entering the folder comes before the program, which therefore need not exist.
        let denied = |error: io::Error| error.raw_os_error() == Some(Errno::EACCES as i32);
        !probe.status().is_err_and(denied)
    }
}

/// Gives `path` itself (no link's target) to the user that Postgres runs as, where it is another.
pub(super) fn give(path: &Path, owner: Option<&Owner>) -> Result<(), SandboxError> {
    let Some(owner) = owner else { return Ok(()) };
    lchown(path, Some(owner.uid), Some(owner.gid))
        .map_err(SandboxError::file("change the owner of", path))
}

/// [`give`], for a folder and everything below it.
pub(super) fn give_all(path: &Path, owner: Option<&Owner>) -> Result<(), SandboxError> {
    give(path, owner)?;
    if path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
        let entries = path.read_dir().map_err(SandboxError::file("read", path))?;
        for entry in entries {
            let entry = entry.map_err(SandboxError::file("read", path))?;
            give_all(&entry.path(), owner)?;
        }
    }
    Ok(())
}

/// A Postgres program, ready to be run: as the right user, in `folder`, and with an environment
/// of its own, since variables such as PGDATA or PGOPTIONS of the user's shell must not reach it.
pub(super) fn program(
    binaries: &Path,
    name: &str,
    folder: &Path,
    owner: Option<&Owner>,
    death: Signal,
) -> Command {
    let mut command = Command::new(binaries.join(name));
    let mut path = binaries.as_os_str().to_owned();
    path.push(":/usr/local/bin:/usr/bin:/bin");
    // On macOS an unknown locale makes Postgres refuse to start, and C.UTF-8 is not always known.
    let locale = if cfg!(target_os = "macos") { "C" } else { "C.UTF-8" };
    command.env_clear().env("PATH", path).env("LC_ALL", locale).env("TZ", "UTC");
    command.stdin(Stdio::null()).current_dir(folder);
    if let Some(owner) = owner {
        // As root, `uid` drops the supplementary groups as well.
        command.uid(owner.uid).gid(owner.gid);
    }
    tie(&mut command, death);
    command
}

/// Ties a child to us: it is in a session of its own, where a terminal's ^C does not reach it,
/// and on Linux it gets the signal `death` when the thread that spawned it ends.
pub(super) fn tie(command: &mut Command, death: Signal) {
    let parent = std::process::id();
    let prepare = move || {
        setsid()?;
        die_with(parent, death)
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed. `prepare` makes
    // plain system calls (setsid, prctl, getppid), allocates nothing and takes no lock.
    unsafe { command.pre_exec(prepare) };
}

/// The standard library changes the user before it calls us, and has to: the kernel forgets the
/// signal when the user changes.
#[cfg(target_os = "linux")]
fn die_with(parent: u32, death: Signal) -> io::Result<()> {
    nix::sys::prctl::set_pdeathsig(death)?;
    // A parent that died before the call above sends no signal any more.
    if nix::unistd::getppid().as_raw().cast_unsigned() == parent {
        Ok(())
    } else {
        Err(io::Error::from_raw_os_error(Errno::ESRCH as i32))
    }
}

/// Other systems have no such signal: there the next start ends what was left behind.
#[cfg(not(target_os = "linux"))]
fn die_with(_parent: u32, _death: Signal) -> io::Result<()> {
    Ok(())
}
