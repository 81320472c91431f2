//! The same network in NEURON: the same cells from the same HOC template, the same spikes and the same voltages.
//!
//! NEURON alone has no `MembraneCurrentSource`, so that all currents are electrodes here.

use std::path::Path;

use crate::circuit::Ring;
use crate::python;

/// What NEURON found for one cell.
struct Expected {
    spikes: Vec<f64>,
    voltage: Vec<f64>,
}

fn neuron(ring: &Ring, file: &str, population: &str, node_id: u64) -> Expected {
    let file = hdf5::File::open(ring.path(file)).expect("NEURON's results");
    let read = |name: &str| {
        let dataset = file.dataset(&format!("{population}/{node_id}/{name}")).expect("a dataset");
        dataset.read_raw::<f64>().expect("its values")
    };
    Expected { spikes: read("spikes"), voltage: read("voltage") }
}

/// Compares with NEURON alone.
fn compare(change: impl FnOnce(&Ring)) {
    compare_with(change, &[]);
}

/// Every step's somatic voltage is compared as it is reported, as the nearest `f32`: no bit may differ. NEURON loads
/// libraries of compiled mechanisms first.
pub fn compare_with(change: impl FnOnce(&Ring), libraries: &[&Path]) {
    let Some(python) = python::find() else { return };
    let ring = Ring::new();
    ring.configure(|config| {
        for input in ["hold", "kick", "ramp"] {
            config["inputs"][input]["represents_physical_electrode"] = true.into();
        }
        let mut soma = config["reports"]["soma"].clone();
        soma["dt"] = config["run"]["dt"].clone();
        config["reports"] = serde_json::json!({ "soma": soma });
    });
    change(&ring);
    ring.run_on_ranks(1, "output", &[]).expect("it runs");
    let script = include_str!("reference.py");
    let libraries = libraries.iter().map(|library| library.to_str().expect("a plain path"));
    let arguments: Vec<&str> = ["simulation_config.json", "neuron.h5"].into_iter().chain(libraries).collect();
    python::run(&python, &ring.path("."), script, &arguments);
    let reports = ring.report("output", "soma");
    let mut count = 0;
    for (population, (layout, values)) in ring.spikes("output").iter().zip(&reports) {
        let width = layout.node_ids.len();
        for (column, &node_id) in layout.node_ids.iter().enumerate() {
            let cell = format!("{} {node_id}", layout.name);
            let expected = neuron(&ring, "neuron.h5", &layout.name, node_id);
            let own = population.timestamps.iter().zip(&population.node_ids);
            let spikes: Vec<f64> = own.filter(|(_, node)| **node == node_id).map(|(time, _)| *time).collect();
            assert_eq!(spikes, expected.spikes, "spikes of {cell}");
            count += spikes.len();
            let voltage = values.iter().skip(column).step_by(width);
            assert!(values.len() / width >= 4000, "at least 100 ms");
            for (step, (found, expected)) in voltage.zip(&expected.voltage).enumerate() {
                assert_eq!(found.to_bits(), (*expected as f32).to_bits(), "{cell}, step {step}");
            }
        }
    }
    assert!(count > 60, "{count} spikes are too few to compare");
}

#[test]
fn network_is_that_of_neuron() {
    compare(|_| {});
}

/// At another temperature and a longer step, with synapses that reach into the soma and the axon.
#[test]
fn warmer_network_with_a_longer_step_is_that_of_neuron() {
    compare(|ring| {
        ring.configure(|config| {
            config["conditions"]["celsius"] = 20.0.into();
            config["conditions"]["v_init"] = (-70.0).into();
            config["run"]["dt"] = 0.05.into();
            config["reports"]["soma"]["dt"] = 0.05.into();
            config["inputs"]["ramp"]["amp_end"] = 0.4.into();
        });
        move_synapses(ring);
    });
}

/// Puts the synapses from pyramidal cells on the soma, the axon and the ends of sections.
fn move_synapses(ring: &Ring) {
    let file = hdf5::File::open_rw(ring.path("edges.h5")).expect("the edges");
    let group = file.group("edges/Pyramidal__Pyramidal__chemical/0").expect("their attributes");
    let sections = group.dataset("afferent_section_id").expect("sections");
    let positions = group.dataset("afferent_section_pos").expect("positions");
    let count = sections.size();
    let moved: Vec<u32> = (0..count).map(|k| [0, 1, 2, 5, 8][k % 5]).collect();
    sections.write_raw(&moved).expect("they are written");
    let moved: Vec<f32> = (0..count).map(|k| [0.0, 0.5, 1.0][k % 3]).collect();
    positions.write_raw(&moved).expect("they are written");
}
