//! Which known options are refused and which have no effect: the one table of both.
//!
//! Every option of neurodamus 4.2.9 is understood, so that a launch script says what it wants; what cannot
//! be done is then refused by name before anything runs. `--help` shows the same table.

use miette::Diagnostic;
use thiserror::Error;

use super::arguments::{Arguments, BuildModel, Switch};

/// What becomes of an option that is known but not acted upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// The results are what the option asks for without it; the reason is told and the run goes on.
    NoEffect,
    /// The results would not be what the option asks for: nothing is run.
    Refused,
}

/// One row of the table: an option, when the row applies, and what then happens.
pub struct Rule {
    /// The argument's field in [`Arguments`].
    pub argument: &'static str,
    /// The option as messages name it, with the value that matters.
    pub option: &'static str,
    /// Whether the option was given in this form.
    pub applies: fn(&Arguments) -> bool,
    /// What happens.
    pub treatment: Treatment,
    /// Why there is no effect, or what to do instead.
    pub reason: &'static str,
}

/// Every known option that is not acted upon.
pub const RULES: &[Rule] = &[
    refused(
        "coreneuron_direct_mode",
        "--coreneuron-direct-mode",
        |a| a.coreneuron_direct_mode,
        "leave the option out: the model always stays in memory",
    ),
    no_effect(
        "num_target_ranks",
        "--num-target-ranks without --dry-run",
        |a| a.num_target_ranks.is_some() && !a.dry_run,
        "only a dry run uses it",
    ),
    no_effect(
        "memory_tracker",
        "--memory-tracker without --dry-run",
        |a| a.memory_tracker.is_some() && !a.dry_run,
        "only a dry run uses it",
    ),
    no_effect(
        "keep_build",
        "--keep-build",
        |a| a.keep_build && a.build_model == Some(BuildModel::Off),
        "with `--build-model=OFF` no model is built",
    ),
    no_effect(
        "build_model",
        "--build-model",
        |a| a.restore.is_some() && a.build_model.is_some_and(|choice| choice != BuildModel::Off),
        "with `--restore` the saved model is used",
    ),
    no_effect(
        "enable_shm",
        "--enable-shm=ON",
        |a| a.enable_shm == Some(Switch::On),
        "the model stays in memory",
    ),
    no_effect(
        "cell_permute",
        "--cell-permute",
        |a| a.cell_permute.is_some(),
        "the order in memory is chosen to suit the processor",
    ),
];

/// An option that is known, but asks for something that cannot be done.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[error("`{option}` is not supported yet")]
#[diagnostic(help("{instead}"))]
pub struct Refusal {
    /// The option as messages name it.
    pub option: &'static str,
    /// What to do instead.
    pub instead: &'static str,
}

/// An option that is known and changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The option as messages name it.
    pub option: &'static str,
    /// Why it changes nothing.
    pub reason: &'static str,
}

impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` has no effect: {}", self.option, self.reason)
    }
}

/// The refusals and notices that these arguments lead to.
pub fn review(arguments: &Arguments) -> (Vec<Refusal>, Vec<Notice>) {
    let (mut refusals, mut notices) = (Vec::new(), Vec::new());
    for rule in RULES.iter().filter(|rule| (rule.applies)(arguments)) {
        match rule.treatment {
            Treatment::Refused => refusals.push(Refusal { option: rule.option, instead: rule.reason }),
            Treatment::NoEffect => notices.push(Notice { option: rule.option, reason: rule.reason }),
        }
    }
    (refusals, notices)
}

const fn refused(
    argument: &'static str,
    option: &'static str,
    applies: fn(&Arguments) -> bool,
    reason: &'static str,
) -> Rule {
    Rule { argument, option, applies, treatment: Treatment::Refused, reason }
}

const fn no_effect(
    argument: &'static str,
    option: &'static str,
    applies: fn(&Arguments) -> bool,
    reason: &'static str,
) -> Rule {
    Rule { argument, option, applies, treatment: Treatment::NoEffect, reason }
}
