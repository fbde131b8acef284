//! Which trace a request belongs to: W3C Trace Context, in and out.
//!
//! Of `traceparent` nothing is believed but two numbers and one bit; `tracestate` and `baggage` hold words of the sender's
//! own, and are neither read, logged nor passed on.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};
use tracing::{Span, field::Empty, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::log::Line;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// A request's place in a trace.
#[derive(Debug)]
pub(super) struct Trace {
    /// Times the request; of no effect when spans are not exported.
    pub(super) span: Span,
    context: SpanContext,
}

impl Trace {
    /// Goes on with the trace that the sender names, or begins one.
    pub(super) fn begin(headers: &HeaderMap, method: &'static str, route: &str) -> Self {
        let span = info_span!(
            target: "pas::span",
            "request",
            otel.name = format_args!("{method} {route}"),
            otel.kind = "server",
            otel.status_code = Empty,
            http.request.method = method,
            http.route = route,
            http.response.status_code = Empty,
            pas.event = Empty,
            pas.outcome = Empty,
            pas.codes = Empty,
            pas.replayed = Empty,
            pas.patients = Empty,
        );
        let parent = parent(headers);
        if let Some(parent) = &parent {
            // Fails when spans are not exported, which is no loss.
            let _ = span.set_parent(Context::new().with_remote_span_context(parent.clone()));
        }
        let exported = span.context().span().span_context().clone();
        let context = if exported.is_valid() { exported } else { unexported(parent.as_ref()) };
        Trace { span, context }
    }

    /// The trace's id: 32 hexadecimal digits.
    pub(super) fn id(&self) -> TraceId {
        self.context.trace_id()
    }

    /// What came of the request, for the span: the words of its line in the log.
    pub(super) fn end(&self, line: &Line<'_>) {
        self.span.record("http.response.status_code", line.status);
        self.span.record("pas.event", line.event);
        self.span.record("pas.outcome", line.outcome);
        self.span.record("pas.codes", line.codes);
        self.span.record("pas.replayed", line.replayed);
        self.span.record("pas.patients", line.patients);
        if line.status >= 500 {
            self.span.record("otel.status_code", "error");
        }
    }

    /// The header by which the answer names trace and span; sampled says whether our span is exported.
    pub(super) fn tell(&self, headers: &mut HeaderMap) {
        let (trace, span) = (self.context.trace_id(), self.context.span_id());
        let sampled = u8::from(self.context.is_sampled());
        if let Ok(value) = HeaderValue::from_str(&format!("00-{trace}-{span}-{sampled:02x}")) {
            headers.insert(TRACEPARENT, value);
        }
    }
}

/// Ids for a request whose span nobody is told of.
fn unexported(parent: Option<&SpanContext>) -> SpanContext {
    let ids = RandomIdGenerator::default();
    let trace = parent.map_or_else(|| ids.new_trace_id(), SpanContext::trace_id);
    SpanContext::new(trace, ids.new_span_id(), TraceFlags::default(), false, TraceState::NONE)
}

/// The sender's own span: of the one header there may be.
fn parent(headers: &HeaderMap) -> Option<SpanContext> {
    let mut given = headers.get_all(TRACEPARENT).iter();
    let value = given.next()?;
    if given.next().is_some() {
        return None;
    }
    read(value.as_bytes())
}

/// Reads `version-trace-parent-flags` (Trace Context §3.2); anything else is no `traceparent`, and is passed over.
fn read(text: &[u8]) -> Option<SpanContext> {
    let version = hex(text.get(..2)?)?;
    let dashes = [2, 35, 52].iter().all(|place| text.get(*place) == Some(&b'-'));
    // A later version may go on, after another hyphen; what it says there is not ours to read.
    let ends = match text.get(55) {
        None => true,
        Some(next) => version != 0 && *next == b'-',
    };
    if version == 0xff || !dashes || !ends {
        return None;
    }
    let trace = hex(text.get(3..35)?)?;
    let span = u64::try_from(hex(text.get(36..52)?)?).ok()?;
    let flags = u8::try_from(hex(text.get(53..55)?)?).ok()?;
    let flags = TraceFlags::default().with_sampled(TraceFlags::new(flags).is_sampled());
    let (trace, span) = (TraceId::from(trace), SpanId::from(span));
    let context = SpanContext::new(trace, span, flags, true, TraceState::NONE);
    context.is_valid().then_some(context)
}

/// Lower-case digits alone: `from_str_radix` would also take `+` and upper case.
fn hex(digits: &[u8]) -> Option<u128> {
    if !digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    u128::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    fn told(headers: &HeaderMap) -> (String, String) {
        let trace = Trace::begin(headers, "POST", "/x");
        let mut answer = HeaderMap::new();
        trace.tell(&mut answer);
        (trace.id().to_string(), answer[TRACEPARENT].to_str().unwrap().to_owned())
    }

    fn given(values: &[&str]) -> HeaderMap {
        let values = values.iter().map(|value| (TRACEPARENT, value.parse().unwrap()));
        values.collect()
    }

    #[test]
    fn the_senders_trace_goes_on_in_a_span_of_our_own() {
        let (trace, answer) = told(&given(&[&format!("00-{TRACE}-{SPAN}-01")]));
        assert_eq!(trace, TRACE);
        assert!(answer.starts_with(&format!("00-{TRACE}-")) && answer.ends_with("-00"), "{answer}");
        assert!(!answer.contains(SPAN), "{answer}");
        assert_eq!(answer.len(), 55);
    }

    #[test]
    fn a_later_version_is_read_as_far_as_this_one_goes() {
        for text in [format!("01-{TRACE}-{SPAN}-01"), format!("cc-{TRACE}-{SPAN}-09-more")] {
            let read = read(text.as_bytes()).unwrap();
            assert_eq!((read.trace_id().to_string(), read.is_sampled()), (TRACE.into(), true));
        }
    }

    #[test]
    fn anything_else_begins_a_trace_of_our_own() {
        let wrong = [
            String::new(),
            "9876500011".into(),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-1"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("01-{TRACE}-{SPAN}-01more"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00-+{}-{SPAN}-01", &TRACE[1..]),
            format!("00-{}-{SPAN}-01", "0".repeat(32)),
            format!("00-{TRACE}-{}-01", "0".repeat(16)),
            format!("00_{TRACE}_{SPAN}_01"),
            format!(" 00-{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}-0g"),
        ];
        for text in &wrong {
            assert!(read(text.as_bytes()).is_none(), "{text}");
        }
        let good = format!("00-{TRACE}-{SPAN}-01");
        let (trace, _) = told(&given(&[&good, &good]));
        assert_ne!(trace, TRACE, "two headers name two parents");
        let (one, other) = (told(&HeaderMap::new()), told(&HeaderMap::new()));
        assert_ne!(one.0, other.0);
    }
}
