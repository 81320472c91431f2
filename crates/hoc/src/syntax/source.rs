//! Pieces of HOC text, positions in them, and what can be wrong with their syntax.

use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};
use thiserror::Error;

/// A range of bytes of a source text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// From the start of `self` to the end of `other`.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start, end: other.end.max(self.start) }
    }
}

impl From<Span> for SourceSpan {
    fn from(span: Span) -> Self {
        (span.start as usize, (span.end.saturating_sub(span.start)) as usize).into()
    }
}

/// A piece of HOC text: a file, or a string given to `execute`.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// Path of the file, or a description such as `string of execute`.
    pub name: Arc<str>,
    /// The text.
    pub text: Arc<str>,
}

impl Source {
    /// The text under its name, as `miette` wants it.
    pub fn named(&self) -> NamedSource<Arc<str>> {
        NamedSource::new(&self.name, self.text.clone())
    }

    /// Line number (from 1) of a byte position.
    pub fn line(&self, position: u32) -> usize {
        let end = (position as usize).min(self.text.len());
        1 + self.text.as_bytes()[..end].iter().filter(|&&byte| byte == b'\n').count()
    }
}

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
