//! How a server ends: in order with requests under way, or killed.

use nix::sys::signal::{Signal, kill};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::program::{Home, Running, until};
use crate::answer::Answer;
use crate::message::{ADD, PANELS, PATIENTS, Patient, message};

/// A request of which the server has the head and half of the body.
pub struct Halfway {
    stream: TcpStream,
    rest: Vec<u8>,
}

async fn halfway(running: &Running, patient: Patient) -> Halfway {
    halfway_of(running, message(ADD, PANELS[0], &[patient]).to_string()).await
}

pub async fn halfway_of(running: &Running, body: String) -> Halfway {
    let body = body.into_bytes();
    let token = running.token().await.unwrap_or("none");
    let mut stream = TcpStream::connect(running.address).await.expect("connects");
    let head = format!(
        "POST /$process-message HTTP/1.1\r\nHost: pas.test\r\nContent-Type: application/fhir+json\r\n\
         Authorization: Bearer {token}\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.expect("takes the head");
    // The server says so when it has read the head and waits for the body: no guessing by time.
    let go_on = b"HTTP/1.1 100 Continue\r\n\r\n";
    let mut said = vec![0; go_on.len()];
    stream.read_exact(&mut said).await.expect("an interim answer");
    assert_eq!(said, go_on);
    let (half, rest) = body.split_at(body.len() / 2);
    stream.write_all(half).await.expect("takes half of the body");
    Halfway { stream, rest: rest.to_vec() }
}

impl Halfway {
    pub async fn answer(mut self) -> Answer {
        self.stream.write_all(&self.rest).await.expect("takes the rest");
        let mut said = String::new();
        self.stream.read_to_string(&mut said).await.expect("an answer, then the end");
        let (head, body) = said.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).expect("a status").parse().expect("a number");
        Answer::new(status, Default::default(), body.to_owned().into())
    }
}

/// Refused connections: the server listens no more.
pub fn nobody_listens(running: &Running) {
    until("refused connections", || {
        let tried = std::net::TcpStream::connect(running.address);
        tried
            .is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused)
            .then_some(())
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_when_the_signal_comes_is_answered_and_no_new_one_is_taken() {
    let home = Home::new("signal");
    for (n, signal) in [Signal::SIGTERM, Signal::SIGINT].into_iter().enumerate() {
        let running = home.serve("");
        let under_way = halfway(&running, PATIENTS[n]).await;
        running.signal(signal);
        nobody_listens(&running);
        let answer = under_way.answer().await;
        assert_eq!((answer.status, answer.response()), (200, "ok"), "{signal}");
        assert_eq!(running.end(), 0, "{signal}");
        assert!(home.postgres().is_empty(), "{signal}");
    }
    assert_eq!(home.panel().as_array().map(Vec::len), Some(2), "what was answered ok is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_never_comes_to_its_end_does_not_keep_the_server() {
    let home = Home::new("drain");
    let running = home.serve("--drain-timeout 0.1");
    let under_way = halfway(&running, PATIENTS[0]).await;
    running.signal(Signal::SIGTERM);
    assert_eq!(running.end(), 0);
    assert!(home.postgres().is_empty());
    drop(under_way);
    assert_eq!(home.panel(), serde_json::json!([]), "half a message does nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_together_with_its_postgres_it_keeps_what_it_acknowledged() {
    let home = Home::new("kill-both");
    let running = home.serve("");
    let add = message(ADD, PANELS[0], &PATIENTS[..1]);
    let acknowledged = running.post(&add).await;
    assert_eq!(acknowledged.response(), "ok");
    kill(home.postmaster(), Signal::SIGKILL).expect("kills Postgres");
    running.signal(Signal::SIGKILL);
    assert_eq!(running.end(), -9);
    // At once: whatever still ends is for the new server to deal with.
    let running = home.serve("");
    assert_eq!(home.panel()[0]["phn"], "9876500011");
    assert_eq!(running.post(&add).await.bytes, acknowledged.bytes);
    running.stop();
    assert!(home.postgres().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_alone_it_leaves_no_postgres_behind() {
    let home = Home::new("kill-server");
    let running = home.serve("");
    assert_eq!(running.post(&message(ADD, PANELS[0], &PATIENTS[..1])).await.response(), "ok");
    running.signal(Signal::SIGKILL);
    assert_eq!(running.end(), -9);
    home.postgres_is_gone();
    assert_eq!(home.panel()[0]["phn"], "9876500011");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_postgres_was_killed_still_ends_when_told() {
    let home = Home::new("kill-postgres");
    let running = home.serve("");
    kill(home.postmaster(), Signal::SIGKILL).expect("kills Postgres");
    home.postgres_is_gone();
    let add = message(ADD, PANELS[0], &PATIENTS[..1]);
    assert_eq!(running.post(&add).await.status, 503);
    running.signal(Signal::SIGTERM);
    assert_eq!(running.end(), 1, "it says that its Postgres had gone");
    let running = home.serve("");
    assert_eq!(running.post(&add).await.response(), "ok");
    running.stop();
}
