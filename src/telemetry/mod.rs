//! The structured log, on standard error; and spans for a collector, when one is named.

mod courier;
mod spans;

use std::io::IsTerminal as _;
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Subscriber;
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::cli::LogFormat;

/// The target of the spans that are exported. Other crates' spans stay here: nobody has read what they say.
const SPANS: &str = "pas::span";

/// How long spans that were not sent yet may take when the process ends.
const FLUSH: Duration = Duration::from_secs(3);

/// What was started, to be ended in order.
#[derive(Debug)]
pub struct Telemetry(Option<SdkTracerProvider>);

/// Starts the log. `directives` are tracing's (`info`, `pas=debug,sqlx=warn`); `collector` is the base URL of an
/// OpenTelemetry collector, and without one (or with an empty one) there are no spans.
///
/// # Errors
/// When the directives or the URL cannot be read.
pub fn start(
    format: LogFormat,
    directives: &str,
    collector: Option<&str>,
) -> Result<Telemetry, String> {
    let filter = EnvFilter::try_new(directives).map_err(|error| format!("--log: {error}"))?;
    let collector = collector.filter(|url| !url.is_empty());
    let provider = collector.map(spans::provider).transpose()?;
    let lines = lines(format, filter);
    // Starting twice happens in tests only; the first stays.
    let _ = match &provider {
        // No layer at all: a layer that is none would have spans made, entered and dropped for nobody.
        None => lines.try_init(),
        Some(provider) => lines.with(exported(provider)).try_init(),
    };
    quiet_panics();
    Ok(Telemetry(provider))
}

/// The log has lines, the collector has spans, and neither sees the other's.
fn lines(format: LogFormat, filter: EnvFilter) -> impl Subscriber + for<'s> LookupSpan<'s> {
    let log = fmt::layer().with_writer(std::io::stderr);
    let log = match format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => log.json().flatten_event(true).with_ansi(false).boxed(),
    };
    tracing_subscriber::registry()
        .with(log.with_filter(filter.and(filter_fn(|seen| seen.is_event()))))
}

/// Carries spans of ours to the collector, and nobody else's.
fn exported<S>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("pas"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(filter_fn(|seen| seen.is_span() && seen.target() == SPANS))
}

impl Telemetry {
    /// Sends what was not sent yet, within a bound.
    pub fn end(self) {
        if let Some(Err(error)) = self.0.map(|provider| provider.shutdown_with_timeout(FLUSH)) {
            tracing::warn!(%error, "the last spans were not delivered");
        }
    }
}

/// A panic's own text may quote what it stumbled over; the log says only where it happened.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic");
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spans as the server makes them, under a subscriber with or without a collector.
    fn made(collector: bool) -> bool {
        let provider = SdkTracerProvider::builder().build();
        let lines = lines(LogFormat::Text, EnvFilter::new("info"));
        let made = || !tracing::info_span!(target: SPANS, "request").is_disabled();
        match collector {
            false => tracing::subscriber::with_default(lines, made),
            true => tracing::subscriber::with_default(lines.with(exported(&provider)), made),
        }
    }

    #[test]
    fn spans_are_made_for_a_collector_alone() {
        assert!(!made(false));
        assert!(made(true));
        assert!(!made(false));
    }
}
