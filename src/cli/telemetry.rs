//! What the operator watches, besides the log.

use std::net::SocketAddr;

use clap::Args;

/// Metrics and traces. Both are off unless asked for: neither an address nor a name is reached for unbidden.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Telemetry")]
pub struct TelemetryArgs {
    /// Address and port to serve /metrics on, for Prometheus [default: not served]
    #[arg(long, env = "PAS_METRICS_BIND", value_name = "ADDRESS")]
    pub metrics_bind: Option<SocketAddr>,
    /// An OpenTelemetry collector to send spans to, as OTLP over HTTP; /v1/traces is appended [default: none]
    #[arg(long, env = "PAS_OTLP_ENDPOINT", hide_env_values = true, value_name = "URL")]
    pub otlp_endpoint: Option<String>,
}
