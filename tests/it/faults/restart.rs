//! Postgres is restarted while messages come in.

use crate::cluster;
use crate::crash::durable;
use crate::faults::{Load, SOME, is_whole};
use crate::patience::eventually;
use crate::server::{Server, Setup};

async fn readiness(server: &Server) -> u16 {
    server.send(server.request("/readyz").method("GET")).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_restarted_under_load_loses_nothing_doubles_nothing_and_readiness_tells() {
    cluster::cluster();
    let folder = cluster::folder("restarted");
    let (postgres, database) = durable(&folder).await;
    cluster::prepare(&database.url).await;
    let flags = "--acquire-timeout 1".to_owned();
    let setup = Setup { database: Some(database), flags, ..Setup::default() };
    let server = Server::with(setup).await;
    assert_eq!(readiness(&server).await, 200);
    let load = Load::start(server.address, 8, SOME);
    eventually("messages under way", async || load.answered() >= 40).await;
    let stopped = tokio::task::spawn_blocking(|| postgres.stop()).await.expect("no panic");
    stopped.expect("stops in order");
    eventually("senders who are told to come again", async || load.refused() > 0).await;
    eventually("red", async || readiness(&server).await == 503).await;
    let before = load.answered();
    let (again, _) = durable(&folder).await;
    eventually("green", async || readiness(&server).await == 200).await;
    eventually("messages under way again", async || load.answered() >= before + 40).await;
    let told = load.end().await;
    for (sent, answer) in &told {
        let first = answer.as_ref().expect("the server was there all the time");
        assert_eq!(server.post(sent).await.bytes, first.bytes, "answered as it was");
    }
    let count = i64::try_from(told.len()).expect("a count");
    assert_eq!(server.database.count("SELECT count(*) FROM inbox.message").await, count);
    is_whole(&server.database).await;
    server.stop().await;
    again.stop().expect("stops");
}
