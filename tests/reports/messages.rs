//! What is said of reports that are impossible: the place, what is wrong, and what to do. No file is made.

use insta::assert_snapshot;
use serde_json::json;

use crate::circuit::Ring;
use crate::series::set;

/// The exit code and standard error of a run with these reports.
fn complaint(reports: &[(&str, serde_json::Value)]) -> String {
    let ring = Ring::lasting(20.0);
    let sets =
        json!({ "wrong": { "population": "Pyramidal", "compartment_set": [[2, 4, 0.3], [5, 99, 0.5]] } });
    std::fs::write(ring.path("compartment_sets.json"), sets.to_string()).expect("a file");
    ring.configure(|config| config["compartment_sets_file"] = "compartment_sets.json".into());
    set(&ring, reports);
    told(&ring, &[])
}

fn told(ring: &Ring, options: &[&str]) -> String {
    let output = ring.run_program(&[&["--threads=1", "--group-size=1000"], options].concat());
    assert!(!output.status.success(), "it must not succeed");
    let reports = std::fs::read_dir(ring.path("output")).into_iter().flatten().flatten();
    let mut names = reports.filter_map(|entry| entry.file_name().into_string().ok());
    assert!(!names.any(|name| name.ends_with(".h5")), "no file is made");
    let folder = ring.path("").canonicalize().expect("the folder");
    let errors = String::from_utf8_lossy(&output.stderr).replace(&format!("{}/", folder.display()), "");
    format!("exit code {}\n{errors}", output.status.code().expect("it was not killed"))
}

fn of_variable(kind: &str, name: &str, sections: &str) -> String {
    complaint(&[("bad", json!({ "type": kind, "variable_name": name, "sections": sections }))])
}

#[test]
fn unknown_variable() {
    assert_snapshot!(of_variable("compartment", "charm", "soma"), @"");
}

#[test]
fn misspelt_variable() {
    assert_snapshot!(of_variable("compartment", "gna_h", "soma"), @"");
}

#[test]
fn variable_that_a_mechanism_lacks() {
    assert_snapshot!(of_variable("compartment", "hh", "soma"), @"");
}

#[test]
fn mechanism_that_a_section_lacks() {
    assert_snapshot!(of_variable("compartment", "hh.gna", "all"), @"");
}

#[test]
fn several_variables() {
    assert_snapshot!(of_variable("compartment", "v, ina", "soma"), @"");
}

#[test]
fn several_synapses_in_a_compartment() {
    assert_snapshot!(
        complaint(&[("bad", json!({ "variable_name": "Exp2Syn.g", "cells": "Pyramidal" }))]),
        @""
    );
}

#[test]
fn synapses_that_are_nowhere() {
    assert_snapshot!(of_variable("synapse", "Exp2Syn", "all"), @"");
}

#[test]
fn variable_that_a_synapse_lacks() {
    assert_snapshot!(of_variable("synapse", "ExpSyn.gmax", "all"), @"");
}

#[test]
fn electrode_as_a_synapse() {
    assert_snapshot!(
        complaint(&[("bad", json!({ "type": "synapse", "variable_name": "IClamp", "cells": "First" }))]),
        @""
    );
}

#[test]
fn section_that_a_cell_lacks() {
    let set = json!({ "type": "compartment_set", "compartment_set": "wrong", "variable_name": "v" });
    assert_snapshot!(complaint(&[("bad", set)]), @"");
}

#[test]
fn potentials_at_electrodes() {
    let ring = Ring::lasting(20.0);
    ring.configure(|config| {
        config["reports"] = json!({ "field": {
            "type": "lfp", "cells": "All", "electrodes_file": "electrodes.h5", "dt": 1, "start_time": 0, "end_time": 20,
        } });
    });
    assert_snapshot!(told(&ring, &[]), @"");
}

#[test]
fn two_reports_in_one_file() {
    let named = |name: &str| json!({ "variable_name": "v", "file_name": name });
    assert_snapshot!(
        complaint(&[("one", named("a/same.h5")), ("two", named("same")), ("three", named("spikes.h5"))]),
        @""
    );
}

#[test]
fn window_after_the_end() {
    let late = json!({ "variable_name": "v", "start_time": 30.0, "end_time": 40.0 });
    assert_snapshot!(complaint(&[("late", late)]), @"");
}

#[test]
fn interval_below_the_step() {
    assert_snapshot!(complaint(&[("fine", json!({ "variable_name": "v", "dt": 0.01 }))]), @"");
}

#[test]
fn several_reports_at_once() {
    assert_snapshot!(
        complaint(&[
            ("one", json!({ "variable_name": "charm" })),
            ("two", json!({ "variable_name": "v" })),
            ("three", json!({ "type": "synapse", "variable_name": "NoSyn" })),
        ]),
        @""
    );
}

#[test]
fn state_of_a_cell_that_is_not_there() {
    assert_snapshot!(told(&Ring::lasting(1.0), &["--dump-cell-state=0,900-901"]), @"");
}
