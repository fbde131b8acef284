//! `pas generate`: an invented province, and that the rest of the house takes it for one.

use std::fs;
use std::path::Path;

use pas::province::{Person, Plan, Province};

use crate::message::{ADD, Panel, Patient, message};
use crate::sandbox::program::{Done, Home};
use crate::server::Server;

const FILES: [(&str, &str); 3] =
    [("plr", "plr.ndjson"), ("pas", "pas.ndjson"), ("client-registry", "client-registry.ndjson")];

/// `Home::run` names a data folder, which this command has no use for.
fn generate(home: &Home, words: &str) -> Done {
    crate::sandbox::program::finish(
        home.command(&format!("generate {words}")),
        std::process::Stdio::null(),
    )
}

fn patient(person: &Person) -> Patient {
    Patient {
        phn: person.phn.clone().leak(),
        given: person.given_joined().leak(),
        family: person.family.clone().leak(),
        birth: person.birth_date.to_string().leak(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generated_province_loads_beside_the_cast_and_its_people_can_be_attached() {
    let server = Server::start().await;
    let home = Home::with_database("generate", &server.database.url);
    let done = generate(&home, "--people 2000 --providers 7 --clinics 3 --seed 5 --out province");
    assert!(done.status.success() && done.stdout.is_empty(), "{done:?}");
    let records = [10, 17, 2000];
    for ((registry, file), count) in FILES.into_iter().zip(records) {
        let told = home.run(&format!("import --into {registry} province/{file}"));
        let loaded = format!("province/{file}: {count} records new or changed, 0 lines left out\n");
        assert_eq!((told.status.code(), told.stderr), (Some(0), loaded));
        assert!(done.stderr.contains(&format!("province/{file}: {count} lines")), "{done:?}");
    }

    let plan = Plan { seed: 5, people: 2000, providers: 7, clinics: 3 };
    let province = Province::new(plan).expect("a plan");
    let provider = province.provider(6);
    let clinic = province.clinic(provider.clinic);
    let panel = Panel {
        msp: provider.number.leak(),
        given: provider.given.join(" ").leak(),
        family: provider.family.leak(),
        facility: clinic.facility.leak(),
        clinic: clinic.name.leak(),
        postal: clinic.postal_code.leak(),
    };
    let (fit, unfit): (Vec<Person>, Vec<Person>) =
        (0..2000).map(|i| province.person(i)).partition(Person::fit);
    let all: Vec<Patient> = fit.iter().map(patient).collect();
    let answer = server.post(&message(ADD, panel, &all)).await;
    assert_eq!((answer.response(), answer.codes()), ("ok", vec!["processed"]));
    let listed = "SELECT count(*) FROM panel.entry WHERE status = 'confirmed'";
    assert_eq!(server.database.count(listed).await, i64::try_from(fit.len()).expect("few"));
    assert!(unfit.len() > 10, "{}", unfit.len());
    for person in &unfit {
        let answer = server.post(&message(ADD, panel, &[patient(person)])).await;
        assert_eq!(answer.response(), "fatal-error", "{:?}", person.standing);
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_others() {
    let home = Home::new("generate-seeds");
    let size = "--people 500 --providers 20 --clinics 4";
    for (seed, folder) in [(1, "one"), (1, "again"), (2, "other")] {
        let done = generate(&home, &format!("{size} --seed {seed} --out {folder}"));
        assert!(done.status.success(), "{done:?}");
    }
    let read = |folder: &str, file: &str| fs::read_to_string(home.folder.join(folder).join(file));
    for (registry, file) in FILES {
        let one = read("one", file).expect("a file");
        assert!(one == read("again", file).expect("a file"), "{file}");
        assert!(one != read("other", file).expect("a file"), "{file}");
        let streamed = generate(&home, &format!("{size} --seed 1 --registry {registry} --out -"));
        assert!(streamed.status.success() && streamed.stderr.is_empty(), "{streamed:?}");
        assert!(streamed.stdout == one, "{file}");
    }
}

#[test]
fn files_that_are_there_stay_as_they_are() {
    let home = Home::new("generate-twice");
    fs::write(home.folder.join("pas.ndjson"), "mine").expect("a file");
    let done = generate(&home, "--people 1 --out .");
    let told = "pas: ./pas.ndjson is there already; nothing was written\n";
    assert_eq!((done.status.code(), done.stderr.as_str()), (Some(1), told));
    assert_eq!(fs::read_to_string(home.folder.join("pas.ndjson")).expect("a file"), "mine");
    assert!(!Path::new(&home.folder).join("plr.ndjson").exists());
    // One alone that is not in the way is written beside it.
    let done = generate(&home, "--people 1 --registry plr --out .");
    assert!(done.status.success(), "{done:?}");
    assert!(!home.folder.join("client-registry.ndjson").exists());
}

#[test]
fn a_province_that_cannot_be_is_refused_in_a_sentence() {
    let home = Home::new("generate-refused");
    let done = generate(&home, "--people 80000000 --out province");
    let told = "pas: at most 79999920 people can be told apart by their PHNs\n";
    assert_eq!((done.status.code(), done.stderr.as_str()), (Some(1), told));
    let done = generate(&home, "--clinics 0 --out province");
    let told = "pas: providers need at least one clinic\n";
    assert_eq!((done.status.code(), done.stderr.as_str()), (Some(1), told));
    assert!(!home.folder.join("province").exists());
    let done = generate(&home, "--out -");
    assert_eq!(done.status.code(), Some(2), "standard output takes one registry: {done:?}");
}
