//! From the text of a `.mod` file to a tree.
//!
//! [`parse`] always returns a [`Module`](ast::Module), with the list of everything that was wrong beside it. The
//! tree says what is written and where: names are not resolved, units not checked, `INCLUDE`d files not read and
//! `VERBATIM` text not understood ([`splice`](crate::verbatim::splice()) does). The language is the one that NEURON 9 translates (its `nocmodl`); later passes
//! see every statement in its order.

pub mod ast;
mod declaration;
mod dump;
mod expression;
mod kinetic;
pub(crate) mod lexer;
mod neuron;
pub(crate) mod parser;
mod source;
mod statement;
mod verbatim;
pub(crate) mod words;

pub use dump::{dump, dump_body};
pub use parser::{Parsed, parse};
pub use source::{Source, Span, SyntaxError, SyntaxProblem};
