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
    assert_snapshot!(with_input("spatially_uniform_e_field", fields), @r#"
    exit code 2
    error: not supported: input module `spatially_uniform_e_field`
      --> simulation_config.json:39:17
       |
    39 |       "module": "spatially_uniform_e_field",
       |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
    help: leave the input out: there are no extracellular potentials
    "#);
    let poisson = json!({"input_type": "spikes", "rate": 10.0, "weight": 1.0});
    assert_snapshot!(with_input("poisson", poisson), @r#"
    exit code 2
    error: not supported: input module `poisson`
      --> simulation_config.json:32:17
       |
    32 |       "module": "poisson",
       |                 ^^^^^^^^^
       |
    help: write the spikes into a file and use `synapse_replay`, as for neurodamus, which has no such module
    "#);
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
    assert_snapshot!(ring.complaint(), @r#"
    exit code 2
    error: stimulus `process` needs the attribute `@dynamics:input_resistance`, which population `Pyramidal` does not have
      --> simulation_config.json:33:17
       |
    33 |       "module": "relative_ornstein_uhlenbeck",
       |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
    help: add the attribute to the nodes file, or use a module that is not relative

    error: stimulus `ramp` needs the attribute `@dynamics:threshold_current`, which population `Basket` does not have
      --> simulation_config.json:42:17
       |
    42 |       "module": "relative_linear",
       |                 ^^^^^^^^^^^^^^^^^
       |
    help: add the attribute to the nodes file, or use a module that is not relative

    error: 2 problems
    "#);
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
    assert_snapshot!(ring.complaint(), @"
    exit code 2
    error: Basket node 0 (template `RingCell`, morphology `basket`): stimulus `process`: a standard deviation must be positive; its `@dynamics:threshold_current` is 0
    help: change the parameters of the stimulus, or the attributes of the cell
    ");
    let mut conductance = input("relative_ornstein_uhlenbeck", process);
    conductance["input_type"] = "conductance".into();
    stimulate(&ring, &[("process", conductance)]);
    assert_snapshot!(ring.complaint(), @"
    exit code 2
    error: Basket node 0 (template `RingCell`, morphology `basket`): stimulus `process`: an input resistance must be positive; its `@dynamics:input_resistance` is 0
    help: change the parameters of the stimulus, or the attributes of the cell
    ");
}

#[test]
fn compartments_that_are_not_there() {
    assert_snapshot!(with_input("linear", on("Elsewhere")), @r#"
    exit code 2
    error: compartment set `Elsewhere` is on population `Purkinje`
      --> simulation_config.json:30:26
       |
    30 |       "compartment_set": "Elsewhere",
       |                          ^^^^^^^^^^^
       |
    help: the circuit has no such population; correct `population` in the compartment sets file
    "#);
    assert_snapshot!(with_input("linear", on("Absent")), @r#"
    exit code 2
    error: compartment set `Absent` names node 14, but population `Pyramidal` has 14 nodes
      --> simulation_config.json:30:26
       |
    30 |       "compartment_set": "Absent",
       |                          ^^^^^^^^
       |
    help: node ids count from 0; correct the compartment sets file
    "#);
    assert_snapshot!(with_input("linear", on("Far")), @"
    exit code 2
    error: Pyramidal node 0 (template `RingCell`, morphology `pyramidal`): compartment set `Far` names section 1000, which it does not have
    help: section ids count soma, axon (as in the morphology), dend, apic, ais, node and myelin sections; the template may have removed it with the axon
    ");
    assert_snapshot!(with_input("linear", on("Removed")), @"
    exit code 2
    error: Pyramidal node 0 (template `RingCell`, morphology `pyramidal`): compartment set `Removed` names section 3, which it does not have
    help: section ids count soma, axon (as in the morphology), dend, apic, ais, node and myelin sections; the template may have removed it with the axon
    ");
}

#[test]
fn signals_that_are_too_short_or_too_long() {
    let process =
        |duration: f64| json!({"tau": 2.0, "mean": 0.1, "sigma": 0.1, "dt": 0.5, "duration": duration});
    assert_snapshot!(with_input("ornstein_uhlenbeck", process(0.25)), @r#"
    exit code 2
    error: `it` lasts 0.25 ms, less than the interval between its samples, 0.5 ms
      --> simulation_config.json:31:19
       |
    31 |       "duration": 0.25,
       |                   ^^^^
       |
    help: give a longer `duration` or a smaller `dt`
    "#);
    assert_snapshot!(with_input("ornstein_uhlenbeck", process(1e12)), @r#"
    exit code 2
    error: `it` is too long: the signal has more than 1e8 samples or events
      --> simulation_config.json:31:19
       |
    31 |       "duration": 1000000000000.0,
       |                   ^^^^^^^^^^^^^^^
       |
    help: give a shorter `duration`: what is after `run.tstop` has no effect
    "#);
    assert_snapshot!(with_input("noise", json!({"mean": 0.1, "variance": 0.1, "duration": 0.2})), @r#"
    exit code 2
    error: `it` lasts 0.2 ms, less than the interval between its samples, 0.5 ms
      --> simulation_config.json:30:19
       |
    30 |       "duration": 0.2,
       |                   ^^^
       |
    help: give a longer `duration`
    "#);
    assert_snapshot!(with_input("noise", json!({"mean": 0.1, "variance": 0.1, "delay": 0.3})), @r#"
    exit code 2
    error: the random numbers of `it` before its delay of 0.3 ms cannot be passed over
      --> simulation_config.json:29:16
       |
    29 |       "delay": 0.3,
       |                ^^^
       |
    help: after multiples of `duration`, neurodamus passes over the random numbers of one interval of 0.5 ms at least: choose a `delay` that is 0, or at least 0.5 ms more than a multiple of `duration`
    "#);
    let pulses = json!({"amp_start": 1.0, "width": 1e-9, "frequency": 1e11});
    assert_snapshot!(with_input("pulse", pulses), @"
    exit code 2
    error: Basket node 0 (template `RingCell`, morphology `basket`): stimulus `it`: the signal has more than 1e8 samples or events
    help: change the parameters of the stimulus, or the attributes of the cell
    ");
}

#[test]
fn shot_noise_that_cannot_be() {
    let shots = |skew: f64, rise: f64| json!({"rise_time": rise, "decay_time": 4.0, "mean": 0.1, "sigma": 0.01, "relative_skew": skew});
    assert_snapshot!(with_input("absolute_shot_noise", shots(1.0, 0.4)), @"
    exit code 2
    error: Basket node 0 (template `RingCell`, morphology `basket`): stimulus `it`: the signal has more than 1e8 samples or events
    help: change the parameters of the stimulus, or the attributes of the cell
    ");
    assert_snapshot!(with_input("absolute_shot_noise", shots(0.5, 4.0 - 1e-12)), @r#"
    exit code 2
    error: `rise_time` must be less than `decay_time`, 4, found `3.999999999999`
      --> simulation_config.json:37:20
       |
    37 |       "rise_time": 3.999999999999,
       |                    ^^^^^^^^^^^^^^
    "#);
}

#[test]
fn recordings_that_cannot_be_read() {
    assert_snapshot!(with_input("replay", json!({"path": "absent.h5", "interpolate": true})), @"
    exit code 2
    error: cannot open `absent.h5`: no such file or directory
    help: check the path: relative paths count from the file that names them
    ");
    assert_snapshot!(with_input("replay", json!({"path": "nodes.h5", "interpolate": true})), @"
    exit code 2
    error: `nodes.h5:/report` is missing: expected a group, found `nodes`
    help: a report has a group `/report` with one group per population
    ");
}

#[test]
fn snippets_that_are_wrong() {
    assert_snapshot!(with_modification("configure_all_sections", "%s.gl_hh = exp(1)"), @r#"
    exit code 2
    error: modification `it`: functions such as `exp` are not available
     --> simulation_config.json:9:42
      |
    9 |         "section_configure": "%s.gl_hh = exp(1)",
      |                                          ^^^
      |
    help: values are numbers, `%s.NAME`, `+ - * / // % **` and brackets
    "#);
    assert_snapshot!(with_modification("configure_all_sections", "%s.gl_hh = 1; import os"), @r#"
    exit code 2
    error: modification `it`: `import` is not available
     --> simulation_config.json:9:45
      |
    9 |         "section_configure": "%s.gl_hh = 1; import os",
      |                                             ^^^^^^
      |
    help: write assignments only
    "#);
    assert_snapshot!(with_modification("configure_all_sections", "dend.gl_hh = 1"), @r#"
    exit code 2
    error: modification `it`: `configure_all_sections` assigns to attributes of `%s`, the section
     --> simulation_config.json:9:31
      |
    9 |         "section_configure": "dend.gl_hh = 1",
      |                               ^^^^^^^^^^
      |
    help: write `%s.gl_hh`
    "#);
    assert_snapshot!(with_modification("section_list", "apic.gl_hh = 1"), @r#"
    exit code 2
    error: modification `it`: there is no section list `apic`
     --> simulation_config.json:9:31
      |
    9 |         "section_configure": "apic.gl_hh = 1",
      |                               ^^^^^^^^^^
      |
    help: the lists are all, somatic, axonal, basal, apical, AIS, nodal, myelinated
    "#);
    assert_snapshot!(with_modification("section_list", "apical.gl_hh = 2*3"), @r#"
    exit code 2
    error: modification `it`: the value is not a number
     --> simulation_config.json:9:46
      |
    9 |         "section_configure": "apical.gl_hh = 2*3",
      |                                              ^^^
      |
    help: write a number, with or without `-`; only `configure_all_sections` computes
    "#);
    assert_snapshot!(with_modification("section", "apic[2].gl_hh = 1; apic[3].gl_hh = 1"), @r#"
    exit code 2
    error: modification `it`: it assigns to `apic[3]` after `apic[2]`
     --> simulation_config.json:9:50
      |
    9 |         "section_configure": "apic[2].gl_hh = 1; apic[3].gl_hh = 1",
      |                                                  ^^^^^^^^^^^^^
      |
    help: write a modification of its own for each
    "#);
    assert_snapshot!(with_modification("section", "apical[2].gl_hh = 1"), @r#"
    exit code 2
    error: modification `it`: there are no sections `apical`
     --> simulation_config.json:9:31
      |
    9 |         "section_configure": "apical[2].gl_hh = 1",
      |                               ^^^^^^^^^^^^^^^
      |
    help: sections are called soma, axon, dend, apic, ais, node, myelin
    "#);
    assert_snapshot!(with_modification("compartment_set", "soma.gl_hh = 1"), @r#"
    exit code 2
    error: modification `it`: `compartment_set` assigns to attributes of its segments
     --> simulation_config.json:9:31
      |
    9 |         "section_configure": "soma.gl_hh = 1",
      |                               ^^^^^^^^^^
      |
    help: write `gl_hh` alone
    "#);
    assert_snapshot!(with_modification("compartment_set", "gl_hh = cm = 1"), @r#"
    exit code 2
    error: modification `it`: an assignment has one target
     --> simulation_config.json:9:39
      |
    9 |         "section_configure": "gl_hh = cm = 1",
      |                                       ^^
      |
    help: values are numbers, `%s.NAME`, `+ - * / // % **` and brackets
    "#);
}

#[test]
fn values_that_cannot_be_assigned() {
    assert_snapshot!(with_modification("configure_all_sections", "%s.gl_hh = 1/(%s.cm - 1)"), @r#"
    exit code 2
    warning: 2 more kinds of cells cannot be built for the same reason
    error: Basket node 0 cannot be modified
    error: modification `it` in `soma[0]`: division by zero
     --> simulation_config.json:9:30
      |
    9 |         "section_configure": "%s.gl_hh = 1/(%s.cm - 1)",
      |                              ^^^^^^^^^^^^^^^^^^^^^^^^^^
    help: check the values that the attributes have in this section
    "#);
    assert_snapshot!(with_modification("section_list", "basal.nseg = 2.5"), @r#"
    exit code 2
    warning: 2 more kinds of cells cannot be built for the same reason
    error: Basket node 0 cannot be modified
    error: modification `it` in `dend[0]`: `nseg` would be 2.5
     --> simulation_config.json:9:30
      |
    9 |         "section_configure": "basal.nseg = 2.5",
      |                              ^^^^^^^^^^^^^^^^^^
    help: it must be a whole number
    "#);
    assert_snapshot!(with_modification("section", "soma[0].Ra = -1"), @r#"
    exit code 2
    warning: 2 more kinds of cells cannot be built for the same reason
    error: Basket node 0 cannot be modified
    error: modification `it` in `soma[0]`: `Ra` would be -1
     --> simulation_config.json:9:30
      |
    9 |         "section_configure": "soma[0].Ra = -1",
      |                              ^^^^^^^^^^^^^^^^^
    help: it must be positive
    "#);
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
    assert_snapshot!(ring.complaint(), @r#"
    exit code 2
    error: unknown node set `Al`
     --> simulation_config.json:8:21
      |
    8 |         "node_set": "Al",
      |                     ^^^^
      |
    help: did you mean `All`?

    error: unknown compartment set `Some`
      --> simulation_config.json:12:28
       |
    12 |         "compartment_set": "Some",
       |                            ^^^^^^
       |
    help: did you mean `Soma`?

    error: 2 problems
    "#);
}
