//! What currents and clamped voltages do, by number.

use serde_json::json;

use crate::network::{input, run, stimulate, unconnected, voltages};

#[test]
fn a_voltage_clamp_goes_through_its_levels() {
    let ring = unconnected(12.0);
    let clamp = json!({"input_type": "voltage_clamp", "voltage": -70.0, "series_resistance": 0.001,
        "delay": 0.0, "duration": 9.0, "duration_levels": [2.0, 3.0], "voltage_levels": [-60.0, -75.0]});
    stimulate(&ring, &[("clamp", input("seclamp", clamp))]);
    run(&ring);
    let found = voltages(&ring, "Basket", 2);
    for (time, level) in [(1.0, -70.0), (1.9, -70.0), (2.1, -60.0), (4.9, -60.0), (5.1, -75.0), (8.9, -75.0)]
    {
        let voltage = found[(time / 0.1_f64).round() as usize];
        assert!((voltage - level).abs() < 0.05, "{voltage} mV at {time} ms, not {level}");
    }
    let freed = found[119];
    assert!((freed + 75.0).abs() > 1.0, "it is {freed} mV after the clamp");
}

/// The same current does the same to the voltage, but only one through the membrane counts as membrane current.
#[test]
fn electrodes_are_no_part_of_the_membrane() {
    let ring = unconnected(10.0);
    ring.configure(|config| {
        let mut current = config["reports"]["soma"].clone();
        current["variable_name"] = "i_membrane".into();
        config["reports"]["current"] = current;
    });
    let mut found = Vec::new();
    for electrode in [true, false] {
        let keys =
            json!({"amp_start": 0.125, "represents_physical_electrode": electrode, "node_set": "First"});
        stimulate(&ring, &[("step", input("linear", keys))]);
        run(&ring);
        let report = ring.report("found", "current");
        let (layout, values) =
            report.iter().find(|(layout, _)| layout.name == "Pyramidal").expect("it is there");
        let current: Vec<f32> = values.iter().step_by(layout.node_ids.len()).copied().collect();
        found.push((voltages(&ring, "Pyramidal", 0), current));
    }
    let [(electrode_voltage, electrode), (membrane_voltage, membrane)] = &found[..] else { unreachable!() };
    for (row, (a, b)) in electrode_voltage.iter().zip(membrane_voltage).enumerate() {
        assert!((a - b).abs() < 1e-4, "{a} and {b} mV in row {row}");
    }
    let difference = |row: usize| membrane[row] - electrode[row];
    assert!(difference(5).abs() < 1e-6, "before");
    assert!((difference(50) + 0.125).abs() < 1e-5, "{} nA during", difference(50));
    assert!(difference(95).abs() < 1e-5, "after");
}

/// Relative amplitudes are those of the cell's attributes.
#[test]
fn percentages_are_of_the_cells_own_attributes() {
    let ring = unconnected(8.0);
    let file = hdf5::File::open(ring.path("nodes.h5")).expect("the nodes");
    let attribute = |name: &str| -> f64 {
        let path = format!("nodes/Basket/0/dynamics_params/{name}");
        let values = file.dataset(&path).and_then(|dataset| dataset.read_1d::<f32>()).expect("the attribute");
        f64::from(values[3])
    };
    let (threshold, holding) = (attribute("threshold_current"), attribute("holding_current"));
    drop(file);
    for (module, keys, amplitude) in [
        ("relative_linear", json!({"percent_start": 60.0}), threshold * (60.0 / 100.0)),
        ("subthreshold", json!({"percent_less": 30.0}), threshold * (100.0 - 30.0) / 100.0),
        ("hyperpolarizing", json!({}), holding),
    ] {
        stimulate(&ring, &[("it", input(module, keys))]);
        run(&ring);
        let found = voltages(&ring, "Basket", 3);
        stimulate(&ring, &[("it", input("linear", json!({"amp_start": amplitude})))]);
        run(&ring);
        assert_eq!(voltages(&ring, "Basket", 3)[..60], found[..60], "{module}");
    }
}
