//! What the program says when an input is wrong: the place, what is wrong, the remedy, and the exit code.

use std::fs;

use insta::assert_snapshot;

use crate::circuit::Ring;

/// The exit code and standard error of a run that must fail, with paths relative to the network's folder.
pub fn complaint(ring: &Ring) -> String {
    ring.complaint()
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
    assert_snapshot!(complaint(&ring), @r"
    exit code 2
    error: Pyramidal node 0 (template `RingCell`, morphology `pyramidal`) cannot be built
    note: morphologies/pyramidal.asc:53:27: expected `)`, found `thick`
      --> templates/RingCell.hoc:80:3
       |
    80 |   reader.input(path)
       |   ^^^^^^^^^^^^^^^^^^ here
    help: compare with an ASC file that Neurolucida exported; brackets may be unbalanced before here
          in `RingCell[0].load_morphology`, called at templates/RingCell.hoc:33
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
    assert_snapshot!(with_template("gnabar_hh = 0.16", "gnabar_hh = * 0.16"), @r"
    exit code 2
    error: templates/RingCell.hoc has 1 syntax error
    note: expected an expression, found `*`
       --> templates/RingCell.hoc:177:17
        |
    177 |     gnabar_hh = * 0.16
        |                 ^ here
    ");
}

#[test]
fn template_that_gives_up() {
    assert_snapshot!(with_template("if (nSecAxonalOrig < 2)", "if (nSecAxonalOrig < 20)"), @r#"
    exit code 2
    warning: 2 more kinds of cells cannot be built for the same reason
    error: Basket node 0 (template `RingCell`, morphology `basket`) cannot be built
    note: an axon of at least two sections is needed
       --> templates/RingCell.hoc:123:5
        |
    123 |     execerror("an axon of at least two sections is needed")
        |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ here
    help: in `RingCell[0].replace_axon`, called at templates/RingCell.hoc:42
          in `RingCell[0].init`, called at top level:1
    "#);
}

#[test]
fn unknown_mechanism_in_template() {
    assert_snapshot!(with_template("insert pas", "insert pass"), @r"
    exit code 2
    warning: 2 more kinds of cells cannot be built for the same reason
    error: Basket node 0 (template `RingCell`, morphology `basket`) cannot be built
    note: unknown mechanism `pass`
       --> templates/RingCell.hoc:164:5
        |
    164 |     insert pass
        |     ^^^^^^^^^^^ here
    help: did you mean `pas`?
          in `RingCell[0].insertChannel`, called at templates/RingCell.hoc:44
          in `RingCell[0].init`, called at top level:1
    ");
}

#[test]
fn unknown_parameter_in_template() {
    assert_snapshot!(with_template("gkbar_hh = 0.04", "gkbarr_hh = 0.04"), @r"
    exit code 2
    warning: 2 more kinds of cells cannot be built for the same reason
    error: Basket node 0 (template `RingCell`, morphology `basket`) cannot be built
    note: unknown range variable `gkbarr_hh`
       --> templates/RingCell.hoc:178:5
        |
    178 |     gkbarr_hh = 0.04
        |     ^^^^^^^^^ here
    help: did you mean `gkbar_hh`?
          in `RingCell[0].biophys`, called at templates/RingCell.hoc:45
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
    assert_snapshot!(complaint(&ring), @r"
    exit code 2
    error: edges `Pyramidal__Basket__chemical` of `edges.h5`: synapse 6 of node 0, from node 2, cannot be made: it is on section 99, but the cell has 13 sections
    help: the edges do not belong to this morphology: check `afferent_section_id`

    error: edges `Pyramidal__Basket__chemical` of `edges.h5`: synapse 6 of node 1, from node 4, cannot be made: it is on section 99, but the cell has 13 sections
    help: the edges do not belong to this morphology: check `afferent_section_id`

    error: edges `Pyramidal__Basket__chemical` of `edges.h5`: synapse 6 of node 2, from node 6, cannot be made: it is on section 99, but the cell has 13 sections
    help: the edges do not belong to this morphology: check `afferent_section_id`

    error: edges `Pyramidal__Basket__chemical` of `edges.h5`: synapse 6 of node 3, from node 8, cannot be made: it is on section 99, but the cell has 13 sections
    help: the edges do not belong to this morphology: check `afferent_section_id`

    error: edges `Pyramidal__Basket__chemical` of `edges.h5`: synapse 6 of node 4, from node 10, cannot be made: it is on section 99, but the cell has 13 sections
    help: the edges do not belong to this morphology: check `afferent_section_id`

    error: edges `Pyramidal__Basket__chemical` of `edges.h5`: synapse 6 of node 5, from node 12, cannot be made: it is on section 99, but the cell has 13 sections
    help: the edges do not belong to this morphology: check `afferent_section_id`

    error: 6 problems
    ");
}

#[test]
fn missing_edge_attribute() {
    let ring = Ring::lasting(20.0);
    let file = hdf5::File::open_rw(ring.path("edges.h5")).expect("the edges");
    file.unlink("edges/Basket__Pyramidal__chemical/0/tau2").expect("it is there");
    drop(file);
    assert_snapshot!(complaint(&ring), @r"
    exit code 2
    error: edges `Basket__Pyramidal__chemical` lack attribute `tau2`, which their synapses need (`edges.h5`)
    help: add the attribute to the edges, or choose another model by `modoverride`
    ");
}

#[test]
fn truncated_nodes() {
    let ring = Ring::lasting(20.0);
    let bytes = fs::read(ring.path("nodes.h5")).expect("the nodes");
    fs::write(ring.path("nodes.h5"), &bytes[..bytes.len() / 2]).expect("they are written");
    assert_snapshot!(complaint(&ring), @r"
    exit code 2
    error: `nodes.h5` is truncated: expected at least 36232 bytes, found 18116
    help: the copy or the program that wrote it was interrupted: copy or generate the file again
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
    error: there is no cell to simulate
      --> simulation_config.json:68:15
       |
    68 |   "node_set": "Drive",
       |               ^^^^^^^
       |
    help: node set `Drive` selects no cell of the circuit
    "#);
}

#[test]
fn unsupported_report() {
    let lfp = serde_json::json!({
        "type": "lfp", "electrodes_file": "electrodes.h5", "dt": 1, "start_time": 0, "end_time": 20,
    });
    assert_snapshot!(with_config(|config| config["reports"]["soma"] = lfp), @r#"
    exit code 2
    error: not supported: report type `lfp`
      --> simulation_config.json:99:15
       |
    99 |       "type": "lfp"
       |               ^^^^^
       |
    help: report `i_membrane` of all compartments, and weight it by the electrodes' factors afterwards
    "#);
}

#[test]
fn synapse_model_that_is_not_there() {
    assert_snapshot!(with_config(|config| config["connection_overrides"][0]["modoverride"] = "AMPA".into()), @r#"
    exit code 2
    error: there is no synapse model `AMPA`
     --> simulation_config.json:8:22
      |
    8 |       "modoverride": "AMPA",
      |                      ^^^^^^
      |
    help: put `AMPAHelper.hoc` into the folder of the templates or the mechanisms, or choose `AMPANMDA`, `GABAAB`, `DetAMPANMDA`, `DetGABAAB`, `GluSynapse`, `Exp2Syn`, `ExpSyn`
    "#);
}

#[test]
fn edges_without_a_synapse_model() {
    assert_snapshot!(with_config(|config| config["connection_overrides"] = serde_json::json!([])), @r"
    exit code 2
    error: edges `Pyramidal__Pyramidal__chemical` lack attribute `decay_time`, which their synapses need (`edges.h5`)
    help: add the attribute to the edges, or choose another model by `modoverride`

    error: edges `Pyramidal__Pyramidal__chemical` lack attribute `depression_time`, which their synapses need (`edges.h5`)
    help: add the attribute to the edges, or choose another model by `modoverride`

    error: edges `Pyramidal__Pyramidal__chemical` lack attribute `facilitation_time`, which their synapses need (`edges.h5`)
    help: add the attribute to the edges, or choose another model by `modoverride`

    error: edges `Pyramidal__Pyramidal__chemical` lack attribute `n_rrp_vesicles`, which their synapses need (`edges.h5`)
    help: add the attribute to the edges, or choose another model by `modoverride`

    error: edges `Pyramidal__Pyramidal__chemical` lack attribute `syn_type_id`, which their synapses need (`edges.h5`)
    help: add the attribute to the edges, or choose another model by `modoverride`

    error: edges `Pyramidal__Pyramidal__chemical` lack attribute `u_syn`, which their synapses need (`edges.h5`)
    help: add the attribute to the edges, or choose another model by `modoverride`

    error: 6 problems
    ");
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
    ring.configure(|config| config["reports"]["soma"]["variable_name"] = "v, i_membrane".into());
    ring.change_json("node_sets.json", |sets| sets["Watched"] = serde_json::json!(["Fwe"]));
    ring.change_json("circuit_config.json", |circuit| {
        let edges = &mut circuit["networks"]["edges"][0]["populations"];
        edges["Basket__Pyramidal__chemical"]["type"] = "electrical".into();
    });
    assert_snapshot!(complaint(&ring), @r#"
    exit code 2
    error: unknown node set `Fwe`
      --> node_sets.json:34:5
       |
    34 |     "Fwe"
       |     ^^^^^

    error: report `soma` of type `compartment` takes one variable, not 2
       --> simulation_config.json:101:24
        |
    101 |       "variable_name": "v, i_membrane"
        |                        ^^^^^^^^^^^^^^^
        |
    help: make a report of each variable, or one of type `summation`

    error: 2 problems
    "#);
}

/// Node sets that are listed in a circuit config that cannot be read are not said to be missing.
#[test]
fn damaged_circuit_hides_no_other_problem() {
    let ring = Ring::lasting(20.0);
    ring.configure(|config| config["reports"]["soma"]["variable_name"] = "v, i_membrane".into());
    ring.change_json("circuit_config.json", |circuit| {
        circuit["networks"]["nodes"][0]["populations"] = 1.into()
    });
    assert_snapshot!(complaint(&ring), @r#"
    exit code 2
    error: `populations` must be an object, found a number
      --> circuit_config.json:32:24
       |
    32 |         "populations": 1
       |                        ^

    error: report `soma` of type `compartment` takes one variable, not 2
       --> simulation_config.json:101:24
        |
    101 |       "variable_name": "v, i_membrane"
        |                        ^^^^^^^^^^^^^^^
        |
    help: make a report of each variable, or one of type `summation`

    error: 2 problems
    "#);
}

#[test]
fn runaway_voltage() {
    assert_snapshot!(with_template("e_pas = -66\n  }\n  forsec CellRef.apical", "e_pas = 1e9\n  }\n  forsec CellRef.apical"), @"
    exit code 1
    error: at t = 1.025 ms the voltage of gid 2004 (Pyramidal node 4), section `dend[2]`, segment 4, is 15464117.416146716 mV; the largest current there is that of mechanism `pas`
    help: check the parameters and stimuli of this cell, or use a shorter time step
    ");
}

#[test]
fn voltage_that_is_no_number() {
    assert_snapshot!(with_template("gl_hh = 0.0003", "gl_hh = 1e308\n    el_hh = 1e308"), @"
    exit code 1
    error: at t = 1.025 ms the voltage of gid 0 (Basket node 0), section `soma[0]`, segment 0, is NaN mV; a variable of mechanism `hh` is no finite number there
    help: check the parameters and stimuli of this cell, or use a shorter time step
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

#[test]
fn spikes_sorted_by_id() {
    assert_snapshot!(with_config(|config| config["output"]["spikes_sort_order"] = "by_id".into()), @r#"
    exit code 2
    error: not supported: spikes sorted by id
      --> simulation_config.json:72:26
       |
    72 |     "spikes_sort_order": "by_id"
       |                          ^^^^^^^
       |
    help: use `by_time`, the order in which spikes are written
    "#);
}
