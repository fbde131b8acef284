//! `pas serve`: start, tell, serve, drain, stop.

use std::process::ExitCode;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing::{info, warn};

use crate::attachment::ContactChannel;
use crate::cli::{PoolerArg, ServeArgs};
use crate::clock::Clock;
use crate::config::{self, Admission};
use crate::conformance;
use crate::http::{self, App, Certificate, Door, Stop, router, stopped};
use crate::store::{Queue, QueueBounds, Store, StoreOptions};

use super::database::{self, Database};
use super::sealing::keep_sealing;
use super::{CommandError, banner, cast, chores, clinics, metrics, runtime, waiting};

pub(super) fn run(args: &ServeArgs) -> Result<ExitCode, CommandError> {
    let certificate = certificate(args)?;
    can_be_pooled(args)?;
    let admission = config::admission(args, !database::is_given(&args.shared))?;
    // Before the runtime: starting Postgres blocks, and a failure should be told at once.
    let database = Database::start(&args.shared)?;
    let runtime = runtime()?;
    let served = runtime.block_on(serve(args, &database, certificate, admission));
    // Connections are closed by now; nothing waits on Postgres any more.
    runtime.shutdown_background();
    database.close()?;
    served?;
    info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// What is done before serving is more than a transaction, and is done as another role.
fn can_be_pooled(args: &ServeArgs) -> Result<(), CommandError> {
    let more = args.migrate || args.load_cast || !database::is_given(&args.shared);
    if args.limits.pooler == PoolerArg::Transaction && more {
        let text = "through a pooler nothing can be migrated or loaded: run `pas migrate` with DATABASE_URL leading to \
                    Postgres itself, then serve with --migrate false and without --load-cast";
        return Err(CommandError::Told(text.to_owned()));
    }
    Ok(())
}

/// The certificate to serve HTTPS with, where one is given.
fn certificate(args: &ServeArgs) -> Result<Option<Certificate>, CommandError> {
    let (Some(chain), Some(key)) = (&args.listen.tls_cert, &args.listen.tls_key) else {
        return Ok(None);
    };
    let told = |error| CommandError::Told(format!("the certificate for TLS: {error}"));
    Certificate::open(chain, key).map(Some).map_err(told)
}

async fn serve(
    args: &ServeArgs,
    database: &Database,
    certificate: Option<Certificate>,
    admission: Admission<'_>,
) -> Result<(), CommandError> {
    // Listened to from the very beginning: a signal while migrating must stop us as well.
    let mut stop = stop_signal().map_err(CommandError::io("listening for signals"))?;
    tokio::select! {
        prepared = prepare(args, database) => prepared?,
        () = stopped(&mut stop) => return Ok(()),
    }
    let store = Store::open(&config::store_options(&database.url(), &args.limits))?;
    let beside = Store::open(&config::chores_options(&database.url(), &args.limits))?;
    tokio::spawn(store.clone().watch_replica(beside.clone()));
    tokio::spawn(chores::turn_months(beside.clone(), args.keep_answers));
    if !database.is_sandbox() {
        tokio::spawn(chores::warn_of_ownership(beside.clone()));
    }
    let what = format!("listening on {}", args.bind);
    let listener = TcpListener::bind(args.bind).await.map_err(CommandError::io(what.clone()))?;
    let address = listener.local_addr().map_err(CommandError::io(what))?;
    let base = format!("{}://{address}", if certificate.is_some() { "https" } else { "http" });
    let endpoint = args.endpoint.clone().unwrap_or_else(|| format!("{base}/$process-message"));
    let (door, desk) = config::door(admission, &args.access, conformance::base(&endpoint))?;
    if let Door::Guarded { issuer, .. } = &door {
        tokio::spawn(issuer.clone().watch());
    }
    let service = config::service(args, store.clone(), endpoint.clone());
    let (trail, writer) = Queue::start(beside.clone(), Clock::System, QueueBounds::default());
    let mail = config::mail(&args.mail, database.is_sandbox())?;
    let notices = config::notice_pages(&args.mail, &endpoint);
    let pages = config::pages(&args.pages, desk.as_deref(), &endpoint)?;
    let claims = config::claims(&service, desk.as_deref(), args.keep_answers);
    let app = Arc::new(App {
        service,
        limits: config::edge_limits(&args.limits),
        bodies: config::body_room(args),
        door,
        desk,
        behind_gateway: args.access.behind_gateway,
        claims,
        trail,
        mail,
        pages,
        measure: metrics::measure(args.telemetry.metrics_bind)?,
    });
    tokio::spawn(chores::keep_time(app.clone()));
    for by in [ContactChannel::Email, ContactChannel::Text] {
        tokio::spawn(chores::keep_mailing(app.clone(), by, notices.clone()));
    }
    metrics::serve(args.telemetry.metrics_bind, &app).await?;
    let token = admission == Admission::Cast;
    banner::show(&base, database, args.shared.data_dir.as_deref(), token)?;
    info!(%address, sandbox = database.is_sandbox(), "serving");
    let (drained, sealed) = watch::channel(false);
    let sealing = tokio::spawn(keep_sealing(beside.clone(), args.seal_interval, sealed));
    let mut overdue = stop.clone();
    let limits = config::listen_limits(args);
    tokio::select! {
        () = http::serve(listener, router(app), limits, certificate, stop) => {}
        () = async {
            stopped(&mut overdue).await;
            tokio::time::sleep(args.limits.drain_timeout).await;
        } => warn!("some requests were still under way when the time to drain was over"),
    }
    writer.finish(args.limits.drain_timeout).await;
    // Only now: what the last requests recorded is to be sealed as well.
    let _ = drained.send(true);
    let _ = tokio::time::timeout(args.limits.drain_timeout, sealing).await;
    let closed = async { tokio::join!(store.close(), beside.close()) };
    let _ = tokio::time::timeout(args.limits.drain_timeout, closed).await;
    Ok(())
}

/// Brings the schema up to date and loads the cast, where that is asked for: as the role that we connect as, which owns
/// what it makes. Messages are then processed as a role that owns nothing.
async fn prepare(args: &ServeArgs, database: &Database) -> Result<(), CommandError> {
    let store = Store::open(&StoreOptions::new(database.url()))?;
    if args.migrate || database.is_sandbox() {
        store.migrate().await?;
    }
    if args.load_cast || database.is_sandbox() {
        let loaded = cast::load(&store).await?;
        // Nobody invented waits among other people.
        if loaded || database.is_sandbox() {
            waiting::register(config::service(args, store.clone(), String::new())).await?;
            clinics::keep(config::service(args, store.clone(), String::new())).await?;
        }
    }
    store.close().await;
    Ok(())
}

/// Becomes true when SIGINT or SIGTERM has come. A second one ends the process at once.
fn stop_signal() -> std::io::Result<Stop> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let (come, stop) = watch::channel(false);
    tokio::spawn(async move {
        let mut next =
            async || tokio::select! { _ = interrupt.recv() => 130, _ = terminate.recv() => 143 };
        next().await;
        info!("stopping: requests under way are finished first");
        let _ = come.send(true);
        let code = next().await;
        std::process::exit(code);
    });
    Ok(stop)
}
