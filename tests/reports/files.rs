//! Report files: names, what an interrupted run and a full disk leave, and who can read them.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use sonata::report::ReportReader;

use crate::circuit::Ring;
use crate::python;
use crate::series::{run_with, series, set};

const VOLTAGE: &str = "v";

fn program(ring: &Ring, limits: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{limits} exec \"$0\" \"$@\"")).arg(env!("CARGO_BIN_EXE_neurodamus"));
    command.args(["simulation_config.json", "--threads=1"]).current_dir(ring.path("."));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn files_are_named_in_the_config() {
    let ring = Ring::lasting(1.0);
    let named = |name: &str| json!({ "variable_name": VOLTAGE, "file_name": name, "unit": "millivolt" });
    let off = json!({ "variable_name": "nonsense", "enabled": false, "start_time": 9.0, "end_time": 1.0 });
    let nowhere = json!({ "variable_name": VOLTAGE, "cells": "Drive" });
    run_with(
        &ring,
        &[("one", named("folder/voltages")), ("two", named("two.h5")), ("off", off), ("nowhere", nowhere)],
    );
    let mut files: Vec<String> = std::fs::read_dir(ring.path("output"))
        .expect("the folder")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".h5"))
        .collect();
    files.sort();
    assert_eq!(files, ["spikes.h5", "two.h5", "voltages.h5"]);
    assert_eq!(ring.report("output", "two")[1].0.units, "millivolt");
}

/// What was sampled before the last flush is in the file; what was not is 0.
#[test]
fn killed_run_leaves_its_rows() {
    let ring = Ring::lasting(60.0);
    let report = json!({ "variable_name": VOLTAGE, "sections": "all", "cells": "Pyramidal", "dt": 0.5 });
    run_with(&ring, &[("all", report.clone())]);
    let complete = ring.report("output", "all").remove(0).1;
    ring.configure(|config| config["run"]["tstop"] = 1e6.into());
    set(&ring, &[("all", report)]);
    ring.configure(|config| config["reports"]["all"]["end_time"] = 60.0.into());
    let mut command = program(&ring, "");
    // So that this process can look into the file while it is written
    let mut child = command.env("HDF5_USE_FILE_LOCKING", "FALSE").spawn().expect("the program was built");
    let file = ring.path("output/all.h5");
    let start = Instant::now();
    let width = complete.len() / 120;
    let is_begun = || {
        let rows = ReportReader::open(&file, "Pyramidal").and_then(|report| report.read_rows(99..100));
        // The first run's file has the same rows, but is replaced at once
        rows.is_ok_and(|row| row[0] != 0.0)
    };
    std::thread::sleep(Duration::from_millis(500));
    while !is_begun() {
        assert!(start.elapsed() < Duration::from_secs(60), "no rows were flushed");
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    assert!(!ring.path("simulation_config.json.SUCCESS").exists());
    let report = ReportReader::open(&file, "Pyramidal").expect("the file is whole");
    let values = report.read_all().expect("its values");
    assert_eq!(values.len(), complete.len());
    let written = values.chunks(width).take_while(|row| row[0] != 0.0).count();
    assert!(written >= 100, "{written} rows");
    assert!(values[..written * width] == complete[..written * width], "the rows are those of a whole run");
    assert!(values[written * width..].iter().all(|value| *value == 0.0));
}

#[test]
fn full_disk_is_told() {
    let ring = Ring::lasting(60.0);
    set(&ring, &[("all", json!({ "variable_name": VOLTAGE, "sections": "all" }))]);
    // A limit on file size fails as a full disk does (units of 512 bytes or 1 KiB)
    let output = program(&ring, "trap '' XFSZ; ulimit -f 2000;").output().expect("the program was built");
    assert_eq!(output.status.code(), Some(1));
    let folder = ring.path("").canonicalize().expect("the folder");
    let errors = String::from_utf8_lossy(&output.stderr).replace(&format!("{}/", folder.display()), "");
    let is_progress = |line: &&str| ["built ", "simulat"].iter().any(|start| line.starts_with(start));
    let errors = errors.lines().filter(|line| !is_progress(line) && !line.contains(" synapses on "));
    let errors: Vec<&str> = errors.collect();
    insta::assert_snapshot!(errors.join("\n"), @"
    error: cannot write `output/all.h5:/`: file write failed: file too large
    help: free space (or raise the quota) where the file is, or choose another output directory, and run again
    ");
    assert!(!ring.path("simulation_config.json.SUCCESS").exists());
}

#[test]
fn readers_of_sonata_read_every_kind() {
    let Some(python) = python::find() else { return };
    let ring = Ring::lasting(20.0);
    run_with(
        &ring,
        &[
            ("sum", json!({ "type": "summation", "variable_name": "i_membrane, ina", "unit": "nA" })),
            ("each", json!({ "type": "summation", "variable_name": "pas", "sections": "all" })),
            ("density", json!({ "variable_name": "hh.gk", "sections": "soma", "dt": 0.1 })),
            ("synapse", json!({ "type": "synapse", "variable_name": "ExpSyn.g", "sections": "all" })),
        ],
    );
    assert_eq!(series(&ring, "sum").len(), 20);
    python::run(&python, &ring.path("."), READERS, &[]);
}

const READERS: &str = r#"
import libsonata, bluepysnap
sums = libsonata.ElementReportReader("output/sum.h5")["Pyramidal"]
assert sums.data_units == "nA" and sums.times == (0.0, 20.0, 0.025)
assert sums.get(node_ids=[3]).ids.tolist() == [[3, 0]]
synapses = libsonata.ElementReportReader("output/synapse.h5")["Basket"]
frame = synapses.get(node_ids=[2])
assert frame.data.shape == (800, 9) and sorted(frame.ids[:, 1].tolist()) == list(range(9))
simulation = bluepysnap.Simulation("simulation_config.json")
assert set(simulation.reports) == {"sum", "each", "density", "synapse"}
density = simulation.reports["density"]["Pyramidal"].get(group=[0])
assert density.shape == (200, 1) and (density.iloc[1:] > 0).all().all()
assert simulation.reports["each"]["Basket"].get(group=[1]).shape[0] == 800
print("passed")
"#;
