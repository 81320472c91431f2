//! An interpreter for HOC, the language of NEURON's cell templates.
//!
//! A circuit's cells are described by HOC programs: templates whose `init` reads a morphology, counts segments,
//! inserts mechanisms and distributes their parameters. This crate runs such programs, unmodified, on a
//! [`cell::Cell`], and hands back a [`cell::CellModel`].
//!
//! ```text
//! text ─ lexer ─► tokens ─ parser ─► tree ─ interpreter ─► Cell ─► CellModel
//!        (syntax::lexer)   (syntax::*)      (interpreter, builtin, classes)
//! ```
//!
//! * [`syntax`]: tokens and the tree, with byte spans. Parsing never fails: it returns what it understood and a list
//!   of what is wrong. HOC's grammar depends on what names stand for (`axon[0] L = 3` is a section and a
//!   statement, `a.b() c` two statements); the tree leaves that open.
//! * `interpreter`: runs the tree. Names are numbers ([`syntax::Symbol`]); what they stand for is found at run time in
//!   the template's table, then among the built-in names, as NEURON does.
//! * [`arithmetic`]: operators and functions of numbers. `builtin`: functions, global and range variables. `classes`:
//!   `Vector`, `List`, `SectionList`, `Import3d_*`, `NetCon`, point processes, …, in Rust.
//!
//! # The sandbox
//!
//! A program can neither start processes nor write files, nor read files outside the folders the host names in
//! [`Options::roots`]; what it prints is kept in [`Interpreter::messages`]. Statements, depth of calls, objects and
//! sizes are limited. `load_file` of NEURON's own files does nothing: what they define is built in.
//!
//! Refused, with a message that says so: Python (`nrnpython`, members of `PythonObject`), `system`, files, running the
//! simulation (`fadvance`, `finitialize`, `Vector.play`), graphics.
//!
//! # Invariant
//!
//! No text, whatever it holds, makes the parser or the interpreter panic or run forever.

pub mod arithmetic;
mod builtin;
mod classes;
mod error;
mod interpreter;
mod prelude;
pub mod syntax;
mod text;

pub use classes::import3d::MorphologyCache;
pub use error::{Error, Failure, RuntimeError, TraceLine};
pub use interpreter::object::ObjectRef;
pub use interpreter::value::Value;
pub use interpreter::{FinishedCell, Interpreter, MechanismCall, NetConnection, Options};
pub use text::general;
