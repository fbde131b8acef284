//! Carries batches of spans to the collector, over HTTP.
//!
//! It is called by the exporter's own thread, which has nothing else to do, and so it waits there for the answer, on a
//! small runtime of its own: the one that serves requests is never asked, and may have ended already.

use std::error::Error;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Request, Response, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use opentelemetry_http::{Bytes, HttpClient, HttpError};
use tokio::runtime::Runtime;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tracing::{info, warn};

/// How long the collector may take over one batch.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of its answer that are read.
const ANSWER: usize = 64 << 10;

#[derive(Debug)]
pub(super) struct Courier {
    runtime: Runtime,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    /// Whether the last batch was lost, and that was told.
    told: AtomicBool,
}

impl Courier {
    /// A courier to the collector at this base URL.
    pub(super) fn to(collector: &str) -> Result<Self, String> {
        let uri: Uri = collector.parse().map_err(|_| "no URL".to_owned())?;
        if uri.host().is_none_or(str::is_empty) {
            return Err("the URL names no host".to_owned());
        }
        let tls = match uri.scheme_str() {
            Some("https") => HttpsConnectorBuilder::new()
                .with_provider_and_native_roots(default_provider())
                .map_err(|error| format!("this machine's certificates: {error}"))?,
            // Nobody is to be trusted where no TLS is asked for, and no certificates need be there.
            Some("http") => HttpsConnectorBuilder::new().with_tls_config(
                ClientConfig::builder_with_provider(default_provider().into())
                    .with_safe_default_protocol_versions()
                    .map_err(|error| error.to_string())?
                    .with_root_certificates(RootCertStore::empty())
                    .with_no_client_auth(),
            ),
            _ => return Err("an http:// or https:// URL is wanted".to_owned()),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        let client = Client::builder(TokioExecutor::new())
            // The runtime stands still between batches; a connection would not notice that it was closed.
            .pool_max_idle_per_host(0)
            .build(tls.https_or_http().enable_http1().build());
        Ok(Courier { runtime, client, told: AtomicBool::new(false) })
    }

    fn carry(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let _entered = self.runtime.enter();
        let asked = self.client.request(request.map(Full::new));
        let response = self.runtime.block_on(tokio::time::timeout(PATIENCE, asked))??;
        let (parts, body) = response.into_parts();
        let body = tokio::time::timeout(PATIENCE, Limited::new(body, ANSWER).collect());
        let body = self.runtime.block_on(body)??.to_bytes();
        Ok(Response::from_parts(parts, body))
    }

    /// One line when batches begin to be lost and one when they no longer are, however many there are between.
    fn tell(&self, carried: &Result<Response<Bytes>, HttpError>) {
        let lost = match carried {
            Ok(response) if response.status().is_success() => None,
            Ok(response) => Some(format!("it answers {}", response.status().as_u16())),
            Err(error) => Some(innermost(error.as_ref())),
        };
        let told = self.told.swap(lost.is_some(), Ordering::Relaxed);
        match lost {
            Some(why) if !told => warn!(why, "the collector does not take spans; they are lost"),
            None if told => info!("the collector takes spans again"),
            _ => {}
        }
    }
}

/// What an error comes down to: the outer ones say only that a request failed.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

impl HttpClient for Courier {
    fn send_bytes<'c, 't>(
        &'c self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 't>>
    where
        'c: 't,
        Self: 't,
    {
        let carried = self.carry(request);
        self.tell(&carried);
        Box::pin(ready(carried))
    }
}
