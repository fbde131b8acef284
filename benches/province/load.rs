//! The driver: closed loop, one request after the other on each of so many connections, on one thread. Every answer is read
//! to its end and looked at.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::fault::{Done, told};
use super::histogram::Histogram;

/// Makes the next request into the buffer; `false`: there is none any more.
pub(crate) type Next<'n> = Rc<RefCell<dyn FnMut(&mut Vec<u8>) -> bool + 'n>>;

/// How to drive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Where to.
    pub(crate) address: SocketAddr,
    /// On how many connections.
    pub(crate) connections: usize,
    /// What is not counted.
    pub(crate) warm: Duration,
    /// What is counted, unless there are no requests any more.
    pub(crate) counted: Duration,
    /// What every good answer has in its body.
    pub(crate) mark: &'static [u8],
}

/// What was seen.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Latencies of what ended while it counted, in microseconds.
    pub(crate) latencies: Histogram,
    /// How many were answered, those before it counted included.
    pub(crate) all: u64,
    /// For how long it counted.
    pub(crate) seconds: f64,
    /// Bytes of the last answer's body.
    pub(crate) answer_bytes: usize,
}

struct State {
    latencies: Histogram,
    all: u64,
    last: Instant,
    answer_bytes: usize,
    fault: Option<String>,
}

/// Drives until the time is over or requests run out; `mark` is called when counting begins and when it ends.
///
/// # Errors
/// When an answer was not good, or a connection broke: figures of such a run are none.
pub(crate) fn drive<M: FnMut() + 'static>(
    pace: Pace,
    next: Next<'static>,
    mut mark: M,
) -> Done<Seen> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let begun = Instant::now();
    let (from, until) = (begun + pace.warm, begun + pace.warm + pace.counted);
    let latencies = Histogram::new();
    let state = Rc::new(RefCell::new(State {
        latencies,
        all: 0,
        last: from,
        answer_bytes: 0,
        fault: None,
    }));
    let local = tokio::task::LocalSet::new();
    let shared = state.clone();
    local.block_on(&runtime, async move {
        let mut tasks = JoinSet::new();
        for _ in 0..pace.connections {
            let (state, next) = (shared.clone(), next.clone());
            tasks.spawn_local(async move {
                if let Err(error) = connection(pace, (from, until), &next, &state).await {
                    state.borrow_mut().fault.get_or_insert(error.to_string());
                }
            });
        }
        tokio::select! {
            () = tokio::time::sleep_until(from.into()) => {}
            () = ended(&mut tasks) => {}
        }
        mark();
        ended(&mut tasks).await;
        mark();
    });
    let state = state.borrow();
    if let Some(fault) = &state.fault {
        return told(fault.clone());
    }
    let seconds = state.last.min(until).saturating_duration_since(from).as_secs_f64();
    if state.latencies.count() == 0 {
        return told("no message ended while it counted: more people, or less warming up");
    }
    Ok(Seen {
        latencies: state.latencies.clone(),
        all: state.all,
        seconds,
        answer_bytes: state.answer_bytes,
    })
}

async fn ended(tasks: &mut JoinSet<()>) {
    while tasks.join_next().await.is_some() {}
}

async fn connection(
    pace: Pace,
    (from, until): (Instant, Instant),
    next: &Next<'static>,
    state: &RefCell<State>,
) -> Done {
    let mut stream = TcpStream::connect(pace.address).await?;
    stream.set_nodelay(true)?;
    let (mut request, mut answer) = (Vec::new(), vec![0; 16 << 10]);
    while Instant::now() < until && state.borrow().fault.is_none() {
        request.clear();
        if !(next.borrow_mut())(&mut request) {
            break;
        }
        let sent = Instant::now();
        stream.write_all(&request).await?;
        let (head, end) = read(&mut stream, &mut answer).await?;
        let done = Instant::now();
        let body = &answer[head..end];
        if !answer.starts_with(b"HTTP/1.1 200") || !holds(body, pace.mark) {
            return told(format!("not a good answer: {}", String::from_utf8_lossy(&answer[..end])));
        }
        let mut state = state.borrow_mut();
        if done >= from && done < until {
            state.latencies.add((done - sent).as_micros() as u64);
            state.last = state.last.max(done);
        }
        state.all += 1;
        state.answer_bytes = end - head;
    }
    Ok(())
}

/// Reads one answer; says where its body begins and ends.
async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Done<(usize, usize)> {
    let mut filled = 0;
    loop {
        if filled == buffer.len() {
            buffer.resize(2 * filled, 0);
        }
        let got = stream.read(&mut buffer[filled..]).await?;
        if got == 0 {
            return told("the server hung up");
        }
        filled += got;
        let Some(head) = place(&buffer[..filled], b"\r\n\r\n").map(|at| at + 4) else { continue };
        let end = head + length(&buffer[..head])?;
        if buffer.len() < end {
            buffer.resize(end, 0);
        }
        while filled < end {
            let got = stream.read(&mut buffer[filled..end]).await?;
            if got == 0 {
                return told("the server hung up in the midst of an answer");
            }
            filled += got;
        }
        return Ok((head, end));
    }
}

fn length(head: &[u8]) -> Done<usize> {
    let text = std::str::from_utf8(head)?;
    let field = |line: &str| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    };
    text.lines().find_map(field).map_or_else(|| told("an answer without content-length"), Ok)
}

fn place(text: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let begins = |at: &usize| text[*at] == first && text[*at..].starts_with(wanted);
    (0..text.len()).find(begins)
}

fn holds(text: &[u8], wanted: &[u8]) -> bool {
    place(text, wanted).is_some()
}
