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
    let errors: Vec<&str> = errors.lines().filter(|line| !line.contains(" synapses on ")).collect();
    format!("exit code {}\n{}\n", output.status.code().expect("it was not killed"), errors.join("\n"))
}

fn of_variable(kind: &str, name: &str, sections: &str) -> String {
    complaint(&[("bad", json!({ "type": kind, "variable_name": name, "sections": sections }))])
}

#[test]
fn unknown_variable() {
    assert_snapshot!(of_variable("compartment", "charm", "soma"), @r#"
    exit code 2
    error: report `bad`: Basket node 0 has no `charm` in section `soma[0]` at 0.5
      --> simulation_config.json:82:24
       |
    82 |       "variable_name": "charm"
       |                        ^^^^^^^
       |
    help: no mechanism and no variable has such a name: `neurodamus mechanisms list` lists them
    "#);
}

#[test]
fn misspelt_variable() {
    assert_snapshot!(of_variable("compartment", "gna_h", "soma"), @r#"
    exit code 2
    error: report `bad`: Basket node 0 has no `gna_h` in section `soma[0]` at 0.5
      --> simulation_config.json:82:24
       |
    82 |       "variable_name": "gna_h"
       |                        ^^^^^^^
       |
    help: did you mean `gna_hh`?
    "#);
}

#[test]
fn variable_that_a_mechanism_lacks() {
    assert_snapshot!(of_variable("compartment", "hh", "soma"), @r#"
    exit code 2
    error: report `bad`: Basket node 0 has no `hh` in section `soma[0]` at 0.5
      --> simulation_config.json:82:24
       |
    82 |       "variable_name": "hh"
       |                        ^^^^
       |
    help: `hh` shows `hh.gnabar`, `hh.gkbar`, `hh.gl`, `hh.el`, `hh.gna`, `hh.gk`, `hh.il`, `hh.minf`, `hh.hinf`, `hh.ninf`, `hh.mtau`, `hh.htau`, `hh.ntau`, `hh.m`, `hh.h`, `hh.n`
    "#);
}

#[test]
fn mechanism_that_a_section_lacks() {
    assert_snapshot!(of_variable("compartment", "hh.gna", "all"), @r#"
    exit code 2
    error: report `bad`: Basket node 0 has no `hh.gna` in section `dend[0]` at 0.1667
      --> simulation_config.json:82:24
       |
    82 |       "variable_name": "hh.gna"
       |                        ^^^^^^^^
       |
    help: choose sections that have it, or a report of type `summation`, where it then counts as 0
    "#);
}

#[test]
fn several_variables() {
    assert_snapshot!(of_variable("compartment", "v, ina", "soma"), @r#"
    exit code 2
    error: report `bad` of type `compartment` takes one variable, not 2
      --> simulation_config.json:82:24
       |
    82 |       "variable_name": "v, ina"
       |                        ^^^^^^^^
       |
    help: make a report of each variable, or one of type `summation`
    "#);
}

#[test]
fn several_synapses_in_a_compartment() {
    assert_snapshot!(
        complaint(&[("bad", json!({ "variable_name": "Exp2Syn.g", "cells": "Pyramidal" }))]),
        @r#"
        exit code 2
        error: report `bad`: Pyramidal node 0 has 2 `Exp2Syn.g` in section `soma[0]` at 0.5, where a report of type `compartment` takes one
          --> simulation_config.json:81:24
           |
        81 |       "variable_name": "Exp2Syn.g"
           |                        ^^^^^^^^^^^
           |
        help: use a report of type `synapse` for each of them, or `summation` for their sum
        "#
    );
}

#[test]
fn synapses_that_are_nowhere() {
    assert_snapshot!(of_variable("synapse", "Exp2Syn", "all"), @r#"
    exit code 2
    error: report `bad`: Basket node 0 has no synapse `Exp2Syn` in the compartments of the report
      --> simulation_config.json:82:24
       |
    82 |       "variable_name": "Exp2Syn"
       |                        ^^^^^^^^^
       |
    help: choose `cells` and `sections` that have such synapses; `sections` is `soma` by default
    "#);
}

#[test]
fn variable_that_a_synapse_lacks() {
    assert_snapshot!(of_variable("synapse", "ExpSyn.gmax", "all"), @r#"
    exit code 2
    error: report `bad`: Basket node 0 has `ExpSyn`, which has no variable `gmax`
      --> simulation_config.json:82:24
       |
    82 |       "variable_name": "ExpSyn.gmax"
       |                        ^^^^^^^^^^^^^
       |
    help: name another variable of the mechanism: `neurodamus mechanisms show` lists them
    "#);
}

#[test]
fn electrode_as_a_synapse() {
    assert_snapshot!(
        complaint(&[("bad", json!({ "type": "synapse", "variable_name": "IClamp", "cells": "First" }))]),
        @r#"
        exit code 2
        error: report `bad`: Pyramidal node 0 has `IClamp`, which is no synapse of the circuit's edges
          --> simulation_config.json:81:24
           |
        81 |       "variable_name": "IClamp"
           |                        ^^^^^^^^
           |
        help: use a report of type `summation` or `compartment`
        "#
    );
}

#[test]
fn section_that_a_cell_lacks() {
    let set = json!({ "type": "compartment_set", "compartment_set": "wrong", "variable_name": "v" });
    assert_snapshot!(complaint(&[("bad", set)]), @r#"
    exit code 2
    error: report `bad`: Pyramidal node 5 has no section 99, which compartment set `wrong` names
      --> simulation_config.json:77:26
       |
    77 |       "compartment_set": "wrong",
       |                          ^^^^^^^
       |
    help: section ids count soma, axon (as in the morphology), dend and apic sections; the template may have removed it with the axon
    "#);
}

#[test]
fn potentials_at_electrodes() {
    let ring = Ring::lasting(20.0);
    ring.configure(|config| {
        config["reports"] = json!({ "field": {
            "type": "lfp", "cells": "All", "electrodes_file": "electrodes.h5", "dt": 1, "start_time": 0, "end_time": 20,
        } });
    });
    assert_snapshot!(told(&ring, &[]), @r#"
    exit code 2
    error: not supported: report type `lfp`
      --> simulation_config.json:80:15
       |
    80 |       "type": "lfp"
       |               ^^^^^
       |
    help: report `i_membrane` of all compartments, and weight it by the electrodes' factors afterwards
    "#);
}

#[test]
fn two_reports_in_one_file() {
    let named = |name: &str| json!({ "variable_name": "v", "file_name": name });
    assert_snapshot!(
        complaint(&[("one", named("a/same.h5")), ("two", named("same")), ("three", named("spikes.h5"))]),
        @r#"
        exit code 2
        error: report `three` and the spikes would be written to the same file, `spikes.h5`
          --> simulation_config.json:88:20
           |
        88 |       "file_name": "spikes.h5",
           |                    ^^^^^^^^^^^
           |
        help: give the report a `file_name` of its own; folders in it do not count

        error: report `two` and report `one` would be written to the same file, `same.h5`
          --> simulation_config.json:97:20
           |
        97 |       "file_name": "same",
           |                    ^^^^^^
           |
        help: give the report a `file_name` of its own; folders in it do not count

        error: 2 problems
        "#
    );
}

#[test]
fn window_after_the_end() {
    let late = json!({ "variable_name": "v", "start_time": 30.0, "end_time": 40.0 });
    assert_snapshot!(complaint(&[("late", late)]), @r#"
    exit code 2
    error: report `late` starts at 30 ms, after the end of the simulation at 20 ms
      --> simulation_config.json:79:21
       |
    79 |       "start_time": 30.0,
       |                     ^^^^
       |
    help: use an earlier `start_time`, a later `run.tstop`, or `enabled: false`
    "#);
}

#[test]
fn interval_below_the_step() {
    assert_snapshot!(complaint(&[("fine", json!({ "variable_name": "v", "dt": 0.01 }))]), @r#"
    exit code 2
    error: `dt` must be at least the simulation's step, 0.025, found `0.01`
      --> simulation_config.json:77:13
       |
    77 |       "dt": 0.01,
       |             ^^^^
    "#);
}

#[test]
fn several_reports_at_once() {
    assert_snapshot!(
        complaint(&[
            ("one", json!({ "variable_name": "charm" })),
            ("two", json!({ "variable_name": "v" })),
            ("three", json!({ "type": "synapse", "variable_name": "NoSyn" })),
        ]),
        @r#"
        exit code 2
        error: report `one`: Basket node 0 has no `charm` in section `soma[0]` at 0.5
          --> simulation_config.json:81:24
           |
        81 |       "variable_name": "charm"
           |                        ^^^^^^^
           |
        help: no mechanism and no variable has such a name: `neurodamus mechanisms list` lists them

        error: report `three`: Basket node 0 has no synapse `NoSyn` in the compartments of the report
          --> simulation_config.json:89:24
           |
        89 |       "variable_name": "NoSyn"
           |                        ^^^^^^^
           |
        help: choose `cells` and `sections` that have such synapses; `sections` is `soma` by default

        error: 2 problems
        "#
    );
}

#[test]
fn state_of_a_cell_that_is_not_there() {
    assert_snapshot!(told(&Ring::lasting(1.0), &["--dump-cell-state=0,900-901"]), @"
    exit code 2
    error: no simulated cell has the gids 900, 901, of which `--dump-cell-state` asks for the state
    help: gids are node ids plus the offset of the population in `populations_offset.dat`; check `node_set`
    ");
}
