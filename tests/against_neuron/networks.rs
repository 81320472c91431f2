//! Networks of cells with membranes: a ring, and noise.

use neurodamus::model::RunOptions;

use crate::twin::{PointOf, SourceOf, Twin, assert_grouping_changes_nothing};

const CELLS: usize = 8;

/// The ring of NEURON's tutorial: ball-and-stick cells, each exciting the next one on its dendrite.
fn ring(synapse: &str) -> Twin {
    let mut twin = Twin::new();
    let mut cells = Vec::new();
    for number in 0..CELLS {
        let soma = twin.cylinder(&format!("soma{number}"), 12.6157, 12.6157, 1);
        let dend = twin.cylinder(&format!("dend{number}"), 200.0, 1.0, 5);
        twin.connect(dend, 0.0, soma, 1.0);
        for section in [soma, dend] {
            twin.set(section, "Ra", 100.0);
            twin.set(section, "cm", 1.0);
        }
        twin.insert(soma, "hh");
        for (name, value) in [("gnabar_hh", 0.12), ("gkbar_hh", 0.036), ("gl_hh", 0.0003), ("el_hh", -54.3)] {
            twin.set(soma, name, value);
        }
        twin.insert(dend, "pas");
        twin.set(dend, "g_pas", 0.001);
        twin.set(dend, "e_pas", -65.0);
        let values: &[(&str, f64)] =
            if synapse == "ExpSyn" { &[("tau", 2.0)] } else { &[("tau1", 0.2), ("tau2", 2.3)] };
        let target: PointOf = twin.point(synapse, dend, 0.5, values);
        twin.record(soma, 0.5, "v");
        twin.record_along(dend, 5, "v");
        twin.record_variable(target, "g");
        cells.push((soma, target));
    }
    let stimulus = twin.artificial_cell("NetStim", &[("number", 1.0), ("start", 9.0)]);
    twin.net_con(SourceOf::Point(stimulus), cells[0].1, 1.0, 0.04);
    for (number, &(soma, _)) in cells.iter().enumerate() {
        let source = SourceOf::Voltage(soma, 0.5, 10.0);
        twin.net_con(source, cells[(number + 1) % CELLS].1, 5.0, 0.01);
        twin.record_spikes(source);
    }
    twin
}

fn options() -> RunOptions {
    RunOptions { tstop: 200.0, ..RunOptions::default() }
}

#[test]
fn ring_with_exponential_synapses() {
    ring("ExpSyn").compare(&options());
}

#[test]
fn ring_with_double_exponential_synapses() {
    ring("Exp2Syn").compare(&options());
}

#[test]
fn ring_does_not_depend_on_threads_groups_and_ranks() {
    assert_grouping_changes_nothing(|| ring("ExpSyn"), &options());
}

#[test]
fn noisy_input() {
    let mut twin = Twin::new();
    let soma = twin.cylinder("soma", 20.0, 20.0, 1);
    twin.insert(soma, "hh");
    for (number, noise) in [0.3, 1.0].into_iter().enumerate() {
        let synapse = twin.point("ExpSyn", soma, 0.5, &[("tau", 1.5)]);
        let values = [("interval", 7.0), ("number", 1e9), ("start", 1.01), ("noise", noise)];
        let stimulus = twin.artificial_cell("NetStim", &values);
        twin.stream(stimulus, [1, 2, 3 + number as u32]);
        twin.net_con(SourceOf::Point(stimulus), synapse, 0.7, 0.01);
        twin.record_spikes(SourceOf::Point(stimulus));
        twin.record_variable(synapse, "g");
    }
    twin.record(soma, 0.5, "v");
    twin.record_spikes(SourceOf::Voltage(soma, 0.5, 0.0));
    twin.compare(&options());
}
