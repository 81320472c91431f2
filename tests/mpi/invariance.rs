//! Processes, threads and the way cells are dealt out change no bit of spikes and reports.

use std::path::Path;

use serde_json::json;

use crate::circuit::Ring;
use crate::circuit::simulation::reports_until;
use crate::launch::{outputs, run, said};
use crate::make_network::{self, Size};

/// Runs under all numbers of processes and threads, with each of the options, and compares with one process.
fn compare(folder: &Path, reports: &[&str], options: &[&[&str]]) {
    let output = run(folder, 1, "expected", &["--threads=1"]);
    assert!(output.status.success(), "{}", said(&output));
    let expected = outputs(&folder.join("expected"), reports);
    assert!(expected.values().all(|bits| !bits.is_empty()), "there are spikes and reports");
    for ranks in 1..=4 {
        for options in options {
            let output = run(folder, ranks, "found", options);
            assert!(output.status.success(), "{ranks} ranks, {options:?}: {}", said(&output));
            assert!(!said(&output).contains("warning"), "{ranks} ranks, {options:?}: {}", said(&output));
            let found = outputs(&folder.join("found"), reports);
            assert!(found == expected, "{ranks} ranks, {options:?} differ");
        }
    }
}

#[test]
fn processes_and_threads_change_nothing_of_the_ring() {
    let ring = Ring::lasting(60.0);
    let options: [&[&str]; 2] =
        [&["--threads=1", "--report-buffer-size=1"], &["--threads=2", "--group-size=3"]];
    compare(&ring.path(""), &["soma", "sections", "segments"], &options);
}

/// Synapses with random release, spontaneous and replayed, gap junctions between processes, noise.
#[test]
fn processes_and_threads_change_nothing_of_a_network_with_gap_junctions() {
    // Holds the turn, as files that are open are locked for processes of other tests
    let ring = Ring::new();
    let folder = ring.path("network");
    make_network::write(&folder, Size { cells: 9, synapses: 40 }).expect("its files");
    let path = folder.join("simulation_config.json");
    let text = std::fs::read_to_string(&path).expect("the config");
    let mut config: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    config["run"]["tstop"] = 40.0.into();
    config["connection_overrides"] =
        json!([{ "name": "minis", "source": "All", "target": "All", "spont_minis": 3.0 }]);
    config["inputs"]["noise"] = json!({
        "module": "ornstein_uhlenbeck", "input_type": "conductance", "delay": 2.0, "duration": 36.0,
        "node_set": "All", "reversal": 0.0, "tau": 2.0, "mean": 0.001, "sigma": 0.0005,
    });
    config["reports"] = reports_until(40.0);
    std::fs::write(&path, config.to_string()).expect("the config");
    compare(&folder, &["v", "g", "i"], &[&["--threads=1"], &["--threads=2"]]);
}

#[test]
fn a_model_is_saved_and_loaded_by_any_number_of_processes() {
    let ring = Ring::lasting(30.0);
    let folder = ring.path("");
    let reports = ["soma", "sections", "segments"];
    assert!(run(&folder, 1, "expected", &["--threads=1"]).status.success());
    let expected = outputs(&folder.join("expected"), &reports);
    for (saving, loading) in [(2, 3), (3, 1)] {
        let options = ["--build-model=ON", "--simulate-model=OFF", "--threads=1"];
        let output = run(&folder, saving, "found", &options);
        assert!(output.status.success(), "{}", said(&output));
        let output = run(&folder, loading, "found", &["--build-model=OFF", "--threads=1"]);
        assert!(output.status.success(), "{}", said(&output));
        let found = outputs(&folder.join("found"), &reports);
        assert!(found == expected, "saved by {saving} processes and loaded by {loading}");
    }
}

#[test]
fn processes_without_cells_change_nothing() {
    let ring = Ring::lasting(10.0);
    ring.configure(|config| config["node_set"] = "Watched".into());
    ring.configure(|config| config["inputs"]["hold"]["node_set"] = "Watched".into());
    let folder = ring.path("");
    assert!(run(&folder, 1, "expected", &["--threads=1"]).status.success());
    let output = run(&folder, 6, "found", &["--threads=1"]);
    assert!(output.status.success(), "{}", said(&output));
    let reports = ["soma", "sections", "segments"];
    assert!(outputs(&folder.join("found"), &reports) == outputs(&folder.join("expected"), &reports));
}
