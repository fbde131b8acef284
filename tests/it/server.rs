//! A server of a test's own, on a real socket, and a plain client.

use std::net::SocketAddr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use clap::Parser as _;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use pas::cli::{Cli, Command, ServeArgs};
use pas::clock::Clock;
use pas::config::Admission;
use pas::http::{App, Certificate, Door, Measure, router};
use pas::store::{Queue, QueueBounds, Store, Writer};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};

use crate::answer::Answer;
use crate::cluster::{self, Database};

/// The instant at which fixed clocks stand: nine in the morning in British Columbia.
pub const NOW: &str = "2026-11-22T17:00:00Z";

pub struct Server {
    pub address: SocketAddr,
    pub database: Database,
    pub store: Store,
    /// With it the server ends: nobody could tell it to stop any more.
    pub stop: tokio::sync::watch::Sender<bool>,
    pub app: Arc<App>,
    writer: Writer,
}

/// How a test's server differs from the default one.
#[derive(Default)]
pub struct Setup {
    /// Flags of `pas serve`.
    pub flags: String,
    /// Another way to the database: a proxy.
    pub through: Option<String>,
    /// A clock that stands still and ids that count.
    pub fixed: bool,
    /// A database made beforehand; else one with schema and cast.
    pub database: Option<Database>,
    /// A clock that a test moves.
    pub clock: Option<Arc<std::sync::Mutex<DateTime<Utc>>>>,
}

impl Server {
    pub async fn start() -> Server {
        Server::with(Setup::default()).await
    }

    pub async fn with(setup: Setup) -> Server {
        let database = match setup.database {
            Some(database) => database,
            None => cluster::database().await,
        };
        let args = flags(&setup.flags);
        let url = setup.through.as_ref().unwrap_or(&database.url);
        let store = Store::open(&pas::config::store_options(url, &args.limits)).expect("opens");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let address = listener.local_addr().expect("has an address");
        let endpoint = args.endpoint.as_deref().unwrap_or("https://pas.example/$process-message");
        let mut service = pas::config::service(&args, store.clone(), endpoint.to_owned());
        if setup.fixed {
            let now: DateTime<Utc> = NOW.parse().expect("an instant");
            service.clock = Clock::fixed(now);
        }
        if let Some(clock) = setup.clock {
            service.clock = Clock::Moved(clock);
        }
        let limits = pas::config::edge_limits(&args.limits);
        // Most tests are about messages; those about tokens name an issuer.
        let admission = match &args.access.issuer {
            Some(issuer) => Admission::Issuer(issuer),
            None if args.access.insecure_sandbox_tokens => Admission::Cast,
            None => Admission::Everybody,
        };
        let (door, desk) =
            pas::config::door(admission, &args.access, "https://pas.example").expect("a door");
        if let Door::Guarded { issuer, .. } = &door {
            let _ = issuer.refresh().await;
        }
        let beside = pas::config::chores_options(&database.url, &args.limits);
        let beside = Store::open(&beside).expect("opens");
        tokio::spawn(store.clone().watch_replica(beside.clone()));
        let (trail, writer) = Queue::start(beside, Clock::System, QueueBounds::default());
        let claims = pas::config::claims(&service, desk.as_deref(), args.keep_answers);
        let app = Arc::new(App {
            service,
            limits,
            bodies: pas::config::body_room(&args),
            door,
            behind_gateway: args.access.behind_gateway,
            claims,
            trail,
            pages: pas::config::pages(&args.pages, desk.as_deref(), endpoint).expect("pages"),
            desk,
            mail: pas::config::mail(&args.mail, true).expect("a mail server"),
            measure: Measure::on(NOW.parse().expect("an instant")).expect("counts"),
        });
        let certificate = args.listen.tls_cert.as_ref().zip(args.listen.tls_key.as_ref());
        let certificate =
            certificate.map(|(chain, key)| Certificate::open(chain, key).expect("a certificate"));
        let (tell, stop) = tokio::sync::watch::channel(false);
        let limits = pas::config::listen_limits(&args);
        tokio::spawn(pas::http::serve(listener, router(app.clone()), limits, certificate, stop));
        Server { address, database, store, app, stop: tell, writer }
    }

    /// Posts a message and takes the answer.
    pub async fn post(&self, message: &Value) -> Answer {
        self.send(self.request("/$process-message").body(message.to_string().into_bytes())).await
    }

    /// A POST with the usual headers, to be altered.
    pub fn request(&self, path: &str) -> Ask {
        Ask {
            method: "POST".into(),
            path: path.into(),
            headers: vec![("content-type".into(), "application/fhir+json".into())],
            body: Vec::new(),
        }
    }

    pub async fn send(&self, ask: Ask) -> Answer {
        ask.send(self.address).await
    }

    pub async fn stop(self) -> Database {
        self.writer.finish(std::time::Duration::from_secs(1)).await;
        self.store.close().await;
        self.database
    }
}

/// The settings of `pas serve` with these flags.
pub fn flags(text: &str) -> ServeArgs {
    let words = ["pas", "serve"].into_iter().chain(text.split_whitespace());
    match Cli::parse_from(words).command {
        Command::Serve(args) => *args,
        _ => unreachable!("serve was asked for"),
    }
}

/// A request.
#[derive(Clone)]
pub struct Ask {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Ask {
    pub fn method(mut self, method: &str) -> Self {
        self.method = method.into();
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn body(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self
    }

    pub async fn send(self, address: SocketAddr) -> Answer {
        self.try_send(address).await.unwrap_or_else(|why| panic!("{why}"))
    }

    /// The answer, or why there is none: nobody listens, or the connection ended before it was whole.
    pub async fn try_send(self, address: SocketAddr) -> Result<Answer, String> {
        let stream =
            TcpStream::connect(address).await.map_err(|error| format!("connecting: {error}"))?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("speaks HTTP");
        tokio::spawn(connection);
        let mut request = Request::builder()
            .method(self.method.as_str())
            .uri(&self.path)
            .header("host", "pas.test");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(Bytes::from(self.body))).expect("a request");
        let response =
            sender.send_request(request).await.map_err(|error| format!("the answer: {error}"))?;
        let (parts, body) = response.into_parts();
        let bytes = body
            .collect()
            .await
            .map_err(|error| format!("the rest of the answer: {error}"))?
            .to_bytes();
        Ok(Answer::new(parts.status.as_u16(), parts.headers, bytes))
    }
}
