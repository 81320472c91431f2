//! `neurodamus check`: everything that can be known to be wrong before a simulation is built.

use std::process::ExitCode;

use miette::{Diagnostic, Severity};
use serde_json::{Value, json};

use crate::build;
use crate::command_line::{self, CheckFormat, CheckOptions};
use crate::failure::{Exit, Failure, Problem};
use crate::input::Input;
use crate::plugin::App;
use crate::terminal::Terminal;

impl App {
    /// Checks a simulation, and tells what is wrong.
    pub fn check(&self, options: &CheckOptions) -> ExitCode {
        let terminal = Terminal::without_log();
        let problems = self.problems(options);
        let printed = match options.format {
            CheckFormat::Json => terminal.print(&format!("{:#}\n", to_json(&problems))),
            CheckFormat::Text if problems.is_empty() => {
                terminal.print(&format!("nothing is wrong with `{}`\n", options.config.display()))
            }
            CheckFormat::Text => Ok(()),
        };
        if let Err(error) = printed {
            terminal.report(&Failure::run_failed(error));
            return Exit::RunFailed.into();
        }
        if problems.is_empty() {
            return ExitCode::SUCCESS;
        }
        if options.format == CheckFormat::Text {
            terminal.report(&Failure { problems, exit: Exit::BadInput });
        }
        Exit::BadInput.into()
    }

    /// All that is wrong. Where configurations are wrong, what they name is not looked at.
    pub fn problems(&self, options: &CheckOptions) -> Vec<Problem> {
        let loaded = command_line::check_config_file(&options.config)
            .map_err(Failure::bad_input)
            .and_then(|()| Input::load(&options.config, None, &self.registry, &options.mechanisms));
        match loaded {
            Ok(input) => {
                let failure = Failure { problems: build::check(&input), exit: Exit::BadInput };
                failure.with_reasons(&input.refused).problems
            }
            Err(failure) => failure.problems,
        }
    }
}

/// Problems as a list of objects: `severity`, `message`, `help`, and where known `file`, `line` and `column` from 1.
pub fn to_json(problems: &[Problem]) -> Value {
    problems.iter().map(|problem| one(problem.as_ref())).collect()
}

fn one(problem: &dyn Diagnostic) -> Value {
    let severity = match problem.severity() {
        None | Some(Severity::Error) => "error",
        Some(Severity::Warning) => "warning",
        Some(Severity::Advice) => "advice",
    };
    let related: Vec<Value> = problem.related().into_iter().flatten().map(one).collect();
    let mut object = json!({ "severity": severity, "message": problem.to_string() });
    if let Some(help) = problem.help() {
        object["help"] = help.to_string().into();
    }
    if !related.is_empty() {
        object["related"] = related.into();
    }
    if let Some((file, line, column)) = place(problem) {
        object["file"] = file.into();
        object["line"] = line.into();
        object["column"] = column.into();
    }
    object
}

/// File, line and column that the first label of a problem points at.
fn place(problem: &dyn Diagnostic) -> Option<(String, usize, usize)> {
    let label = problem.labels()?.next()?;
    let contents = problem.source_code()?.read_span(label.inner(), 0, 0).ok()?;
    Some((contents.name()?.to_owned(), contents.line() + 1, contents.column() + 1))
}
