//! A proxy between server and Postgres that counts round trips and can cut the connection at any of them.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use pas::sandbox::Cluster;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

use crate::cluster;

/// When to cut, counted in round trips from now on, beginning with 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Before Postgres hears of it.
    Before(usize),
    /// After Postgres has done it, before the server hears of that.
    After(usize),
}

#[derive(Default)]
struct State {
    round_trips: AtomicUsize,
    cut: Mutex<Option<Cut>>,
    was_cut: AtomicBool,
}

pub struct Proxy {
    state: Arc<State>,
    folder: PathBuf,
}

impl Proxy {
    pub fn start(name: &str) -> Proxy {
        Proxy::before(cluster::cluster(), name)
    }

    /// A proxy before this Postgres.
    pub fn before(postgres: &Cluster, name: &str) -> Proxy {
        let folder = cluster::folder(name);
        let listener = UnixListener::bind(folder.join(".s.PGSQL.5432")).expect("listens");
        let target = postgres.socket_dir().join(".s.PGSQL.5432");
        let state = Arc::new(State::default());
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = UnixStream::connect(&target).await else { continue };
                tokio::spawn(pass(client, server, shared.clone()));
            }
        });
        Proxy { state, folder }
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://pas@localhost/{database}?host={}", self.folder.display())
    }

    /// How many round trips there were since the last time this was asked.
    pub fn round_trips(&self) -> usize {
        self.state.round_trips.swap(0, Ordering::SeqCst)
    }

    pub fn cut(&self, when: Cut) {
        self.round_trips();
        self.state.was_cut.store(false, Ordering::SeqCst);
        *self.state.cut.lock().expect("not poisoned") = Some(when);
    }

    pub fn was_cut(&self) -> bool {
        self.state.was_cut.load(Ordering::SeqCst)
    }
}

/// Passes one connection. Messages to Postgres are told apart; what comes back is passed as it is.
async fn pass(client: UnixStream, server: UnixStream, state: Arc<State>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let hold = Arc::new(AtomicBool::new(false));
    let answers = tokio::spawn({
        let hold = hold.clone();
        async move {
            let mut bytes = vec![0; 1 << 16];
            loop {
                match from_server.read(&mut bytes).await {
                    Ok(0) | Err(_) => return,
                    // The answer to what was cut has come: it was done. The client never hears.
                    Ok(_) if hold.load(Ordering::SeqCst) => return,
                    Ok(read) => {
                        if to_client.write_all(&bytes[..read]).await.is_err() {
                            return;
                        }
                    }
                }
            }
        }
    });
    let (mut started, mut said) = (false, false);
    loop {
        let Some((kind, message)) = read_message(&mut from_client, started).await else { break };
        // A request for TLS has eight bytes; the start-up message comes after the answer to it.
        started |= message.len() != 8;
        // A bare Sync asks nothing: it is how the pool tests a connection that was given back, after the message is done.
        let asks = kind == b'Q' || kind == b'S' && said;
        said = kind != b'S' && kind != b'Q';
        if !asks {
            if to_server.write_all(&message).await.is_err() {
                break;
            }
            continue;
        }
        let nth = state.round_trips.fetch_add(1, Ordering::SeqCst) + 1;
        let cut = *state.cut.lock().expect("not poisoned");
        match cut {
            Some(Cut::Before(n)) if n == nth => {
                take(&state);
                break;
            }
            Some(Cut::After(n)) if n == nth => {
                take(&state);
                hold.store(true, Ordering::SeqCst);
                let _ = to_server.write_all(&message).await;
                let _ = answers.await;
                return;
            }
            _ => {}
        }
        if to_server.write_all(&message).await.is_err() {
            break;
        }
    }
    answers.abort();
}

fn take(state: &State) {
    *state.cut.lock().expect("not poisoned") = None;
    state.was_cut.store(true, Ordering::SeqCst);
}

/// One message of the frontend protocol, whole; the first has no kind.
async fn read_message(
    from: &mut (impl AsyncReadExt + Unpin),
    started: bool,
) -> Option<(u8, Vec<u8>)> {
    let mut message = Vec::new();
    let mut kind = 0;
    if started {
        kind = from.read_u8().await.ok()?;
        message.push(kind);
    }
    let length = from.read_u32().await.ok()?;
    message.extend(length.to_be_bytes());
    let start = message.len();
    message.resize(start + usize::try_from(length).ok()?.checked_sub(4)?, 0);
    from.read_exact(&mut message[start..]).await.ok()?;
    Some((kind, message))
}
