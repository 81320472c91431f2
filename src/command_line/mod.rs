//! The command line: from what was typed to the [`Options`] that the application uses.
//!
//! It decides what is refused and what has no effect before anything is read. It opens no file but to see
//! whether the config is one; what the config says is not its business.

mod arguments;
mod cell_list;
mod check;
mod config_file;
mod launch;
mod mechanisms;
mod support;

use std::ffi::OsString;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use clap::{CommandFactory, FromArgMatches};

pub use arguments::{BuildModel, LoadBalance, MemoryTracker, ScheduleFormat};
pub use cell_list::CellList;
pub use check::{CheckFormat, CheckOptions};
pub use config_file::{ConfigFileError, check_config_file};
pub use launch::{ManyProcesses, join_ranks, launched_processes};
pub use mechanisms::{Question, Where};
pub use support::Notice;

use arguments::{Arguments, Switch};

/// MB of samples that are kept for each report.
const DEFAULT_BUFFER: u32 = 8;

/// What the user asks for: the command line once every option of it is known to be possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The simulation config, as typed (relative to the working directory).
    pub config: PathBuf,
    /// Takes the place of `output.output_dir`; relative to the folder that holds the config.
    pub output_path: Option<PathBuf>,
    /// Folders and files of mechanisms beside those that the circuit names; relative to the working directory.
    pub mechanisms: Vec<PathBuf>,
    /// Write spikes only.
    pub disable_reports: bool,
    /// Each connection has only one synapse, in the middle of the soma: to find out whether synapses or cells fail.
    pub crash_test: bool,
    /// MB of each report's samples that are kept before they are written.
    pub report_buffer_size: u32,
    /// Cells whose full state is written at the start and the end.
    pub dump_cell_state: CellList,
    /// Show how large the model is.
    pub model_stats: bool,
    /// Whether the model is built or a saved one is used.
    pub build_model: BuildModel,
    /// Whether the model is simulated once it is built.
    pub simulate_model: bool,
    /// Whether a model that was built is saved.
    pub keep_build: bool,
    /// Where the model, and its state at the end of the run, are saved; relative to the folder that holds the config.
    pub save: Option<PathBuf>,
    /// Where the model, and the state to go on from, are; relative to the folder that holds the config.
    pub restore: Option<PathBuf>,
    /// Number of threads; `None`: one for each core that the process may use.
    pub threads: Option<NonZeroUsize>,
    /// Cells in each group; `None`: what fits in a core's cache.
    pub group_size: Option<NonZeroUsize>,
    /// Print the schedules in this form and stop.
    pub schedule: Option<ScheduleFormat>,
    /// Time each system.
    pub profile: bool,
    /// Where the time of each mechanism is written; relative to the working directory.
    pub profile_file: Option<PathBuf>,
    /// How cells are dealt out to ranks; `None`: as suits the simulation.
    pub lb_mode: Option<LoadBalance>,
    /// Number of rounds in which a rank builds its cells.
    pub modelbuilding_steps: usize,
    /// Estimate memory and time, and stop.
    pub dry_run: bool,
    /// Number of ranks that a dry run plans for; `None`: as many as it finds necessary.
    pub num_target_ranks: Option<usize>,
    /// What a dry run counts as memory.
    pub memory_tracker: MemoryTracker,
    /// Where files are read and written that say what cells cost and where they go; relative to the working directory.
    pub planning_folder: PathBuf,
    /// How much to say.
    pub verbosity: Verbosity,
    /// Colours are allowed (they still need a terminal, see [`Terminal`](crate::terminal::Terminal)).
    pub use_color: bool,
    /// Options that were given and change nothing, to be told to the user.
    pub notices: Vec<Notice>,
}

impl Options {
    /// The options of a command line that only names a simulation config.
    pub fn of(config: impl Into<PathBuf>) -> Self {
        Self {
            config: config.into(),
            output_path: None,
            mechanisms: Vec::new(),
            disable_reports: false,
            crash_test: false,
            report_buffer_size: DEFAULT_BUFFER,
            dump_cell_state: CellList::default(),
            model_stats: false,
            build_model: BuildModel::Auto,
            simulate_model: true,
            keep_build: false,
            save: None,
            restore: None,
            threads: None,
            group_size: None,
            schedule: None,
            profile: false,
            profile_file: None,
            lb_mode: None,
            modelbuilding_steps: 1,
            dry_run: false,
            num_target_ranks: None,
            memory_tracker: MemoryTracker::Rss,
            planning_folder: PathBuf::new(),
            verbosity: Verbosity::Normal,
            use_color: true,
            notices: Vec::new(),
        }
    }
}

/// What a command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// A simulation.
    Run(Box<Options>),
    /// An answer about mechanisms.
    Mechanisms(Question),
    /// All that is wrong with a simulation config and its files.
    Check(CheckOptions),
}

/// How much is said about a run, from little to much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// The stages of the run, and warnings.
    #[default]
    Normal,
    /// What each stage does (`--verbose`).
    Verbose,
    /// Everything (`--debug`).
    Debug,
}

/// Reads a command line whose first item is the program's name.
///
/// # Errors
///
/// A wrong command line, or a question that `clap` answers itself (`--help`, `--version`).
pub fn parse(command_line: impl IntoIterator<Item = OsString>) -> Result<Request, clap::Error> {
    let words: Vec<OsString> = command_line.into_iter().collect();
    if words.get(1).is_some_and(|word| word == mechanisms::WORD) {
        let question = mechanisms::parse(words.into_iter().skip(2))?;
        return Ok(Request::Mechanisms(question));
    }
    if words.get(1).is_some_and(|word| word == check::WORD) {
        let options = check::parse(words.into_iter().skip(2))?;
        return Ok(Request::Check(options));
    }
    parse_options(words).map(|options| Request::Run(Box::new(options)))
}

/// Reads a command line that asks for a simulation.
///
/// # Errors
///
/// As for [`parse`].
pub fn parse_options(command_line: impl IntoIterator<Item = OsString>) -> Result<Options, clap::Error> {
    let arguments = command()
        .try_get_matches_from(command_line)
        .and_then(|matches| Arguments::from_arg_matches(&matches))?;
    let notices = support::review(&arguments);
    let verbosity = match (arguments.debug, arguments.verbose) {
        (true, _) => Verbosity::Debug,
        (false, true) => Verbosity::Verbose,
        (false, false) => Verbosity::Normal,
    };
    Ok(Options {
        config: arguments.config,
        output_path: arguments.output_path,
        mechanisms: arguments.mechanisms,
        disable_reports: arguments.disable_reports,
        crash_test: arguments.crash_test,
        report_buffer_size: arguments.report_buffer_size.map_or(DEFAULT_BUFFER, NonZeroU32::get),
        dump_cell_state: arguments.dump_cell_state.unwrap_or_default(),
        model_stats: arguments.model_stats,
        build_model: arguments.build_model.unwrap_or(BuildModel::Auto),
        simulate_model: arguments.simulate_model != Some(Switch::Off),
        keep_build: arguments.keep_build,
        save: arguments.save,
        restore: arguments.restore,
        threads: arguments.threads,
        group_size: arguments.group_size,
        schedule: arguments.schedule,
        profile: arguments.profile.is_some(),
        profile_file: arguments.profile.flatten(),
        lb_mode: arguments.lb_mode,
        modelbuilding_steps: arguments.modelbuilding_steps.map_or(1, NonZeroUsize::get),
        dry_run: arguments.dry_run,
        num_target_ranks: arguments.num_target_ranks.map(NonZeroUsize::get),
        memory_tracker: arguments.memory_tracker.unwrap_or(MemoryTracker::Rss),
        planning_folder: PathBuf::new(),
        verbosity,
        use_color: arguments.use_color != Some(Switch::Off),
        notices,
    })
}

/// The definition of the command line, with what is without effect told in the help.
pub fn command() -> clap::Command {
    Arguments::command().mut_args(|argument| {
        match support::RULES.iter().find(|rule| rule.argument == argument.get_id().as_str()) {
            Some(rule) => explain(argument, rule),
            None => argument,
        }
    })
}

fn explain(argument: clap::Arg, rule: &support::Rule) -> clap::Arg {
    let short = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let long = argument.get_long_help().map_or_else(|| short.clone(), ToString::to_string);
    // An option that only one value or combination makes useless is still acted upon
    let tag = if rule.option.contains(['=', ' ']) { "" } else { " [no effect]" };
    let sentence = format!("`{}` has no effect: {}.", rule.option, rule.reason);
    argument.help(format!("{short}{tag}")).long_help(format!("{long}\n\n{sentence}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(line: &str) -> Options {
        try_options(line).unwrap_or_else(|problem| panic!("`{line}`: {problem:?}"))
    }

    fn try_options(line: &str) -> Result<Options, clap::Error> {
        parse_options(std::iter::once("neurodamus").chain(line.split_whitespace()).map(OsString::from))
    }

    fn rejected(line: &str) -> clap::error::ErrorKind {
        match try_options(line) {
            Err(error) => error.kind(),
            Ok(options) => panic!("`{line}`: {options:?}"),
        }
    }

    #[test]
    fn the_definition_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn a_config_alone_gives_the_defaults() {
        let Options { report_buffer_size, modelbuilding_steps, lb_mode, .. } = options("c.json");
        assert_eq!((report_buffer_size, modelbuilding_steps, lb_mode), (8, 1, None));
        assert_eq!(options("c.json"), Options::of("c.json"));
    }

    #[test]
    fn values_follow_after_an_equals_sign_or_a_space() {
        assert_eq!(options("c.json --output-path=out"), options("--output-path out c.json"));
        assert_eq!(options("c.json --threads 3").threads, NonZeroUsize::new(3));
        assert_eq!(options("c.json --group-size=7").group_size, NonZeroUsize::new(7));
    }

    #[test]
    fn switches_are_on_off_true_or_false_in_any_case() {
        for off in ["OFF", "off", "Off", "false", "False"] {
            assert!(!options(&format!("c.json --use-color={off}")).use_color, "{off}");
        }
        for on in ["ON", "on", "true", "TRUE"] {
            assert!(options(&format!("c.json --use-color={on}")).use_color, "{on}");
        }
        assert_eq!(rejected("c.json --use-color=maybe"), clap::error::ErrorKind::InvalidValue);
    }

    #[test]
    fn a_path_named_on_stays_a_path() {
        assert_eq!(options("c.json --output-path=on").output_path, Some("on".into()));
    }

    #[test]
    fn long_options_may_be_shortened_to_a_unique_prefix() {
        assert!(options("c.json --dry").dry_run);
        assert_eq!(options("c.json --out=x").output_path, Some("x".into()));
        assert_eq!(rejected("c.json --model"), clap::error::ErrorKind::UnknownArgument);
    }

    #[test]
    fn schedule_takes_its_format_after_an_equals_sign_only() {
        assert_eq!(options("--schedule c.json").schedule, Some(ScheduleFormat::Text));
        assert_eq!(options("--schedule=json c.json").schedule, Some(ScheduleFormat::Json));
        assert_eq!(rejected("--schedule=xml c.json"), clap::error::ErrorKind::InvalidValue);
    }

    #[test]
    fn debug_wins_over_verbose() {
        assert_eq!(options("c.json -v").verbosity, Verbosity::Verbose);
        assert_eq!(options("c.json -v --debug").verbosity, Verbosity::Debug);
    }

    #[test]
    fn repeated_flags_second_configs_and_zero_counts_are_rejected() {
        use clap::error::ErrorKind;
        assert_eq!(rejected("c.json -vv"), ErrorKind::ArgumentConflict);
        assert_eq!(rejected("c.json d.json"), ErrorKind::UnknownArgument);
        assert_eq!(rejected(""), ErrorKind::MissingRequiredArgument);
        assert_eq!(rejected("c.json --threads=0"), ErrorKind::ValueValidation);
        assert_eq!(rejected("c.json --report-buffer-size=0"), ErrorKind::ValueValidation);
        assert_eq!(rejected("c.json --modelbuilding-steps=0"), ErrorKind::ValueValidation);
        assert_eq!(rejected("--configFile=c.json"), ErrorKind::ValueValidation);
    }

    #[test]
    fn modes_of_load_balancing_have_the_names_of_neurodamus() {
        let mode = |name: &str| options(&format!("c.json --lb-mode {name}")).lb_mode;
        assert_eq!(mode("rr"), mode("roundrobin"));
        assert_eq!(mode("loadbalance"), Some(LoadBalance::MultiSplit));
        assert_eq!(mode("WHOLECELL"), Some(LoadBalance::WholeCell));
        assert_eq!(mode("Memory"), Some(LoadBalance::Memory));
    }

    #[test]
    fn profile_takes_a_file_after_an_equals_sign_only() {
        assert_eq!(options("--profile c.json").profile_file, None);
        assert_eq!(options("c.json --profile=mcomplex.dat").profile_file, Some("mcomplex.dat".into()));
        assert!(options("c.json --profile=mcomplex.dat").profile);
    }

    #[test]
    fn the_table_names_each_argument_once() {
        let names: Vec<_> = support::RULES.iter().map(|rule| rule.argument).collect();
        for (index, name) in names.iter().enumerate() {
            assert!(!names[..index].contains(name), "`{name}` stands twice");
            assert!(command().get_arguments().any(|argument| argument.get_id() == *name), "`{name}`");
        }
    }

    #[test]
    fn what_is_honoured_anyway_needs_no_notice() {
        let line = "c.json --build-model=AUTO --simulate-model=ON --enable-shm=OFF --modelbuilding-steps=1";
        assert_eq!(options(line).notices, []);
    }

    #[test]
    fn options_without_effect_are_told() {
        let line = "c.json --enable-shm=ON --coreneuron-direct-mode --cell-permute=node-adjacency \
                    --restore=s --build-model=ON --memory-tracker=heap --num-target-ranks=2";
        assert_eq!(options(line).notices.len(), 6);
        assert_eq!(options(&format!("{line} --dry-run")).notices.len(), 4);
        assert_eq!(
            options("c.json --enable-shm=ON").notices[0].to_string(),
            "`--enable-shm=ON` has no effect: the model stays in memory"
        );
    }
}
