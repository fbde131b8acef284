//! Taking connections, and letting go of them: how many, for how long, and what becomes of each at a stop.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use super::certificate::Certificate;
use super::stall::Unstalled;

/// Bytes of a head at most: request line and headers. A token is the largest thing that belongs there.
const HEAD_BYTES: usize = 32 << 10;

/// How long nothing is accepted after the system refused to: no file descriptor may be left, and asking at once again
/// would only burn the time in which one could be closed.
const RESPITE: Duration = Duration::from_millis(200);

/// Bounds on connections.
#[derive(Debug, Clone, Copy)]
pub struct ListenLimits {
    /// Connections at once. Further ones wait in the system's queue until one ends.
    pub connections: usize,
    /// How long TLS may take to be agreed on, and a head to arrive, counted from when it could have begun: so a connection
    /// may rest as long between two requests.
    pub head_timeout: Duration,
    /// How long an answer may take to be taken.
    pub answer_timeout: Duration,
}

/// What every connection needs.
#[derive(Debug, Clone)]
struct Shared {
    router: Router,
    limits: ListenLimits,
    certificate: Option<Arc<Certificate>>,
    stop: Stop,
}

/// Becomes true when the server is to stop; that nobody could say so any more is the same.
pub type Stop = watch::Receiver<bool>;

/// Serves until told to stop, then until every connection has ended: those that rest and those whose first head is not
/// whole yet at once, the others after the answer that they wait for.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ListenLimits,
    certificate: Option<Certificate>,
    mut stop: Stop,
) {
    let most = limits.connections.clamp(1, usize::try_from(u32::MAX).unwrap_or(usize::MAX));
    let most = most.min(Semaphore::MAX_PERMITS);
    let places = Arc::new(Semaphore::new(most));
    let certificate = certificate.map(Arc::new);
    let shared = Shared { router, limits, certificate, stop: stop.clone() };
    let accepting = async {
        // The semaphore is never closed.
        while let Ok(place) = places.clone().acquire_owned().await {
            let (stream, peer) = accept(&listener).await;
            let shared = shared.clone();
            tokio::spawn(async move {
                connection(stream, peer, shared).await;
                drop(place);
            });
        }
    };
    tokio::select! {
        () = accepting => {}
        () = stopped(&mut stop) => {}
    }
    // From here on the system refuses connections.
    drop(listener);
    let _ = places.acquire_many(u32::try_from(most).unwrap_or(u32::MAX)).await;
}

/// Waits for the word to stop.
pub async fn stopped(stop: &mut Stop) {
    let _ = stop.wait_for(|told| *told).await;
}

/// The next connection.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted");
                tokio::time::sleep(RESPITE).await;
            }
        }
    }
}

/// Whether it was that connection that failed, while it waited.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind as E;
    let kinds = [E::ConnectionAborted, E::ConnectionReset, E::ConnectionRefused, E::Interrupted];
    kinds.contains(&error.kind())
}

/// One connection, from its first byte to its last.
async fn connection(stream: TcpStream, peer: SocketAddr, mut shared: Shared) {
    // An answer is written at once and whole; waiting for more to send would only delay it.
    let _ = stream.set_nodelay(true);
    let Some(certificate) = shared.certificate.take() else {
        return requests(stream, peer, shared).await;
    };
    // A worker thread must not wait for a file system.
    let Ok(acceptor) = tokio::task::spawn_blocking(move || certificate.acceptor()).await else {
        return;
    };
    let mut stop = shared.stop.clone();
    let secured = tokio::select! {
        secured = tokio::time::timeout(shared.limits.head_timeout, acceptor.accept(stream)) => secured,
        () = stopped(&mut stop) => return,
    };
    // Whoever speaks no TLS, or none of ours, or too slowly: there is nobody to tell.
    if let Ok(Ok(stream)) = secured {
        requests(stream, peer, shared).await;
    }
}

/// The requests of a connection, one after the other.
async fn requests<S>(stream: S, peer: SocketAddr, shared: Shared)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Shared { router, limits, mut stop, .. } = shared;
    let begun = Arc::new(AtomicBool::new(false));
    let service = {
        let (begun, router) = (begun.clone(), TowerToHyperService::new(router));
        service_fn(move |mut request: Request<Incoming>| {
            begun.store(true, Ordering::Relaxed);
            request.extensions_mut().insert(ConnectInfo(peer));
            router.call(request)
        })
    };
    let stream = TokioIo::new(Unstalled::new(stream, limits.answer_timeout));
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_timeout)
            .max_header_size(HEAD_BYTES)
            .max_buf_size(2 * HEAD_BYTES)
            .half_close(false)
            .serve_connection(stream, service)
    );
    // How a connection breaks is the peer's affair; a request that was under way has its line in the log.
    tokio::select! {
        biased;
        _ = connection.as_mut() => return,
        () = stopped(&mut stop) => {}
    }
    // Half of a first head keeps nobody; between two requests hyper itself closes at once.
    if begun.load(Ordering::Relaxed) {
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}
