//! What can be wrong with the syntax of HOC text; pieces of text and positions in them are those of NMODL.

use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};
use thiserror::Error;

pub use nmodl::syntax::{Source, Span};

/// What is wrong with a piece of text.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SyntaxProblem {
    /// A token that cannot stand here.
    #[error("expected {expected}, found {found}")]
    Unexpected {
        /// What could have stood here.
        expected: String,
        /// What stands here.
        found: String,
    },
    /// A character that belongs to no token.
    #[error("unknown character `{0}`")]
    Character(char),
    /// A string without closing quote on its line.
    #[error("string is not closed on its line")]
    OpenString,
    /// A comment without end.
    #[error("comment is not closed")]
    OpenComment,
    /// A number that cannot be read.
    #[error("`{0}` is not a number")]
    Number(String),
    /// A `$` without an argument after it.
    #[error("`$` is not followed by an argument number")]
    Argument,
    /// Something that opens and never closes.
    #[error("`{open}` is not closed: expected `{close}`, found the end of the text")]
    Unclosed {
        /// What opened.
        open: String,
        /// What would close it.
        close: &'static str,
    },
    /// A newline where the statement of `if`, `for`, … must begin.
    #[error("the statement of `{0}` must begin on the same line")]
    StatementOnNextLine(&'static str),
    /// An `else` on a line of its own.
    #[error("`else` must stand on the line where the statement of `if` ends")]
    ElseOnNextLine,
    /// `local` or `localobj` after other statements.
    #[error("`{0}` must be the first words of a procedure's body")]
    LateLocal(&'static str),
    /// An assignment to something that is no variable.
    #[error("cannot assign to this expression")]
    NotAssignable,
    /// A definition inside a procedure.
    #[error("`{0}` cannot stand inside a procedure")]
    NestedDefinition(&'static str),
    /// `endtemplate` with another name than `begintemplate`.
    #[error("template `{begin}` ends as `{end}`")]
    TemplateName {
        /// Name after `begintemplate`.
        begin: String,
        /// Name after `endtemplate`.
        end: String,
    },
    /// Deeper or longer than any sensible program.
    #[error("nested too deeply")]
    TooDeep,
    /// A text larger than the parser takes.
    #[error("text is larger than 256 MiB")]
    TooLarge,
}

/// One thing wrong with a piece of text, and where.
#[derive(Clone, Debug, Error, Diagnostic)]
#[error("{problem}")]
pub struct SyntaxError {
    /// What is wrong.
    pub problem: SyntaxProblem,
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
