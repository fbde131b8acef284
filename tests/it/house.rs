//! The house itself: order of modules, documents that agree with the code, answers that others can read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use pas::fault::{Alone, Code};

/// The modules in flow order; each names only what stands before it.
const ORDER: [&str; 23] = [
    "clock",
    "fhir",
    "message",
    "registry",
    "province",
    "panel",
    "attachment",
    "access",
    "audit",
    "store",
    "fault",
    "reply",
    "conformance",
    "process",
    "workflow",
    "outgoing",
    "mail",
    "issuer",
    "http",
    "sandbox",
    "cli",
    "config",
    "telemetry",
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The code of a file without comments.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("a source file");
    text.lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

fn module(path: &Path) -> String {
    let relative = path.strip_prefix(source()).expect("below src");
    let first =
        relative.components().next().expect("a part").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// Every module that a file names, by `crate::name` or in a `crate::{…}` list.
fn named(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let word = |text: &str| {
        text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
    };
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let (mut depth, mut item) = (0, String::new());
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        names.insert(word(item.trim()));
                        item.clear();
                        continue;
                    }
                    _ => {}
                }
                item.push(c);
            }
            names.insert(word(item.trim()));
        } else {
            names.insert(word(rest));
        }
    }
    names.remove("");
    names
}

#[test]
fn each_module_names_only_what_stands_before_it() {
    let place = |module: &str| ORDER.iter().position(|known| *known == module);
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for path in rust_files(&source()) {
        let from = module(&path);
        if ["main", "lib", "commands"].contains(&from.as_str()) {
            continue;
        }
        let own = place(&from).unwrap_or_else(|| panic!("{from} has no place in the order"));
        for name in named(&code(&path)) {
            let other = place(&name)
                .unwrap_or_else(|| panic!("{} names {name}, which has no place", path.display()));
            assert!(other <= own, "{} names {name}, which stands after {from}", path.display());
            *seen.entry(from.clone()).or_default() += 1;
        }
    }
    assert!(seen.len() > 8, "the test found its way through the sources: {seen:?}");
}

#[test]
fn libraries_stay_in_their_rooms() {
    let rooms: [(&str, &[&str]); 6] = [
        ("sqlx::", &["store"]),
        ("axum::", &["http", "commands"]),
        (
            "async fn",
            &["store", "process", "workflow", "outgoing", "mail", "issuer", "http", "commands"],
        ),
        (
            "async move",
            &["store", "process", "workflow", "outgoing", "mail", "issuer", "http", "commands"],
        ),
        (
            "async {",
            &["store", "process", "workflow", "outgoing", "mail", "issuer", "http", "commands"],
        ),
        ("nix::", &["sandbox"]),
    ];
    for path in rust_files(&source()) {
        let (room, code) = (module(&path), code(&path));
        for (name, allowed) in rooms {
            let named = code.match_indices(name).any(|(at, _)| {
                let before = code[..at].chars().next_back().unwrap_or(' ');
                let part_of_a_word = |c: char| c.is_alphanumeric() || "_-\"".contains(c);
                !part_of_a_word(before)
            });
            assert!(!named || allowed.contains(&room.as_str()), "{} has {name}", path.display());
        }
    }
}

#[test]
fn files_are_no_longer_than_a_reader_can_hold() {
    let benches = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches");
    for path in rust_files(&source()).into_iter().chain(rust_files(&benches)) {
        let text = std::fs::read_to_string(&path).expect("a source file");
        let own = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().lines().count();
        assert!(own <= 300, "{} has {own} lines", path.display());
    }
}

#[test]
fn every_code_of_the_table_is_its_own_and_in_kebab_case() {
    let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.row().code).collect();
    assert_eq!(codes.len(), Code::ALL.len());
    for code in codes {
        assert!(
            code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
            "{code}"
        );
    }
}

/// docs/ERRORS.md as the table has it. `UPDATE_FIXTURES=1` writes it.
fn errors_page() -> String {
    let mut page = String::from(
        "# Errors\n\n\
         Every failure (and every remark) that an answer can hold, by its code: `issue.details.coding.code` in the system \
         `<canonical>/CodeSystem/pas-fault`. This page is generated from the table in `src/fault/table.rs`; a test compares \
         them. Each has an example under `fixtures/exchanges/<code>/`.\n\n\
         *In a response message* means HTTP 200 with a message whose `MessageHeader.response.code` is `fatal-error` when any \
         issue is an error, else `ok`; where the request names no event to answer to, the same issues come in an \
         OperationOutcome alone, with HTTP 400.\n",
    );
    for code in Code::ALL {
        let row = code.row();
        let how = match row.alone {
            Alone::Status(status) => format!("HTTP {status}, OperationOutcome"),
            Alone::InMessage => "in a response message".to_owned(),
        };
        page += &format!(
            "\n## {}\n\n{} · issue `{}` · {how}\n\n{}\n\n- **Sender:** {}\n- **Operator:** {}\n",
            row.code,
            row.severity.code(),
            row.issue.code(),
            row.text,
            row.sender,
            row.operator
        );
    }
    page
}

#[test]
fn the_errors_page_is_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ERRORS.md");
    let page = errors_page();
    if std::env::vars().any(|(key, _)| key == "UPDATE_FIXTURES") {
        std::fs::write(&path, &page).expect("writes");
    }
    assert_eq!(std::fs::read_to_string(&path).expect("docs/ERRORS.md"), page);
}

/// Reads a resource of any type with a decoder that is not ours.
pub fn decodes_as_r4(text: &str) -> Result<(), String> {
    use fhirkit::r4::Resource;
    let (_, issues) = fhirkit::from_json::<Resource>(text).map_err(|error| error.to_string())?;
    let problems: Vec<String> = issues.iter().map(ToString::to_string).collect();
    if problems.is_empty() { Ok(()) } else { Err(problems.join("; ")) }
}

#[test]
fn the_independent_decoder_does_find_faults() {
    let broken = r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error"}]}"#;
    assert!(decodes_as_r4(broken).is_err_and(|why| why.contains("code")));
    assert!(decodes_as_r4(r#"{"resourceType":"Bundle","entry":[]}"#).is_err());
}
