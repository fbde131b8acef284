//! The program: read the command line, do what it says.

use std::process::ExitCode;

use pas::cli::Cli;

fn main() -> ExitCode {
    pas::commands::run(&Cli::read())
}
