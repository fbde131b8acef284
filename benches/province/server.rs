//! The server that is measured: the program itself, a process of its own, asking for tokens as it would for real ones.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pas::access::{Claims, Mint};
use pas::clock::Clock;

use super::fault::{Done, told};
use super::message::{CLIENTS, client_id};

/// How long a server may take to become ready, or to end.
const PATIENCE: Duration = Duration::from_secs(60);
const ISSUER: &str = "https://issuer.bench.example";

/// The word by which this very program becomes the server, counting what it allocates.
pub(crate) const COUNTED: &str = "counted-server";

/// How a server is to be started.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    /// Which database.
    pub(crate) url: String,
    /// Its `--connections`.
    pub(crate) pool: u32,
    /// Flags beside those.
    pub(crate) flags: Vec<String>,
    /// Where its log and the issuer's keys go.
    pub(crate) folder: PathBuf,
    /// Count allocations: it tells them when it ends.
    pub(crate) counted: bool,
}

/// A running server; it ends with this value.
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// A token for each client.
    pub(crate) tokens: Vec<String>,
    mint: Mint,
    log: PathBuf,
}

impl Server {
    /// Starts it and waits until it is ready.
    pub(crate) fn start(setup: &Setup) -> Done<Server> {
        let mint = Mint::new(ISSUER)?;
        let tokens: Result<Vec<String>, _> = (0..CLIENTS).map(|n| token(&mint, n)).collect();
        let keys = setup.folder.join("issuer.jwks");
        std::fs::write(&keys, mint.jwks().to_string())?;
        let log = setup.folder.join("server.log");
        let program =
            if setup.counted { std::env::current_exe()? } else { env!("CARGO_BIN_EXE_pas").into() };
        let mut command = Command::new(program);
        if setup.counted {
            command.arg(COUNTED);
        }
        command.args(["serve", "--bind", "127.0.0.1:0", "--database-url", &setup.url]);
        command.args(["--issuer", ISSUER, "--audience", ISSUER, "--jwks"]).arg(&keys);
        // One sender of this kind is as many as a province has.
        command.args(["--requests-per-minute", "1000000000"]);
        command.args(["--connections", &setup.pool.to_string()]).args(&setup.flags);
        command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(&log)?);
        let mut child = command.spawn()?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let place = line.strip_prefix("PAS serves http://").and_then(|rest| rest.split('/').next());
        let Some(address) = place.and_then(|place| place.parse().ok()) else {
            let _ = child.kill();
            let _ = child.wait();
            return told(format!("the server did not start: {}", tail(&log)));
        };
        let server = Server { child, address, tokens: tokens?, mint, log };
        server.await_ready()?;
        Ok(server)
    }

    fn await_ready(&self) -> Done {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if get(self.address, "/readyz").is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        told(format!("the server does not become ready: {}", tail(&self.log)))
    }

    /// A token of somebody who signs in.
    pub(crate) fn person(&self, subject: &str) -> Done<String> {
        let scope = "user/Group.read user/Group.write";
        let claims = Claims { client: &client_id(0), subject, scope, id: Clock::System.id() };
        Ok(self.mint.mint(&claims, Clock::System.now())?)
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it in order; gives the last line of its log.
    pub(crate) fn stop(mut self) -> Done<String> {
        end(&mut self.child)?;
        Ok(tail(&self.log))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = end(&mut self.child);
    }
}

fn token(mint: &Mint, client: u32) -> Done<String> {
    let client = client_id(client);
    let scope = "system/Group.read system/Group.write";
    let claims = Claims { client: &client, subject: &client, scope, id: Clock::System.id() };
    Ok(mint.mint(&claims, Clock::System.now())?)
}

/// Tells a child to end, and waits for it.
pub(crate) fn end(child: &mut Child) -> Done {
    if child.try_wait()?.is_some() {
        return Ok(());
    }
    kill(Pid::from_raw(child.id().try_into()?), Signal::SIGTERM)?;
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        if child.try_wait()?.is_some() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill()?;
    child.wait()?;
    told("a process had to be killed")
}

/// One GET, by hand.
pub(crate) fn get(address: SocketAddr, path: &str) -> Done<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    text.lines().last().unwrap_or_default().to_owned()
}
