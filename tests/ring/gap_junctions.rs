//! Cells coupled by gap junctions: what may not change their results, NEURON's own numbers, corrections, and what the
//! program says when something is wrong with junctions.

use std::path::Path;

use insta::assert_snapshot;
use serde_json::{Value, json};
use sonata::Column;

use crate::circuit::Ring;
use crate::invariance::bits;
use crate::junctions::{Junction, add, coupled, edges, usual};
use crate::support::neuron;
use crate::{against_neuron, python};

#[test]
fn ranks_threads_and_groups_change_nothing() {
    let ring = coupled(60.0);
    ring.run_on_ranks(1, "expected", &["--threads=1", "--group-size=1000"]).expect("it runs");
    let expected = bits(&ring, "expected");
    assert!(expected.0.iter().map(|(_, nodes, _)| nodes.len()).sum::<usize>() > 20, "there is much activity");
    for ranks in [1, 2, 3, 4] {
        for threads in [1, 2] {
            for size in [1, 3, 1000] {
                let options = [format!("--threads={threads}"), format!("--group-size={size}")];
                let options: Vec<&str> = options.iter().map(String::as_str).collect();
                ring.run_on_ranks(ranks, "found", &options).expect("it runs");
                let found = bits(&ring, "found");
                assert!(found == expected, "{ranks} ranks, {threads} threads, groups of {size} differ");
            }
        }
    }
    drop(ring);
    let without = Ring::lasting(60.0);
    without.run_on_ranks(1, "found", &[]).expect("it runs");
    assert!(bits(&without, "found") != expected, "junctions matter");
}

#[test]
fn coupled_network_is_that_of_neuron() {
    let Some(python) = python::find() else { return };
    let gap = Path::new(env!("CARGO_MANIFEST_DIR")).join("mechanisms/Gap.mod");
    let folder = python.parent().and_then(Path::parent).expect("it is in a folder `bin`").join("compiled");
    let library = neuron::compile(&[gap], &folder);
    against_neuron::compare_with(|ring| add(ring, &edges(&usual())), &[&library]);
}

/// A pair of cells of which only one is simulated has no junction.
#[test]
fn junctions_with_cells_that_are_not_simulated_are_left_out() {
    let run = |has_junctions: bool| {
        let ring = Ring::lasting(20.0);
        if has_junctions {
            add(&ring, &edges(&usual()));
        }
        ring.configure(|config| {
            config["node_set"] = "Few".into();
            config["inputs"]["hold"]["node_set"] = "Few".into();
        });
        ring.change_json("node_sets.json", |sets| sets["Few"]["node_id"] = json!([0, 1, 3]));
        ring.run_on_ranks(2, "output", &["--threads=1"]).expect("it runs");
        bits(&ring, "output")
    };
    assert!(run(true) == run(false));
}

/// The run with `beta_features` for the basket cells.
fn corrected(ring: &Ring, features: Value) {
    ring.configure(|config| {
        config["beta_features"] = features;
        config["beta_features"]["gapjunction_target_population"] = "Basket".into();
    });
    ring.run_on_ranks(2, "output", &["--threads=1"]).expect("it runs");
}

#[test]
fn all_junctions_get_one_conductance() {
    let among_baskets = |(one, other, _): &Junction| one.0 == "Basket" && other.0 == "Basket";
    let junctions: Vec<Junction> = usual().into_iter().filter(among_baskets).collect();
    let equal: Vec<Junction> = junctions.iter().map(|&(one, other, _)| (one, other, 2.5)).collect();
    let expected = {
        let ring = Ring::lasting(20.0);
        add(&ring, &edges(&equal));
        ring.run_on_ranks(1, "output", &[]).expect("it runs");
        bits(&ring, "output")
    };
    let ring = Ring::lasting(20.0);
    add(&ring, &edges(&junctions));
    corrected(&ring, json!({ "procedure_type": "validation_sim", "gjc": 2.5 }));
    assert!(bits(&ring, "output") == expected);
}

const CHANNEL: &str = "
NEURON { SUFFIX StochKv3 NONSPECIFIC_CURRENT i RANGE deterministic }
PARAMETER { deterministic = 0 }
ASSIGNED { v (mV)  i (mA/cm2) }
BREAKPOINT { if (deterministic) { i = 1e-5*(v + 80) } else { i = 1e-4*(v + 60) } }
";

/// The coupled network with a channel in the dendrites, of which one kind of value is set by the template.
fn with_channel(insert: &str) -> Ring {
    let ring = coupled(20.0);
    std::fs::create_dir(ring.path("mechanisms")).expect("a folder");
    std::fs::write(ring.path("mechanisms/StochKv3.mod"), CHANNEL).expect("a file");
    ring.change_json("circuit_config.json", |config| {
        config["components"]["mechanisms_dir"] = "$CIRCUIT_DIR/mechanisms".into();
        // Pyramidal cells keep their template
        let folder = "$CIRCUIT_DIR/other";
        config["networks"]["nodes"][0]["populations"]["Basket"]["biophysical_neuron_models_dir"] =
            folder.into();
    });
    std::fs::create_dir(ring.path("other")).expect("a folder");
    let template = std::fs::read_to_string(ring.path("templates/RingCell.hoc")).expect("the template");
    let template = template.replace("RingCell", "BasketCell").replace(
        "  forsec CellRef.basal {\n    insert pas",
        &format!("  forsec CellRef.basal {{\n    {insert} insert pas"),
    );
    std::fs::write(ring.path("other/BasketCell.hoc"), template).expect("a template");
    let nodes = hdf5::File::open_rw(ring.path("nodes.h5")).expect("the nodes");
    let library = nodes.dataset("nodes/Basket/0/@library/model_template").expect("names of templates");
    let name: hdf5::types::VarLenUnicode = "hoc:BasketCell".parse().expect("text");
    library.write_raw(&[name]).expect("it is written");
    ring
}

#[test]
fn channels_are_switched_and_removed() {
    for (features, insert) in [
        (json!({ "deterministic_stoch": true }), "insert StochKv3 deterministic_StochKv3 = 1"),
        (json!({ "remove_channels": "only_stoch" }), ""),
        (json!({ "remove_channels": "all" }), ""),
        (json!({ "remove_channels": "only_non_stoch" }), "insert StochKv3"),
    ] {
        let expected = with_channel(insert);
        expected.run_on_ranks(1, "output", &["--threads=1"]).expect("it runs");
        let expected_bits = bits(&expected, "output");
        drop(expected);
        let found = with_channel("insert StochKv3");
        corrected(&found, features.clone());
        assert!(bits(&found, "output") == expected_bits, "{features}");
    }
}

/// A file with passive conductances of the segments of basket cell 1, whose sections have one segment each.
fn write_conductances(ring: &Ring) {
    let file = hdf5::File::create(ring.path("g_pas.h5")).expect("a file");
    let cell = file.create_group("g_pas/0.5/a1").expect("a group");
    for (section, count) in [("soma", 1), ("axon", 2), ("dend", 20), ("apic", 1)] {
        for number in 0..count {
            let name = format!("{section}[{number}](0.5)");
            let values = [1e-3_f32, 0.000_061_035_156, 1e-2];
            cell.new_dataset_builder().with_data(&values).create(name.as_str()).expect("values");
        }
    }
}

#[test]
fn passive_conductances_are_those_of_the_file() {
    let ring = |in_template: bool| {
        let ring = coupled(20.0);
        ring.replace("templates/RingCell.hoc", "insert hh", "insert hh insert pas");
        let is_basket = "!strcmp($s3, \"basket.swc\")";
        let set =
            format!("  if (gid == 1) if ({is_basket}) {{ forsec all {{ g_pas = 0.00006103515625 }} }}\n");
        let set = if in_template { set.as_str() } else { "" };
        let end = "  insertChannel()\n  biophys()\n";
        ring.replace("templates/RingCell.hoc", end, &format!("{end}  forsec all {{ nseg = 1 }}\n{set}"));
        ring
    };
    let expected = ring(true);
    expected.run_on_ranks(1, "output", &["--threads=1"]).expect("it runs");
    let expected_bits = bits(&expected, "output");
    drop(expected);
    let found = ring(false);
    write_conductances(&found);
    corrected(&found, json!({ "load_g_pas_file": "g_pas.h5", "gjc": 0.5, "correction_iteration_load": 1 }));
    assert!(bits(&found, "output") == expected_bits);
    corrected(&found, json!({ "load_g_pas_file": "g_pas.h5", "gjc": 0.5 }));
    assert!(bits(&found, "output") != expected_bits, "the last iteration has other values");
}

/// A file with a number for some basket cells.
fn write_numbers(ring: &Ring, group: &str, values: &[(u64, f64)]) {
    let file = hdf5::File::create(ring.path("numbers.h5")).expect("a file");
    let group = file.create_group(group).expect("a group");
    for (node, value) in values {
        let dataset = group.new_dataset::<f64>().create(format!("a{node}").as_str()).expect("a dataset");
        dataset.write_scalar(value).expect("it is written");
    }
}

/// The voltage of a soma in the report `soma`, sample by sample.
fn soma(ring: &Ring, node: u64) -> Vec<f32> {
    let reports = ring.report("output", "soma");
    let (layout, values) = reports.iter().find(|(layout, _)| layout.name == "Basket").expect("basket cells");
    let column = layout.node_ids.iter().position(|known| *known == node).expect("the cell");
    values.iter().skip(column).step_by(layout.node_ids.len()).copied().collect()
}

#[test]
fn cells_are_held_by_currents_and_clamps() {
    let ring = coupled(20.0);
    write_numbers(&ring, "holding_per_gid/0.5", &[(2, -0.5), (77, 1.0)]);
    corrected(&ring, json!({ "manual_MEComboInfo_file": "numbers.h5", "gjc": 0.5 }));
    let held = soma(&ring, 2);
    write_numbers(&ring, "holding_per_gid/0.3", &[]);
    corrected(&ring, json!({ "manual_MEComboInfo_file": "numbers.h5", "gjc": 0.5 }));
    let free = soma(&ring, 2);
    assert!(held.last() < free.last().map(|v| v - 10.0).as_ref(), "{held:?} {free:?}");

    write_numbers(&ring, "v_per_gid", &[(0, -75.0), (3, -50.0)]);
    corrected(&ring, json!({ "procedure_type": "find_holding_current", "gjc": 0.5, "vc_amp": "numbers.h5" }));
    for (node, voltage) in [(0, -75.0), (3, -50.0)] {
        assert!(soma(&ring, node).iter().skip(2).all(|v| (v - voltage).abs() < 1e-3));
    }
    assert!(ring.path("output/gap_junction_seclamps/data_for_host_1.p").exists());
    let Some(python) = python::find() else { return };
    let script = "
import pickle, pathlib
currents = {}
for path in sorted(pathlib.Path('output/gap_junction_seclamps').iterdir()):
    currents.update(pickle.loads(path.read_bytes()))
assert sorted(currents) == [0, 3], currents
for array in currents.values():
    assert array.shape == (801,) and array.dtype == float and array.flags.writeable
    assert abs(array[-1]) < 2.0 and array[-1] != 0.0, array
assert currents[0][-1] < 0 < currents[3][-1]
print('passed')
";
    python::run(&python, &ring.path("."), script, &[]);
}

/// The complaint about a network with these electrical edges.
fn with_edges(change: impl FnOnce(&mut Vec<sonata::edges::EdgeTable>)) -> String {
    let ring = Ring::lasting(20.0);
    let junction = (("Basket", 0, 7, 0.5), ("Basket", 3, 6, 0.5), 1.0);
    let mut tables = edges(&[junction]);
    change(&mut tables);
    add(&ring, &tables);
    ring.complaint()
}

/// Puts another column in the place of one of the edges' attributes, or none.
fn replace(tables: &mut [sonata::edges::EdgeTable], name: &str, column: Option<Column>) {
    let attributes = &mut tables[0].attributes;
    attributes.retain(|(known, _)| known != name);
    attributes.extend(column.map(|column| (name.to_owned(), column)));
}

#[test]
fn other_side_without_an_edge() {
    assert_snapshot!(with_edges(|tables| replace(tables, "efferent_junction_id", Some(Column::UInt64(vec![7, 8])))), @"
    exit code 2
    error: gid 0: a gap junction needs the voltage with the id 7, but no simulated cell has it
    help: each junction needs an edge in both directions, the `efferent_junction_id` of one being the `afferent_junction_id` of the other
    ");
}

#[test]
fn two_junctions_with_one_id() {
    let ids = Column::UInt64(vec![5, 5]);
    assert_snapshot!(with_edges(|tables| replace(tables, "afferent_junction_id", Some(ids))), @"
    exit code 2
    error: gid 0 and gid 3: two gap junctions have the id 5 for their own voltage
    help: `afferent_junction_id` differs between all electrical edges of a circuit
    ");
}

#[test]
fn edges_without_ids() {
    assert_snapshot!(with_edges(|tables| replace(tables, "efferent_junction_id", None)), @"
    exit code 2
    error: edges `Basket__Basket__electrical` lack attribute `efferent_junction_id` (`gaps.h5`)
    help: add the attribute to the electrical edges
    ");
}

#[test]
fn edges_without_conductance() {
    assert_snapshot!(with_edges(|tables| replace(tables, "conductance", None)), @"
    exit code 2
    error: edges `Basket__Basket__electrical` lack attribute `conductance` (`gaps.h5`)
    help: add the attribute to the electrical edges
    ");
}

#[test]
fn ids_that_are_none() {
    let ids = Column::Int64(vec![-1, 2]);
    assert_snapshot!(with_edges(|tables| replace(tables, "afferent_junction_id", Some(ids))), @"
    exit code 2
    error: edges `Basket__Basket__electrical` of `gaps.h5`: synapse 0 of node 0, from node 3, cannot be made: its `afferent_junction_id` is -1
    help: ids of junctions are whole numbers from 0
    ");
    let ids = Column::Float64(vec![1.5, 2.0]);
    assert_snapshot!(with_edges(|tables| replace(tables, "afferent_junction_id", Some(ids))), @"
    exit code 2
    error: edges `Basket__Basket__electrical` of `gaps.h5`: synapse 0 of node 0, from node 3, cannot be made: its `afferent_junction_id` is 1.5
    help: ids of junctions are whole numbers from 0
    ");
}

#[test]
fn section_that_the_cell_lacks() {
    let sections = Column::UInt32(vec![99, 6]);
    assert_snapshot!(with_edges(|tables| replace(tables, "afferent_section_id", Some(sections))), @"
    exit code 2
    error: edges `Basket__Basket__electrical` of `gaps.h5`: synapse 0 of node 0, from node 3, cannot be made: it is on section 99, but the cell has 13 sections
    help: the edges do not belong to this morphology: check `afferent_section_id`
    ");
}

#[test]
fn junctions_with_virtual_nodes() {
    assert_snapshot!(with_edges(|tables| tables[0].source_population = "Drive".into()), @"
    exit code 2
    error: edges `Basket__Basket__electrical` of type `electrical` come from virtual population `Drive` (`gaps.h5`)
    help: gap junctions couple cells that are both simulated
    ");
}

#[test]
fn junctions_with_unknown_nodes() {
    assert_snapshot!(with_edges(|tables| tables[0].source_population = "Elsewhere".into()), @"
    exit code 2
    error: edges `Basket__Basket__electrical` of type `electrical` come from node population `Elsewhere`, which the circuit does not have (`gaps.h5`)
    help: add the population to `networks.nodes`: only chemical edges may come from one that is not there
    ");
}

/// The complaint about `beta_features`.
fn with_features(features: Value) -> String {
    let ring = coupled(20.0);
    write_conductances(&ring);
    ring.configure(|config| {
        config["beta_features"] = features;
        if config["beta_features"].get("gapjunction_target_population").is_none() {
            config["beta_features"]["gapjunction_target_population"] = "Basket".into();
        }
    });
    ring.complaint()
}

#[test]
fn features_that_do_not_fit_together() {
    assert_snapshot!(with_features(json!({
        "procedure_type": "find_holding_current", "manual_MEComboInfo_file": "numbers.h5"
    })), @r#"
    exit code 2
    error: `manual_MEComboInfo_file` gives the holding currents that `find_holding_current` is to find
     --> simulation_config.json:4:32
      |
    4 |     "manual_MEComboInfo_file": "numbers.h5",
      |                                ^^^^^^^^^^^^
      |
    help: leave one of them out

    error: `find_holding_current` needs `vc_amp`, the file of voltages at which cells are held
     --> simulation_config.json:5:23
      |
    5 |     "procedure_type": "find_holding_current"
      |                       ^^^^^^^^^^^^^^^^^^^^^^
      |
    help: add the key

    error: `gjc`, the conductance of gap junctions (nS), is missing
     --> simulation_config.json:3:38
      |
    3 |     "gapjunction_target_population": "Basket",
      |                                      ^^^^^^^^
      |
    help: add the key to `beta_features`

    error: 3 problems
    "#);
}

#[test]
fn features_of_wrong_types() {
    assert_snapshot!(with_features(json!({
        "gapjunction_target_population": "Baskets", "gjc": "0.5", "correction_iteration_load": 0.5,
        "load_g_pas_file": 3
    })), @r#"
    exit code 2
    error: the circuit has no node population `Baskets`
     --> simulation_config.json:4:38
      |
    4 |     "gapjunction_target_population": "Baskets",
      |                                      ^^^^^^^^^
      |
    help: the circuit has `Basket`, `Drive`, `Pyramidal`

    error: `load_g_pas_file` is no text
     --> simulation_config.json:6:24
      |
    6 |     "load_g_pas_file": 3
      |                        ^
      |
    help: put it in quotes

    error: `gjc` is no number
     --> simulation_config.json:5:12
      |
    5 |     "gjc": "0.5",
      |            ^^^^^
      |
    help: give the conductance of gap junctions (nS)

    error: the iteration is no whole number
     --> simulation_config.json:3:34
      |
    3 |     "correction_iteration_load": 0.5,
      |                                  ^^^
      |
    help: count iterations from 0, or from the last one, which is -1

    error: 4 problems
    "#);
}

#[test]
fn files_that_do_not_fit() {
    let with_file = |file: &str, iteration: i64| {
        let features = json!({ "gjc": 0.5, "load_g_pas_file": file, "correction_iteration_load": iteration });
        with_features(features)
    };
    assert_snapshot!(with_file("other.h5", -1), @"
    exit code 2
    error: cannot open `other.h5`: no such file or directory
    help: check the path: relative paths count from the file that names them
    ");
    let says = |text: String, what: &str| assert!(text.contains(what), "{text}");
    says(with_file("nodes.h5", -1), "`nodes.h5:/g_pas` is missing: expected a group");
    says(with_file("g_pas.h5", 3), "expected an iteration 3, found 3 values");
    says(with_file("g_pas.h5", -1), "it has segments without `pas`, whose `g_pas` is to be set");
}
