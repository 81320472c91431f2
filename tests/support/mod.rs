//! One description, two models: what the tests that compare with NEURON share.
//!
//! An [`Operation`] is one thing asked of a model. A list of them builds the same model here ([`Own`]) and in
//! NEURON ([`neuron::run`], which hands the list to `run.py`), and what both recorded comes back in the same order.

#![allow(dead_code, unused_imports, reason = "each test target uses a part of it")]

pub mod neuron;
mod operation;
mod own;

pub use operation::{Argument, Operation, Owner, Source};
pub use own::Own;

/// Something recorded: what it is and its values.
pub type Recorded = (String, Vec<f64>);

/// The place of the first number that has other bits (whatever those of a NaN), or the length of the shorter where one
/// is longer.
pub fn first_difference(own: &[f64], reference: &[f64]) -> Option<usize> {
    let is_different = |(own, reference): (&f64, &f64)| {
        own.to_bits() != reference.to_bits() && !(own.is_nan() && reference.is_nan())
    };
    let shorter = own.len().min(reference.len());
    let different = own.iter().zip(reference).position(is_different);
    different.or_else(|| (own.len() != reference.len()).then_some(shorter))
}
