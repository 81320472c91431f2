//! What can be wrong with a `SOLVE`, or surprising in it.

use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};
use thiserror::Error;

use crate::syntax::{Source, Span};

/// What is wrong with a `SOLVE` or the block that it names.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SolveProblem {
    /// No block has the name.
    #[error("`SOLVE {0}`: there is no such block")]
    UnknownBlock(String),
    /// Blocks that `SOLVE` cannot name, such as `FUNCTION`.
    #[error("`SOLVE` cannot name the `{kind}` `{name}`")]
    Unsolvable {
        /// First word of the block.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// A method that is unknown or not for the kind of block.
    #[error("method `{method}` cannot solve the `{kind}` block `{block}`")]
    Method {
        /// The method.
        method: String,
        /// First word of the block.
        kind: &'static str,
        /// Its name.
        block: String,
    },
    /// `STEADYSTATE` with a method that has no steady state.
    #[error("`STEADYSTATE {0}` is not possible")]
    SteadyState(String),
    /// No method where one is needed.
    #[error("the `{kind}` block `{block}` needs a method")]
    NoMethod {
        /// First word of the block.
        kind: &'static str,
        /// Its name.
        block: String,
    },
    /// A statement that the block's method cannot do.
    #[error("`{statement}` cannot be solved in the `{kind}` block")]
    Statement {
        /// The statement.
        statement: &'static str,
        /// First word of the block.
        kind: &'static str,
    },
    /// `x''`
    #[error("derivatives of higher order are not supported")]
    HigherDerivative,
    /// Something that is no state where one is needed.
    #[error("`{0}` is no state that this block solves for")]
    NotAState(String),
    /// A state that has elements without subscript, or the other way round.
    #[error("`{name}` {}", if *.array { "is an array and needs a subscript" } else { "is no array" })]
    Subscript {
        /// The state.
        name: String,
        /// Whether it is an array.
        array: bool,
    },
    /// A subscript, bound or count that is not known before the simulation.
    #[error("{0} must be known before the simulation")]
    NotConstant(&'static str),
    /// A subscript outside of its array.
    #[error("subscript {index} of `{name}` is outside of 0 to {last}")]
    OutOfRange {
        /// The array.
        name: String,
        /// The subscript.
        index: i64,
        /// The last element.
        last: u32,
    },
    /// Nothing to solve.
    #[error("the `{kind}` block `{block}` has no {what}")]
    Empty {
        /// First word of the block.
        kind: &'static str,
        /// Its name.
        block: String,
        /// What it should have.
        what: &'static str,
    },
    /// Reactions or equations that are there only sometimes.
    #[error("the branches of this `if` do not have the same {0}")]
    Branches(&'static str),
    /// Reactions or equations in a loop whose turns are not known.
    #[error("{0} in a loop whose bounds are not known before the simulation")]
    Loop(&'static str),
    /// A loop with too many turns, or without end.
    #[error("a loop of too many turns")]
    LongLoop,
    /// A conservation law without a state of its own.
    #[error("no state is left that this `CONSERVE` could determine")]
    Conserve,
    /// `<<` to a state that a conservation law determines.
    #[error("`{0}` is determined by `CONSERVE` and cannot get a flux")]
    ConservedFlux(String),
    /// `2 a << (f)`
    #[error("a flux goes to one state")]
    FluxTerms,
    /// As many equations as unknowns are needed.
    #[error(
        "{equations} equation{} for {unknowns} state{}",
        if *equations == 1 { "" } else { "s" },
        if *unknowns == 1 { "" } else { "s" }
    )]
    Count {
        /// Equations.
        equations: usize,
        /// States in them.
        unknowns: usize,
    },
    /// Not linear, in `LINEAR`.
    #[error(
        "a term of `LINEAR` has one state at most, as a factor outside of parentheses, calls and divisors"
    )]
    NotLinear,
    /// More states than any sensible model has, or more dependent on each other.
    #[error("the block is too large: {0} states")]
    TooLarge(usize),
    /// A warning: `cnexp` of an equation that is not linear but has a derivative.
    #[error(
        "`{0}'` is not linear in `{0}`: `cnexp` computes something that is no solution of it, here as in NEURON"
    )]
    MeaninglessExponential(String),
    /// A warning: `cnexp` that became `derivimplicit`.
    #[error("`{0}'` cannot be solved by `cnexp`; the block is solved by `derivimplicit`, as in NEURON")]
    Fallback(String),
    /// A warning: a rate that multiplies only in part.
    #[error("only the last term of the rate multiplies the reactants, here as in NEURON")]
    PartialRate,
    /// A warning: states that do not advance.
    #[error("without a method the states of `{0}` do not change, here as in NEURON")]
    Frozen(String),
    /// A warning: conservation that the method does not know.
    #[error("method `{0}` ignores `CONSERVE`, here as in NEURON")]
    IgnoredConserve(String),
}

/// One thing wrong with a `SOLVE`, or one warning, and where.
#[derive(Clone, Debug, Error, Diagnostic)]
#[error("{problem}")]
pub struct SolveError {
    /// What is wrong.
    pub problem: SolveProblem,
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

impl SolveError {
    pub(super) fn new(source: &Source, problem: SolveProblem, span: Span, help: &str) -> SolveError {
        let help = (!help.is_empty()).then(|| help.to_string());
        SolveError { problem, source_code: source.named(), span: span.into(), help }
    }
}
