//! Channels, clamps and synapses without events.

use neurodamus::model::RunOptions;

use crate::twin::{SectionOf, SourceOf, Twin};

/// A soma with `hh` and a dendrite with `dendrite`, and a current that makes it spike.
fn ball_and_stick(nseg: i64, dendrite: &str) -> (Twin, SectionOf, SectionOf) {
    let mut twin = Twin::new();
    let soma = twin.cylinder("soma", 18.8, 18.8, 1);
    let dend = twin.cylinder("dend", 701.9, 3.18, nseg);
    twin.set(soma, "Ra", 123.0);
    twin.set(dend, "Ra", 123.0);
    twin.connect(dend, 0.0, soma, 1.0);
    twin.insert(soma, "hh");
    twin.set(soma, "gnabar_hh", 0.25);
    twin.insert(dend, dendrite);
    twin.point("IClamp", soma, 0.5, &[("delay", 2.0), ("dur", 4.0), ("amp", 0.5)]);
    (twin, soma, dend)
}

#[test]
fn hodgkin_huxley() {
    for (dt, celsius) in [(0.025, 6.3), (0.1, 16.0), (0.0125, 6.3), (0.025, 16.0)] {
        for (nseg, dendrite) in [(1, "pas"), (3, "hh"), (11, "pas")] {
            let (mut twin, soma, dend) = ball_and_stick(nseg, dendrite);
            twin.record(soma, 0.5, "v");
            twin.record_along(dend, nseg as usize, "v");
            for name in ["m_hh", "h_hh", "n_hh", "ina", "ik"] {
                twin.record(soma, 0.5, name);
            }
            twin.record_spikes(SourceOf::Voltage(soma, 0.5, 10.0));
            twin.compare(&RunOptions { dt, celsius, tstop: 25.0, ..RunOptions::default() });
        }
    }
}

#[test]
fn second_order() {
    let (mut twin, soma, dend) = ball_and_stick(5, "hh");
    twin.record(soma, 0.5, "v");
    twin.record_along(dend, 5, "v");
    twin.record(soma, 0.5, "ina");
    twin.compare(&RunOptions { second_order: 2, tstop: 15.0, ..RunOptions::default() });
}

#[test]
fn membrane_currents() {
    let (mut twin, soma, dend) = ball_and_stick(5, "hh");
    twin.record(soma, 0.5, "i_membrane_");
    twin.record_along(dend, 5, "i_membrane_");
    twin.record(soma, 0.5, "v");
    twin.compare(&RunOptions { tstop: 15.0, ..RunOptions::default() });
}

#[test]
fn voltage_clamp() {
    let (mut twin, soma, dend) = ball_and_stick(3, "pas");
    let steps = [("dur1", 1.0), ("amp1", -70.0), ("dur2", 5.0), ("amp2", 10.0), ("dur3", 2.0)];
    let clamp = twin.point("SEClamp", soma, 0.5, &steps);
    twin.record_variable(clamp, "i");
    twin.record(soma, 0.5, "v");
    twin.record_along(dend, 3, "v");
    twin.compare(&RunOptions { tstop: 10.0, ..RunOptions::default() });
}

#[test]
fn alpha_synapse() {
    let (mut twin, soma, dend) = ball_and_stick(7, "pas");
    let values = [("onset", 1.3), ("tau", 0.7), ("gmax", 0.02), ("e", 5.0)];
    let synapse = twin.point("AlphaSynapse", dend, 0.7, &values);
    // NEURON keeps the conductance of an AlphaSynapse to itself.
    twin.record_variable(synapse, "i");
    twin.record(soma, 0.5, "v");
    twin.record_along(dend, 7, "v");
    twin.compare(&RunOptions { tstop: 10.0, ..RunOptions::default() });
}

#[test]
fn played_current() {
    let (mut twin, soma, dend) = ball_and_stick(3, "pas");
    let clamp = twin.point("IClamp", dend, 0.5, &[("delay", 0.0), ("dur", 1e9)]);
    let times: Vec<f64> = (0..40).map(|k| 0.31 * f64::from(k)).collect();
    let values: Vec<f64> = times.iter().map(|t| 0.4 * (t * 1.7).sin()).collect();
    twin.play(clamp, "amp", &times, &values);
    twin.record_variable(clamp, "i");
    twin.record(soma, 0.5, "v");
    twin.record_along(dend, 3, "v");
    twin.compare(&RunOptions { tstop: 11.0, ..RunOptions::default() });
}
