//! Settings of `pas serve` that concern the connections of senders.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::seconds;

/// Bounds on connections, and TLS.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connections")]
pub struct ListenArgs {
    /// The certificate chain to serve HTTPS with, in PEM form, our own first [default: none, plain HTTP]
    #[arg(long, env = "PAS_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key, in PEM form [default: none]
    #[arg(long, env = "PAS_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Seconds that a request's head may take to arrive: so long may a connection rest, and TLS take to be agreed on.
    #[arg(long, env = "PAS_HEAD_TIMEOUT", default_value = "10", value_parser = seconds, value_name = "SECONDS")]
    pub head_timeout: Duration,
    /// Connections of senders at most; further ones wait until one ends.
    #[arg(long, env = "PAS_MAX_CONNECTIONS", default_value_t = 1024, value_name = "N",
          value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=1_000_000))]
    pub max_connections: usize,
    /// Bytes that all bodies together may hold; at least twice --max-body-bytes is taken.
    #[arg(long, env = "PAS_MAX_BODIES_BYTES", default_value_t = 256 << 20, value_name = "BYTES")]
    pub max_bodies_bytes: usize,
}
