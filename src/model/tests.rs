//! What a model refuses, and what it keeps between runs. Numbers are compared in `tests/against_neuron`.

use std::path::Path;

use miette::Diagnostic;

use super::{Error, Model, NetCon, RunOptions, Section, Source, Variable};

fn one_section() -> (Model, Section) {
    let mut model = Model::new();
    let soma = model.section("soma");
    model.set_length(soma, 20.0).expect("it exists");
    model.set(soma, "diam", 20.0).expect("it has a diameter");
    (model, soma)
}

/// Message and remedy of an error.
fn text<T>(result: Result<T, Error>) -> String {
    match result {
        Ok(_) => "no error".to_owned(),
        Err(error) => match error.help() {
            Some(help) => format!("{error}\nhelp: {help}"),
            None => error.to_string(),
        },
    }
}

#[test]
fn misspelt_names_are_told() {
    let (mut model, soma) = one_section();
    insta::assert_snapshot!(text(model.insert(soma, "hhh")), @r"
    unknown mechanism `hhh`
    help: did you mean `hh`?
    ");
    insta::assert_snapshot!(text(model.set(soma, "gnabar_hh", 0.1)), @r"
    `gnabar_hh` is not available in `soma`: mechanism `hh` is not inserted
    help: insert `hh` in `soma` first
    ");
    insta::assert_snapshot!(text(model.set(soma, "gnabr_hh", 0.1)), @r"
    unknown range variable `gnabr_hh`
    help: did you mean `gnabar_hh`?
    ");
    let clamp = model.point_process("IClamp", (soma, 0.5)).expect("IClamp is built in");
    insta::assert_snapshot!(text(model.set_variable(clamp, "amplitude", 0.1)), @r"
    `IClamp` has no variable `amplitude`
    help: did you mean `amp`?
    ");
    insta::assert_snapshot!(text(model.record_variable(clamp, "g")), @"`IClamp` has no variable `g`");
    insta::assert_snapshot!(text(model.record((soma, 1.5), "v")), @"position 1.5 in `soma` is not in the range 0 to 1");
    insta::assert_snapshot!(text(model.artificial_cell("IClamp")), @"mechanism `IClamp` is a point process, not an artificial cell");
    insta::assert_snapshot!(text(model.point_process("NetStim", (soma, 0.5))), @"mechanism `NetStim` is an artificial cell, not a point process");
    insta::assert_snapshot!(text(model.import_morphology(Path::new("cell.hoc"))), @r"
    `cell.hoc` is no known kind of morphology
    help: the name of a morphology ends in `.asc`, `.swc` or `.h5`
    ");
}

#[test]
fn bad_requests_are_refused() {
    let (mut model, soma) = one_section();
    let clamp = model.point_process("IClamp", (soma, 0.5)).expect("IClamp is built in");
    let synapse = model.point_process("ExpSyn", (soma, 0.5)).expect("ExpSyn is built in");
    let stimulus = model.artificial_cell("NetStim").expect("NetStim is built in");
    insta::assert_snapshot!(text(model.set(soma, "v", -70.0)), @r"
    the voltage of `soma` cannot be set
    help: `RunOptions::v_init` sets the voltage at the start of a run
    ");
    insta::assert_snapshot!(text(model.net_con(NetCon::new(stimulus, clamp))), @r"
    `IClamp` takes no events, so that no connection can end there
    help: connect to a synapse such as `ExpSyn`, or to an artificial cell
    ");
    insta::assert_snapshot!(text(model.net_con(NetCon::new(stimulus, synapse).delay(-1.0))), @r"
    a connection to `ExpSyn` has a delay of -1 ms
    help: delays are 0 or positive
    ");
    let connection = NetCon { weights: vec![1.0, 2.0], ..NetCon::new(stimulus, synapse) };
    insta::assert_snapshot!(text(model.net_con(connection)), @r"
    `ExpSyn` takes 1 weight(s), not 2
    help: a connection has as many weights as `NET_RECEIVE` has arguments
    ");
    insta::assert_snapshot!(text(model.play(clamp, "amp", &[0.0, 1.0], &[1.0])), @r"
    a signal for `amp` has 2 times and 1 values
    help: give one value for every time, and times (ms) that do not decrease
    ");
    insta::assert_snapshot!(text(model.set_times(stimulus, &[2.0, 1.0])), @r"
    the times of `NetStim` decrease or are no numbers
    help: sort the times (ms)
    ");
    insta::assert_snapshot!(text(model.record((soma, 0.5), "diam")), @r"
    `diam` cannot be recorded
    help: voltages, membrane currents, ions and variables of mechanisms can be recorded
    ");
    let options = RunOptions { dt: 0.0, ..RunOptions::default() };
    insta::assert_snapshot!(text(model.run(&options)), @r"
    `dt` is 0
    help: the time step (ms) is a positive number
    ");
    for threshold in [0.0, 10.0] {
        model.record_spikes(Source::voltage((soma, 0.5), threshold)).expect("the place exists");
    }
    insta::assert_snapshot!(text(model.run(&RunOptions::default())), @r"
    the cell of section `soma` has two different sources of spikes
    help: take the same place and threshold for all connections that leave a cell
    ");
}

#[test]
fn only_variables_of_mechanisms_follow_voltages() {
    let (mut model, soma) = one_section();
    let clamp = model.point_process("IClamp", (soma, 0.5)).expect("IClamp is built in");
    let place = (soma, 0.5);
    insta::assert_snapshot!(text(model.follow_voltage(Variable::Point(clamp, "vgap".into()), place)), @"`IClamp` has no variable `vgap`");
    insta::assert_snapshot!(text(model.follow_voltage(Variable::Point(clamp, "amp".into()), (soma, 1.5))), @"position 1.5 in `soma` is not in the range 0 to 1");
    model.follow_voltage(Variable::Range(place, "v".into()), place).expect("there is such a variable");
    insta::assert_snapshot!(text(model.run(&RunOptions::default())), @r"
    `v` cannot follow a voltage
    help: variables of mechanisms can, such as `vgap` of a `Gap`
    ");
}

#[test]
fn a_model_can_be_changed_and_run_again() {
    let (mut model, soma) = one_section();
    model.insert(soma, "pas").expect("pas is built in");
    let voltage = model.record((soma, 0.5), "v").expect("the place exists");
    let options = RunOptions { tstop: 1.0, ..RunOptions::default() };
    let first = model.run(&options).expect("it runs");
    assert_eq!(first, model.run(&options).expect("it runs again"));
    assert_eq!(first.times.len(), 41);
    assert_eq!(first.trace(voltage)[0], -65.0);
    model.set(soma, "e_pas", -65.0).expect("pas is inserted");
    let second = model.run(&options).expect("it runs");
    assert!(second.trace(voltage).iter().all(|&v| v == -65.0), "it rests at its reversal potential");
}
