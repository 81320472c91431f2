//! An interpreter for HOC, the language of NEURON's cell templates.

pub mod syntax;
