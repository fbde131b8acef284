//! `pas import`: registries described by files, one resource a line.

mod bad;
mod lines;
mod records;

use std::fs::{self, File};
use std::path::Path;

use pas::store::{Store, StoreOptions};
use serde_json::Value;

use crate::cluster::{self, Database};
use crate::message::{ADD, PANELS, PATIENTS, message};
use crate::sandbox::program::{Done, Home, everything, finish};
use crate::server::Server;
use lines::{PHN, ndjson, patient, phns};

/// A database with the schema and nobody in it, and a folder for files.
struct Registry {
    database: Database,
    home: Home,
}

impl Registry {
    async fn new(name: &str) -> Registry {
        let database = cluster::empty(None).await;
        let home = Home::with_database(&format!("import-{name}"), &database.url);
        let done = home.run("migrate");
        assert!(done.status.success(), "{done:?}");
        Registry { database, home }
    }

    fn file(&self, name: &str, lines: impl AsRef<[u8]>) {
        fs::write(self.home.folder.join(name), lines).expect("a file");
    }

    fn import(&self, words: &str) -> Done {
        self.home.run(&format!("import --into {words}"))
    }

    /// Imports files that are all taken.
    fn load(&self, words: &str) -> String {
        let done = self.import(words);
        assert!(done.status.success() && done.stdout.is_empty(), "{words}: {done:?}");
        done.stderr
    }

    fn load_cast(&self) {
        for (registry, file) in CAST {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cast").join(file);
            fs::copy(path, self.home.folder.join(file)).expect("the cast");
            self.load(&format!("{registry} {file}"));
        }
    }

    async fn patients(&self) -> i64 {
        self.database.count("SELECT count(*) FROM client_registry.patient").await
    }
}

const CAST: [(&str, &str); 3] =
    [("plr", "plr.ndjson"), ("pas", "pas.ndjson"), ("client-registry", "client-registry.ndjson")];

/// The lines that name a line of a file.
fn named(stderr: &str) -> Vec<&str> {
    let names_a_line =
        |line: &&str| line.split(':').nth(1).is_some_and(|number| number.parse::<u32>().is_ok());
    stderr.lines().filter(names_a_line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cast_loads_and_the_same_files_again_change_nothing() {
    let registry = Registry::new("cast").await;
    registry.load_cast();
    let count = async |sql| registry.database.count(sql).await;
    assert_eq!(count("SELECT count(*) FROM plr.practitioner").await, 8);
    assert_eq!(count("SELECT count(*) FROM plr.organization").await, 5);
    assert_eq!(count("SELECT count(*) FROM pas.practitioner_role").await, 13);
    assert_eq!(registry.patients().await, 39);
    let before = everything(&registry.database.url).await;
    for (name, file) in CAST {
        let report = registry.load(&format!("{name} {file}"));
        assert_eq!(report, format!("{file}: 0 records new or changed, 0 lines left out\n"));
    }
    assert_eq!(everything(&registry.database.url).await, before, "not a row was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_line_changes_its_own_record_alone() {
    let registry = Registry::new("changed").await;
    registry.load_cast();
    let changes = [
        ("client-registry", "client-registry.ndjson", "1984-04-12", "1984-04-13"),
        ("pas", "pas.ndjson", "2012-09-01", "2012-09-02"),
        ("pas", "pas.ndjson", "Juniper", "Juno"),
        ("pas", "pas.ndjson", "Cedar Lantern", "Cedar Lamp"),
    ];
    for (name, file, was, becomes) in changes {
        let path = registry.home.folder.join(file);
        let text = fs::read_to_string(&path).expect("the cast");
        assert_eq!(text.matches(was).count(), 1, "{was}");
        registry.file(file, text.replace(was, becomes));
        let report = registry.load(&format!("{name} {file}"));
        assert_eq!(report, format!("{file}: 1 records new or changed, 0 lines left out\n"));
    }
    let written = "SELECT count(*) FROM client_registry.patient
                    WHERE xmin = (SELECT xmin FROM client_registry.patient WHERE birth_date = '1984-04-13')";
    assert_eq!(registry.database.count(written).await, 1);
    let written = "SELECT count(*) FROM pas.practitioner_role
                    WHERE xmin = (SELECT xmin FROM pas.practitioner_role WHERE period->>'start' = '2012-09-02')";
    assert_eq!(registry.database.count(written).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn standard_input_is_a_file_called_dash() {
    let registry = Registry::new("stdin").await;
    let input = |text: &str| {
        registry.file("input", text);
        let input = File::open(registry.home.folder.join("input")).expect("a file");
        finish(registry.home.command("import --into client-registry -"), input)
    };
    let good = patient(PHN[0], "Willow", "Goodline").to_string();
    let done = input(&format!("{good}\n{{]\n"));
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    assert_eq!(named(&done.stderr), ["-:2: not JSON: key must be a string at column 2"]);
    assert_eq!(registry.patients().await, 0);
    // Without a line feed at the end, or with a carriage return before it: a line all the same.
    let more = patient(PHN[1], "Sedge", "Moreline").to_string();
    let done = input(&format!("{good}\r\n{more}"));
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert_eq!(done.stderr, "-: 2 records new or changed, 0 lines left out\n");
    assert_eq!(registry.patients().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_files_each_counts_for_itself() {
    let registry = Registry::new("several").await;
    let person = |n: usize, family: &str| ndjson(&[patient(PHN[n], "Willow", family)]);
    registry.file("first", person(0, "Firstling"));
    registry.file("second", person(1, "Secondly") + "nonsense\n");
    registry.file("third", person(2, "Thirdling"));
    let done = registry.import("client-registry first second third");
    assert_eq!(done.status.code(), Some(1), "one of them was not taken: {done:?}");
    assert_eq!(named(&done.stderr).len(), 1, "{done:?}");
    assert!(named(&done.stderr)[0].starts_with("second:2: not JSON"), "{done:?}");
    let names = "SELECT count(*) FROM client_registry.patient
                  WHERE names->0->>'family' IN ('Firstling', 'Thirdling')";
    assert_eq!((registry.patients().await, registry.database.count(names).await), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_there_is_told_before_anything_is_loaded() {
    let registry = Registry::new("missing").await;
    registry.file("first", ndjson(&[patient(PHN[0], "Willow", "Firstling")]));
    let done = registry.import("client-registry first nowhere");
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    assert!(done.stderr.contains("nowhere"), "{done:?}");
    assert_eq!(registry.patients().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_thousand_people_are_loaded_as_one_file() {
    let registry = Registry::new("many").await;
    let people: Vec<Value> = phns()
        .take(20_000)
        .enumerate()
        .map(|(n, phn)| patient(&phn, "Willow", &format!("Number{n}")))
        .collect();
    registry.file("many", ndjson(&people));
    let report = registry.load("client-registry many");
    assert_eq!(report, "many: 20000 records new or changed, 0 lines left out\n");
    assert_eq!(registry.patients().await, 20_000);
    let report = registry.load("client-registry many");
    assert_eq!(report, "many: 0 records new or changed, 0 lines left out\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_first_imports_at_once_one_waits_and_finds_everybody_there() {
    let registry = Registry::new("at-once").await;
    let people: Vec<Value> =
        phns().take(20_000).map(|phn| patient(&phn, "Willow", "Atonce")).collect();
    registry.file("many", ndjson(&people));
    let mut reports = std::thread::scope(|scope| {
        let both = [(); 2].map(|()| scope.spawn(|| registry.load("client-registry many")));
        both.map(|one| one.join().expect("it ends"))
    });
    reports.sort();
    assert_eq!(
        reports,
        [0, 20_000].map(|n| format!("many: {n} records new or changed, 0 lines left out\n"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_answered_while_people_are_imported() {
    let server = Server::start().await;
    let store = Store::open(&StoreOptions::new(&server.database.url)).expect("opens");
    let import = store.import(pas::store::Registry::ClientRegistry).await.expect("begins");
    // The patient's row is looked up, and held by a foreign key.
    let added = server.post(&message(ADD, PANELS[0], &PATIENTS[..1])).await;
    assert_eq!(added.response(), "ok");
    import.finish(false, Vec::new()).await.expect("ends");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_schema_the_remedy_is_told() {
    let database = cluster::empty(None).await;
    let home = Home::with_database("import-empty", &database.url);
    fs::write(home.folder.join("people"), ndjson(&[patient(PHN[0], "Willow", "Early")]))
        .expect("a file");
    let done = home.run("import --into client-registry people");
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    assert!(done.stderr.contains("run `pas migrate`"), "{done:?}");
}
