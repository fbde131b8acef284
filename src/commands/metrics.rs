//! `/metrics`, served beside everything else, until the process ends.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tracing::{info, warn};

use crate::clock::Clock;
use crate::http::{App, Measure, metrics_router};

use super::CommandError;

/// Between two upkeeps; at this many seconds, a busy server keeps some thousands of times unsorted.
const UPKEEP: Duration = Duration::from_secs(5);

/// Counts when somebody may ask.
pub(super) fn measure(bind: Option<SocketAddr>) -> Result<Measure, CommandError> {
    match bind {
        None => Ok(Measure::off()),
        Some(_) => Measure::on(Clock::System.now())
            .map_err(|error| CommandError::Told(format!("counting: {error}"))),
    }
}

/// Listens, if an address is given, and serves in the background.
pub(super) async fn serve(bind: Option<SocketAddr>, app: &Arc<App>) -> Result<(), CommandError> {
    let Some(bind) = bind else { return Ok(()) };
    let what = format!("listening on {bind} for metrics");
    let listener = TcpListener::bind(bind).await.map_err(CommandError::io(what.clone()))?;
    let address = listener.local_addr().map_err(CommandError::io(what))?;
    info!(%address, "serving metrics");
    let app = app.clone();
    tokio::spawn(async move {
        let router = metrics_router(app.clone());
        let upkeep = async {
            loop {
                tokio::time::sleep(UPKEEP).await;
                app.measure.upkeep();
            }
        };
        tokio::select! {
            served = axum::serve(listener, router) => warn!(?served, "metrics are served no more"),
            () = upkeep => {}
        }
    });
    Ok(())
}
