//! The pairs of `fixtures/exchanges/`: each folder a story, its requests posted in order to a server whose clock stands
//! still and whose ids count up, each answer compared byte for byte.
//!
//! `UPDATE_FIXTURES=1 cargo test exchanges` writes the answers as they are now; read the difference before it is committed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pas::fault::Code;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::answer::Answer;
use crate::cluster;
use crate::server::{Ask, Server, Setup};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/exchanges")
}

fn folders() -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = std::fs::read_dir(root())
        .expect("the exchanges")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    all.retain(|path| path.is_dir());
    all.sort();
    all
}

fn name(folder: &Path) -> &str {
    folder.file_name().and_then(|name| name.to_str()).expect("a name")
}

/// A step of a story: the request's file and what curl would be told beside it.
struct Step {
    number: usize,
    body: Vec<u8>,
    curl: String,
}

fn steps(folder: &Path) -> Vec<Step> {
    let mut steps = Vec::new();
    for number in 1.. {
        let plain = folder.join(format!("{number}-request.json"));
        let packed = folder.join(format!("{number}-request.json.gz"));
        let Ok(body) = std::fs::read(&plain).or_else(|_| std::fs::read(&packed)) else { break };
        let curl = std::fs::read_to_string(folder.join(format!("{number}-request.curl")))
            .unwrap_or_default();
        steps.push(Step { number, body, curl });
    }
    assert!(!steps.is_empty(), "{} has no request", folder.display());
    steps
}

/// The request of a step: what `curl -K N-request.curl --data-binary @N-request.json` would send.
fn ask(server: &Server, step: &Step) -> Ask {
    let mut ask = server.request("/$process-message").body(step.body.clone());
    for line in step.curl.lines() {
        let quoted = line.split('"').nth(1).unwrap_or_default();
        let key = line.split(['=', ' ']).next().unwrap_or_default();
        ask = match key {
            "#" => Ask { path: line.rsplit(' ').next().expect("a path").to_owned(), ..ask },
            "request" => ask.method(quoted),
            "url-query" => Ask { path: format!("{}?{quoted}", ask.path), ..ask },
            "header" => {
                let (name, value) = quoted.split_once(": ").expect("a header");
                ask.header(name, value)
            }
            other => panic!("{other}: not known to this test"),
        };
    }
    ask
}

/// Four rows cannot be brought about by a request alone; the rest of the cause is made here.
async fn send(folder: &Path, server: &Server, ask: Ask) -> Answer {
    match name(folder) {
        "request-timeout" => stalled(server, &ask).await,
        "database-busy" => {
            let mut other = cluster::connect(&server.database.url).await;
            let held = "BEGIN; INSERT INTO panel.patient SELECT phn FROM client_registry.patient";
            sqlx::raw_sql(held).execute(&mut other).await.expect("locks");
            server.send(ask).await
        }
        "internal-error" => {
            let mut other = cluster::connect(&server.database.url).await;
            sqlx::raw_sql("ALTER TABLE panel.entry RENAME TO gone")
                .execute(&mut other)
                .await
                .expect("breaks");
            server.send(ask).await
        }
        _ => server.send(ask).await,
    }
}

/// Promises more than it sends.
async fn stalled(server: &Server, ask: &Ask) -> Answer {
    let mut stream = TcpStream::connect(server.address).await.expect("connects");
    let mut head =
        format!("{} {} HTTP/1.1\r\nhost: pas.test\r\nconnection: close\r\n", ask.method, ask.path);
    for (name, value) in &ask.headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all((head + "\r\n").as_bytes()).await.expect("sends");
    stream.write_all(&ask.body).await.expect("sends");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.expect("an answer");
    let text = String::from_utf8(bytes).expect("text");
    let (head, body) = text.split_once("\r\n\r\n").expect("head and body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Answer::new(status, Default::default(), body.to_owned().into())
}

async fn start(folder: &Path) -> Server {
    let flags = std::fs::read_to_string(folder.join("settings")).unwrap_or_default();
    let through = (name(folder) == "database-unavailable")
        .then(|| "postgres://pas@localhost/pas?host=/nowhere".to_owned());
    Server::with(Setup { flags, through, fixed: true, ..Setup::default() }).await
}

/// The answer laid out over lines, in its own order: what a fixture holds.
fn laid_out(bytes: &[u8]) -> String {
    let (mut out, mut depth, mut quoted, mut escaped) = (String::new(), 0_usize, false, false);
    let text = std::str::from_utf8(bytes).expect("UTF-8");
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    };
    for c in text.chars() {
        if quoted {
            quoted = escaped || c != '"';
            escaped = !escaped && c == '\\';
            out.push(c);
            continue;
        }
        match c {
            '"' => quoted = true,
            '{' | '[' => depth += 1,
            '}' | ']' => {
                depth -= 1;
                line(&mut out, depth);
            }
            _ => {}
        }
        out.push(c);
        match c {
            '{' | '[' | ',' => line(&mut out, depth),
            ':' => out.push(' '),
            _ => {}
        }
    }
    out.push('\n');
    out
}

/// The file that holds the answer of a step, and its status by the name.
fn expected(folder: &Path, number: usize) -> Option<(u16, String)> {
    let prefix = format!("{number}-response.");
    let mut files =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let path = files.find(|path| name(path).starts_with(&prefix))?;
    let status = name(&path).split('.').nth(1)?.parse().ok()?;
    Some((status, std::fs::read_to_string(path).expect("a file")))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_exchange_is_answered_byte_for_byte() {
    let update = option_env!("UPDATE_FIXTURES").is_some()
        || std::env::vars().any(|(key, _)| key == "UPDATE_FIXTURES");
    let mut wrong = Vec::new();
    for folder in folders() {
        let server = start(&folder).await;
        for step in steps(&folder) {
            let answer = send(&folder, &server, ask(&server, &step)).await;
            let text = laid_out(&answer.bytes);
            if update {
                if let Some((status, _)) = expected(&folder, step.number) {
                    std::fs::remove_file(
                        folder.join(format!("{}-response.{status}.json", step.number)),
                    )
                    .expect("removes");
                }
                std::fs::write(
                    folder.join(format!("{}-response.{}.json", step.number, answer.status)),
                    text,
                )
                .expect("writes");
            } else if expected(&folder, step.number) != Some((answer.status, text.clone())) {
                wrong.push(format!(
                    "{} step {}: {} {text}",
                    name(&folder),
                    step.number,
                    answer.status
                ));
            }
        }
        server.stop().await.drop().await;
    }
    assert!(
        wrong.is_empty(),
        "{} answers differ from their fixtures:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_row_of_the_fault_table_has_its_exchange() {
    let mut shown: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for folder in folders() {
        let count = steps(&folder).len();
        for number in 1..=count {
            let (status, text) = expected(&folder, number).expect("an answer for every request");
            let json = serde_json::from_str(&text).expect("JSON");
            let answer =
                Answer { status, headers: Default::default(), bytes: Default::default(), json };
            let codes = answer.codes().into_iter().map(str::to_owned);
            shown.entry(name(&folder).to_owned()).or_default().extend(codes);
        }
    }
    let missing: Vec<&str> = Code::ALL
        .iter()
        .map(|code| code.row().code)
        .filter(|code| {
            !shown.get(*code).is_some_and(|codes| codes.iter().any(|shown| shown == code))
        })
        .collect();
    assert!(missing.is_empty(), "rows without an exchange that shows them: {missing:?}");
}

#[test]
fn every_answer_is_read_by_an_independent_r4_decoder() {
    let mut read = 0;
    for folder in folders() {
        for number in 1..=steps(&folder).len() {
            let (_, text) = expected(&folder, number).expect("an answer for every request");
            crate::house::decodes_as_r4(&text)
                .unwrap_or_else(|why| panic!("{} {number}: {why}", folder.display()));
            read += 1;
        }
    }
    assert!(read > 80, "{read} answers were read");
}

#[test]
fn every_request_that_is_answered_well_is_read_by_an_independent_r4_decoder() {
    let mut read = 0;
    for folder in folders() {
        for step in steps(&folder) {
            let (_, answer) = expected(&folder, step.number).expect("an answer for every request");
            if answer.contains("\"code\": \"ok\"") {
                let text = std::str::from_utf8(&step.body).expect("UTF-8");
                crate::house::decodes_as_r4(text)
                    .unwrap_or_else(|why| panic!("{} {}: {why}", folder.display(), step.number));
                read += 1;
            }
        }
    }
    assert!(read > 40, "{read} requests were read");
}
