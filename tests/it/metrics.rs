//! What `/metrics` says, over a real socket, read by the grammar of the format.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use pas::fault::Code;
use pas::http::{Kind, METRICS, metrics_router};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};

use crate::cluster;
use crate::message::{ADD, PANELS, PATIENTS, QUERY, REMOVE, message};
use crate::privacy::personal;
use crate::server::{Ask, Server, Setup};

/// One line: name, labels, value.
#[derive(Debug, Clone)]
pub struct Sample {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

/// Everything that was shown.
#[derive(Debug)]
pub struct Page {
    pub text: String,
    /// Kind and help by name.
    pub families: BTreeMap<String, (String, String)>,
    pub samples: Vec<Sample>,
}

impl Page {
    /// The value of the one series with these labels and no others; 0 when there is none.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let labels = labels.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        let mut found = self.samples.iter().filter(|s| s.name == name && s.labels == labels);
        let value = found.next().map_or(0.0, |sample| sample.value);
        assert!(found.next().is_none(), "{name} {labels:?} stands there twice");
        value
    }

    fn sum(&self, name: &str) -> f64 {
        self.samples.iter().filter(|s| s.name == name).map(|s| s.value).sum()
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// The metric to which a line of a histogram belongs.
pub fn family(name: &str) -> &str {
    let histogram = METRICS.iter().any(|metric| {
        let rest = name.strip_prefix(metric.name);
        matches!(metric.kind, Kind::Histogram(_))
            && matches!(rest, Some("_bucket" | "_sum" | "_count"))
    });
    match name.rsplit_once('_') {
        Some((family, _)) if histogram => family,
        _ => name,
    }
}

fn sample(line: &str) -> Sample {
    let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("a value: {line}"));
    let (name, labels) = match series.split_once('{') {
        None => (series, ""),
        Some((name, rest)) => (name, rest.strip_suffix('}').expect("a closing brace")),
    };
    let mut all = BTreeMap::new();
    for label in labels.split("\",").filter(|label| !label.is_empty()) {
        let (key, value) = label.split_once("=\"").unwrap_or_else(|| panic!("a label: {line}"));
        let value = value.trim_end_matches('"');
        assert!(is_name(key) && !value.contains(['"', '\\', '\n']), "{line}");
        assert!(all.insert(key.to_owned(), value.to_owned()).is_none(), "{line}");
    }
    assert!(is_name(name), "{line}");
    Sample { name: name.into(), labels: all, value: value.parse().expect("a number") }
}

/// Reads a page, and refuses what Prometheus would refuse, or take for something else.
pub fn read(text: &str) -> Page {
    let mut page = Page { text: text.into(), families: BTreeMap::new(), samples: Vec::new() };
    let mut helps = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').expect("a help");
            helps.insert(name.to_owned(), help.to_owned());
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').expect("a type");
            let help = helps.remove(name).unwrap_or_else(|| panic!("{name} has no help"));
            let twice = page.families.insert(name.into(), (kind.into(), help));
            assert!(twice.is_none(), "{name} stands there twice");
        } else {
            let sample = sample(line);
            assert!(page.families.contains_key(family(&sample.name)), "before its type: {line}");
            assert!(seen.insert((sample.name.clone(), sample.labels.clone())), "twice: {line}");
            page.samples.push(sample);
        }
    }
    assert!(text.ends_with('\n') && !page.samples.is_empty());
    page
}

/// The server's metrics on an address of their own.
pub async fn listen(server: &Server) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
    let address = listener.local_addr().expect("an address");
    let router = metrics_router(server.app.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
    address
}

pub fn get(path: &str) -> Ask {
    Ask { method: "GET".into(), path: path.into(), headers: Vec::new(), body: Vec::new() }
}

pub async fn page(address: SocketAddr) -> Page {
    let answer = get("/metrics").send(address).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    read(std::str::from_utf8(&answer.bytes).expect("UTF-8"))
}

/// Looks until it is so.
async fn until(address: SocketAddr, what: &str, so: impl Fn(&Page) -> bool) -> Page {
    for _ in 0..2_000 {
        let page = page(address).await;
        if so(&page) {
            return page;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("waited in vain for {what}");
}

/// An add that is done, the same again, and one that two rules refuse.
fn add_and_refused() -> [Value; 2] {
    let add = message(ADD, PANELS[0], &PATIENTS[..2]);
    let mut refused = message(ADD, PANELS[0], &PATIENTS[..3]);
    for patient in [4, 5] {
        refused["entry"][patient]["resource"]["birthDate"] = json!("1900-01-01");
    }
    refused["entry"][6]["resource"]["name"][0]["family"] = json!("Nobodyson");
    [add, refused]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_add_a_replay_a_refusal_and_a_404_are_counted() {
    let server = Server::start().await;
    let metrics = listen(&server).await;
    let before = page(metrics).await;
    assert_eq!(before.sum("pas_messages_total") + before.sum("pas_issues_total"), 0.0);
    let [add, refused] = add_and_refused();
    server.post(&add).await;
    server.post(&add).await;
    server.post(&refused).await;
    server.post(&json!({})).await;
    server.send(server.request("/Patient").method("GET")).await;
    let seen = page(metrics).await;
    let routes = [("/$process-message", "200", 3.0), ("/$process-message", "400", 1.0)];
    for (route, status, count) in routes.into_iter().chain([("-", "404", 1.0)]) {
        let labels = [("route", route), ("status", status)];
        assert_eq!(seen.value("pas_requests_total", &labels), count, "{route} {status}");
    }
    assert_eq!(seen.sum("pas_requests_total"), 5.0);
    for (event, outcome) in [(ADD, "ok"), (ADD, "replayed"), (ADD, "fatal-error"), ("-", "unread")]
    {
        let labels = [("event", event), ("outcome", outcome)];
        assert_eq!(seen.value("pas_messages_total", &labels), 1.0, "{event} {outcome}");
        assert_eq!(seen.value("pas_message_duration_seconds_count", &labels), 1.0);
        let last = [("event", event), ("outcome", outcome), ("le", "+Inf")];
        assert_eq!(seen.value("pas_message_duration_seconds_bucket", &last), 1.0);
    }
    assert_eq!(seen.sum("pas_messages_total"), 4.0);
    for (code, severity) in [
        ("processed", "information"),
        ("patient-birth-date", "error"),
        ("patient-family", "error"),
        ("not-a-bundle", "error"),
        ("not-found", "error"),
    ] {
        let labels = [("code", code), ("severity", severity)];
        assert_eq!(seen.value("pas_issues_total", &labels), 1.0, "{code}");
    }
    assert_eq!(seen.value("pas_message_patients_sum", &[("event", ADD)]), 2.0 + 2.0 + 3.0);
    let two = [("event", ADD), ("le", "2")];
    assert_eq!(seen.value("pas_message_patients_bucket", &two), 2.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_paths_methods_and_events_make_no_series_of_their_own() {
    let server = Server::start().await;
    let metrics = listen(&server).await;
    for path in ["/nowhere", "/$process-message"] {
        server.send(server.request(path).method("GET")).await;
    }
    let mut odd = message(QUERY, PANELS[0], &PATIENTS[..1]);
    odd["entry"][0]["resource"]["eventCoding"]["code"] = json!("odd");
    server.post(&odd).await;
    let few = page(metrics).await.samples.len();
    for n in 0..100 {
        let path = format!("/odd-{n}?odd={n}");
        server.send(server.request(&path).method(&format!("ODD{n}"))).await;
        server.send(server.request("/fhir/$process-message").method(&format!("ODD{n}"))).await;
        odd["entry"][0]["resource"]["eventCoding"]["code"] = json!(format!("odd-{n}"));
        server.post(&odd).await;
    }
    let seen = page(metrics).await;
    assert_eq!(seen.sum("pas_requests_total"), 303.0);
    // One more: the same 405 under another of the four routes.
    assert_eq!(seen.samples.len(), few + 1);
    assert!(!seen.text.to_lowercase().contains("odd"), "{}", seen.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_person_is_in_the_metrics() {
    let server = Server::start().await;
    let metrics = listen(&server).await;
    let [add, refused] = add_and_refused();
    for sent in [add.clone(), add, refused, message(REMOVE, PANELS[0], &PATIENTS)] {
        let asked = server.request("/$process-message?phn=9876500011&name=Exampleton");
        let asked = asked.header("x-request-id", "9876500011").header("baggage", "who=Marigold");
        server.send(asked.body(sent.to_string().into_bytes())).await;
    }
    server.send(server.request("/Patient/9876500011").method("GET")).await;
    server.send(server.request("/Exampleton").method("9876500011")).await;
    let text = page(metrics).await.text;
    assert!(text.contains("patient-birth-date"), "there is something to look into");
    let held: Vec<String> = personal().into_iter().filter(|word| text.contains(word)).collect();
    assert!(held.is_empty(), "{held:?}");
}

/// Only where an issuer elsewhere has been asked.
const LATER: &str = "pas_issuer_keys_age_seconds";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_is_the_table_name_by_name_and_label_by_label() {
    let server = Server::start().await;
    let metrics = listen(&server).await;
    server.post(&message(ADD, PANELS[0], &PATIENTS[..1])).await;
    let mut seen = page(metrics).await;
    let shown: BTreeSet<&str> = seen.families.keys().map(String::as_str).collect();
    let now = METRICS.iter().map(|metric| metric.name).filter(|name| *name != LATER);
    assert_eq!(shown, now.collect());
    assert_eq!(seen.value("pas_audit_unsealed_events", &[]), 1.0, "nobody seals here");
    server.app.measure.issuer_keys(std::time::Duration::from_secs(30));
    seen = page(metrics).await;
    assert_eq!(seen.value(LATER, &[]), 30.0);
    for metric in METRICS {
        let kind = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram(_) => "histogram",
        };
        let told = (kind.to_owned(), metric.help.to_owned());
        assert_eq!(seen.families.get(metric.name), Some(&told), "{}", metric.name);
        for sample in seen.samples.iter().filter(|sample| family(&sample.name) == metric.name) {
            let own = |label: &&str| *label != "le" || metric.labels.contains(label);
            let labels: BTreeSet<&str> = sample.labels.keys().map(String::as_str).collect();
            let labels: BTreeSet<&str> = labels.into_iter().filter(own).collect();
            assert_eq!(labels, metric.labels.iter().copied().collect(), "{sample:?}");
        }
    }
    let codes = seen.samples.iter().filter(|sample| sample.name == "pas_issues_total").count();
    assert_eq!(codes, Code::ALL.len());
    assert_eq!(seen.value("pas_process_start_time_seconds", &[]), 1_795_366_800.0);
    assert_eq!(seen.sum("pas_build_info"), 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pool_the_waiting_and_who_gave_up_are_seen() {
    let flags = "--connections 3 --lock-timeout 60 --statement-timeout 60 --acquire-timeout 60";
    let server = Server::with(Setup { flags: flags.into(), ..Setup::default() }).await;
    let metrics = listen(&server).await;
    let resting =
        until(metrics, "a connection", |page| page.sum("pas_pool_connections") > 0.0).await;
    assert_eq!(resting.value("pas_ready", &[]), 1.0);
    assert_eq!(resting.value("pas_pool_connections_max", &[]), 3.0);
    assert_eq!(resting.value("pas_changes_under_way_max", &[]), 1.0);
    assert_eq!(resting.value("pas_pool_waiting", &[]), 0.0);
    let mut other = cluster::connect(&server.database.url).await;
    let held = "BEGIN; INSERT INTO panel.patient SELECT phn FROM client_registry.patient";
    sqlx::raw_sql(held).execute(&mut other).await.expect("locks");
    let mut senders = Vec::new();
    for n in 0..3 {
        let body = message(ADD, PANELS[0], &PATIENTS[n..=n]).to_string();
        let mut sender = TcpStream::connect(server.address).await.expect("connects");
        let head = format!(
            "POST /$process-message HTTP/1.1\r\nhost: pas.test\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        sender.write_all(head.as_bytes()).await.expect("sends");
        senders.push(sender);
    }
    // The connection of the page before may be on its way back to the pool, and then is in use as well.
    until(metrics, "two that wait for one", |page| {
        page.value("pas_changes_under_way", &[]) == 1.0
            && page.value("pas_pool_waiting", &[]) == 2.0
            && page.value("pas_pool_connections", &[("state", "in-use")]) == 1.0
    })
    .await;
    drop(senders);
    let gone = [("route", "/$process-message"), ("status", "499")];
    let after = until(metrics, "three who gave up", |page| {
        page.value("pas_requests_total", &gone) == 3.0 && page.value("pas_pool_waiting", &[]) == 0.0
    });
    assert_eq!(after.await.sum("pas_messages_total"), 0.0, "they were not answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_database_the_metrics_are_there_and_say_so() {
    let database = Some(cluster::empty(None).await);
    let through = Some("postgres://pas@localhost/pas?host=/nowhere".to_owned());
    let server = Server::with(Setup { database, through, ..Setup::default() }).await;
    let metrics = listen(&server).await;
    server.post(&message(ADD, PANELS[0], &PATIENTS[..1])).await;
    let seen = page(metrics).await;
    assert_eq!(seen.value("pas_ready", &[]), 0.0);
    let failed = [("event", ADD), ("outcome", "failed")];
    assert_eq!(seen.value("pas_messages_total", &failed), 1.0);
}
