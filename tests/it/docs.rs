//! Documents that name parts of the code: settings, tables and constraints, files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Arg, CommandFactory as _};
use pas::cli::Cli;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Flag, variable and default of a setting.
type Setting = (String, String, String);

/// The rows below `## Settings` of docs/OPERATING.md.
fn documented() -> Vec<Setting> {
    let page = read("docs/OPERATING.md");
    let (_, section) = page.split_once("\n## Settings\n").expect("a section on settings");
    let section = section.split("\n## ").next().unwrap_or_default();
    let cell = |text: &str| text.trim().trim_matches('`').to_owned();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `--"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').collect();
        assert_eq!(cells.len(), 5, "a row of four cells: | `--{row}");
        assert!(!cells[3].trim().is_empty(), "a row that says what it means: | `--{row}");
        (cell(cells[0]), cell(cells[1]), cell(cells[2]))
    })
    .collect()
}

/// The same, by the definition of the command line.
fn defined() -> Vec<Setting> {
    let cli = Cli::command();
    let serve = cli.find_subcommand("serve").expect("pas serve");
    let setting = |arg: &Arg| {
        let flag = arg.get_long().unwrap_or_else(|| panic!("{} has no flag", arg.get_id()));
        let variable = arg.get_env().unwrap_or_else(|| panic!("--{flag} has no variable"));
        let default: Vec<_> =
            arg.get_default_values().iter().map(|v| v.to_string_lossy()).collect();
        (flag.to_owned(), variable.to_string_lossy().into_owned(), default.join(","))
    };
    serve.get_arguments().filter(|arg| arg.get_id() != "help").map(setting).collect()
}

#[test]
fn the_table_of_settings_is_the_command_line() {
    let (mut documented, mut defined) = (documented(), defined());
    documented.sort();
    defined.sort();
    assert!(defined.len() > 20, "the definition was read: {defined:?}");
    assert_eq!(documented, defined);
}

/// A migration without its comments.
fn statements(path: &Path) -> String {
    let text = read(path);
    let code = text.lines().map(|line| line.split("--").next().unwrap_or_default());
    code.collect::<Vec<_>>().join("\n")
}

/// What stands after every `keyword`: the name of a table, a constraint.
fn names<'t>(sql: &'t str, keyword: &'t str) -> impl Iterator<Item = String> + 't {
    let after = sql.match_indices(keyword).map(|(at, _)| &sql[at + keyword.len()..]);
    after.map(|rest| {
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.')).collect()
    })
}

#[test]
fn every_table_and_every_named_constraint_is_in_the_data_model() {
    let page = read("docs/DATA_MODEL.md");
    let (mut all, mut gone) = (BTreeSet::new(), BTreeSet::new());
    for entry in std::fs::read_dir(root().join("migrations")).expect("the migrations") {
        let sql = statements(&entry.expect("an entry").path());
        let keywords = [
            "CREATE TABLE ",
            "CREATE SCHEMA ",
            "CREATE FUNCTION ",
            "CREATE TYPE ",
            " CONSTRAINT ",
            "CREATE UNIQUE INDEX ",
        ];
        let named = keywords.into_iter().flat_map(|keyword| names(&sql, keyword));
        // An index belongs to the schema of its table, and is named without it where it is made.
        let dropped = names(&sql, "DROP INDEX ");
        gone.extend(dropped.filter_map(|name| Some(name.split_once('.')?.1.to_owned())));
        // `inbox.%I`: a name that is made when it is run.
        all.extend(named.filter(|name| !name.is_empty() && !name.ends_with('.')));
    }
    assert!(all.contains("panel.entry") && all.contains("one_mrp_per_patient"), "{all:?}");
    let missing: Vec<&String> =
        all.difference(&gone).filter(|name| !page.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "docs/DATA_MODEL.md does not tell of {missing:?}");
}

fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            pages(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

/// Where the inline links of a page lead, code left out.
fn links(page: &str) -> Vec<String> {
    let mut prose = String::new();
    for (i, block) in page.split("```").enumerate() {
        let spans = block.split('`').step_by(2);
        prose.extend(spans.filter(|_| i % 2 == 0).flat_map(|span| [span, "`"]));
    }
    let targets = prose.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    targets.map(str::to_owned).collect()
}

#[test]
fn links_lead_to_files_that_exist() {
    let (mut found, mut followed, mut broken) = (Vec::new(), 0, Vec::new());
    pages(root(), &mut found);
    for path in found {
        let folder = path.parent().expect("a folder");
        for link in links(&read(&path)) {
            let file = link.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") || file.starts_with("mailto:") {
                continue;
            }
            followed += 1;
            if !folder.join(file).exists() {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(followed > 10, "{followed} links were followed");
    assert!(broken.is_empty(), "links that lead nowhere: {broken:#?}");
}

/// The places that the last column of a table row names in backticks.
fn shown_by(row: &str) -> Vec<&str> {
    let cell = row.trim_end_matches('|').rsplit('|').next().unwrap_or_default();
    cell.split('`').skip(1).step_by(2).collect()
}

/// Whether a test, a module or a folder of exchanges of this name is there.
fn is_there(root: &Path, name: &str, tests: &str) -> bool {
    let Some((module, last)) = name.rsplit_once("::") else {
        return root.join("fixtures/exchanges").join(name).is_dir()
            || root.join(format!("tests/it/{name}.rs")).is_file();
    };
    let path = format!("{}/{last}", module.replace("::", "/"));
    let module_is_there = ["src", "tests/it"].iter().any(|top| {
        root.join(top).join(&path).is_dir() || root.join(top).join(format!("{path}.rs")).is_file()
    });
    module_is_there || tests.contains(&format!("fn {last}("))
}

/// Every Rust source below these folders, one after the other.
fn sources(folders: &[&str]) -> String {
    let mut all = String::new();
    let mut folders: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path => all += &std::fs::read_to_string(path).unwrap_or_default(),
            }
        }
    }
    all
}

#[test]
fn every_fault_has_its_test() {
    let page = read("docs/TESTING.md");
    let (_, section) = page.split_once("\n## Under faults\n").expect("a section on faults");
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut named = BTreeSet::new();
    for row in section.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 5, "a row of three cells: {row}");
        let tests: Vec<&str> = cells[2].split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty() && !cells[3].is_empty(), "{row}");
        named.extend(tests);
    }
    assert!(named.len() > 25, "{named:?}");
    let tests = sources(&["tests/it"]);
    for name in &named {
        assert!(tests.contains(&format!("fn {name}(")), "{name} is nowhere");
    }
    let faults = sources(&["tests/it/faults"]);
    let own = faults.split("#[tokio::test").skip(1);
    for test in own.filter_map(|rest| rest.split("fn ").nth(1)?.split('(').next()) {
        assert!(named.contains(test), "{test} is not in the table");
    }
}

/// Every test by its path, as a filter of `cargo test` sees it.
fn tests_by_path(folder: &Path, module: &str, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let below = if name == "mod" || name == "main" || name == "lib" {
            module.to_owned()
        } else {
            format!("{module}::{name}")
        };
        if path.is_dir() {
            tests_by_path(&path, &below, found);
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap_or_default();
        let after = source.split("test]").chain(source.split("#[tokio::test(")).skip(1);
        let names = after.filter_map(|rest| rest.split("fn ").nth(1)?.split('(').next());
        found.extend(names.map(|test| format!("{below}::{test}")));
    }
}

#[test]
fn every_promise_names_a_check_that_is_there() {
    let page = read("docs/TESTING.md");
    let table = page.split("\n## Under faults\n").next().expect("the table of promises");
    let mut tests = Vec::new();
    for folder in ["src", "tests/it", "tests/fuzz"] {
        tests_by_path(&root().join(folder), "", &mut tests);
    }
    let mut checked = 0;
    for row in table.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let commands = shown_by(row);
        assert!(!commands.is_empty(), "checked by nothing: {row}");
        for command in commands {
            let (_, words) = command.split_once("cargo test").unwrap_or(("", command));
            let ours = command.contains("cargo test");
            let flags = ["--lib", "--test", "it", "fuzz"];
            let filters = words.split_whitespace().filter(|word| ours && !flags.contains(word));
            for filter in filters {
                assert!(tests.iter().any(|test| test.contains(filter)), "no test: {command}");
            }
            let file = command.split_whitespace().find(|word| !ours && word.contains('/'));
            assert!(file.is_none_or(|file| root().join(file).is_file()), "no file: {command}");
            checked += 1;
        }
    }
    assert!(checked > 40, "{checked} commands");
}

#[test]
fn every_divergence_is_shown_by_something_that_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/DIVERGENCES.md")).expect("the page");
    let sources = sources(&["tests", "src"]);
    let rows: Vec<&str> = page
        .lines()
        .filter(|line| {
            line.starts_with("| ") && line.contains("| choice |")
                || line.contains("| strict |")
                || line.contains("| lenient |")
                || line.contains("| divergence")
        })
        .collect();
    assert!(rows.len() > 60, "{} rows", rows.len());
    let mut named = 0;
    for row in rows {
        assert!(!shown_by(row).is_empty(), "shown by nothing: {row}");
        for name in shown_by(row) {
            assert!(is_there(root, name, &sources), "{name} is nowhere: {row}");
            named += 1;
        }
    }
    assert!(named > 70, "{named} places");
}

#[test]
fn the_files_that_the_readme_posts_are_there() {
    let page = read("README.md");
    let named: Vec<&str> = page
        .split(|c: char| c.is_whitespace() || "@`'()".contains(c))
        .filter(|word| word.starts_with("fixtures/"))
        .map(|word| word.trim_end_matches([':', ',', '.']))
        .collect();
    assert!(named.len() > 2, "{named:?}");
    for name in named {
        assert!(root().join(name).exists(), "{name}");
    }
}
