//! Which known options have no effect.
//!
//! Every option of neurodamus 4.2.9 is understood, so that launch scripts need no change. `--help` shows the same table.

use super::arguments::{Arguments, BuildModel, Switch};

/// One row of the table: an option, when the row applies, and what then happens.
pub struct Rule {
    /// The argument's field in [`Arguments`].
    pub argument: &'static str,
    /// The option as messages name it, with the value that matters.
    pub option: &'static str,
    /// Whether the option was given in this form.
    pub applies: fn(&Arguments) -> bool,
    /// Why the results are what the option asks for without it.
    pub reason: &'static str,
}

/// Every known option that is not acted upon.
pub const RULES: &[Rule] = &[
    no_effect(
        "coreneuron_direct_mode",
        "--coreneuron-direct-mode",
        |a| a.coreneuron_direct_mode,
        "the model always stays in memory",
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
        "build_model",
        "--build-model=ON",
        |a| a.restore.is_some() && a.build_model == Some(BuildModel::On),
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

/// The notices that these arguments lead to.
pub fn review(arguments: &Arguments) -> Vec<Notice> {
    let given = RULES.iter().filter(|rule| (rule.applies)(arguments));
    given.map(|rule| Notice { option: rule.option, reason: rule.reason }).collect()
}

const fn no_effect(
    argument: &'static str,
    option: &'static str,
    applies: fn(&Arguments) -> bool,
    reason: &'static str,
) -> Rule {
    Rule { argument, option, applies, reason }
}
