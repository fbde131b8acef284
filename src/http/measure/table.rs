//! THE table of metrics: what `/metrics` shows, and nothing else. docs/OPERATING.md has the same table, and dashboard and
//! alert rules may name nothing that is not in it; tests compare.

/// What kind of number it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Only ever rises, from 0 at the start of the process.
    Counter,
    /// A value at the moment of asking.
    Gauge,
    /// How often each value came, in these buckets (upper bounds).
    Histogram(&'static [f64]),
}

/// A metric.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name, with the unit at the end.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Names of its labels. None of them ever holds a word that a sender wrote.
    pub labels: &'static [&'static str],
    /// What it says.
    pub help: &'static str,
}

/// From a query on a resting machine to a body that took all the time it may.
const SECONDS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// Messages are about one patient or about a whole panel.
const PATIENTS: &[f64] = &[1.0, 2.0, 5.0, 10.0, 50.0, 100.0, 500.0, 1_000.0, 5_000.0];

macro_rules! metrics {
    ($($name:ident, $word:literal: $kind:expr, $labels:expr, $help:literal;)+) => {
        $(pub(super) const $name: &str = $word;)+

        /// Every metric.
        pub const METRICS: &[Metric] =
            &[$(Metric { name: $word, kind: $kind, labels: &$labels, help: $help },)+];
    };
}
use Kind::{Counter, Gauge, Histogram};

metrics! {
    REQUESTS, "pas_requests_total": Counter, ["route", "status"],
        "Requests by the route that matched and the HTTP status; 499: the sender hung up before there was an answer.";
    MESSAGES, "pas_messages_total": Counter, ["event", "outcome"],
        "Messages posted, by event and by what came of them.";
    MESSAGE_SECONDS, "pas_message_duration_seconds": Histogram(SECONDS), ["event", "outcome"],
        "Time from the head of a posted message to its answer, the arrival of the body included.";
    MESSAGE_PATIENTS, "pas_message_patients": Histogram(PATIENTS), ["event"],
        "Patients in a message that could be read.";
    ISSUES, "pas_issues_total": Counter, ["code", "severity"],
        "Answers that hold an issue with this fault code, each answer once.";
    REPLICA, "pas_replica_answers_total": Counter, [],
        "Queries that were answered from a replica.";
    POOL, "pas_pool_connections": Gauge, ["state"],
        "Connections to Postgres, by whether they are in use or idle.";
    POOL_MAX, "pas_pool_connections_max": Gauge, [],
        "Connections to Postgres at most.";
    POOL_WAITING, "pas_pool_waiting": Gauge, [],
        "Messages that wait for a statement to take them along, for their turn or for a connection.";
    CHANGES, "pas_changes_under_way": Gauge, [],
        "Messages that met another and have their turn.";
    CHANGES_MAX, "pas_changes_under_way_max": Gauge, [],
        "Messages that may have their turn at once.";
    READY, "pas_ready": Gauge, [],
        "1 when Postgres answers, its schema is this build's and there are keys to check tokens with, as /readyz has it; else 0.";
    BUILD, "pas_build_info": Gauge, ["version", "schema"],
        "Always 1; the labels say which build this is and which schema it needs.";
    STARTED, "pas_process_start_time_seconds": Gauge, [],
        "When the process started, in seconds since 1970.";
    AUDIT_UNSEALED, "pas_audit_unsealed_events": Gauge, [],
        "Events of the audit trail that no seal covers yet.";
    AUDIT_WAITING, "pas_audit_unsealed_seconds": Gauge, [],
        "Seconds for which the oldest event without a seal has waited for one; 0 when none waits.";
    AUDIT_QUEUED, "pas_audit_queued_records": Gauge, [],
        "Refusals and failures that are not in the audit trail yet.";
    ISSUER_KEYS_AGE, "pas_issuer_keys_age_seconds": Gauge, [],
        "Seconds since the token issuer's keys were last fetched.";
}
