//! Waiting: bounded and generous, for no test measures time.

use std::time::Duration;

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(120);

/// Waits for something that is to come.
pub async fn in_time<T>(what: &str, done: impl Future<Output = T>) -> T {
    let Ok(done) = tokio::time::timeout(PATIENCE, done).await else {
        panic!("waited in vain for {what}")
    };
    done
}

/// Looks again and again until it is so.
pub async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    in_time(what, async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}
