//! Invented provinces in Postgres, prepared once and kept: registries by `pas import`, panels by SQL.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use pas::province::{Plan, Province};

use super::args::Args;
use super::fault::{Done, told};
use super::message::{FACILITY, PRACTITIONER, client_id, client_of, provider_of};
use super::postgres::Postgres;

const SEED: &str = include_str!("../sql/seed.sql");
const RESET: &str = include_str!("../sql/reset.sql");
const WAITING: &str = include_str!("../sql/attachment.sql");

/// Who of a province is where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Population {
    /// 79 of 100 are on panels.
    Attached,
    /// 40 of 100 are on panels, and as many are registered in the attachment workflow.
    Waiting,
}

impl Population {
    /// Of 100.
    fn on_panels(self) -> u64 {
        match self {
            Population::Attached => 79,
            Population::Waiting => 40,
        }
    }
}

/// A province in Postgres.
pub(crate) struct Data {
    /// The Postgres, started.
    pub(crate) postgres: Postgres,
    /// Who is in it.
    pub(crate) province: Province,
    /// The folder of this province.
    pub(crate) folder: PathBuf,
    /// How many are on panels: those of the list in `bench.person` below this number.
    pub(crate) listed: u64,
    /// How many can be added or are listed; those from `listed` on are on no panel when a round begins.
    fit: u64,
    /// The first of them that was not added yet.
    next: u64,
}

impl Data {
    /// Opens the province of so many people, making it where it is not there yet: minutes, for millions.
    pub(crate) fn open(args: &Args, people: u64, population: Population) -> Done<Data> {
        let plan =
            Plan { seed: args.seed, people, providers: args.providers, clinics: args.clinics };
        let province = Province::new(plan)?;
        let all = args.data.clone();
        let all = all.unwrap_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("province"));
        let kind = if population == Population::Waiting { "waiting-" } else { "" };
        let name = format!("{kind}{people}-{}-{}-{}-", plan.providers, plan.clinics, plan.seed);
        let folder = std::path::absolute(all.join(format!("{name}{:016x}", digest(population)?)))?;
        std::fs::create_dir_all(&all)?;
        for other in std::fs::read_dir(&all)?.flatten() {
            let same = other.file_name().to_string_lossy().starts_with(&name);
            // Of another schema, or not finished.
            if same && (other.path() != folder || !folder.join("ready").is_file()) {
                std::fs::remove_dir_all(other.path())?;
            }
        }
        std::fs::create_dir_all(&folder)?;
        let postgres = Postgres::start(&folder.join("cluster"))?;
        let mut data = Data { postgres, province, folder, listed: 0, fit: 0, next: 0 };
        if !data.folder.join("ready").is_file() {
            data.make(population)?;
            std::fs::write(data.folder.join("ready"), "")?;
        }
        if population == Population::Waiting {
            // What is measured is done to a copy: registrations cannot be taken back row by row.
            data.postgres.run_in("postgres", "DROP DATABASE IF EXISTS pas WITH (FORCE)")?;
            data.postgres.run_in("postgres", COPY)?;
        }
        let seeded = data.postgres.run("SELECT listed, fit FROM bench.seeded")?;
        if let Some((listed, fit)) = seeded.split_once('|') {
            (data.listed, data.fit) = (listed.parse()?, fit.parse()?);
        }
        if population == Population::Attached {
            data.reset()?;
        }
        data.next = data.listed;
        Ok(data)
    }

    fn make(&self, population: Population) -> Done {
        let plan = self.province.plan();
        eprintln!("preparing a province of {} people in {}", plan.people, self.folder.display());
        self.pas(&["migrate"])?;
        let files = self.folder.join("generated");
        if files.exists() {
            std::fs::remove_dir_all(&files)?;
        }
        generate(plan, &files)?;
        for (registry, file) in REGISTRIES {
            self.pas(&["import", "--into", registry, &files.join(file).display().to_string()])?;
        }
        std::fs::remove_dir_all(&files)?;
        let listed = plan.people * population.on_panels() / 100;
        self.postgres.feed(|input| self.stage(input))?;
        self.postgres.run(&format!("\\set listed {listed}\n{SEED}"))?;
        self.postgres.run(
            "CREATE EXTENSION pg_stat_statements; ALTER TABLE bench.person SET (autovacuum_enabled = off);",
        )?;
        if population == Population::Waiting {
            let registered = format!("\\set registered {listed}");
            self.postgres.run(&format!("\\set listed {listed}\n{registered}\n{WAITING}"))?;
        }
        self.postgres.run("VACUUM ANALYZE")?;
        if population == Population::Waiting {
            self.postgres.run_in("postgres", "DROP DATABASE IF EXISTS prepared")?;
            self.postgres.run_in("postgres", "ALTER DATABASE pas RENAME TO prepared")?;
            self.postgres.run_in("postgres", COPY)?;
        }
        self.postgres.run("CHECKPOINT").map(drop)
    }

    /// Everybody who is fit to be added, with their providers.
    fn stage(&self, input: &mut dyn std::io::Write) -> Done {
        let plan = self.province.plan();
        writeln!(input, "CREATE SCHEMA bench;")?;
        writeln!(
            input,
            "CREATE TABLE bench.provider (j int PRIMARY KEY, key text NOT NULL, client text NOT NULL,"
        )?;
        writeln!(input, "practitioner text NOT NULL, facility text NOT NULL);")?;
        writeln!(input, "COPY bench.provider FROM STDIN;")?;
        for j in 0..plan.providers {
            let provider = self.province.provider(j);
            let client = client_id(client_of(provider.clinic));
            let facility = self.province.clinic(provider.clinic).facility;
            let (key, number) = (provider.key, provider.number);
            writeln!(
                input,
                "{j}\t{key}\t{client}\t{PRACTITIONER}|{number}\t{FACILITY}|{facility}"
            )?;
        }
        writeln!(input, "\\.")?;
        writeln!(input, "CREATE TABLE bench.staged (n bigint, i bigint, phn text, j int);")?;
        writeln!(input, "COPY bench.staged FROM STDIN;")?;
        let mut n = 0_u64;
        for i in 0..plan.people {
            let person = self.province.person(i);
            if person.fit() {
                writeln!(input, "{n}\t{i}\t{}\t{}", person.phn, provider_of(i, plan.providers))?;
                n += 1;
            }
        }
        writeln!(input, "\\.")?;
        Ok(())
    }

    /// Runs a command of the program on this database.
    pub(crate) fn pas(&self, words: &[&str]) -> Done {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pas"));
        command.env_clear().args(words).args(["--database-url", &self.postgres.url()]);
        let output = command.output()?;
        if output.status.success() {
            return Ok(());
        }
        told(format!("pas {}: {}", words[0], String::from_utf8_lossy(&output.stderr)))
    }

    /// How many can be added when a round begins.
    pub(crate) fn free(&self) -> u64 {
        self.fit - self.listed
    }

    /// Takes away what was measured.
    pub(crate) fn reset(&mut self) -> Done {
        self.postgres.run(RESET)?;
        self.next = self.listed;
        Ok(())
    }

    /// Places in the list of people who are on no panel: so many, or as many as there are.
    pub(crate) fn take(&mut self, wanted: u64) -> Done<Range<u64>> {
        if self.next + wanted > self.fit && self.next > self.listed {
            self.reset()?;
        }
        let range = self.next..self.fit.min(self.next + wanted);
        self.next = range.end;
        Ok(range)
    }

    /// Says that people from this place on were not added after all.
    pub(crate) fn give_back(&mut self, from: u64) {
        self.next = from.clamp(self.listed, self.fit);
    }

    /// People of the province, by their places in the list.
    pub(crate) fn people(&self, places: &Range<u64>) -> Done<Vec<u64>> {
        let (from, to) = (places.start, places.end);
        self.numbers(&format!(
            "SELECT i FROM bench.person WHERE n >= {from} AND n < {to} ORDER BY n"
        ))
    }

    /// So many of the people on panels at most, each once, drawn anew each time.
    pub(crate) fn listed_people(&self, wanted: u64) -> Done<Vec<u64>> {
        let listed = self.listed;
        self.numbers(&format!(
            "SELECT i FROM bench.person WHERE n IN (SELECT floor(random() * {listed})::bigint \
             FROM generate_series(1, {wanted})) ORDER BY random()"
        ))
    }

    /// Of each provider one of those on their panel.
    pub(crate) fn one_of_each(&self) -> Done<Vec<u64>> {
        let listed = self.listed.min(4 * u64::from(self.province.plan().providers));
        self.numbers(&format!("SELECT min(i) FROM bench.person WHERE n < {listed} GROUP BY j"))
    }

    fn numbers(&self, sql: &str) -> Done<Vec<u64>> {
        let text = self.postgres.run(sql)?;
        text.lines().map(|line| Ok(line.parse()?)).collect()
    }
}

/// The prepared province is copied as files, which is quicker than through the log.
const COPY: &str = "CREATE DATABASE pas TEMPLATE prepared STRATEGY file_copy";

/// The registries and their generated files, in the order of importing.
const REGISTRIES: [(&str, &str); 3] =
    [("plr", "plr.ndjson"), ("pas", "pas.ndjson"), ("client-registry", "client-registry.ndjson")];

/// Writes a province's registries as files of FHIR resources.
pub(crate) fn generate(plan: Plan, folder: &Path) -> Done {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pas"));
    command.env_clear().arg("generate");
    for (flag, value) in [
        ("--people", plan.people),
        ("--providers", plan.providers.into()),
        ("--clinics", plan.clinics.into()),
        ("--seed", plan.seed),
    ] {
        command.args([flag, &value.to_string()]);
    }
    let output = command.arg("--out").arg(folder).output()?;
    if output.status.success() {
        return Ok(());
    }
    told(format!("pas generate: {}", String::from_utf8_lossy(&output.stderr)))
}

/// Of everything that a prepared province depends on beside its plan: another schema needs another.
fn digest(population: Population) -> Done<u64> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder)?.flatten().map(|file| file.path()).collect();
    files.sort();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut take = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    };
    take(SEED.as_bytes());
    if population == Population::Waiting {
        take(WAITING.as_bytes());
    }
    for file in files {
        take(&std::fs::read(file)?);
    }
    Ok(hash)
}
