//! The `neurodamus` command.

use std::process::ExitCode;

use neurodamus::app;
use neurodamus::command_line::{self, ManyProcesses, NoOptions, Options};
use neurodamus::failure::{Exit, Failure};
use neurodamus::terminal::{self, Terminal};

fn main() -> ExitCode {
    terminal::explain_panics();
    let options = match command_line::parse(std::env::args_os()) {
        Ok(options) => options,
        Err(NoOptions::CommandLine(error)) => {
            // Printing fails where nobody reads, as in `neurodamus --help | head -1`
            let _ = error.print();
            return if error.use_stderr() { Exit::BadInput.into() } else { ExitCode::SUCCESS };
        }
        Err(NoOptions::Refused(refusals)) => {
            let failure = Failure::bad_inputs(refusals);
            Terminal::without_log().report(&failure);
            return failure.exit.into();
        }
    };
    let terminal = Terminal::start(&options);
    match run(&options, &terminal) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            terminal.report(&failure);
            failure.exit.into()
        }
    }
}

fn run(options: &Options, terminal: &Terminal) -> Result<(), Failure> {
    match command_line::launched_processes(|name| std::env::var(name).ok()) {
        Some((processes, variable)) if processes > 1 => {
            return Err(Failure::bad_input(ManyProcesses { processes, variable }));
        }
        _ => {}
    }
    command_line::check_config_file(&options.config).map_err(Failure::bad_input)?;
    for notice in &options.notices {
        tracing::warn!("{notice}");
    }
    app::run(options, terminal)
}
