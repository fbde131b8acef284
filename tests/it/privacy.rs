//! Nothing of a person in any log line.

use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, OnceLock};

use serde_json::Value;

use crate::cluster;
use crate::server::{Server, Setup};

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Captured;

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Captures the log of the whole run, of every crate, down to `debug`.
pub fn capture_log() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_ansi(false)
            .with_writer(|| Captured)
            .init();
    });
}

/// What the run has logged so far.
pub fn log() -> String {
    String::from_utf8(LOG.lock().expect("not poisoned").clone()).expect("UTF-8")
}

/// Every number and name of the cast's people, and the names of its providers.
pub fn personal() -> Vec<String> {
    let cast = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cast");
    let mut words = Vec::new();
    for file in ["client-registry.ndjson", "plr.ndjson", "pas.ndjson"] {
        for line in std::fs::read_to_string(cast.join(file)).expect("the cast").lines() {
            let resource: Value = serde_json::from_str(line).expect("JSON");
            let kind = resource["resourceType"].as_str().expect("a type").to_owned();
            if kind == "Patient" {
                words.push(resource["identifier"][0]["value"].as_str().expect("a PHN").to_owned());
            }
            for name in resource["name"].as_array().into_iter().flatten() {
                words.extend(name["family"].as_str().map(str::to_owned));
                words.extend(
                    name["given"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter_map(Value::as_str)
                        .map(str::to_owned),
                );
            }
        }
    }
    // Too short or too common to mean anything when found.
    words.retain(|word| {
        word.chars().count() > 3 && !["Baby", "Opal", "Leap", "Moss"].contains(&word.as_str())
    });
    words.sort();
    words.dedup();
    words
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_line_holds_a_name_a_number_or_a_body() {
    let server = Server::with(Setup::default()).await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/exchanges");
    let mut posted = 0;
    for folder in std::fs::read_dir(root).expect("the exchanges").flatten() {
        for number in 1..=3 {
            let Ok(body) = std::fs::read(folder.path().join(format!("{number}-request.json")))
            else {
                continue;
            };
            // A careless sender puts numbers where they do not belong.
            let path = "/$process-message?phn=9876500011&name=Exampleton";
            let asked = server
                .request(path)
                .header("x-request-id", "9876500011")
                .header("user-agent", "Exampleton");
            server.send(asked.body(body)).await;
            posted += 1;
        }
    }
    server.send(server.request("/Patient/9876500011").method("GET")).await;
    sqlx::raw_sql("ALTER TABLE panel.entry RENAME COLUMN status TO gone")
        .execute(&mut cluster::connect(&server.database.url).await)
        .await
        .expect("breaks");
    let sent = crate::message::message(
        crate::message::ADD,
        crate::message::PANELS[0],
        &crate::message::PATIENTS,
    );
    let failed = server.post(&sent).await;
    assert_eq!(failed.status, 500);
    let log = log();
    let lines = log.lines().filter(|line| line.contains("pas::http::log")).count();
    assert!(lines > posted, "{lines} lines for {posted} requests: the capture works");
    assert!(log.contains("internal-error"), "and holds the failure");
    let postgres = std::fs::read_to_string(server_log()).expect("Postgres' log");
    for word in personal() {
        let line = log.lines().find(|line| line.contains(&word));
        assert_eq!(line, None, "the log holds {word}");
        assert!(!postgres.contains(&word), "Postgres' log holds {word}");
        assert!(!String::from_utf8_lossy(&failed.bytes).contains(&word), "a 5xx holds {word}");
    }
    assert!(personal().len() > 80);
}

/// The log of the tests' Postgres.
fn server_log() -> std::path::PathBuf {
    let name = format!("pas-it-{}-cluster", std::process::id());
    std::env::temp_dir().join(name).join("postgres.log")
}
