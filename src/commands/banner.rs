//! What the sandbox tells whoever started it: where it is, who is in it, and a line to paste.

use std::io::Write as _;
use std::path::Path;

use crate::http::token_command;

use super::CommandError;
use super::database::Database;

const EXAMPLE: &str = include_str!("../../fixtures/exchanges/add-patient-to-panel/1-request.json");

/// Shows it on standard output; for a database that is not the sandbox's own, the address alone. `token`: whether posting
/// takes one of the sandbox's own tokens.
pub(super) fn show(
    base: &str,
    database: &Database,
    chosen: Option<&Path>,
    token: bool,
) -> Result<(), CommandError> {
    let mut text = format!("PAS serves {base}/$process-message\n");
    if let Database::Own { data_dir, note, .. } = database {
        let example = write_example(data_dir)?;
        if let Some(note) = note {
            text += &format!("\n{note}\n");
        }
        text += &format!(
            "
The sandbox is ready; its Postgres and its data lie in {data_dir}.
Everybody in it is invented; fixtures/README.md tells who each is. Some of them:

  provider  90101       Juniper Testwell            at clinic F0101
  provider  90102       Barnaby Sampleworth         at clinic F0102
  provider  90103       Saffron Careling, NP        at clinic F0101
  clinic    F0101       Cedar Lantern Family Practice, V0X 9Z1
  clinic    F0102       Otter Bridge Health Centre, V0X 9Z2
  patient   9876500011  Marigold Exampleton, born 1984-04-12
  patient   9876500029  Basil Fixturing, born 1951-09-30

Put Marigold on Juniper's panel:

{post}

People sign in at {base}/sign-in, by one click each; programs act for them by JSON under {base}/api.
Letters to families are shown at {base}/sandbox/mail, the public numbers at {base}/numbers.

And look, from another terminal (cargo run -q -- panel … does the same as pas panel …):

  pas panel --practitioner 90101 --facility F0101{where_to}

Ctrl-C stops the server and its Postgres.
",
            data_dir = data_dir.display(),
            post = post(base, &example, token),
            where_to =
                chosen.map(|_| format!(" --data-dir '{}'", quotable(data_dir))).unwrap_or_default(),
        );
    }
    std::io::stdout().write_all(text.as_bytes()).map_err(CommandError::io("standard output"))
}

/// The lines to paste: a token, where one is asked for, and the message.
fn post(base: &str, example: &str, token: bool) -> String {
    let (get, bearer) = if token {
        let line = |line: &str| format!("  {line}\n");
        let get: String = token_command(&format!("{base}/auth/token")).lines().map(line).collect();
        (get, "-H \"Authorization: Bearer $TOKEN\" ")
    } else {
        (String::new(), "")
    };
    format!(
        "{get}  curl -sS {bearer}-H 'Content-Type: application/fhir+json' --data-binary '@{example}' \\
    '{base}/$process-message'"
    )
}

/// The example beside the data, so that the line works from any folder.
fn write_example(data_dir: &Path) -> Result<String, CommandError> {
    let path = data_dir.join("add-patient-to-panel.json");
    std::fs::write(&path, EXAMPLE).map_err(CommandError::io(path.display().to_string()))?;
    let absolute = path.canonicalize().map_err(CommandError::io(path.display().to_string()))?;
    Ok(quotable(&absolute))
}

/// A path as it can stand in single quotes: one of its own is closed, escaped and opened again.
fn quotable(path: &Path) -> String {
    path.display().to_string().replace('\'', r"'\''")
}
