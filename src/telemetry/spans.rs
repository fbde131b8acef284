//! Spans on their way to a collector: gathered in a bounded queue, sent in batches by a thread of their own. A request
//! never waits for any of it; what the queue cannot hold is dropped.

use opentelemetry::KeyValue;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;

use super::courier::Courier;

/// What spans are made with. OpenTelemetry's own variables are honoured for the rest: `OTEL_EXPORTER_OTLP_HEADERS`,
/// `OTEL_TRACES_SAMPLER`, `OTEL_BSP_*`, `OTEL_RESOURCE_ATTRIBUTES`.
pub(super) fn provider(collector: &str) -> Result<SdkTracerProvider, String> {
    // Never the URL itself: it may hold a password.
    let refused = |why: String| format!("--otlp-endpoint: {why}");
    let courier = Courier::to(collector).map_err(refused)?;
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(courier)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", collector.trim_end_matches('/')))
        .build()
        .map_err(|_| refused("spans cannot be sent there".to_owned()))?;
    let resource = Resource::builder()
        .with_service_name("pas")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}
