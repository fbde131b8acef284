//! The program itself, as a process with an environment of its own, in a folder of its own.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use sqlx::AssertSqlSafe;
use tokio::sync::OnceCell;

use crate::answer::Answer;
use crate::cluster;
use crate::server::Ask;

/// How long anything may take before a test gives up: generous, for no test measures time.
const PATIENCE: Duration = Duration::from_secs(120);

/// Looks again and again until there is something to see.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A working folder. Whatever still works in there ends with this value, and so does the folder.
pub struct Home {
    pub folder: PathBuf,
    /// The data folder that is given to the program.
    pub data: PathBuf,
    /// Variables of its environment; there are no others but PATH.
    pub variables: Vec<(&'static str, String)>,
    /// Another program that runs it, as another user.
    pub through: Vec<String>,
    pub program: PathBuf,
}

/// How a command ended, and what it said.
#[derive(Debug)]
pub struct Done {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Home {
    pub fn new(name: &str) -> Home {
        let folder = cluster::folder(name);
        Home {
            // A person's folder may well be called so, and a shell reads it in the line to paste.
            data: folder.join("Juniper's data"),
            folder,
            variables: Vec::new(),
            through: Vec::new(),
            program: env!("CARGO_BIN_EXE_pas").into(),
        }
    }

    /// A home of which DATABASE_URL names the database, and in which nobody is asked for a token.
    pub fn with_database(name: &str, url: &str) -> Home {
        let mut home = Home::new(name);
        home.variables.push(("DATABASE_URL", url.to_owned()));
        home.variables.push(("PAS_INSECURE_NO_AUTH", "true".to_owned()));
        home
    }

    /// `pas` with these words, in this folder, with the variables of this home and none of ours.
    pub fn command(&self, words: &str) -> Command {
        let mut line = self.through.iter().map(Into::into).chain([self.program.clone()]);
        let mut command = Command::new(line.next().expect("a program"));
        command.args(line).args(words.split_whitespace());
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.current_dir(&self.folder).stdin(Stdio::null());
        command
    }

    /// Runs a command of `pas` on the data folder to its end.
    pub fn run(&self, words: &str) -> Done {
        let mut command = self.command(words);
        command.arg("--data-dir").arg(&self.data);
        finish(command, Stdio::null())
    }

    /// Starts `pas` with nothing but flags on the data folder, on a free port.
    pub fn serve(&self, flags: &str) -> Running {
        let mut command = self.command("--data-dir");
        command.arg(&self.data).args(["--bind", "127.0.0.1:0"]).args(flags.split_whitespace());
        self.start(command)
    }

    /// Starts a server, and waits until it tells its address.
    pub fn start(&self, mut command: Command) -> Running {
        let (said, log) = (self.folder.join("said"), self.folder.join("log"));
        command.stdout(File::create(&said).expect("a file for what it says"));
        command.stderr(File::create(&log).expect("a file for its log"));
        let child = command.spawn().expect("pas starts");
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        // Where nobody is asked for a token, there is none to fetch.
        let open = self.variables.iter().any(|(name, _)| *name == "PAS_INSECURE_NO_AUTH");
        let token = if open { OnceCell::new_with(Some(None)) } else { OnceCell::new() };
        let mut running = Running { child, address: nowhere, said, log, token };
        running.address = until("the address", || {
            assert!(!running.has_ended(), "it ended:\n{}", running.log());
            let said = running.said();
            // With a given database the address is all that it says.
            let last = if self.is_given() { "\n" } else { "Ctrl-C stops" };
            let rest = said.strip_prefix("PAS serves http").filter(|rest| rest.contains(last));
            rest?.split_once("://")?.1.split('/').next()?.parse().ok()
        });
        running
    }

    fn is_given(&self) -> bool {
        self.variables.iter().any(|(name, _)| *name == "DATABASE_URL")
    }

    /// The processes that work in the data folder: its Postgres.
    pub fn postgres(&self) -> Vec<Pid> {
        let Ok(data) = self.data.canonicalize() else { return Vec::new() };
        let entries = fs::read_dir("/proc").expect("/proc").flatten();
        let works_there =
            |path: &Path| fs::read_link(path.join("cwd")).is_ok_and(|cwd| cwd.starts_with(&data));
        entries
            .filter(|entry| works_there(&entry.path()))
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .map(Pid::from_raw)
            .collect()
    }

    pub fn postgres_is_gone(&self) {
        until("the end of its Postgres", || self.postgres().is_empty().then_some(()));
    }

    /// The first process of the sandbox's Postgres.
    pub fn postmaster(&self) -> Pid {
        let text = fs::read_to_string(self.data.join("postgres/postmaster.pid")).expect("it runs");
        Pid::from_raw(text.lines().next().expect("a line").parse().expect("a number"))
    }

    /// The address of the sandbox's database, while it runs.
    pub fn url(&self) -> String {
        pas::sandbox::join(&self.data).expect("it runs").url("pas")
    }

    /// `pas panel` for the panel that the tests fill, as JSON.
    pub fn panel(&self) -> Value {
        let done = self.run("panel --practitioner 90101 --facility F0101 --format json");
        assert!(done.status.success(), "{done:?}");
        serde_json::from_str(&done.stdout).expect("JSON")
    }
}

/// One number for every row of the registries and panels and for when each was written last.
pub async fn everything(url: &str) -> i64 {
    let tables = [
        "plr.practitioner",
        "plr.organization",
        "plr.practitioner_role",
        "pas.practitioner",
        "pas.organization",
        "pas.practitioner_role",
        "client_registry.patient",
        "panel.panel",
        "panel.entry",
    ];
    let rows = tables.map(|table| format!("SELECT '{table}' || t.xmin || t AS row FROM {table} t"));
    let rows = rows.join(" UNION ALL ");
    let sql = format!(
        "SELECT hashtextextended(coalesce(string_agg(row, '' ORDER BY row), ''), 0) FROM ({rows}) r"
    );
    let mut connection = cluster::connect(url).await;
    let asked = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut connection).await;
    asked.expect("every row")
}

impl Drop for Home {
    fn drop(&mut self) {
        // Every server is gone by now, and its Postgres goes with it; one that stays behind is a
        // failure told by a test, and must not outlive it.
        let deadline = Instant::now() + Duration::from_secs(20);
        while !self.postgres().is_empty() {
            if Instant::now() > deadline {
                for pid in self.postgres() {
                    let _ = kill(pid, Signal::SIGKILL);
                }
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// Runs a command to its end.
pub fn finish(mut command: Command, stdin: impl Into<Stdio>) -> Done {
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("it runs");
    // One that hangs must not outlive the test that waits for it.
    let pid = Pid::from_raw(child.id().cast_signed());
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || tell.send(child.wait_with_output()));
    let output = told.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        let _ = kill(pid, Signal::SIGKILL);
        panic!("{command:?} does not end");
    });
    let output = output.expect("its output");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Done { status: output.status, stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// A server that runs; it ends with this value.
pub struct Running {
    child: Child,
    pub address: SocketAddr,
    said: PathBuf,
    log: PathBuf,
    token: OnceCell<Option<String>>,
}

impl Running {
    /// A token of the sandbox for its clinics but F0102; none where nobody is asked for one.
    pub async fn token(&self) -> Option<&str> {
        let fetched = self.token.get_or_init(|| async {
            let form = "grant_type=client_credentials&client_id=emr-lantern&client_secret=lantern-sandbox-secret";
            let headers = vec![("content-type".into(), "application/x-www-form-urlencoded".into())];
            let (method, path) = ("POST".into(), "/auth/token".into());
            let ask = Ask { method, path, headers, body: form.into() };
            let answer = ask.send(self.address).await;
            answer.json["access_token"].as_str().map(str::to_owned)
        });
        fetched.await.as_deref()
    }

    /// What it wrote to standard output.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.said).expect("UTF-8")
    }

    /// What it wrote to standard error.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).expect("UTF-8")
    }

    fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("its status").is_some()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        // Not yet waited for, so the number is still its own.
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).expect("it runs");
    }

    /// Waits for its end: the exit code, or the signal that ended it, negative.
    pub fn end(mut self) -> i32 {
        let status = until("the server's end", || self.child.try_wait().expect("its status"));
        status.code().unwrap_or_else(|| -status.signal().expect("a signal"))
    }

    /// Ends it in order.
    pub fn stop(self) {
        self.signal(Signal::SIGTERM);
        let log = self.log.clone();
        assert_eq!(self.end(), 0, "{}", fs::read_to_string(log).unwrap_or_default());
    }

    pub async fn post(&self, message: &Value) -> Answer {
        self.send("POST", "/$process-message", message.to_string()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, String::new()).await
    }

    pub async fn send(&self, method: &str, path: &str, body: String) -> Answer {
        let mut headers = vec![("content-type".into(), "application/fhir+json".into())];
        if let Some(token) = self.token().await.filter(|_| method == "POST") {
            headers.push(("authorization".into(), format!("Bearer {token}")));
        }
        let body = body.into_bytes();
        let ask = Ask { method: method.into(), path: path.into(), headers, body };
        ask.send(self.address).await
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
