//! The mechanism files that packages carry, run here as they are and in NEURON, which compiles them: every variable of
//! every step must have the same bits, or the table of `recipes.rs` states the bound and why.
//!
//! | file | holds |
//! |---|---|
//! | `corpus.rs` | which files there are |
//! | `mechanism.rs` | what a file declares |
//! | `experiment.rs` | the cells, clamps and events for it |
//! | `recipes.rs` | what particular mechanisms need, and the table of exceptions |
//! | `adapter.rs` | how a file becomes part of a model built here |
//! | `comparison.rs` | both sides run, and the table of results |
//! | `folders.rs` | the mechanisms of the project itself, or those of folders that are given |
//! | `memory.rs` | what each instance keeps where no report looks |
//! | `calls.rs` | files whose functions are called in every step |
//!
//! NEURON's side needs compiled mechanisms: `../support/compile.py` keeps what it compiled.
//!
//! Tables are printed (`cargo test --test mechanisms -- --nocapture`) and written to `target/tmp/mechanisms/`. With
//! `MECHANISMS=cdp5,Nav` only files whose path has one of these words are run.

mod adapter;
mod calls;
mod companions;
mod comparison;
mod corpus;
mod experiment;
mod folders;
mod mechanism;
mod memory;
mod recipes;
mod refusals;

#[path = "../support/mod.rs"]
mod support;

use comparison::compare;

// The number is that of experiments that have the same bits at least; it only ever grows.

#[test]
fn neuron() {
    compare(&["neuron"], 62);
}

#[test]
fn blue_brain() {
    compare(&["bluepyopt", "bluepyemodel", "emodelrunner", "obi-one", "neurodamus"], 241);
}

#[test]
fn allen_institute() {
    compare(&["bmtk"], 65);
}

#[test]
fn human_neocortex() {
    compare(&["hnn-core"], 31);
}

#[test]
fn cerebellum() {
    compare(&["dbbs-catalogue"], 188);
}

#[test]
fn striatum() {
    compare(&["snudda"], 257);
}
