//! Currents, states and membrane currents of the network are those of NEURON, bit for bit in single precision.
//!
//! NEURON alone has no `MembraneCurrentSource`, so that all currents are electrodes here.

use serde_json::json;

use crate::circuit::Ring;
use crate::python;
use crate::series::{run_with, series};

#[test]
fn variables_of_the_soma_are_those_of_neuron() {
    let Some(python) = python::find() else { return };
    let ring = Ring::lasting(60.0);
    ring.configure(|config| {
        for input in ["hold", "kick", "ramp"] {
            config["inputs"][input]["represents_physical_electrode"] = true.into();
        }
    });
    let names = ["ina", "ik", "gk_hh", "il_hh", "h_hh", "ena", "i_membrane_"];
    let reports: Vec<(&str, serde_json::Value)> =
        names.iter().map(|name| (*name, json!({ "variable_name": name }))).collect();
    run_with(&ring, &reports);
    let script = include_str!("../ring/reference.py");
    let recorded = names.map(|name| format!("record={name}"));
    let mut arguments = vec!["simulation_config.json", "neuron.h5"];
    arguments.extend(recorded.iter().map(String::as_str));
    python::run(&python, &ring.path("."), script, &arguments);
    let file = hdf5::File::open(ring.path("neuron.h5")).expect("NEURON's results");
    for name in names {
        for own in series(&ring, name) {
            let dataset = format!("{}/{}/{name}", own.population, own.node_id);
            let expected = file.dataset(&dataset).and_then(|dataset| dataset.read_raw::<f64>());
            let expected = expected.expect("its values");
            assert!(own.values.len() >= 2400 && expected.len() >= own.values.len());
            // At t = 0 a report has the currents before the first matrix, a recording those after it
            for (row, (found, expected)) in own.values.iter().zip(&expected).enumerate().skip(1) {
                assert_eq!(found.to_bits(), (*expected as f32).to_bits(), "{dataset}, row {row}");
            }
        }
    }
}
