//! One GET, guarded: in time, not too long, no redirects, no proxies.

use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::{Request, StatusCode, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::IssuerFault;
use super::address::Address;

/// Bytes of a document at most.
pub(super) const LONGEST: usize = 1 << 20;

/// The document at an address, if it comes within `patience`.
pub(super) async fn get(address: &Address, patience: Duration) -> Result<Bytes, IssuerFault> {
    tokio::time::timeout(patience, ask(address)).await.unwrap_or(Err(IssuerFault::Silent))
}

async fn ask(address: &Address) -> Result<Bytes, IssuerFault> {
    let request = Request::get(address.uri())
        .header(header::ACCEPT, "application/json")
        .header(header::USER_AGENT, concat!("pas/", env!("CARGO_PKG_VERSION")))
        .body(Empty::<Bytes>::new())
        .map_err(|_| IssuerFault::Unreachable)?;
    // Asked for every few minutes: a connection kept for the next time would be stale by then.
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    let mut client = Client::builder(TokioExecutor::new());
    client.pool_max_idle_per_host(0);
    let asked = if address.is_secure() {
        client.build(secure(connector)?).request(request).await
    } else {
        client.build(connector).request(request).await
    };
    let response = asked.map_err(|_| IssuerFault::Unreachable)?;
    if response.status() != StatusCode::OK {
        return Err(IssuerFault::Status(response.status().as_u16()));
    }
    let collected = Limited::new(response.into_body(), LONGEST).collect().await;
    match collected {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => {
            Err(IssuerFault::TooLong)
        }
        Err(_) => Err(IssuerFault::Unreachable),
    }
}

/// TLS that trusts what this machine trusts, read anew each time: an authority may have been added.
fn secure(connector: HttpConnector) -> Result<HttpsConnector<HttpConnector>, IssuerFault> {
    let roots =
        HttpsConnectorBuilder::new().with_native_roots().map_err(|_| IssuerFault::NoRoots)?;
    Ok(roots.https_only().enable_http1().wrap_connector(connector))
}
