//! When one process fails, all end at once, with its message and its exit code; what was found so far stays readable.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Output};
use std::time::{Duration, Instant};

use sonata::report::ReportReader;
use sonata::spikes::read_spikes;

use crate::circuit::Ring;
use crate::launch::{command, run, said};

/// The text of the one log in a folder.
fn log(folder: &Path) -> String {
    let files = std::fs::read_dir(folder).expect("the folder").flatten().map(|file| file.path());
    let logs: Vec<_> = files.filter(|file| file.extension().is_some_and(|e| e == "log")).collect();
    assert_eq!(logs.len(), 1);
    std::fs::read_to_string(&logs[0]).expect("the log")
}

fn exit_code(output: &Output) -> i32 {
    output.status.code().expect("mpiexec was not killed")
}

#[test]
fn an_input_that_all_find_wrong_is_told_once() {
    let ring = Ring::lasting(5.0);
    ring.configure(|config| config["run"]["dt"] = (-1.0).into());
    let output = run(&ring.path(""), 3, "output", &[]);
    assert_eq!(exit_code(&output), 2);
    assert_eq!(said(&output).matches("error").count(), 1, "{}", said(&output));
}

/// Gives node 3 a morphology that is not there.
fn misplace_morphology(nodes: &Path) {
    let file = hdf5::File::open_rw(nodes).expect("the nodes");
    let group = file.group("nodes/Pyramidal/0").expect("the cells");
    let mut cells: Vec<u32> = group.dataset("morphology").and_then(|d| d.read_raw()).expect("morphologies");
    let library = group.group("@library").expect("names");
    let names = library.dataset("morphology").and_then(|dataset| dataset.read_raw());
    let mut names: Vec<hdf5::types::VarLenUnicode> = names.expect("their names");
    cells[3] = names.len() as u32;
    names.push("nowhere".parse().expect("a name"));
    group.dataset("morphology").and_then(|dataset| dataset.write_raw(&cells)).expect("they are changed");
    library.unlink("morphology").expect("the names go");
    library.new_dataset_builder().with_data(&names).create("morphology").expect("they come again");
}

/// Only the process that has the cell looks for its morphology.
#[test]
fn a_process_that_cannot_build_ends_all_with_its_message() {
    let ring = Ring::lasting(5.0);
    misplace_morphology(&ring.path("nodes.h5"));
    let start = Instant::now();
    let output = run(&ring.path(""), 4, "output", &[]);
    assert_eq!(exit_code(&output), 2);
    assert!(start.elapsed() < Duration::from_secs(60));
    let said = said(&output);
    assert_eq!(said.matches("error").count(), 1, "{said}");
    assert!(said.contains("nowhere") && said.contains("node 3"), "{said}");
    let log = log(&ring.path("output"));
    let problem = log.find("nowhere").expect("the log tells it");
    assert!(!log[problem..].contains("built"), "it comes last: {log}");
    assert!(!ring.path("simulation_config.json.SUCCESS").exists());
}

/// A voltage that runs away in one cell.
#[test]
fn a_process_that_fails_in_the_run_ends_all_with_its_message() {
    let ring = Ring::lasting(50.0);
    ring.change_json("node_sets.json", |sets| {
        sets["One"] = serde_json::json!({ "population": "Pyramidal", "node_id": [5] });
    });
    ring.configure(|config| {
        config["inputs"]["lightning"] = serde_json::json!({
            "module": "linear", "input_type": "current_clamp", "amp_start": 1e9, "delay": 20.0, "duration": 10.0,
            "node_set": "One",
        });
    });
    let start = Instant::now();
    let output = run(&ring.path(""), 3, "output", &[]);
    assert_eq!(exit_code(&output), 1);
    assert!(start.elapsed() < Duration::from_secs(60), "the others wait");
    let said = said(&output);
    assert_eq!(said.matches("error").count(), 1, "{said}");
    assert!(said.contains("Pyramidal node 5"), "{said}");
    assert!(log(&ring.path("output")).contains("Pyramidal node 5"));
}

/// Waits until a run has written spikes: the file is locked while it grows, but its size can be seen.
fn await_spikes(folder: &Path) {
    const EMPTY: u64 = 20_000;
    let deadline = Instant::now() + Duration::from_secs(120);
    while std::fs::metadata(folder.join("spikes.h5")).map_or(0, |file| file.len()) < EMPTY {
        assert!(Instant::now() < deadline, "no spikes were written");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The processes of the program that a launcher has started.
fn processes_of(launcher: &Child) -> Vec<i32> {
    let children = format!("/proc/{0}/task/{0}/children", launcher.id());
    let children = std::fs::read_to_string(children).expect("the launcher runs");
    let pids = children.split_whitespace().map(|pid| pid.parse::<i32>().expect("a number"));
    pids.filter(|pid| {
        std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "neurodamus")
    })
    .collect()
}

fn signal(pid: i32, name: &str) {
    let status = std::process::Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status();
    assert!(status.expect("kill starts").success());
}

fn end(mut launcher: Child) -> (Option<i32>, String) {
    let mut text = String::new();
    launcher.stderr.take().expect("it is caught").read_to_string(&mut text).expect("text");
    (launcher.wait().expect("it ends").code(), text)
}

/// The spikes of an unbroken run until a time, and of a broken one, by population.
fn assert_is_beginning(broken: &Path, unbroken: &Path) {
    let (broken, unbroken) = (read_spikes(broken).expect("spikes"), read_spikes(unbroken).expect("spikes"));
    assert!(broken.iter().any(|population| !population.timestamps.is_empty()));
    for (broken, unbroken) in broken.iter().zip(&unbroken) {
        let count = broken.timestamps.len();
        assert_eq!(broken.timestamps[..], unbroken.timestamps[..count]);
        assert_eq!(broken.node_ids[..], unbroken.node_ids[..count]);
    }
}

/// A long run under two processes.
fn long_run() -> (Ring, Child) {
    let ring = Ring::lasting(100_000.0);
    ring.configure(|config| {
        config["inputs"].as_object_mut().expect("inputs").retain(|name, _| name != "ramp");
        config["reports"] = serde_json::json!({ "soma": {
            "type": "compartment", "cells": "Pyramidal", "sections": "soma", "variable_name": "v", "dt": 1.0,
            "start_time": 0.0, "end_time": 100_000.0,
        } });
    });
    let run = command(&ring.path(""), 2, &["--output-path=broken", "--threads=1"]).spawn();
    let run = run.expect("mpiexec starts");
    await_spikes(&ring.path("broken"));
    (ring, run)
}

#[test]
fn a_killed_process_ends_the_job_and_leaves_readable_outputs() {
    let (ring, launcher) = long_run();
    let processes = processes_of(&launcher);
    assert_eq!(processes.len(), 2);
    signal(processes[1], "KILL");
    let (code, text) = end(launcher);
    assert_ne!(code, Some(0));
    assert!(text.contains("killed") || text.contains("Killed") || text.contains("signal 9"), "{text}");
    assert!(!ring.path("simulation_config.json.SUCCESS").exists());

    ring.configure(|config| config["run"]["tstop"] = 100.0.into());
    assert!(run(&ring.path(""), 1, "whole", &["--disable-reports"]).status.success());
    let broken = ring.path("broken");
    // The unbroken run is shorter: compare the first 100 ms
    let spikes = read_spikes(&broken.join("spikes.h5")).expect("the spikes can be read");
    let whole = read_spikes(&ring.path("whole").join("spikes.h5")).expect("spikes");
    for (broken, whole) in spikes.iter().zip(&whole) {
        let count = whole.timestamps.len().min(broken.timestamps.len());
        assert_eq!(broken.timestamps[..count], whole.timestamps[..count]);
    }
    let report = ReportReader::open(&broken.join("soma.h5"), "Pyramidal").expect("the report can be read");
    assert!(report.read_all().expect("its values").iter().take(14).all(|voltage| *voltage == -65.0));
}

/// The names of the files of a saved model, and of what is left of unfinished ones.
fn saved(ring: &Ring) -> Vec<String> {
    let files = std::fs::read_dir(ring.path("build")).expect("the folder of the model").flatten();
    let mut names: Vec<String> =
        files.map(|file| file.file_name().into_string().expect("a plain name")).collect();
    names.sort();
    names
}

/// Waits until a process is in the midst of saving.
fn await_saving(ring: &Ring, is_reached: impl Fn(&[String]) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(120);
    while !is_reached(&saved(ring)) {
        assert!(Instant::now() < deadline, "nothing is saved: {:?}", saved(ring));
        std::thread::sleep(Duration::from_millis(20));
    }
}

const SAVE: [&str; 3] = ["--build-model=ON", "--simulate-model=OFF", "--threads=1"];

/// A process that writes into a pipe which nobody reads stays there until it is killed: while it writes its cells, and when
/// all have written theirs and only the index is missing.
#[test]
fn a_process_killed_while_a_model_is_saved_leaves_the_earlier_model() {
    for (pipe, killed) in [("model-1.unfinished", 1), ("model.index.unfinished", 0)] {
        let ring = Ring::lasting(10.0);
        ring.configure(|config| config["reports"] = serde_json::json!({}));
        assert!(run(&ring.path(""), 2, "saved", &SAVE).status.success());
        let before = saved(&ring);
        let index = std::fs::read(ring.path("build/model.index")).expect("the index");

        let pipe = ring.path("build").join(pipe);
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        ring.configure(|config| config["run"]["spike_threshold"] = (-25.0).into());
        let launcher = command(&ring.path(""), 2, &SAVE).spawn().expect("mpiexec starts");
        await_saving(&ring, |names| match killed {
            1 => names.iter().any(|name| name == "model-0.unfinished"),
            _ => names.iter().filter(|name| name.ends_with(".blocks") && !before.contains(name)).count() == 2,
        });
        signal(processes_of(&launcher)[killed], "KILL");
        let (code, text) = end(launcher);
        assert_ne!(code, Some(0));
        assert!(text.contains("illed") || text.contains("signal 9"), "{text}");
        assert!(!ring.path("simulation_config.json.SUCCESS").exists());
        assert!(std::fs::read(ring.path("build/model.index")).expect("the index") == index);

        // As a process leaves it that was killed on a disk
        std::fs::remove_file(&pipe).expect("the pipe");
        std::fs::write(&pipe, "NRD").expect("a part of a file");
        let load = ["--build-model=OFF", "--threads=1"];
        let refused = run(&ring.path(""), 3, "found", &load);
        assert_eq!(exit_code(&refused), 2);
        assert!(said(&refused).contains("`run.spike_threshold`"), "{}", said(&refused));
        ring.configure(|config| config["run"]["spike_threshold"] = (-10.0).into());
        let loaded = run(&ring.path(""), 3, "found", &load);
        assert!(loaded.status.success(), "{}", said(&loaded));

        let again = run(&ring.path(""), 2, "saved", &SAVE);
        assert!(again.status.success(), "{}", said(&again));
        assert_eq!(saved(&ring), before, "what was left is gone");
    }
}

#[test]
fn an_interrupted_job_ends_in_order() {
    let (ring, launcher) = long_run();
    for process in processes_of(&launcher) {
        signal(process, "TERM");
    }
    let (code, text) = end(launcher);
    assert_eq!(code, Some(130), "{text}");
    assert_eq!(text.matches("error: interrupted at t = ").count(), 1, "{text}");
    let t = text.split("error: interrupted at t = ").nth(1).expect("it says when");
    let t: f64 = t.split(' ').next().expect("a number").parse().expect("a number");
    assert!(!ring.path("simulation_config.json.SUCCESS").exists());

    ring.configure(|config| config["run"]["tstop"] = t.min(200.0).into());
    ring.configure(|config| config["reports"] = serde_json::json!({}));
    assert!(run(&ring.path(""), 1, "whole", &[]).status.success());
    if t <= 200.0 {
        assert_is_beginning(&ring.path("broken/spikes.h5"), &ring.path("whole/spikes.h5"));
    } else {
        assert_is_beginning(&ring.path("whole/spikes.h5"), &ring.path("broken/spikes.h5"));
    }
}

#[test]
fn processes_that_nobody_joined_are_refused() {
    let ring = Ring::lasting(5.0);
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_neurodamus"));
    program.current_dir(ring.path("")).arg("simulation_config.json").env("PMI_SIZE", "2");
    let output = program.output().expect("it starts");
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("started as 2 processes, but MPI joins none of them (`PMI_SIZE` is 2)"), "{text}");
}
