//! The limit: `pgbench`, running the bare SQL of a message on the same Postgres. First it is seen whether that SQL still
//! writes what the server writes.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use super::bench::{Bench, GOOD, Load};
use super::fault::{Done, told};
use super::figure::{Cpu, Figure};
use super::histogram::Histogram;
use super::load::{Pace, drive};
use super::machine::{ended_cpu, family_cpu};
use super::message::Event;
use super::server::Server;

/// How far the bytes of a bare row may be from a real one's.
const BYTES_APART: f64 = 0.05;

/// Tables in which a row appeared since a transaction, but for the seals, which come by the clock: rows and their bytes.
const WRITTEN: &str = "
SELECT format('SELECT %L, count(*), coalesce(sum(pg_column_size(t.*)), 0) FROM %I.%I t WHERE xmin::text::bigint >= :since',
              n.nspname || '.' || c.relname, n.nspname, c.relname)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND n.nspname IN ('inbox', 'panel', 'audit', 'access', 'pas', 'plr') AND c.oid <> 'audit.seal'::regclass
 ORDER BY n.nspname, c.relname \\gexec
";

/// Constants of a real add, for the bare one: variables of pgbench.
const SAMPLE: &str = "
SELECT m.client || E'\\x1f' || m.sender || E'\\x1f' || convert_from(m.answer, 'UTF8') || E'\\x1f' || e.address || E'\\x1f' ||
       e.on_behalf_of[1] || E'\\x1f' || e.facility[1] || E'\\x1f' || coalesce(e.subject, '-')
  FROM inbox.message m JOIN audit.event e ON e.message_id = m.id ORDER BY e.number DESC LIMIT 1";

/// The script of a bare message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    /// One statement that writes what an add writes.
    Add,
    /// The same rows by a statement each.
    AddTransaction,
    /// One statement that reads what a query needs.
    Query,
}

impl Script {
    fn path(self) -> PathBuf {
        let name = match self {
            Script::Add => "add.sql",
            Script::AddTransaction => "add-transaction.sql",
            Script::Query => "query.sql",
        };
        Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/sql").join(name)
    }

    fn adds(self) -> bool {
        self != Script::Query
    }
}

/// Bare messages of the size of real ones.
#[derive(Debug, Clone)]
pub(crate) struct Limit {
    variables: Vec<(&'static str, String)>,
    /// What one add writes, a line a table.
    pub(crate) written: String,
}

impl Limit {
    /// Makes one real add and one bare one.
    ///
    /// # Errors
    /// When they do not write the same: then the script is behind the schema, and no limit.
    pub(crate) fn find(bench: &mut Bench) -> Done<Limit> {
        let since = transaction(bench)?;
        let server = Server::start(&bench.setup(&bench.alone(), false))?;
        one_add(bench, &server)?;
        server.stop()?;
        let real = written(bench, &since)?;
        let sample = bench.data.postgres.run(SAMPLE)?;
        let values: Vec<&str> = sample.split('\u{1f}').collect();
        let [client, sender, answer, address, behalf, facility, subject] = values[..] else {
            return told("a real add left no message and no record");
        };
        let variables = [
            ("client", client),
            ("sender", sender),
            ("answer", answer),
            ("address", address),
            ("behalf", behalf),
            ("facility", facility),
            ("subject", subject),
        ];
        let variables = variables.map(|(name, value)| (name, value.to_owned())).to_vec();
        let limit = Limit { variables, written: real.iter().map(Written::line).collect() };
        for script in [Script::Add, Script::AddTransaction] {
            let since = transaction(bench)?;
            let places = bench.data.take(1)?;
            said(limit.command(bench, script, 1, places.start).args(["-t", "1"]))?;
            compare(script, &real, &written(bench, &since)?)?;
        }
        Ok(limit)
    }

    /// Measures a script on so many connections.
    pub(crate) fn run(
        &self,
        bench: &mut Bench,
        script: Script,
        connections: usize,
    ) -> Done<Figure> {
        let places = if script.adds() { bench.data.take(bench.enough())? } else { 0..0 };
        let (warm, counted) = bench.times();
        let log = bench.data.folder.join("pgbench");
        let mut command = self.command(bench, script, connections, places.start);
        command.args(["--log", "--log-prefix"]).arg(&log);
        if script.adds() && bench.few() {
            let each = (places.end - places.start) / connections as u64;
            command.args(["-t", &each.max(1).to_string()]);
        } else {
            command.args(["-T", &(warm + counted).as_secs().to_string()]);
        }
        let postgres = bench.data.postgres.pid();
        let (driver, before) = (ended_cpu(), family_cpu(postgres));
        let told_by = said(&mut command)?;
        let used = [ended_cpu() - driver, family_cpu(postgres) - before];
        if !told_by.contains("number of failed transactions: 0 ") {
            return told(format!("pgbench: {told_by}"));
        }
        let log = Log::read(&bench.data.folder, warm, counted)?;
        if script.adds() {
            let last = places.start + (log.rounds + 1) * connections as u64;
            if last > places.end + connections as u64 {
                return told("pgbench used up the people who can be added: prepare more of them");
            }
            bench.data.give_back(last.min(places.end));
        }
        let each = |seconds: f64| seconds * 1e6 / log.all.max(1) as f64;
        let cpu = Cpu { driver: each(used[0]), server: 0.0, postgres: each(used[1]) };
        Ok(Figure { all: log.all, ..Figure::from(&log.latencies, log.seconds, cpu) })
    }

    fn command(&self, bench: &Bench, script: Script, connections: usize, first: u64) -> Command {
        let mut command = bench.data.postgres.program("pgbench");
        command.args(["-M", "prepared", "-n", "-c", &connections.to_string(), "-j", "1", "-f"]);
        command.arg(script.path());
        let mut define = |name: &str, value: &str| {
            command.arg("-D").arg(format!("{name}={value}"));
        };
        if script.adds() {
            self.variables.iter().for_each(|(name, value)| define(name, value));
            define("turn", "-1");
            define("first", &first.to_string());
            define("clients", &connections.to_string());
        } else {
            define("listed", &bench.data.listed.to_string());
        }
        command
    }
}

/// What pgbench wrote down: microseconds of each transaction, and when it ended.
struct Log {
    latencies: Histogram,
    seconds: f64,
    all: u64,
    rounds: u64,
}

impl Log {
    fn read(folder: &Path, warm: Duration, counted: Duration) -> Done<Log> {
        let mut ends: Vec<(u64, u64)> = Vec::new();
        let mut rounds = 0;
        for file in std::fs::read_dir(folder)?.flatten() {
            if !file.file_name().to_string_lossy().starts_with("pgbench.") {
                continue;
            }
            for line in BufReader::new(std::fs::File::open(file.path())?).lines() {
                let line = line?;
                let fields: Vec<u64> = line.split(' ').map(str::parse).collect::<Result<_, _>>()?;
                let [_, turn, took, _, seconds, micros] = fields[..] else {
                    return told(format!("a line of pgbench's log: {line}"));
                };
                ends.push((seconds * 1_000_000 + micros, took));
                rounds = rounds.max(turn);
            }
            std::fs::remove_file(file.path())?;
        }
        let begun = ends.iter().map(|(end, took)| end - took).min().unwrap_or(0);
        let from = begun + warm.as_micros() as u64;
        let until = from + counted.as_micros() as u64;
        let mut latencies = Histogram::new();
        let mut last = from;
        for (end, took) in ends.iter().filter(|(end, _)| (from..until).contains(end)) {
            latencies.add(*took);
            last = last.max(*end);
        }
        let seconds = Duration::from_micros(last - from).as_secs_f64();
        Ok(Log { latencies, seconds, all: ends.len() as u64, rounds })
    }
}

/// Rows of one table.
#[derive(Debug, PartialEq)]
struct Written {
    table: String,
    rows: u64,
    bytes: f64,
}

impl Written {
    fn line(&self) -> String {
        format!("{}: {} row of {} bytes; ", self.table, self.rows, self.bytes)
    }
}

fn compare(script: Script, real: &[Written], bare: &[Written]) -> Done {
    let same = |(real, bare): (&Written, &Written)| {
        let apart = (real.bytes - bare.bytes).abs() / real.bytes.max(1.0);
        real.table == bare.table && real.rows == bare.rows && apart <= BYTES_APART
    };
    if real.is_empty() || real.len() != bare.len() || !real.iter().zip(bare).all(same) {
        return told(format!(
            "{script:?} does not write what an add writes: {real:?}, but {bare:?}: adapt benches/sql"
        ));
    }
    Ok(())
}

fn written(bench: &Bench, since: &str) -> Done<Vec<Written>> {
    let text = bench.data.postgres.run(&WRITTEN.replace(":since", since))?;
    let mut all = Vec::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.split('|').collect();
        let [table, rows, bytes] = fields[..] else { return told(format!("psql said: {line}")) };
        let written =
            Written { table: table.to_owned(), rows: rows.parse()?, bytes: bytes.parse()? };
        if written.rows > 0 {
            all.push(written);
        }
    }
    Ok(all)
}

/// The transaction from which on rows are new.
fn transaction(bench: &Bench) -> Done<String> {
    bench.data.postgres.run("SELECT pg_current_xact_id()")
}

/// Sends one add, and sees that it is granted.
fn one_add(bench: &mut Bench, server: &Server) -> Done {
    let places = bench.data.take(1)?;
    let people = bench.data.people(&places)?;
    let load = Load::new(Event::Add, 1);
    let next = bench.messages(server, &load, people, Rc::default());
    let pace = Pace {
        address: server.address,
        connections: 1,
        warm: Duration::ZERO,
        counted: Duration::from_secs(30),
        mark: GOOD,
    };
    drive(pace, next, || ()).map(drop)
}

fn said(command: &mut Command) -> Done<String> {
    let output = command.output()?;
    if !output.status.success() {
        return told(format!("pgbench: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8(output.stdout)?)
}
