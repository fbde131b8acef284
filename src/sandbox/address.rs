//! How a cluster is reached: its socket's folder and the connection string.

use std::fmt::Write as _;
use std::fs::{DirBuilder, File, Permissions, TryLockError};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::unistd::geteuid;

use super::folder::{DATA, LOCK};
use super::owner::{Owner, give};
use super::{ROLE, SandboxError};

/// The name Postgres gives its socket, for the port 5432.
pub(super) const SOCKET: &str = ".s.PGSQL.5432";

/// The longest path a socket may have, without the closing zero byte.
const LONGEST: usize =
    if cfg!(any(target_os = "linux", target_os = "android")) { 107 } else { 103 };

/// How long [`join`] waits for a cluster that is just starting.
const JOIN_PATIENCE: Duration = Duration::from_secs(10);

/// How a running cluster is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    socket_dir: PathBuf,
}

impl Address {
    /// The address of the cluster in `data_dir`, which is canonical: a socket's path may have
    /// some hundred bytes only, so a deep folder has its socket below `/tmp`. So has one with a
    /// comma in its name, at which `psql` would split it into two hosts.
    pub(super) fn of(data_dir: &Path) -> Address {
        let near = data_dir.join("run");
        let socket = near.join(SOCKET);
        let bytes = socket.as_os_str().as_bytes();
        if bytes.len() <= LONGEST && !bytes.contains(&b',') {
            return Address { socket_dir: near };
        }
        let name = format!("pas-{}", short_hash(data_dir.as_os_str().as_bytes()));
        Address { socket_dir: Path::new("/tmp").join(name) }
    }

    /// Makes the socket's folder, closed to everybody but its owner (and root).
    pub(super) fn make(&self, owner: Option<&Owner>) -> Result<(), SandboxError> {
        let folder = self.socket_dir.as_path();
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(SandboxError::file("make", folder)(error));
            }
            _ => {}
        }
        // Below /tmp anybody may have been there first, even with a link.
        let found = folder.symlink_metadata().map_err(SandboxError::file("read", folder))?;
        let ours = found.uid() == geteuid().as_raw()
            || owner.is_some_and(|owner| owner.uid == found.uid());
        if !found.is_dir() || !ours {
            return Err(SandboxError::Foreign { folder: folder.into() });
        }
        std::fs::set_permissions(folder, Permissions::from_mode(0o700))
            .map_err(SandboxError::file("close", folder))?;
        give(folder, owner)
    }

    /// Removes what a Postgres that was killed left in the socket's folder: a lock file with the
    /// number of a process that may be another one by now.
    pub(super) fn clear(&self) -> Result<(), SandboxError> {
        for name in [SOCKET.to_owned(), format!("{SOCKET}.lock")] {
            super::folder::remove_file(&self.socket_dir.join(name))?;
        }
        Ok(())
    }

    /// The folder with the cluster's Unix socket: the host to tell `psql`.
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// The connection string for `database`, for the role `pas`, which may do everything.
    pub fn url(&self, database: &str) -> String {
        let host = percent_encoded(self.socket_dir.as_os_str().as_bytes());
        format!("postgres://{ROLE}@localhost/{}?host={host}", percent_encoded(database.as_bytes()))
    }

    /// Whether somebody listens.
    fn answers(&self) -> bool {
        UnixStream::connect(self.socket_dir.join(SOCKET)).is_ok()
    }
}

/// The cluster that another process runs on `data_dir` right now, if any.
///
/// Waits up to ten seconds for one that is just starting. `None` as well where the folder is not
/// ours to look into.
pub fn join(data_dir: &Path) -> Option<Address> {
    let data_dir = data_dir.canonicalize().ok()?;
    let lock = File::open(data_dir.join(LOCK)).ok()?;
    let address = Address::of(&data_dir);
    let deadline = Instant::now() + JOIN_PATIENCE;
    loop {
        // Whoever runs a cluster holds the lock; a lock that we get, nobody holds.
        if !matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)) {
            return None;
        }
        if status(&data_dir.join(DATA)).is_some_and(|(_, ready)| ready) && address.answers() {
            return Some(address);
        }
        if Instant::now() >= deadline {
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What `postmaster.pid` in the cluster's folder says: the process and whether it is ready.
pub(super) fn status(data: &Path) -> Option<(i32, bool)> {
    let text = std::fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let mut lines = text.lines();
    let pid = lines.next()?.trim().parse().ok()?;
    // Postgres writes its state into the eighth line.
    let ready = lines.nth(6).is_some_and(|line| line.trim() == "ready");
    Some((pid, ready))
}

/// A short name for `bytes` that is the same in every release (FNV-1a, 64 bits).
pub(super) fn short_hash(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// `bytes` for a URL: everything but letters, digits and `-._~` as `%` and two digits.
fn percent_encoded(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_the_socket_folder_percent_encoded() {
        let address = Address::of(Path::new("/a b/é&?/.pas"));
        assert_eq!(
            address.url("pas"),
            "postgres://pas@localhost/pas?host=%2Fa%20b%2F%C3%A9%26%3F%2F.pas%2Frun"
        );
    }

    #[test]
    fn the_longest_socket_path_that_fits_stays_near() {
        let rest = "/run/".len() + SOCKET.len();
        let fits = format!("/{}", "x".repeat(LONGEST - rest - 1));
        assert_eq!(Address::of(Path::new(&fits)).socket_dir(), Path::new(&fits).join("run"));
        let deep = format!("{fits}x");
        let address = Address::of(Path::new(&deep));
        assert!(address.socket_dir().starts_with("/tmp"));
        assert_eq!(address, Address::of(Path::new(&deep)));
        assert!(Address::of(Path::new("/a,b/.pas")).socket_dir().starts_with("/tmp"));
    }
}
