//! One person's requests, one after the other, each on a connection of its own and read to its end.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::fault::{Done, told};

const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody who asks.
pub(super) struct Visitor {
    /// Where.
    pub(super) address: SocketAddr,
    /// How they prove who they are: a header line.
    pub(super) proof: String,
}

/// What they got.
pub(super) struct Answer {
    /// Milliseconds from connecting to the last byte.
    pub(super) millis: f64,
    /// The body.
    pub(super) body: Vec<u8>,
}

impl Visitor {
    /// Who has this token.
    pub(super) fn with_token(address: SocketAddr, token: &str) -> Self {
        Visitor { address, proof: format!("Authorization: Bearer {token}") }
    }

    /// `GET`; anything but 200 is a failure.
    pub(super) fn get(&self, path: &str) -> Done<Answer> {
        self.ask("GET", path, ("text/plain", b""))
    }

    /// `POST`; anything but 200 and 201 is a failure.
    pub(super) fn post(&self, path: &str, kind: &str, body: &[u8]) -> Done<Answer> {
        self.ask("POST", path, (kind, body))
    }

    fn ask(&self, method: &str, path: &str, (kind, body): (&str, &[u8])) -> Done<Answer> {
        let (proof, length) = (&self.proof, body.len());
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{proof}\r\nConnection: close\r\n\
             Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n",
            self.address
        )
        .into_bytes();
        request.extend_from_slice(body);
        let begun = Instant::now();
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(&request)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let millis = begun.elapsed().as_secs_f64() * 1e3;
        let head = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(0);
        let good = [b"HTTP/1.1 200 ", b"HTTP/1.1 201 "].iter().any(|g| answer.starts_with(*g));
        if !good {
            let text = String::from_utf8_lossy(&answer);
            return told(format!(
                "{method} {path}: {}",
                text.chars().take(600).collect::<String>()
            ));
        }
        let body = answer.split_off((head + 4).min(answer.len()));
        Ok(Answer { millis, body })
    }
}

impl Answer {
    /// The body as JSON.
    pub(super) fn json(&self) -> Done<Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }
}
