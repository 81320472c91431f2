//! Every module, alone and together with all others.

use serde_json::{Value, json};

use crate::network::{input, quiet, run, run_as, stimulate, unconnected, voltages};

/// Every module that is a current or a conductance, through electrodes and through the membrane.
fn modules() -> Vec<(&'static str, Value)> {
    let conductance = |keys: Value| {
        let mut keys = keys;
        keys["input_type"] = "conductance".into();
        keys
    };
    let shots =
        json!({"rise_time": 0.4, "decay_time": 4.0, "rate": 2000, "amp_mean": 0.02, "amp_var": 0.0004});
    let absolute = json!({"rise_time": 0.4, "decay_time": 4.0, "mean": 0.1, "sigma": 0.03});
    let relative = json!({"rise_time": 0.4, "decay_time": 4.0, "mean_percent": 60.0, "sd_percent": 20.0});
    let process = json!({"tau": 2.0, "mean": 0.1, "sigma": 0.05});
    let relative_process = json!({"tau": 2.0, "mean_percent": 40.0, "sd_percent": 10.0});
    let mut list = vec![
        ("linear", input("linear", json!({"amp_start": 0.05, "amp_end": 0.2}))),
        ("relative linear", input("relative_linear", json!({"percent_start": 40.0, "percent_end": 90.0}))),
        ("pulse", input("pulse", json!({"amp_start": 0.3, "width": 1.0, "frequency": 300.0}))),
        ("sinusoidal", input("sinusoidal", json!({"amp_start": 0.2, "frequency": 200.0, "dt": 0.05}))),
        ("subthreshold", input("subthreshold", json!({"percent_less": 20.0}))),
        ("hyperpolarizing", input("hyperpolarizing", json!({}))),
        ("noise", input("noise", json!({"mean": 0.1, "variance": 0.01}))),
        ("relative noise", input("noise", json!({"mean_percent": 50.0, "variance": 5.0}))),
        ("shot noise", input("shot_noise", shots.clone())),
        ("absolute shot noise", input("absolute_shot_noise", absolute.clone())),
        ("relative shot noise", input("relative_shot_noise", relative.clone())),
        ("process", input("ornstein_uhlenbeck", process.clone())),
        ("relative process", input("relative_ornstein_uhlenbeck", relative_process.clone())),
        ("shot conductance", input("shot_noise", conductance(shots))),
        ("absolute shot conductance", input("absolute_shot_noise", conductance(absolute))),
        ("relative shot conductance", input("relative_shot_noise", conductance(relative))),
        ("conductance", input("ornstein_uhlenbeck", conductance(process))),
        ("relative conductance", input("relative_ornstein_uhlenbeck", conductance(relative_process))),
    ];
    for (number, (_, input)) in list.iter_mut().enumerate() {
        input["represents_physical_electrode"] = (number % 2 == 0).into();
    }
    list
}

#[test]
fn each_module_acts_on_all_cells_once_it_has_begun() {
    let ring = unconnected(10.0);
    run(&ring);
    let quiet: Vec<_> = [0, 1, 13].iter().map(|&node| voltages(&ring, "Pyramidal", node)).collect();
    for (name, input) in modules() {
        stimulate(&ring, &[(name, input)]);
        run(&ring);
        for (node, quiet) in [0, 1, 13].into_iter().zip(&quiet) {
            let found = voltages(&ring, "Pyramidal", node);
            // A conductance that is off is 1e-9 uS
            let is_same = found.iter().zip(quiet).take(10).all(|(a, b)| (a - b).abs() < 1e-4);
            assert!(is_same, "{name} acts before it begins");
            let largest = found.iter().zip(quiet).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(largest > 0.02, "{name} changes node {node} by {largest} mV");
        }
    }
}

#[test]
fn ranks_threads_and_groups_change_nothing() {
    let ring = quiet(12.0);
    let mut inputs = modules();
    let on_dendrites = json!({"amp_start": 0.1, "node_set": null, "compartment_set": "Dendrites"});
    inputs.push(("dendrites", input("linear", on_dendrites)));
    let noise = json!({"mean": 0.0, "variance": 0.01, "node_set": null, "compartment_set": "Dendrites"});
    inputs.push(("noisy dendrites", input("noise", noise)));
    let clamp = json!({"input_type": "voltage_clamp", "voltage": -70.0, "delay": 0.0, "duration": 5.0,
        "duration_levels": [1.0, 2.0], "voltage_levels": [-60.0, -65.0], "node_set": "First"});
    inputs.push(("clamp", input("seclamp", clamp)));
    stimulate(&ring, &inputs);
    ring.configure(|config| {
        config["conditions"]["modifications"] = json!([
            {"name": "ttx", "type": "ttx", "node_set": "Slender"},
            {"name": "all", "type": "configure_all_sections", "node_set": "Basket",
             "section_configure": "%s.gnabar_hh *= 0.9; %s.gl_hh = %s.gl_hh*1.1"},
            {"name": "list", "type": "section_list", "node_set": "Pyramidal", "section_configure": "apical.cm *= 1.1"},
            {"name": "section", "type": "section", "node_set": "First", "section_configure": "dend[2].g_pas = 1e-4"},
            {"name": "points", "type": "compartment_set", "compartment_set": "Dendrites", "section_configure": "cm = 0.8"}
        ]);
    });
    let expected = run_as(&ring, 1, &["--threads=1", "--group-size=1000"]);
    assert!(expected.0.iter().map(|(nodes, _)| nodes.len()).sum::<usize>() >= 14, "there is activity");
    for ranks in [1, 2, 3] {
        for threads in ["--threads=1", "--threads=2"] {
            for size in ["--group-size=1", "--group-size=4"] {
                let found = run_as(&ring, ranks, &[threads, size]);
                assert!(found == expected, "{ranks} ranks, {threads}, {size} differ");
            }
        }
    }
}

/// The signal of a cell does not depend on which other cells are there.
#[test]
fn other_cells_change_nothing() {
    let ring = unconnected(10.0);
    stimulate(&ring, &modules());
    run(&ring);
    let expected = voltages(&ring, "Pyramidal", 7);
    ring.configure(|config| config["node_set"] = "Watched".into());
    run(&ring);
    assert_eq!(voltages(&ring, "Pyramidal", 7), expected);
}

#[test]
fn random_signals_differ_by_cell_and_seed() {
    let ring = unconnected(10.0);
    let process = |keys: Value| {
        let mut input = input("ornstein_uhlenbeck", json!({"tau": 2.0, "mean": 0.1, "sigma": 0.05}));
        keys.as_object().expect("keys").iter().for_each(|(key, value)| input[key] = value.clone());
        input
    };
    let last = |node| *voltages(&ring, "Pyramidal", node).last().expect("rows");
    // Nodes 0 and 2 have the same shape
    stimulate(&ring, &[("process", process(json!({})))]);
    run(&ring);
    let (zero, two) = (last(0), last(2));
    assert_ne!(zero, two);
    ring.configure(|config| config["run"]["stimulus_seed"] = 5.into());
    run(&ring);
    assert_ne!(last(0), zero, "another seed");
    stimulate(&ring, &[("process", process(json!({"random_seed": 2124})))]);
    run(&ring);
    assert_eq!(last(0), last(2), "one seed for all cells");
    let expected = last(0);
    stimulate(&ring, &[("process", process(json!({})))]);
    run(&ring);
    assert_eq!(last(0), expected, "what gid 2000 has by itself");
    let silent = json!({"rise_time": 0.4, "decay_time": 4.0, "rate": 0, "amp_mean": 0.1, "amp_var": 0.01});
    stimulate(&ring, &[("first", input("shot_noise", silent)), ("process", process(json!({})))]);
    run(&ring);
    assert_eq!(last(0), expected, "families count apart");
    let other = process(json!({"node_set": "Basket"}));
    stimulate(&ring, &[("first", other), ("process", process(json!({})))]);
    run(&ring);
    assert_ne!(last(0), expected, "an earlier one of the family");
}

#[test]
fn compartment_sets_name_the_same_places_as_node_sets() {
    let ring = quiet(8.0);
    for (module, keys) in [
        ("linear", json!({"amp_start": 0.2})),
        ("noise", json!({"mean": 0.1, "variance": 0.02})),
        ("ornstein_uhlenbeck", json!({"tau": 2.0, "mean": 0.1, "sigma": 0.05})),
    ] {
        let on = |target: Value| {
            let mut input = input(module, keys.clone());
            input.as_object_mut().expect("an object").remove("node_set");
            target.as_object().expect("a target").iter().for_each(|(key, value)| input[key] = value.clone());
            input
        };
        stimulate(&ring, &[("it", on(json!({"node_set": "First"})))]);
        let expected = run(&ring);
        stimulate(&ring, &[("it", on(json!({"compartment_set": "Soma"})))]);
        assert!(run(&ring) == expected, "{module}");
    }
}
