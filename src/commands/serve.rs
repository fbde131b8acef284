//! `pas serve`: start, tell, serve, drain, stop.

use std::future::IntoFuture as _;
use std::process::ExitCode;
use std::sync::Arc;

use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing::{info, warn};

use crate::cli::ServeArgs;
use crate::config;
use crate::http::{App, router};
use crate::store::{Store, StoreOptions};

use super::database::Database;
use super::sealing::keep_sealing;
use super::{CommandError, banner, cast, runtime};

pub(super) fn run(args: &ServeArgs) -> Result<ExitCode, CommandError> {
    // Before the runtime: starting Postgres blocks, and a failure should be told at once.
    let database = Database::start(&args.shared)?;
    let runtime = runtime()?;
    let served = runtime.block_on(serve(args, &database));
    // Connections are closed by now; nothing waits on Postgres any more.
    runtime.shutdown_background();
    database.close()?;
    served?;
    info!("stopped");
    Ok(ExitCode::SUCCESS)
}

async fn serve(args: &ServeArgs, database: &Database) -> Result<(), CommandError> {
    // Listened to from the very beginning: a signal while migrating must stop us as well.
    let mut stop = stop_signal().map_err(CommandError::io("listening for signals"))?;
    tokio::select! {
        prepared = prepare(args, database) => prepared?,
        () = stopped(&mut stop) => return Ok(()),
    }
    let store = Store::open(&config::store_options(&database.url(), &args.limits))?;
    let what = format!("listening on {}", args.bind);
    let listener = TcpListener::bind(args.bind).await.map_err(CommandError::io(what.clone()))?;
    let address = listener.local_addr().map_err(CommandError::io(what))?;
    let endpoint =
        args.endpoint.clone().unwrap_or_else(|| format!("http://{address}/$process-message"));
    let service = config::service(args, store.clone(), endpoint);
    let app = Arc::new(App { service, limits: config::edge_limits(&args.limits) });
    banner::show(address, database, args.shared.data_dir.as_deref())?;
    info!(%address, sandbox = database.is_sandbox(), "serving");
    let listener = listener.tap_io(|connection| {
        let _ = connection.set_nodelay(true);
    });
    let (drained, sealed) = watch::channel(false);
    let sealing = tokio::spawn(keep_sealing(store.clone(), args.seal_interval, sealed));
    let mut overdue = stop.clone();
    let signalled = async move {
        stopped(&mut stop).await;
        info!("stopping: requests under way are finished first");
    };
    tokio::select! {
        done = axum::serve(listener, router(app)).with_graceful_shutdown(signalled).into_future() => {
            done.map_err(CommandError::io("serving"))?;
        }
        () = async {
            stopped(&mut overdue).await;
            tokio::time::sleep(args.limits.drain_timeout).await;
        } => warn!("some requests were still under way when the time to drain was over"),
    }
    // Only now: what the last requests recorded is to be sealed as well.
    let _ = drained.send(true);
    let _ = tokio::time::timeout(args.limits.drain_timeout, sealing).await;
    let _ = tokio::time::timeout(args.limits.drain_timeout, store.close()).await;
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
        cast::load(&store).await?;
    }
    store.close().await;
    Ok(())
}

/// Becomes true when SIGINT or SIGTERM has come. A second one ends the process at once.
fn stop_signal() -> std::io::Result<watch::Receiver<bool>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let (come, stop) = watch::channel(false);
    tokio::spawn(async move {
        let mut next =
            async || tokio::select! { _ = interrupt.recv() => 130, _ = terminate.recv() => 143 };
        next().await;
        let _ = come.send(true);
        let code = next().await;
        std::process::exit(code);
    });
    Ok(stop)
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|come| *come).await;
}
