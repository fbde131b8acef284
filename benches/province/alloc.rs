//! Counts what is allocated. The shipped program has no such thing, so this program becomes the server for that.

use std::alloc::{GlobalAlloc, Layout, System};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::Parser as _;
use pas::cli::Cli;

use super::fault::{Done, told};

struct Counting;

static COUNT: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

fn note(bytes: usize) {
    COUNT.fetch_add(1, Ordering::Relaxed);
    BYTES.fetch_add(bytes as u64, Ordering::Relaxed);
}

// SAFETY: every call goes on to the system's allocator unaltered.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: the caller's promises are those that are asked for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size);
        // SAFETY: as above.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Is the server, and tells at the end what it allocated.
pub(crate) fn serve(words: impl Iterator<Item = String>) -> Done {
    let code = pas::commands::run(&Cli::parse_from(std::iter::once("pas".to_owned()).chain(words)));
    let (count, bytes) = (COUNT.load(Ordering::Relaxed), BYTES.load(Ordering::Relaxed));
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
