//! Mechanism descriptions: the vocabulary that cell building and the solver share.
//!
//! A description says what a mechanism is called, which variables an instance has, which ions it uses and
//! how many arguments its events carry. It holds no behaviour: kernels belong to the `systems` crate.

mod description;
pub mod math;

pub use description::{Description, Global, IonUse, IonVariable, Kind, Role, Variable};
