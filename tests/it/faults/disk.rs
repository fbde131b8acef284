//! The disk of Postgres is full: a small one, in a mount namespace that ends with the server.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::faults::{come_again, post};
use crate::message::{ADD, PANELS, PATIENTS, QUERY, message};
use crate::sandbox::program::Home;

/// What runs a program with a file system of its own, of 128 MiB, on the folder that comes next; `None` where this machine
/// lets nobody mount one.
fn small_disk(folder: &Path) -> Option<Vec<String>> {
    let mount = "mount -t tmpfs -o size=128m,mode=0755 none \"$0\" && exec \"$@\"";
    let ways: [&[&str]; 2] =
        [&["unshare", "-m"], &["unshare", "--user", "--map-current-user", "--keep-caps", "-m"]];
    let lines = ways.map(|way| {
        let words = way.iter().copied().chain(["sh", "-c", mount]).map(str::to_owned);
        words.chain([folder.display().to_string()]).collect::<Vec<_>>()
    });
    lines.into_iter().find(|line| {
        let tried = Command::new(&line[0]).args(&line[1..]).arg("true").output();
        tried.is_ok_and(|done| done.status.success())
    })
}

/// Takes what is left of the disk.
fn fill(file: &Path) {
    let mut filler = std::fs::File::create(file).expect("a file on the small disk");
    let block = vec![0; 1 << 12];
    let why = loop {
        if let Err(why) = filler.write_all(&block) {
            break why;
        }
    };
    assert_eq!(why.kind(), std::io::ErrorKind::StorageFull);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_a_503_that_keeps_nothing_and_once_there_is_room_everything_goes_on() {
    let mut home = Home::new("disk");
    std::fs::create_dir(&home.data).expect("the data folder");
    let Some(through) = small_disk(&home.data) else {
        // Past the capture of what a test prints: nobody should believe that it ran.
        let said = b"SKIPPED a_full_disk_...: no file system can be mounted here\n";
        std::io::stderr().write_all(said).expect("standard error");
        return;
    };
    home.through = through;
    let running = home.serve("--insecure-no-auth");
    // The folder as the server sees it.
    let seen = PathBuf::from(format!("/proc/{}/root", running.pid()));
    let filler = seen.join(home.data.strip_prefix("/").expect("absolute")).join("filler");
    let first = message(ADD, PANELS[0], &PATIENTS[..1]);
    let acknowledged = running.post(&first).await;
    assert_eq!(acknowledged.response(), "ok");
    fill(&filler);
    // There may be room left in the pages that are there already; not for long.
    let mut sent = vec![(first, Some(acknowledged))];
    for n in 0..100 {
        let event = [ADD, QUERY][n % 2];
        let message = message(event, PANELS[n % 5], &PATIENTS);
        let answer = running.post(&message).await;
        let done = answer.status == 200;
        if !done {
            come_again(&answer);
            assert_eq!(answer.codes(), ["database-unavailable"]);
        }
        sent.push((message, done.then_some(answer)));
        if sent.iter().filter(|(_, answer)| answer.is_none()).count() == 5 {
            break;
        }
    }
    let refused = sent.iter().filter(|(_, answer)| answer.is_none()).count();
    assert_eq!(refused, 5, "the disk is full");
    assert!(running.log().contains("SQLSTATE 53100"), "the log says why:\n{}", running.log());
    // What was answered is there; whether it can be told again now depends on room for the record that it was.
    for (message, answer) in &sent {
        if let Some(first) = answer {
            let again = running.post(message).await;
            if again.status == 200 {
                assert_eq!(again.bytes, first.bytes);
            } else {
                come_again(&again);
            }
        }
    }
    std::fs::remove_file(&filler).expect("room again");
    for (message, answer) in &sent {
        let again = post(message).send(running.address).await;
        assert_eq!((again.status, again.response()), (200, "ok"), "{:?}", again.codes());
        if let Some(first) = answer {
            assert_eq!(again.bytes, first.bytes);
        }
    }
    assert_eq!(running.get("/readyz").await.status, 200);
    running.stop();
}
