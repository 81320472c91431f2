//! The `neurodamus` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    neurodamus::App::new().main()
}
