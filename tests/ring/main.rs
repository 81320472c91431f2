//! The example network, end to end: its outputs, what may not change them, NEURON's own numbers, what the program
//! shows of it, and what it says when something is wrong.

mod against_neuron;
mod checked;
mod circuit;
mod connections;
mod gap_junctions;
mod invariance;
mod junctions;
mod mechanisms;
mod messages;
mod outputs;
mod point_neurons;
mod python;
mod shown;

#[path = "../support/mod.rs"]
mod support;
