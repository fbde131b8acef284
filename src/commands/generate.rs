//! `pas generate`: an invented province, as files that `pas import` takes.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::cli::{GenerateArgs, RegistryArg};
use crate::province::{Book, Plan, Province, Writer};

use super::CommandError;

/// Text goes out when this much has come together.
const FLUSH: usize = 1 << 18;

pub(super) fn run(args: &GenerateArgs) -> Result<ExitCode, CommandError> {
    let plan = Plan {
        seed: args.seed,
        people: args.people,
        providers: args.providers,
        clinics: args.clinics,
    };
    let province = Province::new(plan).map_err(|fault| CommandError::Told(fault.to_string()))?;
    let writer = Writer::new(province);
    let books = match args.registry {
        Some(one) => vec![book(one)],
        None => Book::ALL.to_vec(),
    };
    if args.out == Path::new("-") {
        let mut out = std::io::stdout().lock();
        for book in books {
            write(&writer, book, &mut out).map_err(CommandError::io("standard output"))?;
        }
    } else {
        to_folder(&args.out, &writer, &books)?;
    }
    Ok(ExitCode::SUCCESS)
}

const fn book(arg: RegistryArg) -> Book {
    match arg {
        RegistryArg::Plr => Book::Plr,
        RegistryArg::Pas => Book::Pas,
        RegistryArg::ClientRegistry => Book::ClientRegistry,
    }
}

fn to_folder(folder: &Path, writer: &Writer, books: &[Book]) -> Result<(), CommandError> {
    let paths: Vec<(Book, PathBuf)> =
        books.iter().map(|book| (*book, folder.join(book.file()))).collect();
    // All are looked for before any is written.
    if let Some((_, path)) = paths.iter().find(|(_, path)| path.exists()) {
        let told = format!("{} is there already; nothing was written", path.display());
        return Err(CommandError::Told(told));
    }
    fs::create_dir_all(folder).map_err(CommandError::io(folder.display().to_string()))?;
    for (book, path) in paths {
        let name = path.display().to_string();
        let written = File::create_new(&path).and_then(|mut file| write(writer, book, &mut file));
        written.map_err(CommandError::io(name.clone()))?;
        eprintln!("{name}: {} lines", writer.lines(book));
    }
    Ok(())
}

fn write(writer: &Writer, book: Book, out: &mut impl Write) -> std::io::Result<()> {
    let mut text = String::with_capacity(FLUSH + 4_096);
    for n in 0..writer.lines(book) {
        writer.write(&mut text, book, n);
        if text.len() >= FLUSH {
            out.write_all(text.as_bytes())?;
            text.clear();
        }
    }
    out.write_all(text.as_bytes())?;
    out.flush()
}
