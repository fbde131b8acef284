//! `pas import`: a registry describes itself, one resource a line.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::mpsc;

use crate::cli::ImportArgs;
use crate::config;
use crate::fhir::{Element, JsonFault, JsonLimits, decode};
use crate::message::Naming;
use crate::registry::describe;
use crate::store::{Block, ImportReport, Line, Pushed, Registry, Row, Rows, Store};

use super::database::Database;
use super::{CommandError, runtime, store};

/// Something to import from.
pub struct Source {
    /// What it is called when a line of it is named.
    pub name: String,
    /// Its text.
    pub lines: Box<dyn BufRead + Send>,
    /// How much there is of it, when that is known.
    pub bytes: Option<u64>,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Source {
    fn open(path: &Path) -> Result<Self, CommandError> {
        let name = path.display().to_string();
        if name == "-" {
            return Ok(Source {
                name,
                lines: Box::new(BufReader::new(std::io::stdin())),
                bytes: None,
            });
        }
        let file = File::open(path).map_err(CommandError::io(name.clone()))?;
        let bytes = file.metadata().ok().filter(|meta| meta.is_file()).map(|meta| meta.len());
        Ok(Source { name, lines: Box::new(BufReader::with_capacity(1 << 18, file)), bytes })
    }
}

pub(super) fn run(args: &ImportArgs) -> Result<ExitCode, CommandError> {
    // Every file must be there before anything starts.
    let sources: Vec<Source> =
        args.files.iter().map(|path| Source::open(path)).collect::<Result<_, _>>()?;
    let database = Database::open(&args.shared)?;
    let naming = config::naming(&args.naming);
    let registry = config::registry(args.into);
    let all_taken = runtime()?.block_on(async {
        let store = store(&database).await?;
        let mut all_taken = true;
        for source in sources {
            let name = source.name.clone();
            let (report, lines) =
                load(&store, registry, source, &naming, args.skip_invalid).await?;
            for line in &lines {
                eprintln!("{name}:{}: {}", line.number, line.reason);
            }
            if lines.is_empty() || args.skip_invalid {
                eprintln!(
                    "{name}: {} records new or changed, {} lines left out",
                    report.changed,
                    lines.len()
                );
            } else {
                all_taken = false;
                eprintln!("{name}: nothing was loaded: {} lines cannot be taken", lines.len());
            }
        }
        store.close().await;
        Ok::<_, CommandError>(all_taken)
    })?;
    database.close()?;
    Ok(if all_taken { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How many blocks of rows may wait for Postgres while the next is made.
const WAITING: usize = 2;

/// Loads one source into a registry; gives back the lines that cannot be taken. With any, nothing is loaded unless
/// `skip_invalid`. A thread reads lines and makes rows of them while those before are sent.
///
/// # Errors
/// When the database does not answer or the source cannot be read; then nothing is loaded.
pub async fn load(
    store: &Store,
    registry: Registry,
    source: Source,
    naming: &Naming,
    skip_invalid: bool,
) -> Result<(ImportReport, Vec<Line>), CommandError> {
    let mut import = store.import(registry).await?;
    let (blocks, mut made) = mpsc::channel(WAITING);
    let reader = Reader { source, registry, naming: naming.clone(), skip_invalid, blocks };
    // Not one of the runtime's threads: should sending fail, nobody waits for a source that is silent.
    let reading = std::thread::spawn(move || reader.read());
    while let Some(block) = made.recv().await {
        import.take(&block).await?;
    }
    let invalid =
        reading.join().map_err(|_| CommandError::Told("reading has failed".to_owned()))??;
    Ok(import.finish(skip_invalid, invalid).await?)
}

struct Reader {
    source: Source,
    registry: Registry,
    naming: Naming,
    skip_invalid: bool,
    blocks: mpsc::Sender<Block>,
}

impl Reader {
    /// Reads the source to its end, and hands out its rows; gives back the lines that cannot be taken.
    fn read(mut self) -> Result<Vec<Line>, CommandError> {
        let bar = progress(&self.source);
        let (mut rows, mut invalid, mut text) = (Rows::default(), Vec::new(), Vec::new());
        for number in 1.. {
            text.clear();
            let read = self.source.lines.read_until(b'\n', &mut text);
            let read = read.map_err(CommandError::io(self.source.name.clone()))?;
            if read == 0 {
                break;
            }
            bar.inc(read as u64);
            if text.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            // Without its line feed, so that a line broken off says at which column.
            let pushed = match row(text.trim_ascii_end(), self.registry, &self.naming) {
                Ok(row) => rows.push(number, &row)?,
                Err(reason) => {
                    invalid.push(Line { number, reason });
                    continue;
                }
            };
            match pushed {
                Pushed::Kept => {}
                Pushed::Full(block) => self.hand_out(block, &invalid)?,
                Pushed::Repeated { first } => {
                    let reason = format!("the same record as line {first}");
                    invalid.push(Line { number, reason });
                }
            }
        }
        bar.finish_and_clear();
        for block in rows.rest() {
            self.hand_out(block, &invalid)?;
        }
        Ok(invalid)
    }

    fn hand_out(&self, block: Block, invalid: &[Line]) -> Result<(), CommandError> {
        // Once nothing of the file can be loaded, people need not be sent; roles do, to be told of those without a side.
        let wanted =
            invalid.is_empty() || self.skip_invalid || self.registry != Registry::ClientRegistry;
        if !wanted {
            return Ok(());
        }
        // Nobody receives once sending has failed; it is that failure which is told then.
        let ended = |_| CommandError::Told("nobody takes what is read".to_owned());
        self.blocks.blocking_send(block).map_err(ended)
    }
}

/// A bar on a terminal, nothing elsewhere.
fn progress(source: &Source) -> ProgressBar {
    let template = "{msg} {wide_bar} {decimal_bytes}/{decimal_total_bytes} {eta}";
    let bar = match source.bytes {
        Some(bytes) => ProgressBar::new(bytes),
        None => ProgressBar::new_spinner(),
    };
    if let (Some(_), Ok(style)) = (source.bytes, ProgressStyle::with_template(template)) {
        bar.set_style(style);
    }
    bar.with_message(source.name.clone())
}

/// A line as a record, or why not. The reason never holds what the line says of a person.
fn row(text: &[u8], registry: Registry, naming: &Naming) -> Result<Row, String> {
    let json = decode(text, &JsonLimits::default())
        .map_err(|faults| faults.first().map(reason).unwrap_or_default())?;
    let kind = Element::root(&json, "Resource").resource_type().unwrap_or_default();
    let described = match (registry, kind) {
        (Registry::Plr | Registry::Pas, "Practitioner") => {
            describe::practitioner(Element::root(&json, "Practitioner"), naming)
                .map(Row::Practitioner)
        }
        (Registry::Plr | Registry::Pas, "Organization") => {
            describe::organization(Element::root(&json, "Organization"), naming)
                .map(Row::Organization)
        }
        (Registry::Plr | Registry::Pas, "PractitionerRole") => {
            describe::role(Element::root(&json, "PractitionerRole")).map(Row::Role)
        }
        (Registry::ClientRegistry, "Patient") => {
            describe::patient(Element::root(&json, "Patient"), naming).map(Row::Patient)
        }
        (Registry::Plr | Registry::Pas, _) => {
            return Err(
                "resourceType must be Practitioner, Organization or PractitionerRole".into()
            );
        }
        (Registry::ClientRegistry, _) => return Err("resourceType must be Patient".into()),
    };
    described.map_err(|fault| fault.to_string())
}

fn reason(fault: &JsonFault) -> String {
    match fault {
        JsonFault::NotUtf8 { offset } => format!("not UTF-8 after {offset} bytes"),
        JsonFault::Syntax { column, reason, .. } => {
            format!("not JSON: {reason} at column {column}")
        }
        JsonFault::TooDeep { limit } => format!("nested deeper than {limit} levels"),
        // Where is not said: a path is made of keys, and those could be anything.
        JsonFault::TooMany { limit } => format!("more than {limit} values"),
        JsonFault::DuplicateKey { .. } => "an object has the same key twice".into(),
        JsonFault::NulCharacter { .. } => "a string holds U+0000".into(),
    }
}
