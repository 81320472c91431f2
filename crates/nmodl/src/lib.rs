//! Mechanism descriptions, the vocabulary that cell building and the solver share, and the front end of NMODL.
//!
//! A description says what a mechanism is called, which variables an instance has, which ions it uses and
//! how many arguments its events carry. It holds no behaviour: kernels belong to the `systems` crate.
//! [`syntax`] turns the text of a `.mod` file into a tree, and a tree into a description; [`verbatim`] makes the C text
//! of `VERBATIM` blocks part of the tree.

mod column;
mod description;
pub mod execute;
pub mod ir;
pub mod lower;
pub mod math;
pub mod model;
pub mod optimise;
pub mod solve;
pub mod syntax;
pub mod verbatim;

pub use column::Column;
pub use description::{Description, Global, IonUse, IonVariable, Kind, Role, Variable};
pub use ir::Program;
pub use lower::{Compiled, compile};
