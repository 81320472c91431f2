//! What can be wrong with a model.

use std::path::PathBuf;

use miette::Diagnostic;

use crate::failure::Problem;

/// A request that a model cannot fulfil.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum Error {
    /// Sections, mechanisms or variables do not allow it.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Cell(#[from] cell::Error),
    /// A morphology cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Morphology(#[from] morphology::MorphologyError),
    /// The simulation cannot be built, or failed.
    #[error(transparent)]
    Simulation(#[from] systems::Error),
    /// A morphology file of no known format.
    #[error("`{}` is no known kind of morphology", file.display())]
    #[diagnostic(help("the name of a morphology ends in `.asc`, `.swc` or `.h5`"))]
    UnknownMorphologyFormat {
        /// The file.
        file: PathBuf,
    },
    /// The initial voltage is the same everywhere.
    #[error("the voltage of `{section}` cannot be set")]
    #[diagnostic(help("`RunOptions::v_init` sets the voltage at the start of a run"))]
    VoltageIsInitialised {
        /// The section.
        section: String,
    },
    /// A connection ends at something that takes no events.
    #[error("`{mechanism}` takes no events, so that no connection can end there")]
    #[diagnostic(help("connect to a synapse such as `ExpSyn`, or to an artificial cell"))]
    TakesNoEvents {
        /// The mechanism of the target.
        mechanism: String,
    },
    /// More weights than the target has arguments.
    #[error("`{mechanism}` takes {expected} weight(s), not {found}")]
    #[diagnostic(help("a connection has as many weights as `NET_RECEIVE` has arguments"))]
    TooManyWeights {
        /// The mechanism of the target.
        mechanism: String,
        /// How many it takes.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A delay that is no time span.
    #[error("a connection to `{mechanism}` has a delay of {delay} ms")]
    #[diagnostic(help("delays are 0 or positive"))]
    BadDelay {
        /// The mechanism of the target.
        mechanism: String,
        /// The delay (ms).
        delay: f64,
    },
    /// A cell spikes in two ways at once.
    #[error("the cell of section `{section}` has two different sources of spikes")]
    #[diagnostic(help("take the same place and threshold for all connections that leave a cell"))]
    TwoSpikeSources {
        /// Its root section.
        section: String,
    },
    /// A variable that cannot be recorded.
    #[error("`{name}` cannot be recorded")]
    #[diagnostic(help("voltages, membrane currents, ions and variables of mechanisms can be recorded"))]
    NotRecordable {
        /// The variable.
        name: String,
    },
    /// Times and values of a signal do not go together.
    #[error("a signal for `{variable}` has {times} times and {values} values")]
    #[diagnostic(help("give one value for every time, and times (ms) that do not decrease"))]
    BadSignal {
        /// The variable.
        variable: String,
        /// Number of times.
        times: usize,
        /// Number of values.
        values: usize,
    },
    /// Times that are not in order.
    #[error("the times of `{mechanism}` decrease or are no numbers")]
    #[diagnostic(help("sort the times (ms)"))]
    BadTimes {
        /// The mechanism.
        mechanism: String,
    },
    /// Files of mechanisms that are wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Mechanisms(#[from] MechanismProblems),
    /// Mechanisms that come after sections or point processes.
    #[error("mechanisms are loaded after the model was begun")]
    #[diagnostic(help("call `load_mechanisms` first"))]
    LateMechanisms,
    /// A mechanism of which it is not clear which stream or vector is meant.
    #[error("`{mechanism}` does not have just one {what}{}{names}", if names.is_empty() { "" } else { ", but " })]
    #[diagnostic(help("name the one that is meant: `set_stream`, `set_vector`"))]
    NotOne {
        /// The mechanism.
        mechanism: String,
        /// What was to be set.
        what: &'static str,
        /// Those that it has.
        names: String,
    },
    /// A stream or vector that a mechanism does not have.
    #[error("`{mechanism}` has no {what} `{name}`")]
    NotThere {
        /// The mechanism.
        mechanism: String,
        /// What was to be set.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A pointer to what cannot be pointed to.
    #[error("`{name}` cannot be pointed to")]
    #[diagnostic(help("pointers stand for voltages, ions and variables of mechanisms"))]
    NotATarget {
        /// The variable.
        name: String,
    },
    /// A variable that cannot follow a voltage.
    #[error("`{name}` cannot follow a voltage")]
    #[diagnostic(help("variables of mechanisms can, such as `vgap` of a `Gap`"))]
    CannotFollow {
        /// The variable.
        name: String,
    },
    /// A value of the run options that makes no run.
    #[error("`{option}` is {value}")]
    #[diagnostic(help("{expected}"))]
    BadOption {
        /// The option.
        option: &'static str,
        /// Its value.
        value: f64,
        /// What it has to be.
        expected: &'static str,
    },
}

/// All that is wrong with files of mechanisms.
#[derive(Debug, thiserror::Error)]
#[error("{} problem(s) in files of mechanisms: {}", .0.len(), first(.0))]
pub struct MechanismProblems(pub Vec<Problem>);

fn first(problems: &[Problem]) -> String {
    problems.first().map(ToString::to_string).unwrap_or_default()
}

impl Diagnostic for MechanismProblems {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.0.iter().map(|problem| &**problem as &dyn Diagnostic)))
    }
}
