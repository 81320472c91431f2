//! Networks with the synapses of the neocortex, simulated here and by neurodamus itself with NEURON: the same spikes,
//! and the same voltage of every soma at every step, bit for bit as reports have it.
//!
//! | file | holds |
//! |---|---|
//! | `cell_states.rs` | the states of single cells as JSON, cells as points |
//! | `comparison.rs` | both sides run and compared |
//! | `reference.py` | neurodamus itself |
//! | `synapses.rs` | models of synapses, their attributes, spontaneous and replayed release |
//! | `modifications.rs` | types of modifications |
//! | `invariance.rs` | what may not change results |
//! | `overrides.rs` | each key of connection overrides, and which of several holds |
//! | `stimuli.rs` | each module of inputs |
//!
//! neurodamus and the models that NEURON compiles for it are those of `tools/set-up reference`; without them the
//! comparisons are skipped, unless NEURODAMUS_REQUIRE_REFERENCE=1.

mod cell_states;
mod comparison;
mod invariance;
mod modifications;
mod overrides;
mod stimuli;
mod synapses;

#[path = "../../examples/make_network.rs"]
#[allow(dead_code, reason = "the example is a program, too")]
mod make_network;
#[path = "../support/simulation.rs"]
mod simulation;
#[path = "../support/mod.rs"]
mod support;
