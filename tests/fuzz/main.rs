//! Decode and read, fed with anything: no panic, and memory in proportion to the body.
//!
//! Bodies are those of `fixtures/exchanges` and `fixtures/malformed`, as they are and with a few bytes altered, and bytes
//! without any sense. `BOLERO_RANDOM_ITERATIONS=1000000 cargo test --test fuzz` goes on for longer; a failure names its seed, and
//! `BOLERO_RANDOM_SEED` begins with it. A binary of its own, for it counts what is allocated.

#![expect(clippy::expect_used, reason = "a test that fails may panic")]

mod memory;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use bolero::check;
use pas::fhir::{Json, JsonFault, JsonLimits, decode};
use pas::message::{Policy, Unread, read};

/// How many bodies each target makes up, where the environment does not say.
const BODIES: usize = 3_000;

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.to_string_lossy().ends_with(".json") {
            found.push(path);
        }
    }
}

/// Every body of the fixtures, requests and answers, the largest left out: altering it takes long, and teaches nothing.
static CORPUS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut found = Vec::new();
    for folder in ["fixtures/exchanges", "fixtures/malformed"] {
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
    }
    found.sort();
    let mut bodies: Vec<Vec<u8>> =
        found.iter().map(|path| std::fs::read(path).expect("a file")).collect();
    bodies.retain(|body| body.len() < 32 << 10);
    assert!(bodies.len() > 300, "{} bodies", bodies.len());
    bodies
});

/// What became of a body.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    NotDecoded,
    NotRead,
    Read,
}

/// Decodes and reads a body as the server does, and holds what comes out against its bounds.
fn digest(body: &[u8]) -> Fate {
    let policy = Policy::default();
    let (fate, peak) = memory::peak(|| match decode(body, &JsonLimits::default()) {
        Err(faults) => {
            assert!((1..=20).contains(&faults.len()), "{} faults", faults.len());
            faults.iter().for_each(|fault| place_is_bounded(fault, body));
            Fate::NotDecoded
        }
        Ok(json) => understood(&json, &policy),
    });
    // The dearest byte seen is one of a list of empty objects, at 63: a value of the tree for two bytes of text, in a list that
    // doubles as it grows. The constant is for tables that are there whatever the body.
    let bound = 100 * body.len() + (32 << 10);
    assert!(peak <= bound, "{peak} bytes were held at once for a body of {}", body.len());
    fate
}

fn place_is_bounded(fault: &JsonFault, body: &[u8]) {
    let at = match fault {
        JsonFault::DuplicateKey { at } | JsonFault::NulCharacter { at } => at,
        JsonFault::NotUtf8 { offset } => return assert!(*offset < body.len().max(1)),
        _ => return,
    };
    // An index of the place may be longer than the item that it counts, but no longer than the count of bytes written out.
    assert!(at.len() <= 24 * (body.len() + 1), "{} bytes of place", at.len());
}

fn understood(json: &Json<'_>, policy: &Policy) -> Fate {
    match read(json, policy) {
        Ok(message) => {
            assert!(!message.patients.is_empty() && !message.provider.ids.is_empty());
            Fate::Read
        }
        Err(Unread { faults, .. }) => {
            assert!((1..=1_001).contains(&faults.len()), "{} faults", faults.len());
            Fate::NotRead
        }
    }
}

#[test]
fn every_body_of_the_fixtures_stays_within_its_bounds() {
    let fates: Vec<Fate> = CORPUS.iter().map(|body| digest(body)).collect();
    for (fate, least) in [(Fate::NotDecoded, 100), (Fate::NotRead, 100), (Fate::Read, 50)] {
        let count = fates.iter().filter(|found| **found == fate).count();
        assert!(count > least, "{fate:?}: {count}");
    }
}

#[test]
fn bytes_without_sense_stay_within_their_bounds() {
    check!().with_iterations(BODIES).with_max_len(4_096).for_each(|body: &[u8]| {
        digest(body);
    });
}

/// Pieces of JSON and of FHIR that alterations are made of.
const PIECES: [&str; 24] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "null",
    "true",
    "-0.1e9",
    "{}",
    "[]",
    "\"\"",
    "#",
    "urn:uuid:",
    "Patient/1",
    "resourceType",
    "modifierExtension",
    "reference",
    "9876500011",
    "\u{fdfa}",
];

/// Alters a body at a place, in a way.
fn alter(body: &mut Vec<u8>, (place, way, with): (u16, u8, u8)) {
    let at = usize::from(place) % (body.len() + 1);
    let piece = PIECES[usize::from(with) % PIECES.len()].as_bytes();
    let some = |body: &[u8]| (at + 1 + usize::from(with)).min(body.len());
    match way % 7 {
        0 => body.truncate(at),
        1 => drop(body.splice(at..at, piece.iter().copied())),
        2 => drop(body.drain(at..some(body))),
        3 => {
            let again = body[at..some(body)].to_vec();
            drop(body.splice(at..at, again));
        }
        4 => {
            let end = (at + piece.len()).min(body.len());
            drop(body.splice(at..end, piece.iter().copied()));
        }
        5 => {
            if let Some(byte) = body.get_mut(at) {
                *byte ^= with;
            }
        }
        _ => {
            // A whole value gives way to a piece: what stands between two quotes.
            let quote =
                |from: usize| body[from..].iter().position(|b| *b == b'"').map(|i| from + i);
            if let Some((first, last)) = quote(at).and_then(|i| Some((i, quote(i + 1)?))) {
                drop(body.splice(first..=last, piece.iter().copied()));
            }
        }
    }
}

#[test]
fn altered_bodies_of_the_fixtures_stay_within_their_bounds() {
    check!().with_iterations(BODIES).with_type::<(u16, Vec<(u16, u8, u8)>)>().for_each(
        |(which, alterations)| {
            let mut body = CORPUS[usize::from(*which) % CORPUS.len()].clone();
            alterations.iter().take(8).for_each(|alteration| alter(&mut body, *alteration));
            digest(&body);
        },
    );
}

/// What one value costs, over and over: bodies that a sender would make to cost much.
#[test]
fn bodies_made_to_be_costly_stay_within_their_bounds() {
    let bundle = |entry: &str, count: usize| {
        let all = vec![entry; count].join(",");
        format!(r#"{{"resourceType":"Bundle","type":"message","entry":[{all}]}}"#)
    };
    let nested = format!("{}{}", "[".repeat(64), "]".repeat(64));
    for (what, body) in [
        ("numbers", format!("[{}]", vec!["0"; 100_000].join(","))),
        ("empty objects", format!("[{}]", vec!["{}"; 100_000].join(","))),
        ("empty arrays", format!("[{}]", vec!["[]"; 100_000].join(","))),
        ("objects of one", format!("[{}]", vec![r#"{"":0}"#; 60_000].join(","))),
        ("deep arrays", format!("[{}]", vec![&nested[2..126]; 2_000].join(","))),
        ("escapes", format!("[\"{}\"]", "\\u0041".repeat(100_000))),
        ("one key again and again", format!("{{{}}}", vec![r#""a":0"#; 60_000].join(","))),
        ("entries of nothing", bundle("{}", 60_000)),
        ("entries of numbers", bundle("0", 100_000)),
        ("headers", bundle(r#"{"resource":{"resourceType":"MessageHeader"}}"#, 5_000)),
        ("patients", bundle(r#"{"resource":{"resourceType":"Patient"}}"#, 5_000)),
    ] {
        assert_ne!(digest(body.as_bytes()), Fate::Read, "{what}");
    }
}
