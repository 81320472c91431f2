//! Mechanism descriptions, the vocabulary that cell building and the solver share, and the front end of NMODL.
//!
//! A description says what a mechanism is called, which variables an instance has, which ions it uses and
//! how many arguments its events carry. It holds no behaviour: kernels belong to the `systems` crate.
//! [`syntax`] turns the text of a `.mod` file into a tree, and a tree into a description.

mod description;
pub mod math;
pub mod solve;
pub mod syntax;

pub use description::{Description, Global, IonUse, IonVariable, Kind, Role, Variable};
