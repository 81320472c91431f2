//! Mechanism descriptions, the vocabulary that cell building and the solver share, and NMODL: from the text of a `.mod`
//! file to a program that runs over many instances at once.
//!
//! A description says what a mechanism is called, which variables an instance has, which ions it uses and
//! how many arguments its events carry. [`compile`] makes it, and a [`Program`], in these steps:
//! - [`syntax`] turns the text into a tree;
//! - [`verbatim`] makes the C text of `VERBATIM` blocks part of the tree;
//! - [`solve`] says in statements what `SOLVE` does;
//! - [`model`] resolves names;
//! - [`lower`] makes kernels of an intermediate representation, [`ir`].
//!
//! [`execute`] runs them, with the functions of [`math`].

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
