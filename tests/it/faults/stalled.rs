//! Clients that stall, by the hundred, and bodies that bomb. One at a time: tests/it/listen.rs.

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::message::{ADD, PANELS, PATIENTS, message};
use crate::patience::in_time;
use crate::server::{Server, Setup};

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_stalled_clients_hold_no_connection_to_postgres_and_keep_nobody_waiting() {
    // Nobody is let go for being slow, and there is one connection to Postgres only.
    let flags = "--head-timeout 86400 --body-timeout 86400 --connections 1".to_owned();
    let server = Server::with(Setup { flags, ..Setup::default() }).await;
    let body = message(ADD, PANELS[1], &PATIENTS[..1]).to_string();
    let half = format!(
        "POST /$process-message HTTP/1.1\r\nHost: pas.test\r\nContent-Type: application/fhir+json\r\n\
         Content-Length: {}\r\n\r\n{}",
        body.len(),
        &body[..body.len() / 2]
    );
    let mut stalled = Vec::new();
    for n in 0..100 {
        let mut stream = TcpStream::connect(server.address).await.expect("connects");
        let bytes = if n % 2 == 0 { half.len() } else { 40 };
        stream.write_all(&half.as_bytes()[..bytes]).await.expect("takes some");
        stalled.push(stream);
    }
    for (n, panel) in PANELS.iter().enumerate() {
        let sent = message(ADD, *panel, &PATIENTS[n..=n]);
        assert_eq!(in_time("an answer", server.post(&sent)).await.response(), "ok");
    }
    drop(stalled);
    assert_eq!(server.database.count("SELECT count(*) FROM inbox.message").await, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gzip_bomb_is_refused_at_the_limit_and_others_are_served() {
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write as _;
    let server = Server::start().await;
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    let megabyte = vec![b' '; 1 << 20];
    for _ in 0..64 {
        packed.write_all(&megabyte).expect("packs");
    }
    let packed = packed.finish().expect("packs");
    assert!(packed.len() < 1 << 20, "64 megabytes in {} bytes", packed.len());
    let bomb = || {
        let ask = server.request("/$process-message").header("content-encoding", "gzip");
        tokio::spawn(ask.body(packed.clone()).try_send(server.address))
    };
    let bombs: Vec<_> = (0..16).map(|_| bomb()).collect();
    let sent = message(ADD, PANELS[0], &PATIENTS);
    assert_eq!(in_time("an answer", server.post(&sent)).await.response(), "ok");
    for bomb in bombs {
        let answer = in_time("an answer", bomb).await.expect("no panic").expect("an answer");
        assert_eq!((answer.status, answer.codes()), (413, vec!["body-too-large"]));
    }
}
