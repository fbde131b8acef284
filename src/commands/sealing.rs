//! The task that seals the audit trail while a server runs.

use std::time::Duration;

use tokio::sync::watch;
use tracing::{info, warn};

use crate::audit::Seal;
use crate::clock::Clock;
use crate::store::{Sealed, Store};

/// Seals what was recorded, every `interval`, until told to stop; then once more. What could not be sealed is sealed by
/// another server, or by the next that starts.
pub(super) async fn keep_sealing(
    store: Store,
    interval: Duration,
    mut stop: watch::Receiver<bool>,
) {
    let mut failing = false;
    loop {
        let last = tokio::select! {
            () = tokio::time::sleep(interval) => false,
            _ = stop.wait_for(|come| *come) => true,
        };
        loop {
            match store.seal(Clock::System.now()).await {
                Ok(Sealed::Yes { seal, more }) => {
                    tell(&seal);
                    failing = false;
                    if !more {
                        break;
                    }
                }
                Ok(Sealed::Nothing | Sealed::Elsewhere) => {
                    failing = false;
                    break;
                }
                Err(error) => {
                    // Once is enough: readiness and metrics say that it goes on.
                    if !failing {
                        warn!(%error, "the audit trail could not be sealed");
                    }
                    failing = true;
                    break;
                }
            }
        }
        if last {
            return;
        }
    }
}

/// The line that anchors the chain outside of the database.
pub(super) fn tell(seal: &Seal) {
    let (first, last) = (seal.late.first().unwrap_or(&seal.first), seal.last);
    info!(seal = seal.number, hash = %seal.hash, events = seal.count, first, last, "sealed");
}
