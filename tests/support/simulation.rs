//! A simulation in a temporary folder: its files can be changed, it is run, and its outputs are read.

#![allow(dead_code, reason = "each test target uses a part of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use neurodamus::command_line::{self, Options};
use neurodamus::terminal::Terminal;
use neurodamus::{App, failure::Failure};
use serde_json::{Value, json};
use sonata::report::{ReportLayout, ReportReader, report_populations};
use sonata::spikes::{SpikePopulation, read_spikes};
use tempfile::TempDir;

/// A folder with `simulation_config.json` and what that names.
///
/// One at a time: a process that another test starts would inherit the locks of HDF5 files that are open here.
pub struct Simulation {
    folder: TempDir,
    _turn: MutexGuard<'static, ()>,
}

static TURN: LazyLock<Mutex<()>> = LazyLock::new(|| {
    // For its first snapshot insta asks cargo where the workspace is, which is a process, too
    insta::assert_snapshot!("", @"");
    Mutex::new(())
});

/// Reports of the voltages, the conductances of synapses and the sums of currents in all sections, until a time (ms).
pub fn reports_until(end: f64) -> Value {
    let report = |kind: &str, variable: &str| {
        json!({
            "type": kind, "cells": "All", "variable_name": variable, "sections": "all", "dt": 0.5,
            "start_time": 0.0, "end_time": end,
        })
    };
    json!({
        "v": report("compartment", "v"),
        "g": report("synapse", "ProbAMPANMDA_EMS.g"),
        "i": report("summation", "i_membrane"),
    })
}

impl Simulation {
    /// A folder that `write` fills.
    pub fn new(write: impl FnOnce(&Path)) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let simulation = Self { folder: tempfile::tempdir().expect("a temporary folder"), _turn: turn };
        write(simulation.folder.path());
        simulation
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Changes the simulation config.
    pub fn configure(&self, change: impl FnOnce(&mut Value)) {
        self.change_json("simulation_config.json", change);
    }

    /// Changes a JSON file.
    pub fn change_json(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let text = fs::read_to_string(self.path(name)).expect("the file");
        let mut value: Value = serde_json::from_str(&text).expect("JSON");
        change(&mut value);
        fs::write(self.path(name), format!("{value:#}\n")).expect("the file is written");
    }

    /// Changes a text file by replacing a text that must be in it.
    pub fn replace(&self, name: &str, old: &str, new: &str) {
        let text = fs::read_to_string(self.path(name)).expect("the file");
        assert!(text.contains(old), "`{old}` is not in {name}");
        fs::write(self.path(name), text.replace(old, new)).expect("the file is written");
    }

    /// Runs the built program in the folder.
    pub fn run_program(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_neurodamus"));
        command.current_dir(self.folder.path()).arg("simulation_config.json").args(arguments);
        for variable in
            ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS", "CLICOLOR_FORCE", "RUST_LOG"]
        {
            command.env_remove(variable);
        }
        command.output().expect("the program was built")
    }

    /// The exit code and standard error of a run that must fail, with paths relative to the folder.
    pub fn complaint(&self) -> String {
        let output = self.run_program(&["--threads=1", "--group-size=1000"]);
        assert!(!output.status.success(), "it must not succeed");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        assert!(!self.path("simulation_config.json.SUCCESS").exists());
        let code = output.status.code().expect("it was not killed");
        let folder = self.path("").canonicalize().expect("the folder");
        let errors = String::from_utf8_lossy(&output.stderr);
        let errors = errors.replace(&format!("{}/", folder.display()), "");
        let errors = errors.replace(&format!("{}", folder.display()), ".");
        // Progress is told before a failure of the run, with times that differ
        let is_progress = |line: &&str| {
            let starts = ["built ", "simulat"];
            starts.iter().any(|start| line.starts_with(start)) || line.contains(" synapses on ")
        };
        let errors: Vec<&str> = errors.lines().filter(|line| !is_progress(line)).collect();
        format!("exit code {code}\n{}\n", errors.join("\n"))
    }

    /// Runs the library on a number of ranks that are threads; outputs go to the folder `output`.
    pub fn run_on_ranks(&self, ranks: usize, output: &str, options: &[&str]) -> Result<(), Failure> {
        let config = self.path("simulation_config.json");
        let output = format!("--output-path={output}");
        let mut line = vec!["neurodamus".into(), config.into_os_string(), output.into()];
        line.extend(options.iter().map(Into::into));
        let mut options: Options = command_line::parse_options(line).expect("the options are right");
        options.planning_folder = self.folder.path().to_owned();
        App::new().run_on_ranks(ranks, &options, &Terminal::without_log())
    }

    /// The spikes in an output folder.
    pub fn spikes(&self, output: &str) -> Vec<SpikePopulation> {
        read_spikes(&self.path(output).join("spikes.h5")).expect("the spikes")
    }

    /// The populations of a report in an output folder, each with its values.
    pub fn report(&self, output: &str, name: &str) -> Vec<(ReportLayout, Vec<f32>)> {
        let file = self.path(output).join(format!("{name}.h5"));
        let names = report_populations(&file).expect("the report");
        let read = |name: &String| {
            let report = ReportReader::open(&file, name).expect("a population");
            (report.layout().clone(), report.read_all().expect("its values"))
        };
        names.iter().map(read).collect()
    }
}
