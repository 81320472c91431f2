//! The options as they are spelled: one `clap` definition that gives `-h`, `--help` and
//! `docs/command-line.md`. Spellings are those of neurodamus 4.2.9, so that existing launch scripts
//! keep working. What is refused or has no effect stands in [`support`](super::support), not here.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use super::cell_list::{self, CellList};

const ABOUT: &str = "Simulates a SONATA network of morphologically detailed neurons";

const LONG_ABOUT: &str = "\
Simulates a SONATA network of morphologically detailed neurons.

CONFIG is a SONATA simulation config. The circuit, node sets, cell templates (HOC), mechanisms (NMODL) and \
morphologies it points to are read as they are: nothing is compiled first and no Python is needed. Spikes and \
reports are written to the output folder of the config.";

const AFTER_LONG_HELP: &str = "\
Long options may be shortened to any prefix that only one option has. A value follows its option after `=` or \
after a space, except for `--schedule` and `--profile`, where it follows after `=` only.

Exit codes:
    0    the run finished and its outputs are complete
    1    the run failed: the outputs are not complete
    2    the command line or an input file is wrong: nothing was run
  101    an internal error, which is a bug: please report it
  130    interrupted (Ctrl-C, `scancel`): the outputs are complete up to there

Examples:
  neurodamus simulation_config.json
  neurodamus simulation_config.json --output-path=/scratch/run1 --threads=8
  neurodamus mechanisms check mechanisms/
  neurodamus simulation_config.json --schedule=dot | dot -Tsvg > schedule.svg";

mod heading {
    pub const INPUTS: &str = "Inputs";
    pub const OUTPUT: &str = "Outputs";
    pub const PARALLEL: &str = "Cores and ranks";
    pub const INSPECT: &str = "Looking inside";
    pub const MODEL: &str = "Building and saving the model";
    pub const CORENEURON: &str = "Known from CoreNEURON";
    pub const MESSAGES: &str = "Messages";
}

/// What was typed, with spellings resolved to types and nothing decided yet.
///
/// A value that was not given is `None` rather than its default: a rule about an option must not fire for
/// somebody who never wrote it.
#[derive(Debug, Parser)]
#[command(
    name = "neurodamus",
    version,
    about = ABOUT,
    long_about = LONG_ABOUT,
    after_help = "`--help` explains each option and the exit codes.",
    after_long_help = AFTER_LONG_HELP,
    infer_long_args = true,
    max_term_width = 100
)]
pub struct Arguments {
    /// SONATA simulation config to run (JSON)
    ///
    /// Relative paths inside it start from the folder that holds it, not from the working directory.
    #[arg(value_name = "CONFIG")]
    pub config: PathBuf,

    /// Take mechanisms from this folder or `.mod` file, too
    ///
    /// May be repeated. Mechanisms are those of `mechanisms_dir` of the circuit's populations, then those that are built
    /// in; a file that defines a mechanism of the same name as one that is built in takes its place. Files are read as
    /// they are: nothing is compiled beforehand. A relative PATH starts from the working directory. `neurodamus mechanisms
    /// --help` tells how to list, show and check mechanisms.
    #[arg(long, value_name = "PATH", help_heading = heading::INPUTS)]
    pub mechanisms: Vec<PathBuf>,

    /// Write outputs to PATH instead of the config's output folder
    ///
    /// Takes the place of `output.output_dir` in the config. As there, a relative PATH starts from the folder
    /// that holds the config.
    #[arg(long, value_name = "PATH", help_heading = heading::OUTPUT)]
    pub output_path: Option<PathBuf>,

    /// Write spikes only, none of the config's reports
    ///
    /// Useful to time a run, or to see whether it spikes at all.
    #[arg(long, help_heading = heading::OUTPUT)]
    pub disable_reports: bool,

    /// Memory for each report's samples before they are written
    ///
    /// In MB, for each report; at least 1. Default: 8. Samples are written when the buffer of a report is full, at the
    /// latest every 25 ms of simulated time.
    #[arg(long, value_name = "MB", help_heading = heading::OUTPUT)]
    pub report_buffer_size: Option<NonZeroU32>,

    /// Write the full state of these cells to files
    ///
    /// LIST holds global ids and ranges of them, as in `1,2,3-6,9`: node ids plus the offset of the population in
    /// `populations_offset.dat`. The state at the start and at the end of the simulation goes to files
    /// `cellstate_GID_tT.json` in the output folder.
    #[arg(long, value_name = "LIST", value_parser = cell_list::parse, help_heading = heading::OUTPUT)]
    pub dump_cell_state: Option<CellList>,

    /// Compute on N threads
    ///
    /// Default: one for each core that this process may use. Results are the same for any N.
    #[arg(long, value_name = "N", help_heading = heading::PARALLEL)]
    pub threads: Option<NonZeroUsize>,

    /// Put this many cells into each group
    ///
    /// A group of cells is what a thread works on between two exchanges of spikes. Default: as many cells as
    /// fit in a core's cache. Results are the same for any size; only speed differs.
    #[arg(long, value_name = "CELLS", help_heading = heading::PARALLEL, hide_short_help = true)]
    pub group_size: Option<NonZeroUsize>,

    /// How cells are dealt out to ranks
    ///
    /// `RoundRobin` deals them out in turn, whatever they cost. `WholeCell` balances the time they take, which is
    /// measured or read from files of an earlier run; so does `MultiSplit`, since cells are never split. `Memory`
    /// balances their memory, as a dry run found it. `rr` and `loadbalance` stand for `RoundRobin` and `MultiSplit`.
    /// Results do not depend on it. Default: `RoundRobin`, or `WholeCell` for long simulations of many cells on more
    /// than 200 ranks.
    #[arg(
        long,
        value_name = "MODE",
        ignore_case = true,
        hide_possible_values = true,
        help_heading = heading::PARALLEL
    )]
    pub lb_mode: Option<LoadBalance>,

    /// Number of ranks a dry run plans for
    ///
    /// Default: those of as many nodes like this one as the model needs, one for each core.
    #[arg(long, value_name = "N", help_heading = heading::PARALLEL)]
    pub num_target_ranks: Option<NonZeroUsize>,

    /// Print the schedules that this config leads to, and stop
    ///
    /// The schedules say which systems run in each epoch and in each time step, in which order, and what each
    /// of them reads and writes. They are printed as `text` (without a value), for Graphviz as `dot`, or for
    /// programs as `json`. Nothing is simulated or written.
    #[arg(
        long,
        value_name = "text|dot|json",
        hide_possible_values = true,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "text",
        help_heading = heading::INSPECT
    )]
    pub schedule: Option<ScheduleFormat>,

    /// Time each system and print tables at the end
    ///
    /// A first table is about the systems of time steps on the first rank, a second one about those of epochs, with the
    /// least and the most of all ranks. They go to standard output. Timing every system costs some speed; the results are
    /// the same. With FILE, the time that an instance of each mechanism takes goes there: as `mcomplex.dat` in the working
    /// directory it balances later runs.
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        require_equals = true,
        help_heading = heading::INSPECT
    )]
    pub profile: Option<Option<PathBuf>>,

    /// Estimate memory and time without simulating
    ///
    /// A few cells of each kind are built. Tables of the memory of all cells and synapses go to standard output; how the
    /// cells are best dealt out goes to `allocation_rRANKS_cSTEPS.pkl.gz` in the working directory, for
    /// `--lb-mode=Memory`, and what was found out to `cell_memory_usage.json`, which later dry runs use.
    #[arg(long, help_heading = heading::INSPECT)]
    pub dry_run: bool,

    /// What a dry run measures memory by
    ///
    /// `rss`, the memory that processes hold, or `heap`, the data that they allocate. Default: `rss`.
    #[arg(long, value_name = "rss|heap", hide_possible_values = true, help_heading = heading::INSPECT)]
    pub memory_tracker: Option<MemoryTracker>,

    /// Shrink cells to points, to find what breaks a large run
    ///
    /// Each cell becomes one section, and each connection keeps its first synapse only, moved to the soma.
    #[arg(long, help_heading = heading::INSPECT)]
    pub crash_test: bool,

    /// Whether to build the model or use a saved one
    ///
    /// Saved models are in the folder `build` beside CONFIG. `AUTO`, the default, uses the saved one if there is one that
    /// can be used, and else builds the model; `ON` always builds it, and takes the place of a saved one; `OFF` uses the
    /// saved one, and fails if it cannot be used. A saved model cannot be used once something has changed that it was built
    /// from; the reason is told.
    #[arg(
        long,
        value_name = "AUTO|ON|OFF",
        ignore_case = true,
        hide_possible_values = true,
        help_heading = heading::MODEL
    )]
    pub build_model: Option<BuildModel>,

    /// Whether to simulate the model once it is built
    ///
    /// `ON`, the default, or `OFF`: the model is built and saved, to be run later, with other stimuli, reports and duration
    /// if wanted, and on any number of ranks.
    #[arg(
        long,
        value_name = "ON|OFF",
        ignore_case = true,
        hide_possible_values = true,
        help_heading = heading::MODEL
    )]
    pub simulate_model: Option<Switch>,

    /// Save the state at the end of the run to the folder PATH
    ///
    /// The model is saved there, too, in place of the folder `build`. A relative PATH starts from the folder that holds the
    /// config.
    #[arg(long, value_name = "PATH", help_heading = heading::MODEL)]
    pub save: Option<PathBuf>,

    /// Continue from a state that `--save` wrote to the folder PATH
    ///
    /// The run goes on from the time at which the state was saved to `run.tstop`, with the saved model and the same stimuli;
    /// its spikes and reports are those after that time. A relative PATH starts from the folder that holds the config.
    #[arg(long, value_name = "PATH", help_heading = heading::MODEL)]
    pub restore: Option<PathBuf>,

    /// Save the model that was built, for later runs
    ///
    /// It goes to the folder `build` beside CONFIG. Without this option or `--simulate-model=OFF` nothing is saved.
    #[arg(long, help_heading = heading::MODEL)]
    pub keep_build: bool,

    /// Build the model in N rounds, to bound the memory of building
    ///
    /// Each round builds a part of a rank's cells, and frees what is only needed for building before the next. Results
    /// are the same for any N. Default: 1.
    #[arg(long, value_name = "N", help_heading = heading::MODEL)]
    pub modelbuilding_steps: Option<NonZeroUsize>,

    /// Pass the model from building to simulating in memory
    #[arg(long, help_heading = heading::CORENEURON)]
    pub coreneuron_direct_mode: bool,

    /// Pass the model from building to simulating by shared memory
    ///
    /// `ON` or `OFF`, the default.
    #[arg(
        long,
        value_name = "ON|OFF",
        ignore_case = true,
        hide_possible_values = true,
        help_heading = heading::CORENEURON
    )]
    pub enable_shm: Option<Switch>,

    /// Print how large the model is
    ///
    /// A table of cells, sections, compartments, connections, and instances of each mechanism with the memory that they
    /// take goes to standard output before the simulation.
    #[arg(long, help_heading = heading::INSPECT)]
    pub model_stats: bool,

    /// Order of compartments in memory
    ///
    /// `unpermuted`, the default, or `node-adjacency`, which suits graphics processors.
    #[arg(long, value_name = "ORDER", hide_possible_values = true, help_heading = heading::CORENEURON)]
    pub cell_permute: Option<CellPermute>,

    /// Say more about what is done
    #[arg(short, long, help_heading = heading::MESSAGES)]
    pub verbose: bool,

    /// Say everything, for finding faults; more than `--verbose`
    #[arg(long, help_heading = heading::MESSAGES)]
    pub debug: bool,

    /// Colours in messages
    ///
    /// `ON`, the default, colours them where standard error is a terminal and the environment variable
    /// `NO_COLOR` is not set; `OFF` never does. Log files have no colours.
    #[arg(
        long,
        value_name = "ON|OFF",
        ignore_case = true,
        hide_possible_values = true,
        help_heading = heading::MESSAGES
    )]
    pub use_color: Option<Switch>,

    // Only `init.py` of neurodamus has it; many scripts and tutorials show it
    #[arg(long = "configFile", value_name = "FILE", hide = true, value_parser = config_is_positional)]
    pub config_file: Option<PathBuf>,
}

/// `ON` or `OFF`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// Do it
    #[value(name = "ON", alias = "true")]
    On,
    /// Leave it
    #[value(name = "OFF", alias = "false")]
    Off,
}

/// When the model is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BuildModel {
    /// Where no saved model is found
    #[value(name = "AUTO")]
    Auto,
    /// Always
    #[value(name = "ON", alias = "true")]
    On,
    /// Never
    #[value(name = "OFF", alias = "false")]
    Off,
}

/// How cells are dealt out to ranks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LoadBalance {
    /// In turn
    #[value(name = "RoundRobin", alias = "rr")]
    RoundRobin,
    /// By cost, cells kept whole
    #[value(name = "WholeCell")]
    WholeCell,
    /// By cost, large cells split
    #[value(name = "MultiSplit", alias = "loadbalance")]
    MultiSplit,
    /// By memory
    #[value(name = "Memory")]
    Memory,
}

/// What memory is measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MemoryTracker {
    /// The resident set of the process
    Rss,
    /// The peak of its allocations
    Heap,
}

/// Order of compartments in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CellPermute {
    /// Cell by cell
    Unpermuted,
    /// Interleaved for graphics processors
    NodeAdjacency,
}

/// How schedules are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScheduleFormat {
    /// An indented list
    Text,
    /// A graph for Graphviz
    Dot,
    /// For programs
    Json,
}

fn config_is_positional(config: &str) -> Result<PathBuf, String> {
    Err(format!("the config is given without an option: `neurodamus {config}`"))
}
