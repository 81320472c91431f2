//! From text to tree: names, tokens, the syntax tree and the parser.
//!
//! Nothing here knows what a name stands for: HOC decides that when a statement runs. Parsing always returns a
//! tree, with the list of everything that was wrong beside it.

pub mod ast;
mod expression;
pub mod lexer;
mod parser;
mod source;
mod statement;
mod symbol;

pub use parser::{Parsed, parse};
pub use source::{Source, Span, SyntaxError, SyntaxProblem};
pub use symbol::{Symbol, Symbols};
