//! What the program says when an input is wrong: the place, what is wrong, the remedy, and the exit code.

use std::fs;

use insta::assert_snapshot;

use crate::circuit::Ring;

/// The exit code and standard error of a run that must fail, with paths relative to the network's folder.
fn complaint(ring: &Ring) -> String {
    let output = ring.run_program(&["--threads=1", "--group-size=1000"]);
    assert!(!output.status.success(), "it must not succeed");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert!(!ring.path("simulation_config.json.SUCCESS").exists());
    let code = output.status.code().expect("it was not killed");
    let folder = ring.path("").canonicalize().expect("the folder");
    let errors = String::from_utf8_lossy(&output.stderr);
    let errors =
        errors.replace(&format!("{}/", folder.display()), "").replace(&format!("{}", folder.display()), ".");
    format!("exit code {code}\n{errors}")
}

/// The complaint after a change of the simulation config.
fn with_config(change: impl FnOnce(&mut serde_json::Value)) -> String {
    let ring = Ring::lasting(20.0);
    ring.configure(change);
    complaint(&ring)
}

/// The complaint after a change of the template.
fn with_template(old: &str, new: &str) -> String {
    let ring = Ring::lasting(20.0);
    ring.replace("templates/RingCell.hoc", old, new);
    complaint(&ring)
}

#[test]
fn missing_morphology() {
    let ring = Ring::lasting(20.0);
    fs::remove_file(ring.path("morphologies/basket.swc")).expect("it is there");
    assert_snapshot!(complaint(&ring), @"
    exit code 2
    error: Basket node 0 (template `RingCell`, morphology `basket`): morphology file `morphologies/basket.swc` does not exist
    help: check `morphology` of the node and the morphology folders
    ");
}

#[test]
fn damaged_morphology() {
    let ring = Ring::lasting(20.0);
    ring.replace("morphologies/pyramidal.asc", "( 130.0  -41.0 -34.0  0.7)", "( 130.0  -41.0 -34.0  thick)");
    assert_snapshot!(complaint(&ring), @"
    exit code 2
    error: Pyramidal node 0 (template `RingCell`, morphology `pyramidal`) cannot be built
    note: morphologies/pyramidal.asc:53:27: expected `)`, found `thick`
      --> templates/RingCell.hoc:79:3
       |
    79 |   reader.input(path)
       |   ^^^^^^^^^^^^^^^^^^ here
    help: compare with an ASC file that Neurolucida exported; brackets may be unbalanced before here
          in `RingCell[0].load_morphology`, called at templates/RingCell.hoc:32
          in `RingCell[0].init`, called at top level:1
    ");
}

#[test]
fn missing_template() {
    let ring = Ring::lasting(20.0);
    fs::rename(ring.path("templates/RingCell.hoc"), ring.path("templates/Cell.hoc")).expect("it is there");
    assert_snapshot!(complaint(&ring), @"
    exit code 2
    error: Basket node 0 (template `RingCell`, morphology `basket`): template file `templates/RingCell.hoc` does not exist
    help: check `model_template` of the node and `biophysical_neuron_models_dir`
    ");
}

#[test]
fn syntax_error_in_template() {
    assert_snapshot!(with_template("gnabar_hh = 0.16", "gnabar_hh = * 0.16"), @"
    exit code 2
    error: templates/RingCell.hoc has 1 syntax errors
    note: expected an expression, found `*`
       --> templates/RingCell.hoc:176:17
        |
    176 |     gnabar_hh = * 0.16
        |                 ^ here
    ");
}

#[test]
fn template_that_gives_up() {
    assert_snapshot!(with_template("if (nSecAxonalOrig < 2)", "if (nSecAxonalOrig < 20)"), @r#"
    exit code 2
    error: Basket node 0 (template `RingCell`, morphology `basket`) cannot be built
    note: an axon of at least two sections is needed 
       --> templates/RingCell.hoc:122:5
        |
    122 |     execerror("an axon of at least two sections is needed", "")
        |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ here
    help: in `RingCell[0].replace_axon`, called at templates/RingCell.hoc:41
          in `RingCell[0].init`, called at top level:1
    "#);
}

#[test]
fn unknown_mechanism_in_template() {
    assert_snapshot!(with_template("insert pas", "insert pass"), @"
    exit code 2
    error: Basket node 0 (template `RingCell`, morphology `basket`) cannot be built
    note: unknown mechanism `pass`
       --> templates/RingCell.hoc:163:5
        |
    163 |     insert pass
        |     ^^^^^^^^^^^ here
    help: did you mean `pas`?
          in `RingCell[0].insertChannel`, called at templates/RingCell.hoc:43
          in `RingCell[0].init`, called at top level:1
    ");
}

#[test]
fn unknown_parameter_in_template() {
    assert_snapshot!(with_template("gkbar_hh = 0.04", "gkbarr_hh = 0.04"), @"
    exit code 2
    error: Basket node 0 (template `RingCell`, morphology `basket`) cannot be built
    note: `gkbarr_hh` is a function, not a variable
       --> templates/RingCell.hoc:177:5
        |
    177 |     gkbarr_hh = 0.04
        |     ^^^^^^^^^ here
    help: call it: `gkbarr_hh()`
          in `RingCell[0].biophys`, called at templates/RingCell.hoc:44
          in `RingCell[0].init`, called at top level:1
    ");
}

#[test]
fn section_that_the_morphology_lacks() {
    let ring = Ring::lasting(20.0);
    let file = hdf5::File::open_rw(ring.path("edges.h5")).expect("the edges");
    let name = "edges/Pyramidal__Basket__chemical/0/afferent_section_id";
    let sections = file.dataset(name).expect("sections");
    sections.write_raw(&vec![99_u32; sections.size()]).expect("they are written");
    drop((sections, file));
    assert_snapshot!(complaint(&ring), @"
    exit code 2
    error: Basket node 0 (template `RingCell`, morphology `basket`): the synapse from node 2 is on section 99, but the cell has 13 sections
    help: the edges do not belong to this morphology: check `afferent_section_id`
    ");
}

#[test]
fn missing_edge_attribute() {
    let ring = Ring::lasting(20.0);
    let file = hdf5::File::open_rw(ring.path("edges.h5")).expect("the edges");
    file.unlink("edges/Basket__Pyramidal__chemical/0/tau2").expect("it is there");
    drop(file);
    assert_snapshot!(complaint(&ring), @"
    exit code 2
    error: `edges.h5:/edges/Basket__Pyramidal__chemical/0/tau2` is missing: expected an attribute, found `afferent_section_id`, `afferent_section_pos`, `conductance`, `delay`, `erev`, `tau1`
    help: did you mean `tau1`?
    ");
}

#[test]
fn truncated_nodes() {
    let ring = Ring::lasting(20.0);
    let bytes = fs::read(ring.path("nodes.h5")).expect("the nodes");
    fs::write(ring.path("nodes.h5"), &bytes[..bytes.len() / 2]).expect("they are written");
    assert_snapshot!(complaint(&ring), @"
    exit code 2
    error: cannot open `nodes.h5`: unable to lock file: resource temporarily unavailable
    help: another program is writing it, or the file system has no locks: wait, or set HDF5_USE_FILE_LOCKING=FALSE
    ");
}

#[test]
fn unknown_node_set() {
    assert_snapshot!(with_config(|config| config["inputs"]["kick"]["node_set"] = "Frist".into()), @r#"
    exit code 2
    error: unknown node set `Frist`
      --> simulation_config.json:49:19
       |
    49 |       "node_set": "Frist",
       |                   ^^^^^^^
       |
    help: did you mean `First`?
    "#);
}

#[test]
fn node_set_without_cells() {
    assert_snapshot!(with_config(|config| config["node_set"] = "Drive".into()), @r#"
    exit code 2
    error: not supported: a simulation without cells
      --> simulation_config.json:68:15
       |
    68 |   "node_set": "Drive",
       |               ^^^^^^^
       |
    help: node set `Drive` selects no node of a biophysical population
    "#);
}

#[test]
fn unsupported_module() {
    let noise = serde_json::json!({
        "module": "noise", "input_type": "current_clamp", "mean": 0.1, "variance": 0.01,
        "delay": 0.0, "duration": 10.0, "node_set": "All"
    });
    assert_snapshot!(with_config(|config| config["inputs"]["noise"] = noise), @r#"
    exit code 2
    error: not supported: input module `noise`
      --> simulation_config.json:58:17
       |
    58 |       "module": "noise",
       |                 ^^^^^^^
       |
    help: use `linear`, `pulse`, `hyperpolarizing` or `synapse_replay`
    "#);
}

#[test]
fn unsupported_report() {
    assert_snapshot!(with_config(|config| config["reports"]["soma"]["type"] = "summation".into()), @r#"
    exit code 2
    error: not supported: report type `summation`
       --> simulation_config.json:100:15
        |
    100 |       "type": "summation",
        |               ^^^^^^^^^^^
        |
    help: use `compartment`
    "#);
}

#[test]
fn unsupported_modification() {
    let modification = serde_json::json!([{ "name": "no sodium", "type": "ttx", "node_set": "All" }]);
    assert_snapshot!(with_config(|config| config["conditions"]["modifications"] = modification), @r#"
    exit code 2
    error: not supported: modification `no sodium`
     --> simulation_config.json:4:5
      |
    4 |     "modifications": [
      |     ^^^^^^^^^^^^^^^
      |
    help: set the parameters in the cell templates
    "#);
}

#[test]
fn synapse_model_that_is_not_there() {
    assert_snapshot!(with_config(|config| config["connection_overrides"][0]["modoverride"] = "AMPA".into()), @r#"
    exit code 2
    error: not supported: synapse model `AMPA`
     --> simulation_config.json:8:22
      |
    8 |       "modoverride": "AMPA",
      |                      ^^^^^^
      |
    help: use `ExpSyn` or `Exp2Syn`
    "#);
}

#[test]
fn edges_without_a_synapse_model() {
    assert_snapshot!(with_config(|config| config["connection_overrides"] = serde_json::json!([])), @r#"
    exit code 2
    error: not supported: the synapse models `ProbAMPANMDA_EMS` and `ProbGABAAB_EMS`, which the edges `Basket__Pyramidal__chemical` select without `modoverride`
     --> simulation_config.json:6:3
      |
    6 |   "connection_overrides": [],
      |   ^^^^^^^^^^^^^^^^^^^^^^
      |
    help: add a connection override with `modoverride` `ExpSyn` or `Exp2Syn`, or one with weight 0
    "#);
}

#[test]
fn many_problems_at_once() {
    let ring = Ring::lasting(20.0);
    ring.configure(|config| {
        config["run"]["dt"] = (-0.1).into();
        config["inputs"]["kick"]["widht"] = 1.0.into();
        config["reports"]["soma"]["sections"] = "body".into();
        config["conditions"]["temperature"] = 34.0.into();
    });
    assert_snapshot!(complaint(&ring), @r#"
    exit code 2
    error: unknown key `temperature` in `conditions`
     --> simulation_config.json:4:5
      |
    4 |     "temperature": 34.0,
      |     ^^^^^^^^^^^^^

    error: unknown key `widht` in `inputs.kick`
      --> simulation_config.json:52:7
       |
    52 |       "widht": 1.0,
       |       ^^^^^^^
       |
    help: did you mean `width`?

    error: unknown value `body` for `sections`
       --> simulation_config.json:100:19
        |
    100 |       "sections": "body",
        |                   ^^^^^^
        |
    help: one of `soma`, `axon`, `dend`, `apic` or `all`

    error: `dt` must be positive, found `-0.1`
       --> simulation_config.json:107:11
        |
    107 |     "dt": -0.1,
        |           ^^^^

    error: 4 problems
    "#);
}

#[test]
fn problems_of_several_files_at_once() {
    let ring = Ring::lasting(20.0);
    ring.configure(|config| config["reports"]["soma"]["type"] = "summation".into());
    ring.change_json("node_sets.json", |sets| sets["Watched"] = serde_json::json!(["Fwe"]));
    ring.change_json("circuit_config.json", |circuit| {
        circuit["networks"]["nodes"][0]["populations"]["Basket"]["type"] = "astrocyte".into();
    });
    assert_snapshot!(complaint(&ring), @r#"
    exit code 2
    error: astrocyte population `Basket` has no `microdomains_file`
      --> circuit_config.json:33:11
       |
    33 |           "Basket": {
       |           ^^^^^^^^

    error: not supported: report type `summation`
       --> simulation_config.json:100:15
        |
    100 |       "type": "summation",
        |               ^^^^^^^^^^^
        |
    help: use `compartment`

    error: unknown node set `All`
      --> simulation_config.json:68:15
       |
    68 |   "node_set": "All",
       |               ^^^^^

    error: unknown node set `Pyramidal`
      --> simulation_config.json:32:19
       |
    32 |       "node_set": "Pyramidal",
       |                   ^^^^^^^^^^^

    error: unknown node set `All`
      --> simulation_config.json:40:19
       |
    40 |       "node_set": "All"
       |                   ^^^^^

    error: unknown node set `First`
      --> simulation_config.json:49:19
       |
    49 |       "node_set": "First",
       |                   ^^^^^^^

    error: unknown node set `Slender`
      --> simulation_config.json:60:19
       |
    60 |       "node_set": "Slender"
       |                   ^^^^^^^^^

    error: unknown node set `All`
      --> simulation_config.json:75:16
       |
    75 |       "cells": "All",
       |                ^^^^^

    error: unknown node set `Watched`
      --> simulation_config.json:85:16
       |
    85 |       "cells": "Watched",
       |                ^^^^^^^^^

    error: unknown node set `All`
      --> simulation_config.json:95:16
       |
    95 |       "cells": "All",
       |                ^^^^^

    error: unknown node set `Pyramidal`
      --> simulation_config.json:10:17
       |
    10 |       "source": "Pyramidal",
       |                 ^^^^^^^^^^^

    error: unknown node set `All`
      --> simulation_config.json:11:17
       |
    11 |       "target": "All"
       |                 ^^^^^

    error: unknown node set `Basket`
      --> simulation_config.json:16:17
       |
    16 |       "source": "Basket",
       |                 ^^^^^^^^

    error: unknown node set `Pyramidal`
      --> simulation_config.json:17:17
       |
    17 |       "target": "Pyramidal"
       |                 ^^^^^^^^^^^

    error: unknown node set `Drive`
      --> simulation_config.json:22:17
       |
    22 |       "source": "Drive",
       |                 ^^^^^^^

    error: unknown node set `Pyramidal`
      --> simulation_config.json:23:17
       |
    23 |       "target": "Pyramidal"
       |                 ^^^^^^^^^^^

    error: 16 problems
    "#);
}

#[test]
fn runaway_voltage() {
    assert_snapshot!(with_template("gnabar_hh = 0.16", "gnabar_hh = -1e6"), @"");
}

#[test]
fn voltage_that_is_no_number() {
    assert_snapshot!(with_template("Ra = 100", "Ra = 100\n    el_hh = 1e308*10"), @"
    exit code 2
    error: Basket node 0 (template `RingCell`, morphology `basket`) cannot be built
    note: `el_hh` is not available in `RingCell[0].dend[0]`: mechanism `hh` is not inserted
       --> templates/RingCell.hoc:173:5
        |
    173 |     el_hh = 1e308*10
        |     ^^^^^ here
    help: insert `hh` in `RingCell[0].dend[0]` first
          in `RingCell[0].biophys`, called at templates/RingCell.hoc:44
          in `RingCell[0].init`, called at top level:1
    ");
}

#[test]
fn output_folder_that_cannot_be_made() {
    let ring = Ring::lasting(20.0);
    fs::write(ring.path("taken"), "a file").expect("it is written");
    ring.configure(|config| config["output"]["output_dir"] = "taken/output".into());
    assert_snapshot!(complaint(&ring), @"
    exit code 1
    error: cannot make the output folder `taken/output`: Not a directory (os error 20)
    help: check `output.output_dir` of the config, or give `--output-path`
    ");
}
