//! Counts what is allocated. The shipped program has no such thing, so this program becomes the server for that.

use std::process::ExitCode;

use clap::Parser as _;
use pas::cli::Cli;

use super::counting;
use super::fault::{Done, told};

/// Is the server, and tells at the end what it allocated.
pub(crate) fn serve(words: impl Iterator<Item = String>) -> Done {
    let code = pas::commands::run(&Cli::parse_from(std::iter::once("pas".to_owned()).chain(words)));
    let (count, bytes) = counting::so_far();
    eprintln!("allocated {count} {bytes}");
    if code == ExitCode::SUCCESS { Ok(()) } else { told("the server failed") }
}

/// Reads the last line of such a server: how often it allocated, and how many bytes.
pub(crate) fn read(line: &str) -> Done<[f64; 2]> {
    let words: Vec<&str> = line.split(' ').collect();
    let ["allocated", count, bytes] = words[..] else {
        return told(format!("no count of allocations: {line}"));
    };
    Ok([count.parse()?, bytes.parse()?])
}
