//! What this server asks of others over HTTP, guarded: in time, not too long, no redirects, no proxies.

mod address;

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use hyper::{Request, StatusCode, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Serialize;

pub use address::{Address, AddressFault};

/// Bytes of an answer at most.
pub const LONGEST: usize = 1 << 20;

/// Why there is no answer. For the log: no text of whoever was asked is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutgoingFault {
    /// No connection, or it broke.
    #[error("no connection, or it broke")]
    Unreachable,
    /// No answer in time.
    #[error("no answer in time")]
    Silent,
    /// An answer that is none; a redirect is not followed.
    #[error("it answered with HTTP status {0}")]
    Status(u16),
    /// More than 1 MiB.
    #[error("the document is longer than 1 MiB")]
    TooLong,
    /// This machine trusts no certificate authority.
    #[error("no certificate authorities are installed on this machine")]
    NoRoots,
}

/// What proves us to whoever is asked.
#[derive(Clone)]
pub struct Proof(HeaderValue);

impl Proof {
    /// A name and a password (RFC 7617).
    pub fn basic(name: &str, password: &str) -> Option<Self> {
        Proof::of(&format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))))
    }

    /// A token (RFC 6750); none where a header cannot hold it.
    pub fn bearer(token: &str) -> Option<Self> {
        Proof::of(&format!("Bearer {token}"))
    }

    fn of(text: &str) -> Option<Self> {
        let mut value = HeaderValue::from_str(text).ok()?;
        value.set_sensitive(true);
        Some(Proof(value))
    }
}

/// Never what it is.
impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proof(…)")
    }
}

/// The document at an address, if it comes within `patience`.
///
/// # Errors
/// Why there is none. Another status than 200 is one.
pub async fn get(address: &Address, patience: Duration) -> Result<Bytes, OutgoingFault> {
    let request = Request::get(address.uri()).body(Full::default());
    let answered = |status: &StatusCode| *status == StatusCode::OK;
    in_time(address, request, patience, answered).await
}

/// What comes of a form (`application/x-www-form-urlencoded`) that is posted.
///
/// # Errors
/// Why nothing does. Another status than 2xx is one.
pub async fn post_form(
    address: &Address,
    proof: Option<&Proof>,
    fields: &[(&str, &str)],
    patience: Duration,
) -> Result<Bytes, OutgoingFault> {
    let body = serde_urlencoded::to_string(fields).map_err(|_| OutgoingFault::Unreachable)?;
    post(address, proof, "application/x-www-form-urlencoded", body.into(), patience).await
}

/// What comes of JSON that is posted.
///
/// # Errors
/// Why nothing does. Another status than 2xx is one.
pub async fn post_json(
    address: &Address,
    proof: Option<&Proof>,
    content: &(impl Serialize + Sync),
    patience: Duration,
) -> Result<Bytes, OutgoingFault> {
    let body = serde_json::to_vec(content).map_err(|_| OutgoingFault::Unreachable)?;
    post(address, proof, "application/json", body.into(), patience).await
}

async fn post(
    address: &Address,
    proof: Option<&Proof>,
    kind: &'static str,
    body: Bytes,
    patience: Duration,
) -> Result<Bytes, OutgoingFault> {
    let mut request = Request::post(address.uri()).header(header::CONTENT_TYPE, kind);
    if let Some(Proof(value)) = proof {
        request = request.header(header::AUTHORIZATION, value);
    }
    in_time(address, request.body(Full::new(body)), patience, |status| status.is_success()).await
}

async fn in_time(
    address: &Address,
    request: hyper::http::Result<Request<Full<Bytes>>>,
    patience: Duration,
    answered: impl Fn(&StatusCode) -> bool,
) -> Result<Bytes, OutgoingFault> {
    let request = request.map_err(|_| OutgoingFault::Unreachable)?;
    let asked = tokio::time::timeout(patience, ask(address, request, answered));
    asked.await.unwrap_or(Err(OutgoingFault::Silent))
}

async fn ask(
    address: &Address,
    mut request: Request<Full<Bytes>>,
    answered: impl Fn(&StatusCode) -> bool,
) -> Result<Bytes, OutgoingFault> {
    let ours = HeaderValue::from_static;
    let headers = request.headers_mut();
    headers.insert(header::ACCEPT, ours("application/json"));
    headers.insert(header::USER_AGENT, ours(concat!("pas/", env!("CARGO_PKG_VERSION"))));
    // Asked for now and then: a connection kept for the next time would be stale by then.
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    let mut client = Client::builder(TokioExecutor::new());
    client.pool_max_idle_per_host(0);
    let asked = if address.is_secure() {
        client.build(secure(connector)?).request(request).await
    } else {
        client.build(connector).request(request).await
    };
    let response = asked.map_err(|_| OutgoingFault::Unreachable)?;
    if !answered(&response.status()) {
        return Err(OutgoingFault::Status(response.status().as_u16()));
    }
    let collected = Limited::new(response.into_body(), LONGEST).collect().await;
    match collected {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => {
            Err(OutgoingFault::TooLong)
        }
        Err(_) => Err(OutgoingFault::Unreachable),
    }
}

/// TLS that trusts what this machine trusts, read anew each time: an authority may have been added.
fn secure(connector: HttpConnector) -> Result<HttpsConnector<HttpConnector>, OutgoingFault> {
    let roots =
        HttpsConnectorBuilder::new().with_native_roots().map_err(|_| OutgoingFault::NoRoots)?;
    Ok(roots.https_only().enable_http1().wrap_connector(connector))
}
