//! Currents that a report recorded.

use serde_json::{Value, json};
use sonata::report::{ReportLayout, ReportWriter};

use crate::circuit::Ring;
use crate::network::{input, run, stimulate, unconnected, voltages};

/// A report of 81 rows every 0.125 ms for two nodes, of which node 3 has two elements.
fn record(ring: &Ring, value: impl Fn(usize) -> f32) {
    let layout = ReportLayout {
        name: "Pyramidal".into(),
        units: "nA".into(),
        node_ids: vec![6, 3],
        index_pointers: vec![0, 1, 3],
        element_ids: vec![0, 0, 5],
        rows: 81,
        time: [2.0, 12.125, 0.125],
    };
    let mut writer = ReportWriter::create(&ring.path("currents.h5"), &[layout]).expect("a new report");
    let values: Vec<f32> = (0..81).flat_map(|row| [0.0, value(row), 100.0]).collect();
    writer.write_rows(0, 0, &values).expect("the rows");
    writer.close().expect("the report");
}

fn replay(keys: Value) -> Value {
    let mut input = input("replay", json!({"path": "currents.h5", "interpolate": true, "duration": 0.0}));
    keys.as_object().expect("keys").iter().for_each(|(key, value)| input[key] = value.clone());
    input
}

fn of_node_3(ring: &Ring, input: Value) -> Vec<f32> {
    stimulate(ring, &[("it", input)]);
    run(ring);
    voltages(ring, "Pyramidal", 3)
}

#[test]
fn a_recorded_ramp_is_a_ramp() {
    let ring = unconnected(12.0);
    record(&ring, |row| row as f32 / 512.0);
    let found = of_node_3(&ring, replay(json!({})));
    let ramp = json!({"amp_start": 0.0, "amp_end": 80.0 / 512.0, "duration": 10.0});
    let expected = of_node_3(&ring, input("linear", ramp));
    for (row, (a, b)) in found.iter().zip(&expected).enumerate() {
        assert!((a - b).abs() < 1e-4, "{a} and {b} mV in row {row}");
    }
    let cut = of_node_3(&ring, replay(json!({"duration": 5.0})));
    assert_eq!(cut[..60], found[..60]);
    assert_ne!(cut[80], found[80]);
}

#[test]
fn steps_between_samples() {
    let ring = unconnected(12.0);
    // Steps of 2 ms: 0, 1/4, 0, 1/4, 0 nA
    let is_on = |row: usize| (row / 16) % 2 == 1;
    record(&ring, |row| if is_on(row) { 0.25 } else { 0.0 });
    let found = of_node_3(&ring, replay(json!({"interpolate": false, "delay": 0.5})));
    let pulses = json!({"amp_start": 0.25, "width": 2.0, "frequency": 250.0, "delay": 2.5, "duration": 7.5});
    let expected = of_node_3(&ring, input("pulse", pulses));
    for (row, (a, b)) in found.iter().zip(&expected).enumerate().take(100) {
        assert!((a - b).abs() < 1e-4, "{a} and {b} mV in row {row}");
    }
    let linear = of_node_3(&ring, replay(json!({"delay": 0.5})));
    assert_ne!(linear, found);
}

#[test]
fn cells_that_are_not_recorded_get_nothing() {
    let ring = unconnected(6.0);
    record(&ring, |_| 0.25);
    run(&ring);
    let expected = voltages(&ring, "Basket", 3);
    stimulate(&ring, &[("it", replay(json!({})))]);
    run(&ring);
    assert_eq!(voltages(&ring, "Basket", 3), expected);
}
