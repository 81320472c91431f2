//! Pieces of text, positions in them (the HOC interpreter uses them too), and what can be wrong with the syntax of
//! NMODL.

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
        (span.start as usize, span.end.saturating_sub(span.start) as usize).into()
    }
}

/// A piece of text: a file, or a string that a program executes.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// Path of the file, or a description such as `string of execute`.
    pub name: Arc<str>,
    /// The text.
    pub text: Arc<str>,
}

impl Source {
    /// A text under a name.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Source {
        Source { name: name.into(), text: text.into() }
    }

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
    /// A word that starts no block.
    #[error("`{0}` starts no block of NMODL")]
    UnknownBlock(String),
    /// A word that starts no statement of `NEURON { … }`.
    #[error("`{0}` is no statement of the `NEURON` block")]
    UnknownNeuronStatement(String),
    /// A block of NMODL that neither NEURON's present users nor this project need.
    #[error("`{0}` is not supported")]
    Unsupported(String),
    /// A statement in a block where it has no meaning.
    #[error("`{statement}` cannot stand in `{block}`")]
    Misplaced {
        /// The first word of the statement.
        statement: String,
        /// The first word of the block.
        block: &'static str,
    },
    /// `LOCAL` after other statements.
    #[error("`LOCAL` must come first in its block")]
    LateLocal,
    /// A string without closing quote.
    #[error("string is not closed")]
    OpenString,
    /// `(` of a unit without `)` on its line.
    #[error("unit is not closed on its line")]
    OpenUnit,
    /// `COMMENT` or `VERBATIM` without its end.
    #[error("`{open}` is not closed: expected `{close}` at the start of a line, found the end of the text")]
    OpenText {
        /// What opened.
        open: &'static str,
        /// What would close it.
        close: &'static str,
    },
    /// A brace or parenthesis that never closes.
    #[error("`{open}` is not closed: expected `{}`, found {found}", if open.ends_with('(') { ')' } else { '}' })]
    Unclosed {
        /// What opened.
        open: String,
        /// What stands where the block should have ended.
        found: String,
    },
    /// A closing brace that nothing opened.
    #[error("`}}` closes nothing")]
    StrayBrace,
    /// An array of less than one element.
    #[error("an array needs at least 1 element, not {0}")]
    ArrayLength(i64),
    /// An integer too large.
    #[error("`{0}` is too large")]
    Integer(String),
    /// Deeper than any sensible model.
    #[error("nested too deeply")]
    TooDeep,
    /// Something of C, in words or in back-ticks, that `VERBATIM` blocks cannot say here.
    #[error("{0} is not supported in C of `VERBATIM`")]
    OutsideC(String),
    /// A name that C text cannot use where it does.
    #[error("`{0}` is no variable that C text can use here")]
    NameOfC(String),
    /// An `#if` without `#endif`.
    #[error("`#if` is not closed: expected `#endif`, found the end of the text")]
    OpenDirective,
    /// `#else`, `#elif` or `#endif` without `#if`.
    #[error("directive without `#if`")]
    StrayDirective,
    /// A text larger than the parser takes.
    #[error("text is larger than 64 MiB")]
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
