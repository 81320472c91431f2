//! What can be wrong with a mechanism whose text parses.

use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};
use thiserror::Error;

/// What is wrong with a mechanism, or what may surprise its author.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Fault {
    /// A name that nothing declares.
    #[error("`{0}` is not declared")]
    Undeclared(String),
    /// A function that nothing defines.
    #[error("there is no function `{0}`")]
    UnknownFunction(String),
    /// A function of the run time that this program does not have.
    #[error("`{name}` is not supported: {reason}")]
    Unsupported {
        /// The function, variable or statement.
        name: String,
        /// Why.
        reason: String,
    },
    /// The wrong number of arguments.
    #[error("`{name}` takes {expected}, not {found}")]
    Arguments {
        /// The function.
        name: String,
        /// How many it takes, in words.
        expected: String,
        /// How many it is given.
        found: usize,
    },
    /// A name that is declared twice.
    #[error("`{0}` is declared twice")]
    Twice(String),
    /// Something that cannot be called.
    #[error("`{0}` is no function")]
    NotCallable(String),
    /// Something that cannot get a value.
    #[error("`{name}` cannot be assigned to: it is {what}")]
    NotAssignable {
        /// The name.
        name: String,
        /// What it is.
        what: &'static str,
    },
    /// An array without subscript, or a subscript of what is no array.
    #[error("`{name}` is {what}")]
    Subscript {
        /// The name.
        name: String,
        /// What it is.
        what: &'static str,
    },
    /// A subscript that is a number and too large.
    #[error("element {index} of `{name}` does not exist: the last one is {}", length.saturating_sub(1))]
    OutOfRange {
        /// The array.
        name: String,
        /// The subscript.
        index: i64,
        /// The number of elements.
        length: u32,
    },
    /// A variable of an ion that is none.
    #[error("`{name}` is no variable of the ion `{ion}`")]
    NotOfIon {
        /// The variable.
        name: String,
        /// The ion.
        ion: String,
    },
    /// A `SOLVE` of a block that does not exist.
    #[error("there is no block `{0}` to solve")]
    UnknownBlock(String),
    /// A statement in a block where it has no meaning.
    #[error("`{statement}` cannot be used in {block}")]
    Misplaced {
        /// The statement or function.
        statement: String,
        /// Where it stands.
        block: String,
    },
    /// A function that calls itself.
    #[error("`{0}` calls itself")]
    Recursion(String),
    /// A unit that is not known.
    #[error("unknown unit `{0}`")]
    UnknownUnit(String),
    /// Units that do not convert into each other.
    #[error("`{from}` does not convert into `{to}`")]
    Conformity {
        /// The unit to convert.
        from: String,
        /// The unit wanted.
        to: String,
    },
    /// A file that cannot be included.
    #[error("cannot include `{path}`: {reason}")]
    Include {
        /// The file as written.
        path: String,
        /// Why.
        reason: String,
    },
    /// Two blocks where one can be.
    #[error("there is more than one `{0}` block")]
    BlockTwice(&'static str),
    /// A `NEURON` block that does not say what the mechanism is.
    #[error("the mechanism has no name")]
    Nameless,
    /// Anything else: a message of its own.
    #[error("{0}")]
    Other(String),
}

/// One thing wrong with a mechanism, and where.
#[derive(Clone, Debug, Error, Diagnostic)]
#[error("{fault}")]
pub struct Problem {
    /// What is wrong.
    pub fault: Fault,
    /// The text.
    #[source_code]
    pub source_code: NamedSource<Arc<str>>,
    /// Where in the text.
    #[label("here")]
    pub span: SourceSpan,
    /// The remedy.
    #[help]
    pub help: Option<String>,
}
