//! What is counted and timed, for Prometheus: one function a thing. `table` says what each metric means.
//!
//! Each server has a recorder of its own and none is global, so that two in one process do not add up. Labels hold our own
//! words only - routes, events, outcomes, fault codes -, so that there are never more series than the table allows.

mod page;
mod table;

use std::time::Duration;

use chrono::{DateTime, Utc};
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};

use crate::fault::{Code, ResponseCode};
use crate::message::Event;
use crate::store::{Load, SCHEMA_VERSION};

use super::sent::Told;
pub use page::metrics_router;
pub use table::{Kind, METRICS, Metric};

/// What came of a posted message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A response message that says `ok`.
    Ok,
    /// A response message that says `fatal-error`.
    FatalError,
    /// An earlier answer, given again.
    Replayed,
    /// Answered without a response message, because none could be formed: 4xx.
    Unread,
    /// Who sent it may not, or not now: 401, 403, 429.
    Denied,
    /// 5xx.
    Failed,
}

impl Outcome {
    const ALL: [Outcome; 6] = [
        Outcome::Ok,
        Outcome::FatalError,
        Outcome::Replayed,
        Outcome::Unread,
        Outcome::Denied,
        Outcome::Failed,
    ];

    pub(super) fn of(status: u16, told: &Told) -> Self {
        match (status, told.response) {
            (500.., _) => Outcome::Failed,
            (401 | 403 | 429, _) => Outcome::Denied,
            (_, Some(ResponseCode::Ok)) => Outcome::Ok,
            (_, Some(ResponseCode::FatalError)) => Outcome::FatalError,
            (_, None) if told.replayed => Outcome::Replayed,
            (_, None) => Outcome::Unread,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::FatalError => "fatal-error",
            Outcome::Replayed => "replayed",
            Outcome::Unread => "unread",
            Outcome::Denied => "denied",
            Outcome::Failed => "failed",
        }
    }
}

/// Counts and times, or does nothing.
#[derive(Debug)]
pub struct Measure(Option<(PrometheusRecorder, PrometheusHandle)>);

impl Measure {
    /// Nobody asks, so nothing is kept.
    pub fn off() -> Self {
        Measure(None)
    }

    /// Counts from zero; `started` is when the process did.
    ///
    /// # Errors
    /// When a histogram of the table has no bucket.
    pub fn on(started: DateTime<Utc>) -> Result<Self, BuildError> {
        let mut builder = PrometheusBuilder::new();
        for metric in METRICS {
            if let Kind::Histogram(buckets) = metric.kind {
                let name = Matcher::Full(metric.name.to_owned());
                builder = builder.set_buckets_for_metric(name, buckets)?;
            }
        }
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        let measure = Measure(Some((recorder, handle)));
        measure.begin(started);
        Ok(measure)
    }

    fn record(&self, what: impl FnOnce()) {
        if let Some((recorder, _)) = &self.0 {
            metrics::with_local_recorder(recorder, what);
        }
    }

    /// Describes everything, and starts what is known beforehand at zero: a rate can only see a counter rise that was there.
    fn begin(&self, started: DateTime<Utc>) {
        self.record(|| {
            for Metric { name, kind, help, .. } in METRICS.iter().copied() {
                match kind {
                    Kind::Counter => metrics::describe_counter!(name, help),
                    Kind::Gauge => metrics::describe_gauge!(name, help),
                    Kind::Histogram(_) => metrics::describe_histogram!(name, help),
                }
            }
            let events = Event::ALL.into_iter().map(Event::code).chain(["-"]);
            for (event, outcome) in events.flat_map(|e| Outcome::ALL.map(|o| (e, o.word()))) {
                counter!(table::MESSAGES, "event" => event, "outcome" => outcome).absolute(0);
            }
            for code in Code::ALL {
                let (code, severity) = (code.row().code, code.row().severity.code());
                counter!(table::ISSUES, "code" => code, "severity" => severity).absolute(0);
            }
            counter!(table::REPLICA).absolute(0);
            let (version, schema) = (env!("CARGO_PKG_VERSION"), SCHEMA_VERSION.to_string());
            gauge!(table::BUILD, "version" => version, "schema" => schema).set(1.0);
            gauge!(table::STARTED).set(started.timestamp_micros() as f64 / 1e6);
        });
    }

    /// A request was answered, or given up by its sender.
    pub(super) fn request(&self, route: &str, status: u16) {
        self.record(|| {
            let (route, status) = (route.to_owned(), status.to_string());
            counter!(table::REQUESTS, "route" => route, "status" => status).increment(1);
        });
    }

    /// A posted message was answered. `event` is its code, or `-`.
    pub(super) fn message(
        &self,
        event: &'static str,
        outcome: Outcome,
        patients: usize,
        took: Duration,
    ) {
        let outcome = outcome.word();
        self.record(|| {
            counter!(table::MESSAGES, "event" => event, "outcome" => outcome).increment(1);
            histogram!(table::MESSAGE_SECONDS, "event" => event, "outcome" => outcome).record(took);
            if patients > 0 {
                histogram!(table::MESSAGE_PATIENTS, "event" => event).record(patients as f64);
            }
        });
    }

    /// An answer holds these issues, each named once.
    pub(super) fn issues(&self, codes: &[Code]) {
        self.record(|| {
            for code in codes {
                let (code, severity) = (code.row().code, code.row().severity.code());
                counter!(table::ISSUES, "code" => code, "severity" => severity).increment(1);
            }
        });
    }

    /// A query was answered from a replica.
    pub(super) fn replica_answered(&self) {
        self.record(|| counter!(table::REPLICA).increment(1));
    }

    /// How busy the store is.
    pub(super) fn load(&self, load: &Load) {
        self.record(|| {
            gauge!(table::POOL, "state" => "in-use").set(load.in_use as f64);
            gauge!(table::POOL, "state" => "idle").set(load.idle as f64);
            gauge!(table::POOL_MAX).set(load.connections as f64);
            gauge!(table::POOL_WAITING).set(load.waiting as f64);
            gauge!(table::CHANGES).set(load.changes as f64);
            gauge!(table::CHANGES_MAX).set(load.changes_max as f64);
        });
    }

    /// Whether `/readyz` would say yes.
    pub(super) fn ready(&self, ready: bool) {
        self.record(|| gauge!(table::READY).set(f64::from(u8::from(ready))));
    }

    /// How far the seals of the audit trail are behind it: how many events, and for how long the oldest.
    pub fn audit(&self, unsealed: i64, waiting: Duration) {
        self.record(|| {
            gauge!(table::AUDIT_UNSEALED).set(unsealed as f64);
            gauge!(table::AUDIT_WAITING).set(waiting.as_secs_f64());
        });
    }

    /// How many records are on their way to the audit trail.
    pub fn queued(&self, records: u64) {
        self.record(|| gauge!(table::AUDIT_QUEUED).set(records as f64));
    }

    /// How old the issuer's keys are that tokens are checked with.
    pub fn issuer_keys(&self, age: Duration) {
        self.record(|| gauge!(table::ISSUER_KEYS_AGE).set(age.as_secs_f64()));
    }

    /// Everything, as Prometheus reads it.
    fn render(&self) -> String {
        self.0.as_ref().map(|(_, handle)| handle.render()).unwrap_or_default()
    }

    /// Sorts what was timed since the last time into its buckets: kept one by one until then, it would grow without end
    /// when nobody asks.
    pub fn upkeep(&self) {
        if let Some((_, handle)) = &self.0 {
            handle.run_upkeep();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(response: Option<ResponseCode>, replayed: bool) -> Told {
        Told {
            event: None,
            response,
            codes: Vec::new(),
            replayed,
            patients: 0,
            from_replica: false,
            defect: None,
        }
    }

    #[test]
    fn each_answer_has_one_outcome() {
        let (none, ok) = (told(None, false), told(Some(ResponseCode::Ok), false));
        let fatal = told(Some(ResponseCode::FatalError), false);
        let of = |status, told: &Told| Outcome::of(status, told).word();
        assert_eq!([of(200, &ok), of(200, &fatal)], ["ok", "fatal-error"]);
        assert_eq!(of(200, &told(None, true)), "replayed");
        assert_eq!([400, 413, 415].map(|status| of(status, &none)), ["unread"; 3]);
        assert_eq!([401, 403, 429].map(|status| of(status, &none)), ["denied"; 3]);
        assert_eq!([500, 503].map(|status| of(status, &none)), ["failed"; 2]);
    }

    #[test]
    fn what_is_off_keeps_nothing() {
        let off = Measure::off();
        off.request("/x", 200);
        off.upkeep();
        assert_eq!(off.render(), "");
    }
}
