//! The other limit of a query: an HTTP server that parses the same body and writes an answer of the same size, and does nothing
//! else. This very program, run again, so that it is a process of its own as the server is.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde_json::{Value, json};

use super::fault::{Done, told};
use super::server::end;

/// The word by which this program becomes the handler; the bytes of its answers follow.
pub(crate) const HANDLER: &str = "bare-handler";

/// The running handler; it ends with this value.
pub(crate) struct Handler {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Handler {
    /// Starts it.
    pub(crate) fn start(answer: usize) -> Done<Handler> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(HANDLER).arg(answer.to_string()).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let Ok(address) = line.trim().parse() else {
            return told("the bare handler did not start");
        };
        Ok(Handler { child, address })
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        let _ = end(&mut self.child);
    }
}

/// Is the handler, until it is told to end.
pub(crate) fn serve(bytes: usize) -> Done {
    use std::io::Write as _;

    let answer = Arc::new(answer(bytes));
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let router = Router::new().route("/$process-message", post(answer_it)).with_state(answer);
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        writeln!(std::io::stdout(), "{}", listener.local_addr()?)?;
        Ok(axum::serve(listener, router).await?)
    })
}

async fn answer_it(State(answer): State<Arc<Value>>, body: Bytes) -> Response {
    let read: Result<Value, _> = serde_json::from_slice(&body);
    let (Ok(_), Ok(written)) = (read, serde_json::to_vec(answer.as_ref())) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    ([("content-type", "application/fhir+json")], written).into_response()
}

/// A Bundle of about so many bytes when it is written.
fn answer(bytes: usize) -> Value {
    let entry = json!({ "fullUrl": "urn:uuid:0a43ea4d-a5f9-501b-81ec-6e216570a039", "resource": { "resourceType": "Patient",
        "identifier": [{ "system": "https://health.example/NamingSystem/number", "value": "0000000000" }] } });
    let count = (bytes / entry.to_string().len()).max(1);
    json!({ "resourceType": "Bundle", "type": "message", "code": "ok", "entry": vec![entry; count] })
}
