//! TLS: with a test's certificate, against whoever speaks none, and with a certificate that is replaced.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject as _};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

use super::{HEALTH, connect, rest, with};
use crate::cluster;
use crate::patience::in_time;
use crate::sandbox::program::{Home, finish};
use crate::server::Server;

fn ours(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/tls").join(name)
}

fn flags(certificate: &Path, key: &Path) -> String {
    format!("--tls-cert {} --tls-key {}", certificate.display(), key.display())
}

async fn with_tls(more: &str) -> Server {
    with(&format!("{} {more}", flags(&ours("first.cert.pem"), &ours("first.key.pem")))).await
}

/// A connection of a client that trusts this certificate only.
async fn secured(
    server: &Server,
    trusted: &str,
    version: &'static SupportedProtocolVersion,
) -> std::io::Result<TlsStream<tokio::net::TcpStream>> {
    let mut roots = RootCertStore::empty();
    let pem = std::fs::read(ours(trusted)).expect("a certificate");
    roots.add(CertificateDer::from_pem_slice(&pem).expect("a certificate")).expect("a root");
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[version])
        .expect("a version")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let stream = connect(server.address).await;
    let name = "pas.test".try_into().expect("a name");
    in_time("TLS", TlsConnector::from(Arc::new(config)).connect(name, stream)).await
}

async fn is_healthy(mut stream: TlsStream<tokio::net::TcpStream>) {
    let ask = HEALTH.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.expect("asks");
    let mut said = String::new();
    // An end without TLS' own word for it would be an error here.
    in_time("an answer", stream.read_to_string(&mut said)).await.expect("an answer and an end");
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_certificate_it_speaks_tls_of_both_versions_and_http_1_1_within() {
    let server = with_tls("").await;
    for version in [&TLS12, &TLS13] {
        let stream = secured(&server, "first.cert.pem", version).await.expect("TLS");
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        is_healthy(stream).await;
    }
    assert!(secured(&server, "second.cert.pem", &TLS13).await.is_err(), "it is not the other one");
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_on_a_port_of_tls_is_hung_up_on() {
    let server = with_tls("--head-timeout 86400").await;
    let mut plain = connect(server.address).await;
    plain.write_all(HEALTH.as_bytes()).await.expect("asks");
    let mut said = Vec::new();
    let _ = in_time("the end", plain.read_to_end(&mut said)).await;
    assert!(!said.starts_with(b"HTTP"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_agrees_on_tls_is_let_go_in_time_and_at_a_stop() {
    let server = with_tls("--head-timeout 0.2").await;
    let mut silent = connect(server.address).await;
    assert_eq!(rest(&mut silent).await, "");
    let server = with_tls("--head-timeout 86400").await;
    let mut silent = connect(server.address).await;
    is_healthy(secured(&server, "first.cert.pem", &TLS13).await.expect("TLS")).await;
    let database = server.stop().await;
    assert_eq!(rest(&mut silent).await, "");
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_replaced_is_used_without_a_restart_and_a_broken_one_is_not() {
    let folder = cluster::folder("certificate");
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let put = |from: &str, to: &Path| {
        // As it is done in earnest: beside it, then in its place.
        let beside = to.with_extension("new");
        std::fs::copy(ours(from), &beside).expect("a copy");
        std::fs::rename(&beside, to).expect("in its place");
    };
    put("first.cert.pem", &certificate);
    put("first.key.pem", &key);
    let server = with(&flags(&certificate, &key)).await;
    is_healthy(secured(&server, "first.cert.pem", &TLS13).await.expect("TLS")).await;
    put("second.cert.pem", &certificate);
    // The new certificate does not fit the old key: the old pair goes on.
    is_healthy(secured(&server, "first.cert.pem", &TLS13).await.expect("TLS")).await;
    put("second.key.pem", &key);
    is_healthy(secured(&server, "second.cert.pem", &TLS13).await.expect("TLS")).await;
    assert!(secured(&server, "first.cert.pem", &TLS13).await.is_err());
    std::fs::remove_file(&key).expect("gone");
    std::fs::write(&certificate, "nonsense").expect("written");
    is_healthy(secured(&server, "second.cert.pem", &TLS13).await.expect("TLS")).await;
}

#[test]
fn a_certificate_that_cannot_be_used_is_a_clear_error_before_anything_starts() {
    let home = Home::new("no-certificate");
    let ended = |cert: &str, key: &str| {
        let mut command = home.command("serve");
        command.args(["--data-dir"]).arg(&home.data);
        command.arg("--tls-cert").arg(ours(cert)).arg("--tls-key").arg(ours(key));
        let done = finish(command, std::process::Stdio::null());
        assert_eq!(done.status.code(), Some(1));
        assert!(!home.data.exists(), "no Postgres was started for it");
        done.stderr
    };
    let said = ended("nowhere.pem", "first.key.pem");
    assert!(said.contains("nowhere.pem") && said.contains("No such file"), "{said}");
    assert!(ended("first.key.pem", "first.key.pem").contains("a certificate in PEM form"));
    assert!(ended("first.cert.pem", "first.cert.pem").contains("a private key"));
    assert!(ended("first.cert.pem", "second.key.pem").contains("second.key.pem"));
    let alone = home.command("serve --tls-cert x.pem");
    assert_eq!(finish(alone, std::process::Stdio::null()).status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_says_that_it_serves_https() {
    let mut home = Home::with_database("https", &cluster::database().await.url);
    home.variables.push(("PAS_TLS_CERT", ours("first.cert.pem").display().to_string()));
    home.variables.push(("PAS_TLS_KEY", ours("first.key.pem").display().to_string()));
    let running = home.serve("");
    assert!(running.said().starts_with("PAS serves https://"), "{}", running.said());
    running.stop();
}
