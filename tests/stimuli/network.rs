//! The example network with other stimuli.

use serde_json::{Value, json};

use crate::circuit::Ring;

/// Spikes of each population (node ids, bits of times) and the bits of reports.
pub type Outputs = (Vec<(Vec<u64>, Vec<u64>)>, Vec<Vec<u32>>);

/// [`quiet`] without connections, so that no cell sees what is done to others.
pub fn unconnected(stop: f64) -> Ring {
    let ring = quiet(stop);
    ring.change_json("circuit_config.json", |circuit| circuit["networks"]["edges"] = json!([]));
    ring
}

/// The network for a time (ms) without stimuli and with the report of somata alone; the input resistances of its nodes
/// are known.
pub fn quiet(stop: f64) -> Ring {
    let ring = Ring::lasting(stop);
    ring.configure(|config| {
        config["inputs"] = json!({});
        let soma = json!({
            "type": "compartment", "cells": "All", "sections": "soma", "variable_name": "v",
            "dt": 0.1, "start_time": 0.0, "end_time": stop
        });
        config["reports"] = json!({ "soma": soma });
        config["compartment_sets_file"] = "compartment_sets.json".into();
    });
    std::fs::write(ring.path("compartment_sets.json"), COMPARTMENT_SETS).expect("the file is written");
    let file = hdf5::File::open_rw(ring.path("nodes.h5")).expect("the nodes");
    for (population, count) in [("Pyramidal", 14), ("Basket", 6)] {
        let group = file.group(&format!("nodes/{population}/0/dynamics_params")).expect("the attributes");
        let values: Vec<f32> = (0..count).map(|node| 90.0 + 3.7 * node as f32).collect();
        let attribute = group.dataset("input_resistance").expect("the network has it");
        attribute.write(&values).expect("it is written");
    }
    ring
}

const COMPARTMENT_SETS: &str = r#"{
  "Soma": { "population": "Pyramidal", "compartment_set": [[0, 0, 0.5]] },
  "Dendrites": { "population": "Pyramidal", "compartment_set": [[0, 0, 0.5], [0, 5, 0.3], [3, 7, 0.0], [3, 7, 1.0]] },
  "Removed": { "population": "Pyramidal", "compartment_set": [[0, 3, 0.5]] },
  "Far": { "population": "Pyramidal", "compartment_set": [[0, 1000, 0.5]] },
  "Absent": { "population": "Pyramidal", "compartment_set": [[14, 0, 0.5]] },
  "Elsewhere": { "population": "Purkinje", "compartment_set": [[0, 0, 0.5]] }
}
"#;

/// An input of a module on all cells, over 8 ms after 1 ms, with further keys.
pub fn input(module: &str, keys: Value) -> Value {
    let mut input = json!({
        "module": module, "input_type": "current_clamp", "delay": 1.0, "duration": 8.0, "node_set": "All"
    });
    for (key, value) in keys.as_object().expect("keys") {
        match value {
            Value::Null => input.as_object_mut().expect("an object").remove(key),
            _ => input.as_object_mut().expect("an object").insert(key.clone(), value.clone()),
        };
    }
    input
}

/// Gives the network one input, or several.
pub fn stimulate(ring: &Ring, inputs: &[(&str, Value)]) {
    ring.configure(|config| {
        config["inputs"] = inputs.iter().map(|(name, input)| ((*name).to_owned(), input.clone())).collect();
    });
}

/// The outputs of a run of one rank.
pub fn run(ring: &Ring) -> Outputs {
    run_as(ring, 1, &["--threads=1"])
}

/// The outputs of a run.
pub fn run_as(ring: &Ring, ranks: usize, options: &[&str]) -> Outputs {
    ring.run_on_ranks(ranks, "found", options).expect("it runs");
    let spikes = ring.spikes("found").into_iter().map(|population| {
        (population.node_ids, population.timestamps.iter().map(|time| time.to_bits()).collect())
    });
    let report = ring.report("found", "soma").into_iter();
    let bits = report.map(|(_, values)| values.iter().map(|value| value.to_bits()).collect());
    (spikes.collect(), bits.collect())
}

/// The voltages (mV) of a cell's soma in each row of the last run.
pub fn voltages(ring: &Ring, population: &str, node_id: u64) -> Vec<f32> {
    let report = ring.report("found", "soma");
    let (layout, values) =
        report.iter().find(|(layout, _)| layout.name == population).expect("the population");
    let column = layout.node_ids.iter().position(|&id| id == node_id).expect("the node");
    values.iter().skip(column).step_by(layout.node_ids.len()).copied().collect()
}
