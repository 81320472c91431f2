//! How a run ends when it does not succeed: what was wrong, and the exit code that says so.

use std::fmt;
use std::process::ExitCode;

use miette::Diagnostic;

use crate::mechanisms::CannotRun;

/// One thing that is wrong, whichever crate found it.
pub type Problem = Box<dyn Diagnostic + Send + Sync>;

/// Why the program stops, for the user: every problem found, and the exit code.
#[derive(Debug)]
pub struct Failure {
    /// What is wrong, in the order in which it is to be mended.
    pub problems: Vec<Problem>,
    /// What the shell is told.
    pub exit: Exit,
}

/// The exit codes of a program that did not succeed; success is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The run began and failed: its outputs are not complete (1).
    RunFailed,
    /// The command line or an input file is wrong: nothing was run (2).
    BadInput,
    /// The user interrupted the run (130, as shells report SIGINT).
    Interrupted,
}

impl Exit {
    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::RunFailed => 1,
            Self::BadInput => 2,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl fmt::Display for Failure {
    /// Every problem with its remedy, without the places in files.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.problems.iter().enumerate() {
            let break_before = if number > 0 { "\n" } else { "" };
            write!(f, "{break_before}{problem}")?;
            if let Some(help) = problem.help() {
                write!(f, "\nhelp: {help}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

impl Failure {
    /// Something in the command line or the input files is wrong.
    pub fn bad_input(problem: impl Diagnostic + Send + Sync + 'static) -> Self {
        Self { problems: vec![Box::new(problem)], exit: Exit::BadInput }
    }

    /// Several things in the command line or the input files are wrong.
    pub fn bad_inputs<P>(problems: impl IntoIterator<Item = P>) -> Self
    where
        P: Diagnostic + Send + Sync + 'static,
    {
        Self {
            problems: problems.into_iter().map(|p| Box::new(p) as Problem).collect(),
            exit: Exit::BadInput,
        }
    }

    /// The run itself failed.
    pub fn run_failed(problem: impl Diagnostic + Send + Sync + 'static) -> Self {
        Self { problems: vec![Box::new(problem)], exit: Exit::RunFailed }
    }

    /// The same with the reasons why mechanisms that it speaks of cannot run.
    #[must_use]
    pub fn with_reasons(mut self, refused: &[CannotRun]) -> Self {
        let text = self.problems.iter().map(|problem| everything(problem.as_ref())).collect::<String>();
        let named = refused.iter().filter(|mechanism| text.contains(&format!("`{}`", mechanism.name)));
        let reasons: Vec<Problem> = named.map(|mechanism| Box::new(mechanism.clone()) as Problem).collect();
        self.problems.extend(reasons);
        self
    }
}

/// What a problem and all that it comes from say.
fn everything(problem: &dyn Diagnostic) -> String {
    let mut text = problem.to_string();
    let mut cause = std::error::Error::source(problem);
    while let Some(error) = cause {
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text.extend(problem.related().into_iter().flatten().map(everything));
    text
}

/// A failure of the solver.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{error}")]
struct SolverProblem {
    error: systems::Error,
    #[help]
    help: Option<&'static str>,
}

impl From<systems::Error> for Failure {
    fn from(error: systems::Error) -> Self {
        use systems::Error as E;
        let (help, exit) = match error {
            E::UnknownMechanism { .. } => (
                Some("give the folder of its `.mod` file by `mechanisms_dir` or `--mechanisms`"),
                Exit::BadInput,
            ),
            E::DelayTooShort { .. } => {
                (Some("use a shorter time step, or fewer ranks and building steps"), Exit::BadInput)
            }
            E::AmbiguousSchedule { .. } => {
                (Some("give one of the systems an order with `.before` or `.after`"), Exit::BadInput)
            }
            E::RunawayVoltage { .. } => (
                Some("check the parameters and stimuli of this cell, or use a shorter time step"),
                Exit::RunFailed,
            ),
            E::KernelFailed { .. } => (
                Some("the message is the mechanism's own; look at its inputs in this place"),
                Exit::RunFailed,
            ),
            E::OtherState { .. } => (
                Some("go on with the stimuli, cells and connections of the run that saved the state"),
                Exit::BadInput,
            ),
            E::SharedState { .. } => (
                Some("leave out `--save`, or give each instance a stream of its own (`RANDOM`)"),
                Exit::RunFailed,
            ),
            E::UnsetPointer { .. } => (Some("set it in the template: `setpointer`"), Exit::BadInput),
            E::DependentInstances { .. } => {
                (Some("put them into different segments, for example by a larger `nseg`"), Exit::BadInput)
            }
            E::VoltageNotPublished { .. } => (
                Some(
                    "each junction needs an edge in both directions, the `efferent_junction_id` of one being the \
                     `afferent_junction_id` of the other",
                ),
                Exit::BadInput,
            ),
            E::VoltagePublishedTwice { .. } => (
                Some("`afferent_junction_id` differs between all electrical edges of a circuit"),
                Exit::BadInput,
            ),
            E::Interrupted { .. } => (
                Some(
                    "spikes and reports are complete up to there; the values of later rows of reports are 0",
                ),
                Exit::Interrupted,
            ),
            E::Other(_) | E::OtherRankFailed => (None, Exit::RunFailed),
            _ => (None, Exit::BadInput),
        };
        Self { problems: vec![Box::new(SolverProblem { error, help })], exit }
    }
}

impl Failure {
    /// Whether this only says that another rank failed.
    pub fn is_of_another_rank(&self) -> bool {
        let message = systems::Error::OtherRankFailed.to_string();
        self.problems.iter().all(|problem| problem.to_string() == message)
    }
}
