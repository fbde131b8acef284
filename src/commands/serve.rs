//! `pas serve`: start, tell, serve, drain, stop.

use std::process::ExitCode;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing::{info, warn};

use crate::cli::ServeArgs;
use crate::config;
use crate::http::{self, App, Certificate, Stop, router, stopped};
use crate::store::Store;

use super::database::Database;
use super::{CommandError, banner, cast, runtime};

pub(super) fn run(args: &ServeArgs) -> Result<ExitCode, CommandError> {
    let certificate = certificate(args)?;
    // Before the runtime: starting Postgres blocks, and a failure should be told at once.
    let database = Database::start(&args.shared)?;
    let runtime = runtime()?;
    let served = runtime.block_on(serve(args, &database, certificate));
    // Connections are closed by now; nothing waits on Postgres any more.
    runtime.shutdown_background();
    database.close()?;
    served?;
    info!("stopped");
    Ok(ExitCode::SUCCESS)
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
) -> Result<(), CommandError> {
    // Listened to from the very beginning: a signal while migrating must stop us as well.
    let mut stop = stop_signal().map_err(CommandError::io("listening for signals"))?;
    let store = Store::open(&config::store_options(&database.url(), &args.limits))?;
    tokio::select! {
        prepared = prepare(args, database, &store) => prepared?,
        () = stopped(&mut stop) => return Ok(()),
    }
    let what = format!("listening on {}", args.bind);
    let listener = TcpListener::bind(args.bind).await.map_err(CommandError::io(what.clone()))?;
    let address = listener.local_addr().map_err(CommandError::io(what))?;
    let base = format!("{}://{address}", if certificate.is_some() { "https" } else { "http" });
    let endpoint = args.endpoint.clone().unwrap_or_else(|| format!("{base}/$process-message"));
    let service = config::service(args, store.clone(), endpoint);
    let limits = config::edge_limits(&args.limits);
    let app = Arc::new(App { service, limits, bodies: config::body_room(args) });
    banner::show(&base, database, args.shared.data_dir.as_deref())?;
    info!(%address, sandbox = database.is_sandbox(), "serving");
    let mut overdue = stop.clone();
    let limits = config::listen_limits(args);
    tokio::select! {
        () = http::serve(listener, router(app), limits, certificate, stop) => {}
        () = async {
            stopped(&mut overdue).await;
            tokio::time::sleep(args.limits.drain_timeout).await;
        } => warn!("some requests were still under way when the time to drain was over"),
    }
    let _ = tokio::time::timeout(args.limits.drain_timeout, store.close()).await;
    Ok(())
}

/// Brings the schema up to date and loads the cast, where that is asked for.
async fn prepare(args: &ServeArgs, database: &Database, store: &Store) -> Result<(), CommandError> {
    if args.migrate || database.is_sandbox() {
        store.migrate().await?;
    }
    if args.load_cast || database.is_sandbox() {
        cast::load(store).await?;
    }
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
