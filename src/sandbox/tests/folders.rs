//! What lies in a data folder, where it lies, and what does not get into it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use super::super::{Cluster, SandboxError, join, place};
use super::{Scratch, options, query, wait_until};

#[test]
fn a_deep_folder_with_odd_letters_has_its_socket_elsewhere() {
    let scratch = Scratch::new();
    let deep = scratch.0.join("ä, \"b\" %20 'c'").join("x".repeat(100));
    fs::create_dir_all(&deep).unwrap();
    let cluster = Cluster::start(&options(deep.clone())).unwrap();
    let socket_dir = cluster.socket_dir().to_owned();
    assert!(socket_dir.starts_with("/tmp"));
    assert_eq!(socket_dir.metadata().unwrap().mode() & 0o777, 0o700);
    assert_eq!(query(&cluster.url("pas"), "select 1").unwrap(), "1");
    assert_eq!(join(&deep).unwrap().socket_dir(), socket_dir);
    cluster.stop().unwrap();
    assert!(!socket_dir.exists());
}

#[test]
fn odd_letters_in_a_folder_reach_postgres_and_the_url() {
    let scratch = Scratch::new();
    let odd = scratch.0.join(" a \"b\" %20'c' ");
    let cluster = Cluster::start(&options(odd.clone())).unwrap();
    assert_eq!(cluster.socket_dir(), odd.join("run"));
    assert_eq!(query(&cluster.url("pas"), "select 1").unwrap(), "1");
    cluster.stop().unwrap();
}

#[test]
fn a_failed_statement_leaves_no_word_in_the_log() {
    let scratch = Scratch::new();
    let cluster = Cluster::start(&scratch.options()).unwrap();
    let url = cluster.url("pas");
    query(&url, "create table t (phn text primary key); insert into t values ('secret')").unwrap();
    for statement in [
        "select 'secret'::date",
        "insert into t values ('secret')",
        "select secret from nowhere",
        "do $$ begin raise warning 'secret'; end $$",
        "select pg_terminate_backend(pg_backend_pid()), 'secret'",
    ] {
        let _ = query(&url, statement);
    }
    // A backend that crashes makes the server tell what it was doing.
    let _ = query(&url, "copy (select 'secret') to program 'kill -9 $PPID'");
    wait_until("recovery", || query(&url, "select 1").is_ok());
    cluster.stop().unwrap();
    let log = fs::read_to_string(scratch.data_dir().join("postgres.log")).unwrap();
    assert!(log.contains("terminated by signal 9"), "{log}");
    assert!(!log.contains("secret"), "{log}");
}

#[test]
fn a_failed_start_quotes_the_log() {
    let scratch = Scratch::new();
    Cluster::start(&scratch.options()).unwrap().stop().unwrap();
    fs::write(scratch.data_dir().join("postgres/postgresql.auto.conf"), "no_such_thing = 1")
        .unwrap();
    let error = Cluster::start(&scratch.options()).unwrap_err();
    assert!(matches!(error, SandboxError::Ended { .. }), "{error}");
    assert!(error.to_string().contains("no_such_thing"), "{error}");
}

#[test]
fn files_that_are_no_cluster_are_left_alone() {
    let scratch = Scratch::new();
    let file = scratch.data_dir().join("postgres/letter");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "dear").unwrap();
    let error = Cluster::start(&scratch.options()).unwrap_err();
    assert!(matches!(error, SandboxError::NotData { .. }), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "dear");
}

#[test]
fn a_link_in_place_of_the_log_is_not_followed() {
    let scratch = Scratch::new();
    let target = scratch.0.join("target");
    fs::create_dir_all(scratch.data_dir()).unwrap();
    symlink(&target, scratch.data_dir().join("postgres.log")).unwrap();
    let error = Cluster::start(&scratch.options()).unwrap_err();
    assert!(matches!(error, SandboxError::File { .. }), "{error}");
    assert!(!target.exists());
}

#[test]
fn the_data_folder_is_where_it_was_wanted() {
    let scratch = Scratch::new();
    let found = place(Some(&scratch.data_dir())).unwrap();
    assert_eq!((found.data_dir, found.note), (scratch.data_dir(), None));
}

#[test]
fn a_wanted_folder_out_of_reach_is_refused_to_root() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let scratch = Scratch::new();
    fs::set_permissions(&scratch.0, Permissions::from_mode(0o700)).unwrap();
    for result in
        [place(Some(&scratch.data_dir())).map(drop), Cluster::start(&scratch.options()).map(drop)]
    {
        let error = result.unwrap_err();
        assert!(matches!(error, SandboxError::Unreachable { .. }), "{error}");
    }
}
