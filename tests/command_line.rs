//! The built program as a shell sees it: what it prints where, and its exit codes.
//!
//! Nothing is simulated here.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use insta::assert_snapshot;

/// Runs the program in `folder`, free of what this machine's environment says.
fn neurodamus(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().expect("the program was built")
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_neurodamus"));
    command.current_dir(folder).args(arguments);
    for variable in ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS", "COLUMNS", "CLICOLOR_FORCE"]
    {
        command.env_remove(variable);
    }
    command
}

/// What a failing run says: its exit code and standard error. Standard output must stay empty.
fn complaint(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    complaint_in(folder.path(), arguments)
}

fn complaint_in(folder: &Path, arguments: &[&str]) -> String {
    describe(&neurodamus(folder, arguments))
}

fn describe(output: &Output) -> String {
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "standard output is for what was asked for");
    let code = output.status.code().expect("it was not killed");
    format!("exit code {code}\n{}", String::from_utf8_lossy(&output.stderr))
}

fn answer(arguments: &[&str]) -> String {
    let output = neurodamus(Path::new("."), arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).expect("help is text")
}

#[test]
fn version() {
    assert_eq!(answer(&["--version"]), format!("neurodamus {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(answer(&["-V"]), answer(&["--vers"]));
}

#[test]
fn short_help() {
    assert_snapshot!(answer(&["-h"]), @"
    Simulates a SONATA network of morphologically detailed neurons

    Usage: neurodamus [OPTIONS] <CONFIG>

    Arguments:
      <CONFIG>  SONATA simulation config to run (JSON)

    Options:
      -h, --help     Print help (see more with '--help')
      -V, --version  Print version

    Inputs:
          --mechanisms <PATH>  Take mechanisms from this folder or `.mod` file, too

    Outputs:
          --output-path <PATH>       Write outputs to PATH instead of the config's output folder
          --disable-reports          Write spikes only, none of the config's reports
          --report-buffer-size <MB>  Memory for each report's samples before they are written
          --dump-cell-state <LIST>   Write the full state of these cells to files

    Cores and ranks:
          --threads <N>           Compute on N threads
          --lb-mode <MODE>        How cells are dealt out to ranks
          --num-target-ranks <N>  Number of ranks a dry run plans for

    Looking inside:
          --schedule[=<text|dot|json>]  Print the schedules that this config leads to, and stop
          --profile[=<FILE>]            Time each system and print tables at the end
          --dry-run                     Estimate memory and time without simulating
          --memory-tracker <rss|heap>   What a dry run measures memory by
          --crash-test                  Shrink cells to points, to find what breaks a large run
          --model-stats                 Print how large the model is

    Building and saving the model:
          --build-model <AUTO|ON|OFF>  Whether to build the model or use a saved one
          --simulate-model <ON|OFF>    Whether to simulate the model once it is built
          --save <PATH>                Save the state at the end of the run to the folder PATH
          --restore <PATH>             Continue from a state that `--save` wrote to the folder PATH
          --keep-build                 Save the model that was built, for later runs
          --modelbuilding-steps <N>    Build the model in N rounds, to bound the memory of building

    Known from CoreNEURON:
          --coreneuron-direct-mode  Pass the model from building to simulating in memory [no effect]
          --enable-shm <ON|OFF>     Pass the model from building to simulating by shared memory
          --cell-permute <ORDER>    Order of compartments in memory [no effect]

    Messages:
      -v, --verbose             Say more about what is done
          --debug               Say everything, for finding faults; more than `--verbose`
          --use-color <ON|OFF>  Colours in messages

    `--help` explains each option and the exit codes.
    ");
}

#[test]
fn long_help_explains_each_option_and_exit_code() {
    let help = answer(&["--help"]);
    for argument in
        neurodamus::command_line::command().get_arguments().filter(|argument| !argument.is_hide_set())
    {
        if let Some(long) = argument.get_long() {
            assert!(help.contains(&format!("--{long}")), "--{long} is missing");
        }
    }
    for code in ["    0  ", "    1  ", "    2  ", "  101  ", "  130  "] {
        assert!(help.contains(&format!("\n{code}")), "exit code {code} is missing");
    }
    assert!(help.lines().all(|line| line.chars().count() <= 100), "a line is too long for a terminal");
}

#[test]
fn no_config() {
    assert_snapshot!(complaint(&[]), @"
    exit code 2
    error: the following required arguments were not provided:
      <CONFIG>

    Usage: neurodamus <CONFIG>

    For more information, try '--help'.
    ");
}

#[test]
fn unknown_option() {
    assert_snapshot!(complaint(&["c.json", "--disable-report-s"]), @"
    exit code 2
    error: unexpected argument '--disable-report-s' found

      tip: a similar argument exists: '--disable-reports'

    Usage: neurodamus --disable-reports <CONFIG>

    For more information, try '--help'.
    ");
}

#[test]
fn ambiguous_prefix() {
    assert_snapshot!(complaint(&["c.json", "--model"]), @"
    exit code 2
    error: unexpected argument '--model' found

      tip: a similar argument exists: '--model-stats'

    Usage: neurodamus --model-stats <CONFIG>

    For more information, try '--help'.
    ");
}

#[test]
fn wrong_value() {
    assert_snapshot!(complaint(&["c.json", "--lb-mode=RoundRobbin"]), @"
    exit code 2
    error: invalid value 'RoundRobbin' for '--lb-mode <MODE>'
      [possible values: RoundRobin, WholeCell, MultiSplit, Memory]

      tip: a similar value exists: 'RoundRobin'

    For more information, try '--help'.
    ");
}

#[test]
fn the_config_is_no_option() {
    assert_snapshot!(complaint(&["--configFile=sim.json"]), @"
    exit code 2
    error: invalid value 'sim.json' for '--configFile <FILE>': the config is given without an option: `neurodamus sim.json`

    For more information, try '--help'.
    ");
}

#[test]
fn missing_config() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["simulation_config.json", "circuit_config.json"] {
        std::fs::write(folder.path().join(name), "{}").expect("the folder can be written to");
    }
    assert_snapshot!(complaint_in(folder.path(), &["simulation_confg.json"]), @"
    exit code 2
    error: there is no config file `simulation_confg.json`
    help: did you mean `simulation_config.json`?
    ");
    assert_snapshot!(complaint_in(folder.path(), &["nowhere/simulation_config.json"]), @"
    exit code 2
    error: there is no config file `nowhere/simulation_config.json`
    help: there is no folder `nowhere` either
    ");
    assert_snapshot!(complaint_in(folder.path(), &["quite_different.txt"]), @"
    exit code 2
    error: there is no config file `quite_different.txt`
    ");
}

#[test]
fn a_folder_for_a_config() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("circuit")).expect("the folder can be written to");
    assert_snapshot!(complaint_in(folder.path(), &["circuit"]), @"
    exit code 2
    error: `circuit` is a folder, not a config file
    ");
    std::fs::write(folder.path().join("circuit/simulation_config.json"), "{}").expect("it can be written");
    assert_snapshot!(complaint_in(folder.path(), &["circuit"]), @"
    exit code 2
    error: `circuit` is a folder, not a config file
    help: did you mean `circuit/simulation_config.json`?
    ");
}

#[test]
fn several_processes_do_not_write_over_one_another() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("c.json"), "{}").expect("the folder can be written to");
    let output = command(folder.path(), &["c.json"]).env("OMPI_COMM_WORLD_SIZE", "4").output();
    assert_snapshot!(describe(&output.expect("the program was built")), @"
    exit code 2
    error: started as 4 processes, but this build runs as one (`OMPI_COMM_WORLD_SIZE` is 4)
    help: build it with `--features mpi`, or start it as one task and use `--threads` for more cores
    ");
}

#[test]
fn messages_have_no_colours_off_a_terminal() {
    let output = command(Path::new("."), &["missing.json", "--use-color=ON"]).output().expect("it was built");
    assert!(!output.stderr.contains(&0x1b), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The page is written from the definition of the options, so that it cannot tell something else than
/// `--help`. Refresh it with `UPDATE_DOCS=1 cargo test --test command_line`.
#[test]
fn the_page_on_the_command_line_is_up_to_date() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/command-line.md");
    let expected = command_line_page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&page, &expected).expect("the page can be written");
    }
    let found = std::fs::read_to_string(&page).expect("the page exists");
    assert!(
        found == expected,
        "docs/command-line.md is stale: `UPDATE_DOCS=1 cargo test --test command_line`"
    );
}

fn command_line_page() -> String {
    let mut command = neurodamus::command_line::command();
    let mut page =
        String::from("# Command line\n\n<!-- Written from src/command_line/ by tests/command_line.rs. -->\n");
    let about = command.get_long_about().map(ToString::to_string).unwrap_or_default();
    let _ = write!(page, "\n    neurodamus <CONFIG> [OPTIONS]\n\n{about}\n");
    command.build();
    let mut heading = "";
    let visible: Vec<_> = command.get_arguments().filter(|argument| !argument.is_hide_set()).collect();
    // `build` puts --help and --version, which have no heading, last
    for argument in visible.iter().filter(|a| a.get_help_heading().is_some()) {
        let under = argument.get_help_heading().unwrap_or_default();
        if under != heading {
            let _ = write!(page, "\n## {under}\n");
            heading = under;
        }
        let spelled = spelling(argument);
        let help =
            argument.get_long_help().or(argument.get_help()).map(ToString::to_string).unwrap_or_default();
        let (summary, rest) = help.split_once("\n\n").unwrap_or((&help, ""));
        let _ = write!(page, "\n### `{spelled}`\n\n{summary}.\n");
        if !rest.is_empty() {
            let _ = write!(page, "\n{rest}\n");
        }
    }
    let after = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    let _ = write!(page, "\n## Spelling, exit codes and examples\n");
    for block in after.split("\n\n") {
        match block.split_once(":\n") {
            Some((title, lines)) => {
                let _ = write!(page, "\n{title}:\n\n```text\n{lines}\n```\n");
            }
            None => {
                let _ = write!(page, "\n{block}\n");
            }
        }
    }
    page
}

fn spelling(argument: &clap::Arg) -> String {
    let long = format!("--{}", argument.get_long().unwrap_or_default());
    let short = argument.get_short().map(|short| format!("-{short}, ")).unwrap_or_default();
    let value = argument.get_value_names().map(|names| names.join(" ")).unwrap_or_default();
    match (argument.get_action().takes_values(), argument.is_require_equals_set()) {
        (false, _) => format!("{short}{long}"),
        (true, true) => format!("{short}{long}[={value}]"),
        (true, false) => format!("{short}{long}={value}"),
    }
}

const CHANNEL: &str = "
NEURON { SUFFIX channel USEION k READ ek WRITE ik RANGE g GLOBAL half }
PARAMETER { g = 0.001 (S/cm2)  half = -30 (mV) }
ASSIGNED { v (mV)  ek (mV)  ik (mA/cm2) }
STATE { n }
INITIAL { n = 0 }
BREAKPOINT { SOLVE open METHOD cnexp  ik = g*n*(v - ek) }
DERIVATIVE open { n' = (1/(1 + exp(half - v)) - n)/5 }
";

#[test]
fn mechanisms_are_listed_shown_and_checked() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("mod")).expect("the folder can be written to");
    std::fs::write(folder.path().join("mod/channel.mod"), CHANNEL).expect("the folder can be written to");
    let ask = |arguments: &[&str]| neurodamus(folder.path(), arguments);
    let text = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();

    let checked = ask(&["mechanisms", "check", "mod"]);
    assert!(checked.status.success(), "{}", describe_all(&checked));
    assert_eq!(text(&checked), "1 mechanism(s) are ready to run\n");
    let listed = text(&ask(&["mechanisms", "list", "--mechanisms=mod"]));
    for line in [
        "hh                     density mechanism  built-in",
        "channel                density mechanism  mod/channel.mod",
    ] {
        assert!(listed.contains(line), "{line}\n{listed}");
    }
    let shown = text(&ask(&["mechanisms", "show", "channel", "--mechanisms", "mod"]));
    for line in [
        "channel: density mechanism of mod/channel.mod",
        "  g = 0.001 (S/cm2)",
        "  half = -30 (mV)",
        "ion k: reads ek writes ik",
        "State: ",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    let shown = text(&ask(&["mechanisms", "show", "hh"]));
    for line in ["hh: density mechanism of built-in hh.mod", "bytes for each instance", "State: "] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    std::fs::write(folder.path().join("mod/bad.mod"), "NEURON { SUFFIX bad }\nINITIAL { x = }\n")
        .expect("the folder can be written to");
    let failed = ask(&["mechanisms", "check", "mod"]);
    assert_eq!(failed.status.code(), Some(2));
    assert!(describe_all(&failed).contains("mod/bad.mod:2:"), "{}", describe_all(&failed));
}

fn describe_all(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
