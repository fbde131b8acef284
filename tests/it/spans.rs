//! Traces: `traceparent` in, in the log and out; spans to a collector, which here is a server of the test's own.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::answer::Answer;
use crate::cluster;
use crate::message::{ADD, PANELS, PATIENTS, message};
use crate::metrics::{get, read};
use crate::sandbox::program::{Home, Running, until};
use crate::server::{Ask, Server};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// Takes what is sent to it, and keeps it.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<u8>>>);

impl Collector {
    async fn start() -> (Collector, String) {
        let collector = Collector::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let address = listener.local_addr().expect("an address");
        let take = async |State(kept): State<Collector>, headers: HeaderMap, body: Bytes| {
            assert_eq!(headers["content-type"], "application/x-protobuf");
            kept.0.lock().expect("not poisoned").extend_from_slice(&body);
        };
        let router = Router::new().route("/v1/traces", post(take)).with_state(collector.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
        (collector, format!("http://{address}"))
    }

    fn holds(&self, bytes: &[u8]) -> bool {
        let kept = self.0.lock().expect("not poisoned");
        kept.windows(bytes.len()).any(|window| window == bytes)
    }
}

/// The bytes that hexadecimal digits stand for, as they are in a span.
fn bytes(hex: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
    (0..hex.len()).step_by(2).map(pair).collect()
}

async fn serve(name: &str, flags: &str) -> (Home, Running) {
    let database = cluster::database().await;
    let home = Home::with_database(name, &database.url);
    let running = home.serve(flags);
    (home, running)
}

fn asked(body: Vec<u8>) -> Ask {
    let headers = vec![("content-type".into(), "application/fhir+json".into())];
    Ask { method: "POST".into(), path: "/$process-message".into(), headers, body }
}

/// Trace and span as an answer names them.
fn told(answer: &Answer) -> (String, String) {
    let parts: Vec<&str> = answer.header("traceparent").split('-').collect();
    let [_, trace, span, _] = parts[..] else { panic!("{:?}", answer.headers) };
    (trace.to_owned(), span.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_senders_trace_is_in_the_line_and_in_the_answer_with_a_span_of_our_own() {
    let server = Server::start().await;
    let own = format!("00-{TRACE}-{PARENT}-01");
    let answer = server.send(server.request("/nowhere").header("traceparent", &own)).await;
    let (trace, span) = told(&answer);
    assert_eq!((trace.as_str(), answer.header("tracestate")), (TRACE, ""));
    assert_ne!(span, PARENT);
    let line = |answer: &Answer| {
        let (log, id) = (crate::privacy::log(), format!("id={}", answer.header("x-request-id")));
        log.lines().find(|line| line.contains(&id)).expect("a line").to_owned()
    };
    assert!(line(&answer).contains(&format!(" trace={TRACE} ")), "{}", line(&answer));
    let careless = server.request("/nowhere").header("traceparent", "9876500011");
    let answer = server.send(careless.header("tracestate", "phn=9876500011")).await;
    let (trace, _) = told(&answer);
    assert_eq!((trace.len(), answer.header("tracestate")), (32, ""));
    assert!(line(&answer).contains(&format!(" trace={trace} ")), "{}", line(&answer));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_receives_each_request_and_its_steps_under_the_senders_span() {
    let (collector, url) = Collector::start().await;
    let (_home, running) = serve("spans", &format!("--otlp-endpoint {url}")).await;
    let body = message(ADD, PANELS[0], &PATIENTS[..2]).to_string().into_bytes();
    let own = format!("00-{TRACE}-{PARENT}-01");
    let answer = asked(body).header("traceparent", &own).send(running.address).await;
    assert_eq!(answer.response(), "ok");
    let (trace, span) = told(&answer);
    assert_eq!((trace.as_str(), answer.header("traceparent").ends_with("-01")), (TRACE, true));
    let other = running.get("/healthz").await;
    let log = running.log();
    // What was not sent yet is sent at the end.
    running.stop();
    for id in [TRACE, PARENT, &span, &told(&other).0] {
        assert!(collector.holds(&bytes(id)), "{id} was not received");
    }
    for word in [
        "POST /$process-message",
        "GET /healthz",
        "http.route",
        "http.response.status_code",
        "pas.outcome",
        "add-patient-to-panel",
        "processed",
        "read",
        "look",
        "keep",
        "service.name",
    ] {
        assert!(collector.holds(word.as_bytes()), "{word} was not received");
    }
    assert!(
        log.contains(&format!("trace={TRACE} method=\"POST\"")),
        "no span in the lines:\n{log}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_hold_nothing_of_a_person() {
    let (collector, url) = Collector::start().await;
    let (_home, running) = serve("spans-privacy", &format!("--otlp-endpoint {url}")).await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/exchanges");
    let mut posted = 0;
    for folder in std::fs::read_dir(root).expect("the exchanges").flatten() {
        let Ok(body) = std::fs::read(folder.path().join("1-request.json")) else { continue };
        let asked = Ask { path: "/$process-message?phn=9876500011".into(), ..asked(body) };
        let asked = asked
            .header("traceparent", "9876500011")
            .header("tracestate", "who=Exampleton")
            .header("baggage", "phn=9876500011,who=Exampleton")
            .header("user-agent", "Marigold")
            .header("x-request-id", "9876500011");
        asked.send(running.address).await;
        posted += 1;
    }
    running.get("/Patient/9876500011").await;
    running.stop();
    assert!(posted > 60 && collector.holds(b"patient-birth-date"), "{posted} requests and spans");
    let held: Vec<String> =
        crate::privacy::personal().into_iter().filter(|w| collector.holds(w.as_bytes())).collect();
    assert!(held.is_empty(), "spans hold {held:?}");
}

/// An address at which nobody listens.
async fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
    listener.local_addr().expect("an address")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_or_silent_costs_one_line_and_no_request() {
    // It accepts, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("listens");
    let addresses = [nobody().await, silent.local_addr().expect("an address")];
    for (n, address) in addresses.into_iter().enumerate() {
        let database = cluster::database().await;
        let mut home = Home::with_database(&format!("spans-lost-{n}"), &database.url);
        // A batch at every turn, so that many are lost.
        home.variables.push(("OTEL_BSP_SCHEDULE_DELAY", "1".into()));
        let running = home.serve(&format!("--otlp-endpoint http://{address}"));
        let add = message(ADD, PANELS[0], &PATIENTS[..1]);
        for _ in 0..50 {
            assert_eq!(running.post(&add).await.status, 200);
        }
        let lost = "the collector does not take spans";
        let log = until("the loss to be told", || Some(running.log()).filter(|l| l.contains(lost)));
        assert_eq!(log.matches(lost).count(), 1, "{log}");
        for _ in 0..50 {
            assert_eq!(running.get("/healthz").await.status, 200);
        }
        let file = home.folder.join("log");
        running.stop();
        let log = std::fs::read_to_string(file).expect("the log");
        assert_eq!(log.matches(lost).count(), 1, "{log}");
        assert_eq!(log.matches("POST").count(), 50);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_no_url_is_refused_at_the_start_without_being_repeated() {
    let home = Home::new("spans-refused");
    for url in [
        "collector:4318",
        "ftp://user:secret-word@collector",
        "http://user:secret-word@:",
        "http://",
    ] {
        let done = home.run(&format!("serve --otlp-endpoint {url}"));
        assert!(!done.status.success(), "{url}");
        assert!(done.stderr.contains("--otlp-endpoint: "), "{done:?}");
        assert!(!done.stderr.contains("secret-word"), "{done:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_served_on_their_own_address_alone_and_only_when_asked_for() {
    let (_home, running) = serve("metrics", "--metrics-bind 127.0.0.1:0 --log-format json").await;
    let line = until("the address", || {
        let log = running.log();
        let line = log.lines().find(|line| line.contains("serving metrics"))?.to_owned();
        serde_json::from_str::<Value>(&line).ok()
    });
    let address: SocketAddr =
        line["address"].as_str().and_then(|text| text.parse().ok()).expect("an address");
    running.post(&message(ADD, PANELS[0], &PATIENTS[..1])).await;
    let answer = get("/metrics").send(address).await;
    let page = read(std::str::from_utf8(&answer.bytes).expect("UTF-8"));
    assert!(page.text.contains("pas_requests_total{route=\"/$process-message\",status=\"200\"} 1"));
    assert_eq!(get("/$process-message").send(address).await.codes(), ["not-found"]);
    assert_eq!(get("/metrics").method("POST").send(address).await.status, 405);
    assert_eq!(running.get("/metrics").await.codes(), ["not-found"]);
    // Whoever asks for numbers every few seconds does not fill the log.
    assert!(!running.log().contains("\"/metrics\""));
    running.stop();
    let (_home, running) = serve("no-metrics", "").await;
    running.get("/healthz").await;
    assert!(!running.log().contains("metrics"));
    running.stop();
}
