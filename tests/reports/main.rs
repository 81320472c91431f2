//! Reports of the example network, end to end: what each kind holds, that nothing changes it, that NEURON has the same
//! numbers, what an interrupted run leaves, and what is said when a report is impossible.

#[path = "../ring/circuit.rs"]
#[allow(dead_code)]
mod circuit;
#[path = "../ring/python.rs"]
#[allow(dead_code)]
mod python;

mod against_neuron;
mod cell_states;
mod files;
mod invariance;
mod messages;
mod series;
mod values;
