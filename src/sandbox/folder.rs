//! The data folder: its lock, what lies in it, and whom it belongs to.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::unistd::geteuid;

use super::SandboxError;
use super::owner::{Owner, give, give_all};

/// The lock file's name; whoever runs a cluster on the folder holds it.
pub(super) const LOCK: &str = "lock";

/// The cluster's name.
pub(super) const DATA: &str = "postgres";

/// How the name of a cluster in the making starts.
const UNFINISHED: &str = "postgres.new";

/// Where programs that we fetch ourselves come to lie.
pub(super) const FETCHED: &str = "postgres-binaries";

/// The same, while they are being fetched.
pub(super) const FETCHING: &str = "postgres-binaries.tmp";

/// A log larger than this starts afresh.
const LARGEST_LOG: u64 = 10 * 1024 * 1024;

/// How much of the log an error quotes at most.
const LOG_TAIL: u64 = 4096;

/// A data folder that is ours alone for as long as this value lives.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    owner: Option<Owner>,
    /// Held, never read. It closes on exec, so no child keeps the lock after us.
    _lock: File,
}

impl Folder {
    /// Makes the folder where it is missing, and locks it.
    pub(super) fn open(wanted: &Path) -> Result<Folder, SandboxError> {
        let named = std::path::absolute(wanted).map_err(SandboxError::file("find", wanted))?;
        make_all(&named)?;
        // One cluster has one address, however its folder was named.
        let path = named.canonicalize().map_err(SandboxError::file("find", &named))?;
        let owner = Owner::choose(&path)?;
        let lock = lock(&path)?;
        give(&path.join(LOCK), owner.as_ref())?;
        let folder = Folder { path, owner, _lock: lock };
        folder.let_owner_in()?;
        Ok(folder)
    }

    /// As root: lets the user that Postgres runs as pass through the folder.
    fn let_owner_in(&self) -> Result<(), SandboxError> {
        let Some(owner) = &self.owner else { return Ok(()) };
        let found = self.path.metadata().map_err(SandboxError::file("read", &self.path))?;
        if found.uid() == 0 && found.mode() & 0o111 != 0o111 {
            fs::set_permissions(&self.path, Permissions::from_mode(found.mode() | 0o111))
                .map_err(SandboxError::file("open", &self.path))?;
        }
        if !owner.reaches(&self.path) {
            let user = owner.name.clone();
            return Err(SandboxError::Unreachable { folder: self.path.clone(), user });
        }
        let data = self.data();
        // Data that root copied here would be root's, whom Postgres is not.
        if data.symlink_metadata().is_ok_and(|found| found.is_dir() && found.uid() == 0) {
            give_all(&data, self.owner())?;
        }
        Ok(())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The cluster's folder.
    pub(super) fn data(&self) -> PathBuf {
        self.path.join(DATA)
    }

    pub(super) fn owner(&self) -> Option<&Owner> {
        self.owner.as_ref()
    }

    /// The major version that made the cluster, where there is one.
    pub(super) fn version(&self) -> Result<Option<u32>, SandboxError> {
        let data = self.data();
        let unknown = || SandboxError::NotData { folder: data.clone() };
        match fs::read_to_string(data.join("PG_VERSION")) {
            // Before version 10 it was two numbers; the first is all that is compared.
            Ok(text) => {
                let major = text.trim().split('.').next().and_then(|text| text.parse().ok());
                major.map(Some).ok_or_else(unknown)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // An empty folder may be replaced, anything else is not ours to touch.
                match data.read_dir().map(|mut entries| entries.next().is_none()) {
                    Ok(true) => Ok(None),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                    _ => Err(unknown()),
                }
            }
            Err(error) => Err(SandboxError::file("read", &data.join("PG_VERSION"))(error)),
        }
    }

    /// A name for a cluster in the making.
    pub(super) fn unfinished(&self) -> PathBuf {
        self.path.join(format!("{UNFINISHED}-{}", std::process::id()))
    }

    /// What interrupted starts left behind.
    pub(super) fn leftovers(&self) -> Result<Vec<PathBuf>, SandboxError> {
        let entries = self.path.read_dir().map_err(SandboxError::file("read", &self.path))?;
        let leftover = |name: &str| name.starts_with(UNFINISHED) || name == FETCHING;
        let names = entries
            .filter_map(Result::ok)
            .filter(|entry| entry.file_name().to_str().is_some_and(leftover));
        Ok(names.map(|entry| entry.path()).collect())
    }

    /// The log file's path.
    pub(super) fn log_path(&self) -> PathBuf {
        self.path.join("postgres.log")
    }

    /// Opens the log to write at its end, and says where that end is now.
    pub(super) fn open_log(&self) -> Result<(File, u64), SandboxError> {
        let path = self.log_path();
        let failed = |error| SandboxError::file("open", &path)(error);
        let log = private().append(true).open(&path).map_err(failed)?;
        let mut end = log.metadata().map_err(failed)?.len();
        if end > LARGEST_LOG {
            log.set_len(0).map_err(failed)?;
            end = 0;
        }
        give(&path, self.owner())?;
        Ok((log, end))
    }

    /// The last lines of the log after the byte `from`, for an error's text.
    pub(super) fn log_tail(&self, from: u64) -> String {
        let read = || -> io::Result<Vec<u8>> {
            let mut log = File::open(self.log_path())?;
            let end = log.metadata()?.len();
            log.seek(SeekFrom::Start(from.max(end.saturating_sub(LOG_TAIL))))?;
            let mut bytes = Vec::new();
            log.take(LOG_TAIL).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let bytes = read().unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(10)..].join("\n")
    }
}

/// Makes a folder and those above it that are missing. As root they are passable for everybody,
/// whatever the umask says, since the user that Postgres runs as has to pass.
fn make_all(folder: &Path) -> Result<(), SandboxError> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        make_all(parent)?;
    }
    match fs::create_dir(folder) {
        // Another start may be a moment ahead of us; the lock decides between the two.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        made => made.map_err(SandboxError::file("make", folder))?,
    }
    if geteuid().is_root() {
        fs::set_permissions(folder, Permissions::from_mode(0o711))
            .map_err(SandboxError::file("open", folder))?;
    }
    Ok(())
}

/// Takes the folder's lock. [`super::join`] holds it for an instant to see whether it is free,
/// so one refusal is not yet an answer.
fn lock(folder: &Path) -> Result<File, SandboxError> {
    let path = folder.join(LOCK);
    let file = private().write(true).open(&path).map_err(SandboxError::file("open", &path))?;
    let deadline = Instant::now() + Duration::from_millis(300);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(SandboxError::AlreadyRunning { folder: folder.into() });
            }
            Err(TryLockError::Error(error)) => {
                return Err(SandboxError::file("lock", &path)(error));
            }
        }
    }
}

/// Options for a file that only its owner reads. A link in its place is refused: as root we must
/// not write wherever the owner of the folder points us to.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).mode(0o600).custom_flags(OFlag::O_NOFOLLOW.bits());
    options
}

/// Removes a file; that there is none is fine.
pub(super) fn remove_file(path: &Path) -> Result<(), SandboxError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(SandboxError::file("remove", path)(error))
        }
        _ => Ok(()),
    }
}
