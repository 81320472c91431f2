//! What can be wrong with a SONATA JSON file.

use std::fmt;

use miette::{Diagnostic, LabeledSpan, SourceCode};

use super::{Position, Source, Span};

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The file is still usable.
    Warning,
    /// The file is refused.
    Error,
}

/// One problem at one place of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// What is wrong.
    pub kind: Box<ProblemKind>,
    /// How bad it is.
    pub severity: Severity,
    /// The file.
    pub source: Source,
    /// The place in the file.
    pub span: Span,
    /// An earlier place that the problem clashes with, with what is there (`first given here`).
    pub related: Option<(Span, &'static str)>,
}

impl Problem {
    /// An error at a place.
    #[must_use]
    pub fn error(source: &Source, span: Span, kind: ProblemKind) -> Self {
        Self { kind: Box::new(kind), severity: Severity::Error, source: source.clone(), span, related: None }
    }

    /// A warning at a place.
    #[must_use]
    pub fn warning(source: &Source, span: Span, kind: ProblemKind) -> Self {
        Self { severity: Severity::Warning, ..Self::error(source, span, kind) }
    }

    /// The same problem, pointing also at an earlier place.
    #[must_use]
    pub fn with_related(mut self, span: Span, label: &'static str) -> Self {
        self.related = Some((span, label));
        self
    }

    /// The line and column of the problem.
    #[must_use]
    pub fn position(&self) -> Position {
        self.source.position(self.span.offset)
    }

    /// The remedy, if there is one to tell.
    #[must_use]
    pub fn remedy(&self) -> Option<String> {
        self.kind.remedy()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(formatter)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Warning => miette::Severity::Warning,
            Severity::Error => miette::Severity::Error,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.remedy().map(|text| Box::new(text) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let here = LabeledSpan::new_primary_with_span(None, self.span);
        let related =
            self.related.map(|(span, label)| LabeledSpan::new_with_span(Some(label.to_owned()), span));
        Some(Box::new(std::iter::once(here).chain(related)))
    }
}

/// All problems of one reading, in the order of the text; at least one of them is an error.
#[derive(Debug, Clone, PartialEq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// The problems, sorted by file and then by place.
    #[must_use]
    pub fn sorted(mut problems: Vec<Problem>) -> Self {
        problems.sort_by(|a, b| (a.source.path(), a.span.offset).cmp(&(b.source.path(), b.span.offset)));
        Self(problems)
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors = self.0.iter().filter(|problem| problem.severity == Severity::Error).count();
        let path = self.0.first().map(|problem| problem.source.path().display());
        match (errors, path) {
            (1, Some(path)) => write!(formatter, "`{path}` has an error"),
            (_, Some(path)) => write!(formatter, "`{path}` has {errors} errors"),
            (_, None) => write!(formatter, "no problem"),
        }
    }
}

impl std::error::Error for Problems {}

impl Diagnostic for Problems {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.0.iter().map(|problem| problem as &dyn Diagnostic)))
    }
}

/// What is wrong, with the names and values that the message needs.
///
/// `section` is a dotted path such as `inputs.noise`, empty at the top of the file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the messages document the variants and fields")]
pub enum ProblemKind {
    #[error("cannot read the file: {reason}")]
    Unreadable { reason: String },
    #[error("invalid JSON: {reason}")]
    Syntax { reason: String },
    #[error("duplicate key `{key}`{}", within(.section))]
    DuplicateKey { key: String, section: String },
    #[error("unknown key `{key}`{}", within(.section))]
    UnknownKey { key: String, section: String, remedy: Option<String> },
    #[error("missing key `{key}`{}", within(.section))]
    MissingKey { key: String, section: String },
    #[error("`{key}` must be {expected}, found {found}")]
    WrongType { key: String, expected: &'static str, found: &'static str },
    #[error("`{key}` must be an integer, found `{found}`")]
    NotAnInteger { key: String, found: f64 },
    #[error("`{key}` must be {bound}, found `{found}`")]
    OutOfRange { key: String, bound: String, found: String },
    #[error("unknown value `{found}` for `{key}`")]
    UnknownValue { key: String, found: String, allowed: Vec<&'static str> },
    #[error("duplicate name `{name}` in `{list}`")]
    DuplicateName { name: String, list: String },
    #[error("`{key}` is not allowed in {place}")]
    NotAllowed { key: String, place: String, remedy: String },
    #[error("`{first}` and `{second}` exclude each other{}", within(.section))]
    Exclusive { first: &'static str, second: &'static str, section: String },
    #[error("neither `{first}` nor `{second}` is given{}", within(.section))]
    NeitherGiven { first: &'static str, second: &'static str, section: String },
    #[error("module `{module}` does not take the input type `{input_type}`")]
    InputTypeMismatch { module: &'static str, input_type: &'static str, allowed: Vec<&'static str> },
    #[error("`{key}` and `{other}` differ in length: {length} and {other_length}")]
    LengthMismatch { key: &'static str, other: &'static str, length: usize, other_length: usize },
    #[error("`{text}` is not a comma-separated list of variables")]
    VariableNames { text: String },
    #[error("key `{key}`{} has no effect: {reason}", within(.section))]
    NoEffect { key: String, section: String, reason: String },
    #[error("`{key}` is doubtful: {reason}")]
    Doubtful { key: String, reason: String },
    #[error("invalid manifest variable `{name}`")]
    InvalidVariable { name: String },
    #[error("undefined manifest variable `{name}`")]
    UndefinedVariable { name: String, suggestion: Option<String> },
    #[error("manifest variable `{name}` refers to itself")]
    RecursiveVariable { name: String },
    #[error("population `{name}` is declared twice")]
    DuplicatePopulation { name: String },
    #[error("{kind} population `{population}` has no {needed}")]
    MissingProperty { population: String, kind: &'static str, needed: &'static str },
    #[error("unknown type `{found}` of population `{population}`")]
    UnknownPopulationType { population: String, found: String, allowed: Vec<&'static str> },
    #[error("invalid regular expression: {reason}")]
    Regex { reason: String },
    #[error("unknown operator `{operator}`")]
    UnknownOperator { operator: String },
    #[error("`{key}` must have exactly one operator, found {count}")]
    OperatorCount { key: String, count: usize },
    #[error("node set `{name}` is empty and is dropped")]
    EmptyRule { name: String },
    #[error("unknown node set `{name}`")]
    UnknownNodeSet { name: String, suggestion: Option<String> },
    #[error("unknown compartment set `{name}`")]
    UnknownCompartmentSet { name: String, suggestion: Option<String> },
    #[error("node set `{name}` contains itself: {chain}")]
    CyclicNodeSet { name: String, chain: String },
    #[error("node set `{name}` is nested deeper than {limit} levels")]
    DeepNodeSet { name: String, limit: usize },
    #[error("node set `{name}` replaces the circuit's")]
    ReplacedNodeSet { name: String },
    #[error("no attribute `{attribute}` in population {populations}")]
    NoSuchAttribute { attribute: String, populations: String },
    #[error("attribute `{attribute}` of population `{population}` holds {holds}, which {wanted}")]
    AttributeType { attribute: String, population: String, holds: &'static str, wanted: &'static str },
    #[error("cannot read attribute `{attribute}` of population `{population}`: {reason}")]
    UnreadableAttribute { attribute: String, population: String, reason: String },
    #[error("attribute `{attribute}` of population `{population}` has {found} values for {size} nodes")]
    AttributeSize { attribute: String, population: String, found: u64, size: u64 },
    #[error("compartment `{entry}` is not after its predecessor `{previous}`")]
    NotIncreasing { entry: String, previous: String },
    #[error("a compartment must be `[node_id, section_id, offset]`, found {found}")]
    CompartmentShape { found: String },
    #[error("{what}")]
    Impossible { what: String, remedy: Option<String> },
    #[error("not supported: {what}")]
    NotSupported { what: String, remedy: Option<String> },
}

impl ProblemKind {
    /// The remedy, if there is one to tell.
    #[must_use]
    pub fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::UnknownKey { remedy, .. }
            | Self::NotSupported { remedy, .. }
            | Self::Impossible { remedy, .. } => {
                return remedy.clone();
            }
            Self::NotAllowed { remedy, .. } => remedy.clone(),
            Self::UnknownValue { found, allowed, .. }
            | Self::UnknownPopulationType { found, allowed, .. } => {
                match closest(found, allowed.iter().copied()) {
                    Some(name) => format!("did you mean `{name}`?"),
                    None => format!("one of {}", listed(allowed)),
                }
            }
            Self::UndefinedVariable { suggestion, .. }
            | Self::UnknownNodeSet { suggestion, .. }
            | Self::UnknownCompartmentSet { suggestion, .. } => {
                format!("did you mean `{}`?", suggestion.as_ref()?)
            }
            Self::InputTypeMismatch { allowed, .. } => format!("it takes {}", listed(allowed)),
            Self::NotAnInteger { found, .. } => {
                format!("write `{}` or `{}`", found.floor(), found.ceil())
            }
            Self::Exclusive { first, second, .. } => format!("remove `{first}` or `{second}`"),
            Self::NeitherGiven { first, second, .. } => format!("add `{first}` or `{second}`"),
            Self::InvalidVariable { .. } => "a variable is `$` followed by letters, digits and `_`".into(),
            Self::UnknownOperator { operator } => match closest(operator, OPERATORS) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("one of {}", listed(&OPERATORS)),
            },
            Self::OperatorCount { .. } => "split the conditions over several node sets or attributes".into(),
            Self::Regex { .. } => "look-around and back-references are not available".into(),
            Self::VariableNames { .. } => {
                "write names such as `v` or `mechanism.variable`, separated by commas".into()
            }
            Self::EmptyRule { .. } => "to select whole populations, use `{\"population\": [...]}`".into(),
            Self::NotIncreasing { .. } => {
                "sort the list by node id, section id and offset, and remove duplicates".into()
            }
            _ => return None,
        })
    }
}

/// The operators of node sets.
pub(crate) const OPERATORS: [&str; 5] = ["$regex", "$gt", "$lt", "$gte", "$lte"];

fn within(section: &str) -> String {
    if section.is_empty() { String::new() } else { format!(" in `{section}`") }
}

fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// The name most like a misspelt one, if any is like it.
pub(crate) fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| {
            let (a, b) = (name.to_lowercase(), candidate.to_lowercase());
            (strsim::jaro_winkler(&a, &b), candidate)
        })
        .filter(|(similarity, _)| *similarity > 0.84)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}
