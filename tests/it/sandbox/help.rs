//! What `--help` tells: every setting with its flag, its variable and its default.

use std::process::Stdio;

use clap::{ArgAction, CommandFactory as _};
use pas::cli::Cli;

use super::program::{Home, finish};

/// The paragraphs of the long help, one a setting, white space evened out.
fn settings(help: &str) -> Vec<String> {
    let mut settings: Vec<String> = Vec::new();
    for line in help.lines() {
        if line.trim_start().starts_with('-') && line.starts_with(' ') && !line.contains("- ") {
            settings.push(String::new());
        }
        if let Some(last) = settings.last_mut() {
            *last += line.trim();
            last.push(' ');
        }
    }
    settings
}

#[test]
fn every_setting_of_serve_shows_its_flag_its_variable_and_its_default() {
    let done = finish(Home::new("help").command("serve --help"), Stdio::null());
    let told = settings(&done.stdout);
    let cli = Cli::command();
    let serve = cli.find_subcommand("serve").expect("serve");
    let mut seen = 0;
    for setting in serve.get_arguments().filter(|arg| !matches!(arg.get_action(), ArgAction::Help))
    {
        let flag = format!("--{}", setting.get_long().expect("every setting has a flag"));
        let told = told
            .iter()
            .find(|text| text.split_whitespace().next() == Some(&flag))
            .unwrap_or_else(|| panic!("{flag} is not told"));
        let name = setting.get_env().expect("every setting has a variable").to_str().expect("text");
        assert!(
            told.contains(&format!("[env: {name}=]")) || told.contains(&format!("[env: {name}]")),
            "{told}"
        );
        let own = flag.trim_start_matches("--").replace('-', "_").to_uppercase();
        assert!(name == own || name == format!("PAS_{own}"), "{flag} is {name}");
        for default in setting.get_default_values() {
            let default = format!("[default: {}]", default.to_str().expect("text"));
            assert!(told.contains(&default), "{default} is not in {told}");
        }
        // Those without may say so in their own words; but these have none at all.
        let without = [
            "--database-url",
            "--issuer",
            "--phn-systems",
            "--practitioner-systems",
            "--facility-systems",
        ];
        assert!(told.contains("[default: ") || without.contains(&flag.as_str()), "{told}");
        seen += 1;
    }
    assert!(seen > 20, "{seen} settings");
}

#[test]
fn the_password_in_database_url_is_never_told() {
    let url = "postgres://pas:correct-horse@db.example/pas";
    let home = Home::with_database("password", url);
    for words in [
        "--help",
        "serve --help",
        "serve -h",
        "import --help",
        "panel --help",
        "migrate --help",
        "audit export --help",
    ] {
        let done = finish(home.command(words), Stdio::null());
        assert!(done.status.success() && done.stdout.contains("DATABASE_URL"), "{words}: {done:?}");
        assert!(!done.stdout.contains("correct-horse"), "{words}: {}", done.stdout);
    }
    for words in ["migrate", "serve --no-such-flag", "panel --format none"] {
        let done = finish(home.command(words), Stdio::null());
        assert!(!done.status.success(), "{words}");
        assert!(!done.stderr.contains("correct-horse"), "{words}: {}", done.stderr);
    }
}
