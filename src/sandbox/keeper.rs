//! The thread that spawns Postgres, stays for as long as it runs, and reaps it.

use std::io;
use std::process::{Child, Command};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A running child and the thread that waits for it.
///
/// Linux sends a child its parent-death signal when the *thread* that spawned it ends. A thread
/// of a pool or of a test may end at any time, so the child gets a thread of its own.
#[derive(Debug)]
pub(super) struct Keeper {
    pid: Pid,
    fate: Arc<Fate>,
    thread: Option<JoinHandle<()>>,
}

/// How the child ended.
#[derive(Debug, Clone)]
pub(super) struct End {
    pub(super) clean: bool,
    pub(super) text: String,
}

#[derive(Debug, Default)]
struct Fate {
    end: Mutex<Option<End>>,
    ended: Condvar,
}

impl Fate {
    /// The value is whole at every moment, so a thread that panicked with the lock harms nothing.
    fn lock(&self) -> MutexGuard<'_, Option<End>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keeper {
    /// Spawns `command` from a thread of its own.
    pub(super) fn spawn(command: Command) -> io::Result<Keeper> {
        let fate = Arc::new(Fate::default());
        let (tell, told) = sync_channel(1);
        let theirs = Arc::clone(&fate);
        let thread = std::thread::Builder::new()
            .name("postgres-keeper".into())
            .spawn(move || keep(command, &tell, &theirs))?;
        let pid = told.recv().map_err(io::Error::other)??;
        Ok(Keeper { pid, fate, thread: Some(thread) })
    }

    pub(super) fn pid(&self) -> Pid {
        self.pid
    }

    /// How the child ended, where it has.
    pub(super) fn end(&self) -> Option<End> {
        self.fate.lock().clone()
    }

    /// Waits up to `patience` for the child's end.
    pub(super) fn wait(&self, patience: Duration) -> Option<End> {
        let guard = self.fate.lock();
        let waited = self.fate.ended.wait_timeout_while(guard, patience, |end| end.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// Ends the child: sends each signal and gives it the time beside it. Says how it ended, and
    /// which signal did it; `None` where it had ended by itself before.
    pub(super) fn finish(&mut self, steps: &[(Signal, Duration)]) -> (Option<Signal>, Option<End>) {
        let mut last = None;
        for (signal, patience) in steps {
            let end = self.fate.lock();
            if end.is_none() {
                // Nobody reaps the child while we hold the lock, so the number is still its own.
                let _ = kill(self.pid, *signal);
                last = Some(*signal);
            }
            drop(end);
            if self.wait(*patience).is_some() {
                break;
            }
        }
        let end = self.end();
        if end.is_some()
            && let Some(thread) = self.thread.take()
        {
            // The thread has nothing left to do, and cannot have panicked.
            let _ = thread.join();
        }
        (last, end)
    }
}

/// The thread's work.
fn keep(mut command: Command, tell: &SyncSender<io::Result<Pid>>, fate: &Fate) {
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            // Whoever asked waits for this answer; nobody else could be told.
            let _ = tell.send(Err(error));
            return;
        }
    };
    let _ = tell.send(Ok(Pid::from_raw(child.id().cast_signed())));
    // The command holds our copy of the log, which Postgres has by now.
    drop(command);
    loop {
        pause(&child);
        let mut end = fate.lock();
        *end = match child.try_wait() {
            Ok(None) => continue,
            Ok(Some(status)) => Some(End { clean: status.success(), text: status.to_string() }),
            Err(error) => Some(End { clean: false, text: format!("its status was lost: {error}") }),
        };
        fate.ended.notify_all();
        return;
    }
}

/// Waits for the child's end without reaping it: its number can go to another process only once
/// it is reaped, which the caller does with the lock held.
#[cfg(target_os = "linux")]
fn pause(child: &Child) {
    use nix::errno::Errno;
    use nix::sys::wait::{Id, WaitPidFlag, waitid};

    let pid = Pid::from_raw(child.id().cast_signed());
    let ended = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
    while waitid(Id::Pid(pid), ended) == Err(Errno::EINTR) {}
}

/// Not every system can wait without reaping: there the caller looks again and again.
#[cfg(not(target_os = "linux"))]
fn pause(_child: &Child) {
    std::thread::sleep(Duration::from_millis(20));
}
