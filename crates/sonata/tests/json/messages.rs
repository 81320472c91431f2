//! What a user is told about bad simulation configurations: every message with its place and remedy.

use insta::assert_snapshot;

use crate::render::{current, input, report, simulation, with};

#[test]
fn a_syntax_error() {
    let text = simulation(
        r#"{"run": {
  "tstop": 10
  "dt": 0.1}}"#,
    );
    assert_snapshot!(text, @r#"
    error: invalid JSON: expected comma
      --> simulation_config.json:2:14
      |   "tstop": 10
      |              ^
    "#);
}

#[test]
fn a_trailing_comma() {
    let text = simulation(r#"{"run": {},}"#);
    assert_snapshot!(text, @r#"
    error: invalid JSON: trailing commas are not allowed
      --> simulation_config.json:1:11
      | {"run": {},}
      |           ^
    "#);
}

#[test]
fn duplicate_keys() {
    let text = simulation(
        r#"{"run": {"tstop": 1, "dt": 0.1,
  "random_seed": 1, "tstop": 2}}"#,
    );
    assert_snapshot!(text, @r#"
    error: duplicate key `tstop` in `run`
      --> simulation_config.json:2:21
      |   "random_seed": 1, "tstop": 2}}
      |                     ^^^^^^^
    "#);
}

#[test]
fn a_missing_section() {
    let text = simulation(r#"{"version": 2}"#);
    assert_snapshot!(text, @r#"
    error: missing key `run`
      --> simulation_config.json:1:1
      | {"version": 2}
      | ^
    "#);
}

#[test]
fn every_problem_at_once() {
    let text = simulation(
        r#"{
  "run": {"tstop": -1, "dt": 0, "random_sed": 1},
  "target_simulator": "Neuron",
  "node_set": 5
}"#,
    );
    assert_snapshot!(text, @r#"
    error: missing key `random_seed` in `run`
      --> simulation_config.json:2:3
      |   "run": {"tstop": -1, "dt": 0, "random_sed": 1},
      |   ^^^^^
    error: `tstop` must be zero or positive, found `-1`
      --> simulation_config.json:2:20
      |   "run": {"tstop": -1, "dt": 0, "random_sed": 1},
      |                    ^^
    error: `dt` must be positive, found `0`
      --> simulation_config.json:2:30
      |   "run": {"tstop": -1, "dt": 0, "random_sed": 1},
      |                              ^
    error: unknown key `random_sed` in `run`
      --> simulation_config.json:2:33
      |   "run": {"tstop": -1, "dt": 0, "random_sed": 1},
      |                                 ^^^^^^^^^^^^
    help: did you mean `random_seed`?
    error: unknown value `Neuron` for `target_simulator`
      --> simulation_config.json:3:23
      |   "target_simulator": "Neuron",
      |                       ^^^^^^^^
    help: did you mean `NEURON`?
    error: `node_set` must be a string, found a number
      --> simulation_config.json:4:15
      |   "node_set": 5
      |               ^
    "#);
}

#[test]
fn an_integer_with_a_fraction() {
    let text = simulation(r#"{"run": {"tstop": 1, "dt": 0.1, "random_seed": 1.5}}"#);
    assert_snapshot!(text, @r#"
    error: `random_seed` must be an integer, found `1.5`
      --> simulation_config.json:1:48
      | {"run": {"tstop": 1, "dt": 0.1, "random_seed": 1.5}}
      |                                                ^^^
    help: write `1` or `2`
    "#);
}

#[test]
fn a_seed_of_more_than_32_bits() {
    let text = simulation(r#"{"run": {"tstop": 1, "dt": 0.1, "random_seed": 5000000000}}"#);
    assert_snapshot!(text, @r#"
    error: `random_seed` must be between 0 and 4294967295, found `5000000000`
      --> simulation_config.json:1:48
      | {"run": {"tstop": 1, "dt": 0.1, "random_seed": 5000000000}}
      |                                                ^^^^^^^^^^
    "#);
}

#[test]
fn electrodes_in_run() {
    let text =
        simulation(r#"{"run": {"tstop": 1, "dt": 0.1, "random_seed": 1, "electrodes_file": "a.csv"}}"#);
    assert_snapshot!(text, @r#"
    error: `electrodes_file` is not allowed in `run`
      --> simulation_config.json:1:51
      | {"run": {"tstop": 1, "dt": 0.1, "random_seed": 1, "electrodes_file": "a.csv"}}
      |                                                   ^^^^^^^^^^^^^^^^^
    help: give `electrodes_file` in each report of type `lfp`
    "#);
}

#[test]
fn a_string_for_a_number() {
    let text = with(r#""conditions": {"celsius": "34"}"#);
    assert_snapshot!(text, @r#"
    error: `celsius` must be a number, found a string
      --> simulation_config.json:2:27
      | "conditions": {"celsius": "34"}}
      |                           ^^^^
    "#);
}

#[test]
fn a_choice_in_digits() {
    let text = with(r#""conditions": {"spike_location": "ais"}"#);
    assert_snapshot!(text, @r#"
    error: unknown value `ais` for `spike_location`
      --> simulation_config.json:2:34
      | "conditions": {"spike_location": "ais"}}
      |                                  ^^^^^
    help: did you mean `AIS`?
    "#);
}

#[test]
fn an_unknown_top_level_key() {
    let text = with(r#""experimental_features": {}"#);
    assert_snapshot!(text, @r#"
    error: unknown key `experimental_features`
      --> simulation_config.json:2:1
      | "experimental_features": {}}
      | ^^^^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn a_misspelt_key() {
    let text = current(r#""module": "linear", "amp_strat": 1"#);
    assert_snapshot!(text, @r#"
    error: missing key `amp_start` in `inputs.stim`
      --> simulation_config.json:2:12
      | "inputs": {"stim": {"delay": 0, "duration": 5, "node_set": "All",
      |            ^^^^^^
    error: unknown key `amp_strat` in `inputs.stim`
      --> simulation_config.json:4:21
      | "module": "linear", "amp_strat": 1}}}
      |                     ^^^^^^^^^^^
    help: did you mean `amp_start`?
    "#);
}

#[test]
fn a_key_of_another_module() {
    let text = current(
        r#""module": "linear", "amp_start": 1,
"frequency": 10"#,
    );
    assert_snapshot!(text, @r#"
    error: unknown key `frequency` in `inputs.stim`
      --> simulation_config.json:5:1
      | "frequency": 10}}}
      | ^^^^^^^^^^^
    help: module `linear` does not have it; it belongs to `pulse`, `sinusoidal`
    "#);
}

#[test]
fn a_misspelt_module() {
    let text = current(r#""module": "ornstein_uhlenbek""#);
    assert_snapshot!(text, @r#"
    error: unknown value `ornstein_uhlenbek` for `module`
      --> simulation_config.json:4:11
      | "module": "ornstein_uhlenbek"}}}
      |           ^^^^^^^^^^^^^^^^^^^
    help: did you mean `ornstein_uhlenbeck`?
    "#);
}

#[test]
fn a_module_with_another_input_type() {
    let text = input(
        r#""module": "seclamp", "voltage": -70,
"input_type": "current_clamp""#,
    );
    assert_snapshot!(text, @r#"
    error: module `seclamp` does not take the input type `current_clamp`
      --> simulation_config.json:4:15
      | "input_type": "current_clamp"}}}
      |               ^^^^^^^^^^^^^^^
    help: it takes `voltage_clamp`
    "#);
}

#[test]
fn both_targets() {
    let text = current(
        r#""module": "hyperpolarizing",
"compartment_set": "dend""#,
    );
    assert_snapshot!(text, @r#"
    error: `node_set` and `compartment_set` exclude each other in `inputs.stim`
      --> simulation_config.json:5:1
      | "compartment_set": "dend"}}}
      | ^^^^^^^^^^^^^^^^^
    help: remove `node_set` or `compartment_set`
    "#);
}

#[test]
fn no_target() {
    let text = with(
        r#""inputs": {"stim": {"module": "hyperpolarizing", "input_type": "current_clamp", "delay": 0, "duration": 1}}"#,
    );
    assert_snapshot!(text, @r#"
    error: neither `node_set` nor `compartment_set` is given in `inputs.stim`
      --> simulation_config.json:2:12
      | "inputs": {"stim": {"module": "hyperpolarizing", "input_type": "current_clamp", "delay": 0, "duration": 1}}}
      |            ^^^^^^
    help: add `node_set` or `compartment_set`
    "#);
}

#[test]
fn both_means_of_noise() {
    let text = current(
        r#""module": "noise", "variance": 1, "mean": 1,
"mean_percent": 50"#,
    );
    assert_snapshot!(text, @r#"
    error: `mean` and `mean_percent` exclude each other in `inputs.stim`
      --> simulation_config.json:5:17
      | "mean_percent": 50}}}
      |                 ^^
    help: remove `mean` or `mean_percent`
    "#);
}

#[test]
fn noise_without_variance() {
    let text = current(r#""module": "noise", "mean": 1"#);
    assert_snapshot!(text, @r#"
    error: missing key `variance` in `inputs.stim`
      --> simulation_config.json:2:12
      | "inputs": {"stim": {"delay": 0, "duration": 5, "node_set": "All",
      |            ^^^^^^
    "#);
}

#[test]
fn a_pulse_wider_than_its_period() {
    let text = current(
        r#""module": "pulse", "amp_start": 1, "frequency": 50, "width": 21,
"amp_end": 2"#,
    );
    assert_snapshot!(text, @r#"
    error: `width` must be at most the period, 20 ms, found `21`
      --> simulation_config.json:4:62
      | "module": "pulse", "amp_start": 1, "frequency": 50, "width": 21,
      |                                                              ^^
    warning: key `amp_end` in `inputs.stim` has no effect: pulses have one amplitude, `amp_start`
      --> simulation_config.json:5:1
      | "amp_end": 2}}}
      | ^^^^^^^^^
    "#);
}

#[test]
fn shot_noise_that_rises_slower_than_it_decays() {
    let text = current(
        r#""module": "shot_noise", "rate": 2.7, "amp_mean": 1, "amp_var": 1,
"rise_time": 4, "decay_time": 2"#,
    );
    assert_snapshot!(text, @r#"
    error: `rate` must be an integer, found `2.7`
      --> simulation_config.json:4:33
      | "module": "shot_noise", "rate": 2.7, "amp_mean": 1, "amp_var": 1,
      |                                 ^^^
    help: write `2` or `3`
    error: `rise_time` must be less than `decay_time`, 2, found `4`
      --> simulation_config.json:5:14
      | "rise_time": 4, "decay_time": 2}}}
      |              ^
    "#);
}

#[test]
fn levels_of_a_voltage_clamp() {
    let text = input(
        r#""module": "seclamp", "input_type": "voltage_clamp", "voltage": -70,
"duration_levels": [3, 4], "voltage_levels": [0]"#,
    );
    assert_snapshot!(text, @r#"
    error: `duration_levels` and `voltage_levels` differ in length: 2 and 1
      --> simulation_config.json:4:20
      | "duration_levels": [3, 4], "voltage_levels": [0]}}}
      |                    ^^^^^^
    error: `duration_levels` must be at most `duration`, 5, in sum, found `7`
      --> simulation_config.json:4:20
      | "duration_levels": [3, 4], "voltage_levels": [0]}}}
      |                    ^^^^^^
    "#);
}

#[test]
fn a_field_above_nyquist() {
    let text = input(
        r#""module": "spatially_uniform_e_field", "input_type": "extracellular_stimulation",
"fields": [{"Ex": 1, "Ey": 0, "frequency": 5000}]"#,
    );
    assert_snapshot!(text, @r#"
    error: missing key `Ez` in `inputs.stim.fields[0]`
      --> simulation_config.json:4:12
      | "fields": [{"Ex": 1, "Ey": 0, "frequency": 5000}]}}}
      |            ^
    error: `frequency` must be below the simulation's Nyquist frequency, 5000 Hz, found `5000`
      --> simulation_config.json:4:44
      | "fields": [{"Ex": 1, "Ey": 0, "frequency": 5000}]}}}
      |                                            ^^^^
    "#);
}

#[test]
fn a_replay_of_a_text_file() {
    let text = input(
        r#""module": "synapse_replay", "input_type": "spikes",
"spike_file": "out.dat""#,
    );
    assert_snapshot!(text, @r#"
    error: `spike_file` must be a SONATA file that ends in `.h5`, found `out.dat`
      --> simulation_config.json:4:15
      | "spike_file": "out.dat"}}}
      |               ^^^^^^^^^
    "#);
}

#[test]
fn an_undefined_variable_in_a_path() {
    let text = with(
        r#""manifest": {"$INPUT_DIR": "./in"},
"node_sets_file": "$INPUTDIR/node_sets.json""#,
    );
    assert_snapshot!(text, @r#"
    error: undefined manifest variable `$INPUTDIR`
      --> simulation_config.json:3:19
      | "node_sets_file": "$INPUTDIR/node_sets.json"}
      |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^
    help: did you mean `$INPUT_DIR`?
    "#);
}

#[test]
fn recursive_variables() {
    let text = with(
        r#""manifest": {"$A": "$B/x",
"$B": "${A}"}"#,
    );
    assert_snapshot!(text, @r#"
    error: manifest variable `$A` refers to itself
      --> simulation_config.json:2:20
      | "manifest": {"$A": "$B/x",
      |                    ^^^^^^
    error: manifest variable `$B` refers to itself
      --> simulation_config.json:3:7
      | "$B": "${A}"}}
      |       ^^^^^^
    "#);
}

#[test]
fn a_variable_without_dollar() {
    let text = with(r#""manifest": {"BASE": "."}"#);
    assert_snapshot!(text, @r#"
    error: invalid manifest variable `BASE`
      --> simulation_config.json:2:14
      | "manifest": {"BASE": "."}}
      |              ^^^^^^
    help: a variable is `$` followed by letters, digits and `_`
    "#);
}

#[test]
fn sections_of_a_compartment_set_report() {
    let text = report(
        r#""type": "compartment_set", "compartment_set": "dend", "variable_name": "v",
"sections": "soma""#,
    );
    assert_snapshot!(text, @r#"
    error: `sections` is not allowed in a report of type `compartment_set`
      --> simulation_config.json:4:1
      | "sections": "soma"}}}
      | ^^^^^^^^^^
    help: the compartment set says which compartments are meant
    "#);
}

#[test]
fn a_variable_of_an_lfp_report() {
    let text = report(
        r#""type": "lfp",
"variable_name": "v""#,
    );
    assert_snapshot!(text, @r#"
    error: missing key `electrodes_file` in `reports.soma`
      --> simulation_config.json:2:13
      | "reports": {"soma": {"dt": 0.1, "start_time": 0, "end_time": 10,
      |             ^^^^^^
    error: `variable_name` is not allowed in a report of type `lfp`
      --> simulation_config.json:4:1
      | "variable_name": "v"}}}
      | ^^^^^^^^^^^^^^^
    help: remove it: membrane currents are recorded
    "#);
}

#[test]
fn bad_variable_names() {
    let text = report(
        r#""type": "summation",
"variable_name": "i_membrane, Ca..ica""#,
    );
    assert_snapshot!(text, @r#"
    error: `i_membrane, Ca..ica` is not a comma-separated list of variables
      --> simulation_config.json:4:18
      | "variable_name": "i_membrane, Ca..ica"}}}
      |                  ^^^^^^^^^^^^^^^^^^^^^
    help: write names such as `v` or `mechanism.variable`, separated by commas
    "#);
}

#[test]
fn a_report_that_ends_before_it_starts() {
    let text = with(
        r#""reports": {"soma": {"type": "compartment", "variable_name": "v", "dt": 0.01,
"start_time": 5, "end_time": 1}}"#,
    );
    assert_snapshot!(text, @r#"
    error: `dt` must be at least the simulation's step, 0.1, found `0.01`
      --> simulation_config.json:2:73
      | "reports": {"soma": {"type": "compartment", "variable_name": "v", "dt": 0.01,
      |                                                                         ^^^^
    error: `end_time` must be at or after `start_time`, 5, found `1`
      --> simulation_config.json:3:30
      | "start_time": 5, "end_time": 1}}}
      |                              ^
    "#);
}

#[test]
fn duplicate_modifications() {
    let text = with(
        r#""conditions": {"modifications": [
{"name": "ttx", "type": "ttx", "node_set": "All"},
{"name": "ttx", "type": "section"}]}"#,
    );
    assert_snapshot!(text, @r#"
    error: missing key `node_set` in `conditions.modifications[1]`
      --> simulation_config.json:4:1
      | {"name": "ttx", "type": "section"}]}}
      | ^
    error: missing key `section_configure` in `conditions.modifications[1]`
      --> simulation_config.json:4:1
      | {"name": "ttx", "type": "section"}]}}
      | ^
    error: duplicate name `ttx` in `conditions.modifications`
      --> simulation_config.json:4:10
      | {"name": "ttx", "type": "section"}]}}
      |          ^^^^^
    "#);
}

#[test]
fn an_override_without_target() {
    let text = with(
        r#""connection_overrides": [{"name": "a", "source": "All",
"wieght": 0}]"#,
    );
    assert_snapshot!(text, @r#"
    error: missing key `target` in `connection_overrides[0]`
      --> simulation_config.json:2:26
      | "connection_overrides": [{"name": "a", "source": "All",
      |                          ^
    error: unknown key `wieght` in `connection_overrides[0]`
      --> simulation_config.json:3:1
      | "wieght": 0}]}
      | ^^^^^^^^
    help: did you mean `weight`?
    "#);
}

#[test]
fn an_unknown_beta_feature() {
    let text = with(r#""beta_features": {"procedure_typ": "validation_sim"}"#);
    assert_snapshot!(text, @r#"
    error: unknown key `procedure_typ` in `beta_features`
      --> simulation_config.json:2:19
      | "beta_features": {"procedure_typ": "validation_sim"}}
      |                   ^^^^^^^^^^^^^^^
    help: did you mean `procedure_type`?
    "#);
}

#[test]
fn keys_without_effect() {
    let text = simulation(
        r#"{"run": {"tstop": 1, "dt": 0.1, "random_seed": 1, "tstart": 5},
 "_comment": "fine", "mechanisms_dir": "mod"}"#,
    );
    assert_snapshot!(text, @r#"
    warning: key `tstart` in `run` has no effect: a simulation starts at 0 ms
      --> simulation_config.json:1:51
      | {"run": {"tstop": 1, "dt": 0.1, "random_seed": 1, "tstart": 5},
      |                                                   ^^^^^^^^
    warning: key `mechanisms_dir` has no effect: the circuit configuration says where mechanisms are
      --> simulation_config.json:2:22
      |  "_comment": "fine", "mechanisms_dir": "mod"}
      |                      ^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn another_calcium() {
    let text = with(
        r#""conditions": {"extracellular_calcium": 1.1,
"mechanisms": {"GluSynapse": {"cao_CR": 1.2}}}"#,
    );
    assert_snapshot!(text, @r#"
    warning: `cao_CR_GluSynapse` is doubtful: it is 1.2, but `extracellular_calcium` is 1.1
      --> simulation_config.json:3:31
      | "mechanisms": {"GluSynapse": {"cao_CR": 1.2}}}}
      |                               ^^^^^^^^
    "#);
}

#[test]
fn a_conductance_that_is_mostly_zero() {
    let text = with(
        r#""inputs": {"a": {"module": "ornstein_uhlenbeck", "input_type": "conductance", "node_set": "A",
"delay": 0, "duration": 1, "tau": 2, "mean": -0.5, "sigma": 0.2},
"b": {"module": "relative_ornstein_uhlenbeck", "input_type": "current_clamp", "node_set": "A",
"delay": 0, "duration": 1, "tau": 2, "mean_percent": -50, "sd_percent": 10}}"#,
    );
    assert_snapshot!(text, @r#"
    warning: `mean` is doubtful: the conductance is 0 most of the time
      --> simulation_config.json:3:46
      | "delay": 0, "duration": 1, "tau": 2, "mean": -0.5, "sigma": 0.2},
      |                                              ^^^^
    "#);
}

#[test]
fn a_compartment_set_of_another_modification() {
    let text = with(
        r#""conditions": {"modifications": [
{"name": "a", "type": "section_list", "node_set": "A", "compartment_set": "c",
 "section_configure": "somatic.gnabar_hh = 0"}]}"#,
    );
    assert_snapshot!(text, @r#"
    warning: key `compartment_set` in `conditions.modifications[0]` has no effect: the node set says which cells are meant
      --> simulation_config.json:3:56
      | {"name": "a", "type": "section_list", "node_set": "A", "compartment_set": "c",
      |                                                        ^^^^^^^^^^^^^^^^^
    "#);
}
