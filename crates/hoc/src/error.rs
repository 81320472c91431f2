//! What can go wrong while HOC runs, and where.

use std::path::PathBuf;
use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};
use thiserror::Error;

use crate::syntax::{Source, Span, SyntaxError};

/// The reason why a program stopped.
#[derive(Clone, Debug, Error)]
pub enum Failure {
    /// A variable that never got a value.
    #[error("undefined variable `{0}`")]
    UndefinedVariable(String),
    /// A name that stands for nothing.
    #[error("unknown function or procedure `{0}`")]
    UnknownFunction(String),
    /// `new` of an unknown class.
    #[error("unknown class `{0}`")]
    UnknownClass(String),
    /// A member that an object lacks.
    #[error("`{object}` has no member `{member}`")]
    UnknownMember {
        /// The object.
        object: String,
        /// The member asked for.
        member: String,
    },
    /// A member that is not in the template's `public` list.
    #[error("`{member}` is not a public member of `{template}`")]
    NotPublic {
        /// The template.
        template: String,
        /// The member asked for.
        member: String,
    },
    /// Use of an object variable that refers to nothing.
    #[error("the object is nil")]
    Nil,
    /// A value of another type than needed.
    #[error("expected {expected}, found {found}")]
    Type {
        /// What is needed.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// An argument that was not given.
    #[error("argument {index} is missing: {count} given")]
    MissingArgument {
        /// Which one, from 1.
        index: usize,
        /// How many were given.
        count: usize,
    },
    /// An argument of another type than needed.
    #[error("argument {index} of `{function}` must be {expected}, not {found}")]
    ArgumentType {
        /// The function.
        function: String,
        /// Which one, from 1.
        index: usize,
        /// What is needed.
        expected: &'static str,
        /// What was given.
        found: &'static str,
    },
    /// An argument outside its range.
    #[error("argument {index} of `{function}` is {value}; it must be {expected}")]
    ArgumentRange {
        /// The function.
        function: String,
        /// Which one, from 1.
        index: usize,
        /// What was given.
        value: f64,
        /// What is allowed.
        expected: String,
    },
    /// A subscript outside an array, vector or list.
    #[error("index {index} is out of range: `{name}` has {length} elements")]
    IndexRange {
        /// What was subscripted.
        name: String,
        /// The subscript.
        index: f64,
        /// Its length.
        length: usize,
    },
    /// Something else than a section where one is needed.
    #[error("expected a section, found {0}")]
    NotASection(String),
    /// A section that was deleted or never created.
    #[error("section `{0}` does not exist")]
    NoSuchSection(String),
    /// No section is accessed.
    #[error("no section is accessed")]
    NoAccessedSection,
    /// A declared name used as something else.
    #[error("`{name}` is {found}, not {expected}")]
    WrongKind {
        /// The name.
        name: String,
        /// What is needed.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A value that cannot be assigned.
    #[error("cannot assign to {0}")]
    NotAssignable(String),
    /// `a / 0`
    #[error("division by zero")]
    DivisionByZero,
    /// `a % b` with b not above 0.
    #[error("`%` needs a positive divisor, not {0}")]
    Modulus(f64),
    /// A mathematical function outside its domain.
    #[error("`{function}` of {value} is not defined")]
    Domain {
        /// The function.
        function: &'static str,
        /// Its argument.
        value: f64,
    },
    /// A format that the arguments do not fit.
    #[error("{0}")]
    Format(String),
    /// `execerror(…)`
    #[error("{0}")]
    Raised(String),
    /// `quit()`
    #[error("the program called `quit()`")]
    Quit,
    /// Too many statements.
    #[error("more than {0} statements were executed")]
    StepLimit(u64),
    /// Calls too deep.
    #[error("calls are nested more than {0} deep")]
    RecursionLimit(usize),
    /// Something larger than any sensible program needs.
    #[error("{what} is too large: more than {limit}")]
    SizeLimit {
        /// What is too large.
        what: &'static str,
        /// Its limit.
        limit: usize,
    },
    /// A file that could not be found.
    #[error("cannot find `{0}`")]
    FileNotFound(String),
    /// A file outside the folders that may be read.
    #[error("`{0}` lies outside the folders that may be read")]
    OutsideRoots(PathBuf),
    /// A file that could not be read.
    #[error("cannot read `{path}`: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// Something that this interpreter refuses on purpose.
    #[error("{what} is not available: {why}")]
    Refused {
        /// What was asked for.
        what: String,
        /// Why it is refused.
        why: &'static str,
    },
    /// The cell refuses the request.
    #[error(transparent)]
    Cell(#[from] cell::Error),
    /// A morphology that could not be read.
    #[error("{0}")]
    Morphology(String),
    /// An error inside executed text.
    #[error("{0}")]
    Syntax(String),
    /// Anything else that is wrong with a call.
    #[error("{0}")]
    Other(String),
}

/// One procedure that was running when the program stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceLine {
    /// Its name, with the object, such as `Cell[0].init`.
    pub procedure: String,
    /// File that holds the call, or a description of executed text.
    pub source: Arc<str>,
    /// Line of the call in that file, from 1.
    pub line: usize,
}

/// Why and where a program stopped.
#[derive(Clone, Debug, Error, Diagnostic)]
#[error("{failure}")]
pub struct RuntimeError {
    /// Why.
    pub failure: Failure,
    /// The text that was running.
    #[source_code]
    pub source_code: NamedSource<Arc<str>>,
    /// Where in the text.
    #[label("here")]
    pub span: SourceSpan,
    /// The remedy, and the procedures that were running.
    #[help]
    pub help: Option<String>,
    /// The procedures that were running, innermost first.
    pub trace: Vec<TraceLine>,
}

/// What a caller of the interpreter gets.
#[derive(Clone, Debug, Error, Diagnostic)]
pub enum Error {
    /// The text does not follow HOC's grammar.
    #[error("{} has {} syntax error{}", .source_name, .errors.len(), if .errors.len() == 1 { "" } else { "s" })]
    Syntax {
        /// Name of the text.
        source_name: String,
        /// All of them, in the order of the text.
        #[related]
        errors: Vec<SyntaxError>,
    },
    /// The program stopped.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Runtime(Box<RuntimeError>),
}

/// A failure on its way up: knows where it happened, collects who called.
#[derive(Debug)]
pub(crate) struct Thrown {
    pub failure: Failure,
    pub location: Option<(Arc<Source>, Span)>,
    pub help: Option<String>,
    pub trace: Vec<TraceLine>,
}

pub(crate) type Outcome<T> = Result<T, Box<Thrown>>;

impl From<Failure> for Box<Thrown> {
    fn from(failure: Failure) -> Self {
        Box::new(Thrown { failure, location: None, help: None, trace: Vec::new() })
    }
}

impl From<cell::Error> for Box<Thrown> {
    fn from(error: cell::Error) -> Self {
        let help = Diagnostic::help(&error).map(|help| help.to_string());
        Box::new(Thrown { failure: Failure::Cell(error), location: None, help, trace: Vec::new() })
    }
}

impl Thrown {
    pub fn helped(failure: Failure, help: impl Into<String>) -> Box<Self> {
        Box::new(Self { failure, location: None, help: Some(help.into()), trace: Vec::new() })
    }

    /// The error a caller sees.
    pub fn into_error(self) -> Error {
        let (source_code, span) = match &self.location {
            Some((source, span)) => (source.named(), SourceSpan::from(*span)),
            None => (NamedSource::new("", Arc::from("")), SourceSpan::from((0, 0))),
        };
        let mut help = self.help.unwrap_or_default();
        for line in &self.trace {
            if !help.is_empty() {
                help.push('\n');
            }
            help.push_str(&format!("in `{}`, called at {}:{}", line.procedure, line.source, line.line));
        }
        let help = (!help.is_empty()).then_some(help);
        Error::Runtime(Box::new(RuntimeError {
            failure: self.failure,
            source_code,
            span,
            help,
            trace: self.trace,
        }))
    }
}

/// The remedy for a misspelt name.
pub(crate) fn did_you_mean<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut best: Option<(f64, &str)> = None;
    for candidate in known {
        let similarity = strsim::jaro_winkler(name, candidate);
        if similarity > 0.84 && best.is_none_or(|(score, _)| similarity > score) {
            best = Some((similarity, candidate));
        }
    }
    best.map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}
