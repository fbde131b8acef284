//! Which Postgres is used, and what is said where there is none.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::super::find::{self, Places};
use super::super::folder::Folder;
use super::super::{Cluster, Options, SandboxError};
use super::{Scratch, query};

#[test]
fn a_named_folder_without_postgres_is_refused_by_name() {
    let scratch = Scratch::new();
    let named = scratch.0.join("nothing-here");
    let options = Options { binaries: Some(named.clone()), ..scratch.options() };
    let error = Cluster::start(&options).unwrap_err();
    assert!(matches!(error, SandboxError::NamedBinaries { .. }), "{error}");
    assert!(error.to_string().contains(named.to_str().unwrap()), "{error}");

    install(&named, 12);
    let error = Cluster::start(&options).unwrap_err();
    assert!(error.to_string().contains("version 12, older than 13"), "{error}");
    fs::remove_file(named.join("initdb")).unwrap();
    let error = Cluster::start(&options).unwrap_err();
    assert!(error.to_string().contains("no executable `initdb`"), "{error}");
}

/// A stand-in for an installed Postgres: it knows its version and nothing else.
fn install(folder: &Path, major: u32) {
    fs::create_dir_all(folder).unwrap();
    for name in ["initdb", "postgres"] {
        fs::write(
            folder.join(name),
            format!("#!/bin/sh\necho \"{name} (PostgreSQL) {major}.1\"\n"),
        )
        .unwrap();
        fs::set_permissions(folder.join(name), Permissions::from_mode(0o755)).unwrap();
    }
}

fn nowhere(scratch: &Scratch) -> Places {
    Places { path: None, root: scratch.0.join("root"), python: scratch.0.join("no-python").into() }
}

#[test]
fn the_path_comes_first_then_the_highest_version() {
    let scratch = Scratch::new();
    let mut places = nowhere(&scratch);
    let of_root = |folder: &str| places.root.join(folder);
    let expected = [
        scratch.0.join("on-path"),
        of_root("usr/lib/postgresql/17/bin"),
        of_root("usr/lib/postgresql/9.6/bin"),
        of_root("usr/pgsql-16/bin"),
        of_root("opt/homebrew/opt/postgresql/bin"),
        of_root("opt/homebrew/opt/postgresql@14/bin"),
        of_root("usr/local/opt/postgresql@13/bin"),
    ];
    for folder in &expected {
        install(folder, 15);
    }
    // Complete it must be, and a folder's name a version.
    fs::create_dir_all(of_root("usr/lib/postgresql/18/bin")).unwrap();
    install(&of_root("usr/lib/postgresql/old/bin"), 15);
    let path = ["relative".into(), scratch.0.join("empty"), expected[0].clone()];
    places.path = Some(std::env::join_paths(path).unwrap());
    assert_eq!(places.folders(), expected);
}

#[test]
fn existing_data_choose_the_version() {
    let scratch = Scratch::new();
    let places = nowhere(&scratch);
    let lib = places.root.join("usr/lib/postgresql");
    install(&lib.join("17/bin"), 17);
    install(&lib.join("16/bin"), 16);
    let data = scratch.data_dir().join("postgres");
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("PG_VERSION"), "16\n").unwrap();
    let folder = Folder::open(&scratch.data_dir()).unwrap();
    let found = find::binaries(&places, None, &folder).unwrap();
    assert_eq!((found.major, found.folder), (16, lib.join("16/bin")));

    fs::write(data.join("PG_VERSION"), "14\n").unwrap();
    let error = find::binaries(&places, None, &folder).unwrap_err().to_string();
    assert!(error.contains("made by Postgres 14, but here is only Postgres 17"), "{error}");
    let named = Some(lib.join("17/bin"));
    let error = find::binaries(&places, named.as_deref(), &folder).unwrap_err();
    assert!(matches!(error, SandboxError::OtherVersion { data: 14, .. }), "{error}");
}

#[test]
fn without_any_postgres_one_command_is_named() {
    let scratch = Scratch::new();
    let error =
        Cluster::start_from(&Options { binaries: None, ..scratch.options() }, &nowhere(&scratch))
            .unwrap_err();
    assert!(matches!(error, SandboxError::NoBinaries { .. }), "{error}");
    assert!(error.to_string().contains("; run: "), "{error}");
}

#[test]
#[ignore = "downloads 14 MB"]
fn without_any_postgres_one_is_fetched_and_runs() {
    let scratch = Scratch::new();
    let places = Places { python: OsString::from("python3"), ..nowhere(&scratch) };
    for _ in 0..2 {
        let cluster =
            Cluster::start_from(&Options { binaries: None, ..scratch.options() }, &places).unwrap();
        let version = query(&cluster.url("pas"), "show server_version").unwrap();
        assert!(version.starts_with("18"), "{version}");
        cluster.stop().unwrap();
    }
    assert!(!scratch.data_dir().join("postgres-binaries.tmp").exists());
}
