//! The same models built here and in NEURON: voltages, currents and spike times must have the same bits.
//!
//! `../support/run.py` builds NEURON's side from what [`twin::Twin`] noted. It needs a Python with NEURON 9.0.2
//! (`tools/set-up reference`, or NEURODAMUS_REFERENCE_PYTHON); without it the comparisons are skipped, unless
//! NEURODAMUS_REQUIRE_REFERENCE=1.

mod artificial_cells;
mod gap_junctions;
mod membranes;
mod morphologies;
mod networks;
mod trees;
mod tutorials;
mod twin;

#[path = "../support/mod.rs"]
mod support;
