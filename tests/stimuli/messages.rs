//! What the program says of stimuli and modifications that are wrong: the place, what is wrong, the remedy, and the
//! exit code.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::network::{input, quiet, stimulate};

fn with_input(module: &str, keys: Value) -> String {
    let ring = quiet(10.0);
    stimulate(&ring, &[("it", input(module, keys))]);
    ring.complaint()
}

fn with_modification(kind: &str, snippet: &str) -> String {
    let ring = quiet(10.0);
    ring.configure(|config| {
        let target =
            if kind == "compartment_set" { ("compartment_set", "Soma") } else { ("node_set", "All") };
        let mut modification = json!({"name": "it", "type": kind, "section_configure": snippet});
        modification[target.0] = target.1.into();
        config["conditions"]["modifications"] = json!([modification]);
    });
    ring.complaint()
}

fn on(set: &str) -> Value {
    json!({"amp_start": 0.1, "node_set": null, "compartment_set": set})
}

#[test]
fn fields_and_poisson_spikes_are_not_there() {
    let fields =
        json!({"input_type": "extracellular_stimulation", "fields": [{"Ex": 1.0, "Ey": 0.0, "Ez": 0.0}]});
    assert_snapshot!(with_input("spatially_uniform_e_field", fields), @"");
    let poisson = json!({"input_type": "spikes", "rate": 10.0, "weight": 1.0});
    assert_snapshot!(with_input("poisson", poisson), @"");
}

#[test]
fn attributes_that_are_missing() {
    let ring = quiet(10.0);
    let file = hdf5::File::open_rw(ring.path("nodes.h5")).expect("the nodes");
    file.unlink("nodes/Basket/0/dynamics_params/threshold_current").expect("it is there");
    file.unlink("nodes/Pyramidal/0/dynamics_params/input_resistance").expect("it is there");
    drop(file);
    let process = json!({"input_type": "conductance", "tau": 2.0, "mean_percent": 10.0, "sd_percent": 1.0});
    stimulate(
        &ring,
        &[
            ("ramp", input("relative_linear", json!({"percent_start": 10.0}))),
            ("process", input("relative_ornstein_uhlenbeck", process)),
        ],
    );
    assert_snapshot!(ring.complaint(), @"");
}

#[test]
fn attributes_that_are_zero() {
    let ring = quiet(10.0);
    let file = hdf5::File::open_rw(ring.path("nodes.h5")).expect("the nodes");
    for name in ["threshold_current", "input_resistance"] {
        let dataset = file.dataset(&format!("nodes/Basket/0/dynamics_params/{name}")).expect("it is there");
        dataset.write(&[0.0_f32; 6]).expect("zeros");
    }
    drop(file);
    let process = json!({"tau": 2.0, "mean_percent": 10.0, "sd_percent": 1.0});
    stimulate(&ring, &[("process", input("relative_ornstein_uhlenbeck", process.clone()))]);
    assert_snapshot!(ring.complaint(), @"");
    let mut conductance = input("relative_ornstein_uhlenbeck", process);
    conductance["input_type"] = "conductance".into();
    stimulate(&ring, &[("process", conductance)]);
    assert_snapshot!(ring.complaint(), @"");
}

#[test]
fn compartments_that_are_not_there() {
    assert_snapshot!(with_input("linear", on("Elsewhere")), @"");
    assert_snapshot!(with_input("linear", on("Absent")), @"");
    assert_snapshot!(with_input("linear", on("Far")), @"");
    assert_snapshot!(with_input("linear", on("Removed")), @"");
}

#[test]
fn signals_that_are_too_short_or_too_long() {
    let process =
        |duration: f64| json!({"tau": 2.0, "mean": 0.1, "sigma": 0.1, "dt": 0.5, "duration": duration});
    assert_snapshot!(with_input("ornstein_uhlenbeck", process(0.25)), @"");
    assert_snapshot!(with_input("ornstein_uhlenbeck", process(1e12)), @"");
    assert_snapshot!(with_input("noise", json!({"mean": 0.1, "variance": 0.1, "duration": 0.2})), @"");
    assert_snapshot!(with_input("noise", json!({"mean": 0.1, "variance": 0.1, "delay": 0.3})), @"");
    let pulses = json!({"amp_start": 1.0, "width": 1e-9, "frequency": 1e11});
    assert_snapshot!(with_input("pulse", pulses), @"");
}

#[test]
fn shot_noise_that_cannot_be() {
    let shots = |skew: f64, rise: f64| json!({"rise_time": rise, "decay_time": 4.0, "mean": 0.1, "sigma": 0.01, "relative_skew": skew});
    assert_snapshot!(with_input("absolute_shot_noise", shots(1.0, 0.4)), @"");
    assert_snapshot!(with_input("absolute_shot_noise", shots(0.5, 4.0 - 1e-12)), @"");
}

#[test]
fn recordings_that_cannot_be_read() {
    assert_snapshot!(with_input("replay", json!({"path": "absent.h5", "interpolate": true})), @"");
    assert_snapshot!(with_input("replay", json!({"path": "nodes.h5", "interpolate": true})), @"");
}

#[test]
fn snippets_that_are_wrong() {
    assert_snapshot!(with_modification("configure_all_sections", "%s.gl_hh = exp(1)"), @"");
    assert_snapshot!(with_modification("configure_all_sections", "%s.gl_hh = 1; import os"), @"");
    assert_snapshot!(with_modification("configure_all_sections", "dend.gl_hh = 1"), @"");
    assert_snapshot!(with_modification("section_list", "apic.gl_hh = 1"), @"");
    assert_snapshot!(with_modification("section_list", "apical.gl_hh = 2*3"), @"");
    assert_snapshot!(with_modification("section", "apic[2].gl_hh = 1; apic[3].gl_hh = 1"), @"");
    assert_snapshot!(with_modification("section", "apical[2].gl_hh = 1"), @"");
    assert_snapshot!(with_modification("compartment_set", "soma.gl_hh = 1"), @"");
    assert_snapshot!(with_modification("compartment_set", "gl_hh = cm = 1"), @"");
}

#[test]
fn values_that_cannot_be_assigned() {
    assert_snapshot!(with_modification("configure_all_sections", "%s.gl_hh = 1/(%s.cm - 1)"), @"");
    assert_snapshot!(with_modification("section_list", "basal.nseg = 2.5"), @"");
    assert_snapshot!(with_modification("section", "soma[0].Ra = -1"), @"");
}

#[test]
fn sets_of_modifications_that_are_not_there() {
    let ring = quiet(10.0);
    ring.configure(|config| {
        config["conditions"]["modifications"] = json!([
            {"name": "nodes", "type": "ttx", "node_set": "Al"},
            {"name": "points", "type": "compartment_set", "compartment_set": "Some", "section_configure": "cm = 1"}
        ]);
    });
    assert_snapshot!(ring.complaint(), @"");
}
