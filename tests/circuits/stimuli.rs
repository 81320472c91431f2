//! Each module of inputs, as current and as conductance, into the soma and elsewhere.

use serde_json::{Value, json};

use crate::comparison::{Models, Network, compare};

/// An input of some cells, between 10 and 80 ms if not told otherwise.
fn input(module: &str, kind: &str, more: Value) -> Value {
    let mut input = json!({
        "module": module, "input_type": kind, "delay": 10.0, "duration": 70.0, "node_set": "All",
    });
    for (key, value) in more.as_object().expect("keys") {
        input[key] = value.clone();
    }
    input
}

fn add(network: &Network, name: &str, input: Value) {
    network.set(&format!("inputs/{name}"), input);
}

/// Compares the network with one more input.
fn with(module: &str, kind: &str, more: Value) {
    compare(Models::BuiltIn, |network| add(network, "more", input(module, kind, more)));
}

/// Compares the network with one more input, as a current and as a conductance.
fn with_both(module: &str, current: Value, conductance: Value) {
    with(module, "current_clamp", current);
    with(module, "conductance", conductance);
}

#[test]
fn linear_currents() {
    with("linear", "current_clamp", json!({ "amp_start": -0.05, "amp_end": 0.3 }));
    with("linear", "current_clamp", json!({ "amp_start": 0.2, "represents_physical_electrode": true }));
}

#[test]
fn currents_relative_to_the_threshold() {
    with("relative_linear", "current_clamp", json!({ "percent_start": 40.0, "percent_end": 90.0 }));
    with("subthreshold", "current_clamp", json!({ "percent_less": 30 }));
}

#[test]
fn holding_currents() {
    with("hyperpolarizing", "current_clamp", json!({ "delay": 0.0 }));
}

#[test]
fn pulses() {
    with("pulse", "current_clamp", json!({ "amp_start": 0.4, "width": 3.0, "frequency": 70.0 }));
}

#[test]
fn sine_waves() {
    with("sinusoidal", "current_clamp", json!({ "amp_start": 0.2, "frequency": 55.0 }));
    with("sinusoidal", "current_clamp", json!({ "amp_start": 0.2, "frequency": 55.0, "dt": 0.5 }));
}

#[test]
fn noise() {
    with("noise", "current_clamp", json!({ "mean": 0.1, "variance": 0.02 }));
    with("noise", "current_clamp", json!({ "mean_percent": 60.0, "variance": 0.5 }));
}

#[test]
fn shot_noise() {
    let shape = |amp_mean: f64, amp_var: f64| {
        json!({
            "rise_time": 0.4, "decay_time": 4.0, "rate": 800.0, "amp_mean": amp_mean, "amp_var": amp_var,
        })
    };
    with_both("shot_noise", shape(0.03, 1e-4), shape(0.001, 1e-7));
}

#[test]
fn absolute_shot_noise() {
    let shape = |mean: f64, sigma: f64| {
        json!({
            "rise_time": 0.4, "decay_time": 4.0, "mean": mean, "sigma": sigma, "relative_skew": 0.4,
        })
    };
    with_both("absolute_shot_noise", shape(0.1, 0.05), shape(0.003, 0.001));
}

#[test]
fn relative_shot_noise() {
    let shape = json!({ "rise_time": 0.4, "decay_time": 4.0, "mean_percent": 50.0, "sd_percent": 20.0 });
    with_both("relative_shot_noise", shape.clone(), shape);
}

#[test]
fn ornstein_uhlenbeck() {
    let shape = |mean: f64, sigma: f64| json!({ "tau": 3.0, "mean": mean, "sigma": sigma });
    with_both("ornstein_uhlenbeck", shape(0.1, 0.05), shape(0.003, 0.001));
}

#[test]
fn relative_ornstein_uhlenbeck() {
    let shape = json!({ "tau": 2.7, "mean_percent": 50.0, "sd_percent": 20.0, "reversal": -5.0 });
    with_both("relative_ornstein_uhlenbeck", shape.clone(), shape);
}

/// Noises of one family count each other; a seed of its own gives all cells the same noise.
#[test]
fn several_noises() {
    compare(Models::BuiltIn, |network| {
        let shape = json!({ "tau": 3.0, "mean": 0.05, "sigma": 0.05 });
        add(network, "first", input("ornstein_uhlenbeck", "current_clamp", shape.clone()));
        add(network, "second", input("ornstein_uhlenbeck", "current_clamp", shape));
        let seeded = json!({ "tau": 1.0, "mean": 0.02, "sigma": 0.05, "random_seed": 12 });
        add(network, "third", input("ornstein_uhlenbeck", "current_clamp", seeded));
        add(network, "white", input("noise", "current_clamp", json!({ "mean": 0.05, "variance": 0.01 })));
        add(network, "whiter", input("noise", "current_clamp", json!({ "mean": 0.0, "variance": 0.01 })));
        network.set("run/stimulus_seed", 77);
    });
}

/// As an ideal electrode rather than a current through the membrane.
#[test]
fn electrodes() {
    let shape = json!({ "tau": 3.0, "mean": 0.004, "sigma": 0.001, "represents_physical_electrode": true });
    with("ornstein_uhlenbeck", "conductance", shape);
}

#[test]
fn voltage_clamps() {
    with("seclamp", "voltage_clamp", json!({ "voltage": -50.0, "delay": 0.0, "series_resistance": 0.5 }));
    let levels = json!({
        "voltage": -60.0, "delay": 0.0, "duration_levels": [10.0, 20.0, 15.0], "voltage_levels": [-80.0, -40.0, -70.0],
    });
    with("seclamp", "voltage_clamp", levels);
}

/// Into places on dendrites rather than into the soma.
#[test]
fn compartment_sets() {
    compare(Models::BuiltIn, |network| {
        let set = json!({ "places": {
            "population": "Pyramidal", "compartment_set": [[0, 4, 0.3], [0, 9, 0.9], [2, 5, 0.5], [3, 0, 0.5]],
        } });
        std::fs::write(network.path("compartment_sets.json"), set.to_string()).expect("a file");
        network.set("compartment_sets_file", "$CIRCUIT_DIR/compartment_sets.json");
        let mut input = input("noise", "current_clamp", json!({ "mean": 0.2, "variance": 0.02 }));
        input.as_object_mut().expect("keys").remove("node_set");
        input["compartment_set"] = "places".into();
        add(network, "places", input);
    });
}
