//! The sandbox as a newcomer meets it: the program alone, with a Postgres of its own.

pub mod ends;
mod given;
mod help;
mod log;
pub mod program;

use std::fs;
use std::process::{Command, Stdio};

use nix::unistd::{User, chown, geteuid};
use serde_json::Value;

use crate::answer::Answer;
use crate::message::{ADD, PANELS, PATIENTS, message};
use program::{Home, Running, everything, finish};

/// Runs the lines that the sandbox gives to paste, in a shell somewhere else, and takes the answer.
fn paste(running: &Running) -> Answer {
    let said = running.said();
    let (_, lines) = said.split_once("panel:\n\n").expect("lines to paste");
    let (lines, _) = lines.split_once("\n\n").expect("their end");
    assert_eq!(lines.matches("curl ").count(), 2, "a token, then the message:\n{lines}");
    let mut shell = Command::new("sh");
    shell.args(["-c", lines]).current_dir("/");
    let done = finish(shell, Stdio::null());
    assert!(done.status.success(), "{lines}\n{done:?}");
    Answer::new(200, Default::default(), done.stdout.into())
}

#[test]
fn a_bare_pas_tells_its_address_its_cast_and_lines_that_work_as_pasted() {
    let home = Home::new("bare");
    let running = home.serve("");
    let said = running.said();
    assert!(said.starts_with(&format!("PAS serves http://{}/$process-message", running.address)));
    for id in ["90101", "90102", "90103", "F0101", "F0102", "9876500011", "9876500029"] {
        assert!(said.contains(id), "{id} is not in\n{said}");
    }
    let answer = paste(&running);
    assert_eq!((answer.response(), answer.statuses()), ("ok", vec!["confirmed"]));
}

#[test]
fn a_panel_is_shown_beside_the_server_and_without_it_and_no_postgres_stays() {
    let home = Home::new("shown");
    let running = home.serve("");
    assert_eq!(home.panel(), Value::Array(Vec::new()), "nobody yet");
    paste(&running);
    let shown = home.panel();
    let keys: Vec<&String> = shown[0].as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["end", "family", "given", "phn", "start", "status"], "and no others");
    assert_eq!(shown.as_array().map(Vec::len), Some(1));
    let marigold = &shown[0];
    assert_eq!(
        [&marigold["phn"], &marigold["given"], &marigold["family"], &marigold["status"]],
        ["9876500011", "Marigold", "Exampleton", "confirmed"]
    );
    let start = marigold["start"].as_str().expect("a start");
    assert!(start.parse::<chrono::DateTime<chrono::Utc>>().is_ok(), "{start}");
    assert_eq!(marigold["end"], Value::Null);
    let csv = home.run("panel --practitioner 90101 --facility F0101 --format csv");
    let row = format!("9876500011,Exampleton,Marigold,confirmed,{start},");
    assert_eq!(csv.stdout, format!("phn,family,given,status,start,end\r\n{row}\r\n"));
    let table = home.run("panel --practitioner 90101 --facility F0101");
    let cells: Vec<Vec<&str>> =
        table.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(cells[0], ["phn", "family", "given", "status", "start", "end"]);
    assert_eq!(cells[1], ["9876500011", "Exampleton", "Marigold", "confirmed", start]);
    assert!(!home.postgres().is_empty(), "a command beside the server leaves its Postgres alone");
    running.stop();
    assert!(home.postgres().is_empty(), "the server takes its Postgres with it");
    assert_eq!(home.panel(), shown, "a command starts one for itself");
    assert!(home.postgres().is_empty(), "and stops it");
}

#[test]
fn a_panel_that_nobody_knows_is_told_without_a_row() {
    let home = Home::new("unknown");
    let done = home.run("panel --practitioner 90999 --facility F0101 --format json");
    assert_eq!((done.status.code(), done.stdout.as_str()), (Some(1), ""));
    assert!(done.stderr.contains("90999") && done.stderr.contains("F0101"), "{done:?}");
    assert!(home.postgres().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_finds_everything_as_it_was() {
    let home = Home::new("again");
    let running = home.serve("");
    let add = message(ADD, PANELS[0], &PATIENTS[..1]);
    let first = running.post(&add).await;
    assert_eq!(first.response(), "ok");
    let before = everything(&home.url()).await;
    running.stop();
    let running = home.serve("");
    assert_eq!(everything(&home.url()).await, before, "no row written, the cast not loaded again");
    assert_eq!(running.post(&add).await.bytes, first.bytes);
    assert_eq!(home.panel()[0]["phn"], "9876500011");
    running.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_the_same_folder_is_refused_and_the_first_goes_on() {
    let home = Home::new("twice");
    let running = home.serve("");
    let second = home.run("serve --bind 127.0.0.1:0");
    assert_eq!((second.status.code(), second.stdout.as_str()), (Some(1), ""));
    let folder = home.data.canonicalize().expect("the folder").display().to_string();
    assert!(second.stderr.contains(&folder), "{}", second.stderr);
    assert!(second.stderr.contains("in use"), "{}", second.stderr);
    let answer = running.post(&message(ADD, PANELS[0], &PATIENTS[..1])).await;
    assert_eq!(answer.response(), "ok");
    assert_eq!(running.get("/readyz").await.status, 200);
    running.stop();
}

#[test]
fn a_user_who_is_not_root_has_a_sandbox_too() {
    if !geteuid().is_root() {
        println!("not run: as {} every other test shows it", geteuid());
        return;
    }
    let Some(user) = User::from_name("nobody").expect("the users") else {
        println!("not run: there is no user nobody");
        return;
    };
    if Command::new("setpriv").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("not run: there is no setpriv");
        return;
    }
    let mut home = Home::new("user");
    let ids = [format!("--reuid={}", user.uid), format!("--regid={}", user.gid)];
    home.through = ["setpriv".to_owned()].into_iter().chain(ids).collect();
    home.through.push("--clear-groups".to_owned());
    // The folder of the build may be closed to that user.
    let copy = home.folder.join("pas");
    fs::copy(&home.program, &copy).expect("a copy of the program");
    home.program = copy;
    fs::create_dir(&home.data).expect("the data folder");
    chown(&home.data, Some(user.uid), Some(user.gid)).expect("theirs");
    let running = home.serve("");
    assert_eq!(paste(&running).response(), "ok");
    assert_eq!(home.panel()[0]["phn"], "9876500011");
    running.stop();
    assert!(home.postgres().is_empty());
    assert_eq!(home.panel()[0]["phn"], "9876500011");
}
