//! The syntax tree of a `.mod` file: what is written, in the order in which it is written, with byte spans.

mod c;
mod declaration;
mod expression;
mod statement;

use std::fmt;
use std::sync::Arc;

pub use c::*;
pub use declaration::*;
pub use expression::*;
pub use statement::*;

use super::source::{Source, Span};

/// A name and where it is written.
#[derive(Clone, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub text: Arc<str>,
    /// Where it is written.
    pub span: Span,
}

impl fmt::Debug for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.text)
    }
}

/// A unit, as it is written between parentheses; nothing of it is interpreted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The text between the parentheses, such as `mA/cm2`.
    pub text: Arc<str>,
    /// Where it is written, with its parentheses.
    pub span: Span,
}

/// A `.mod` file.
#[derive(Clone, Debug)]
pub struct Module {
    /// Where it comes from.
    pub source: Arc<Source>,
    /// What it says, in its order.
    pub items: Vec<Item>,
    /// `UNITSON` and `UNITSOFF`, which may stand anywhere and change nothing of the numbers.
    pub unit_switches: Vec<UnitSwitch>,
}

/// `UNITSON` or `UNITSOFF`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitSwitch {
    /// Whether units are checked from here on.
    pub on: bool,
    /// Where it is written.
    pub span: Span,
}

/// One item at the top level of a file.
#[derive(Clone, Debug)]
pub struct Item {
    /// What it is.
    pub kind: ItemKind,
    /// Where it is written, from its first word to its last character.
    pub span: Span,
}

/// Kinds of items.
#[derive(Clone, Debug)]
pub enum ItemKind {
    /// `TITLE …`, with the rest of its line.
    Title(Arc<str>),
    /// `DEFINE N 4`: from here on the name stands for the integer.
    Define {
        /// The name.
        name: Name,
        /// What it stands for.
        value: i64,
    },
    /// `INCLUDE "file"`; the file is not read here.
    Include {
        /// The file as written.
        path: Name,
    },
    /// `UNITS { … }`
    Units(Vec<UnitDefinition>),
    /// `NEURON { … }`
    Neuron(Vec<NeuronStatement>),
    /// `PARAMETER { … }`
    Parameter(Vec<Parameter>),
    /// `CONSTANT { … }`; these have neither limits nor length.
    Constant(Vec<Parameter>),
    /// `INDEPENDENT { … }`
    Independent(Vec<Independent>),
    /// `ASSIGNED { … }`
    Assigned(Vec<Dependent>),
    /// `STATE { … }`
    State(Vec<Dependent>),
    /// `LOCAL a, b[3]` of the file: variables shared by all instances.
    Local(Vec<LocalVariable>),
    /// A block with a body.
    Block(Block),
    /// `VERBATIM … ENDVERBATIM`
    Verbatim(Verbatim),
    /// A function of C, from `VERBATIM`.
    CFunction(CFunction),
    /// A variable of C that the file's instances share, from `VERBATIM`.
    CVariable(Declaration),
}

/// A block with a body.
#[derive(Clone, Debug)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// The name, of those that have one.
    pub name: Option<Name>,
    /// The arguments, of those that have some.
    pub arguments: Vec<Argument>,
    /// Unit of the result, after the arguments.
    pub unit: Option<Unit>,
    /// `SOLVEFOR a, b` of `KINETIC`, `LINEAR` and `NONLINEAR`.
    pub solve_for: Vec<Name>,
    /// The statements; `FUNCTION_TABLE` has none.
    pub body: Body,
}

/// Kinds of blocks with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// `INITIAL`
    Initial,
    /// `BREAKPOINT`
    Breakpoint,
    /// `DERIVATIVE`
    Derivative,
    /// `KINETIC`
    Kinetic,
    /// `LINEAR`
    Linear,
    /// `NONLINEAR`
    Nonlinear,
    /// `FUNCTION`
    Function,
    /// `FUNCTION_TABLE`
    FunctionTable,
    /// `PROCEDURE`
    Procedure,
    /// `NET_RECEIVE`
    NetReceive,
    /// `BEFORE …`
    Before(Phase),
    /// `AFTER …`
    After(Phase),
    /// `CONSTRUCTOR`
    Constructor,
    /// `DESTRUCTOR`
    Destructor,
}

impl BlockKind {
    /// The first word of the block.
    pub fn word(self) -> &'static str {
        match self {
            BlockKind::Initial => "INITIAL",
            BlockKind::Breakpoint => "BREAKPOINT",
            BlockKind::Derivative => "DERIVATIVE",
            BlockKind::Kinetic => "KINETIC",
            BlockKind::Linear => "LINEAR",
            BlockKind::Nonlinear => "NONLINEAR",
            BlockKind::Function => "FUNCTION",
            BlockKind::FunctionTable => "FUNCTION_TABLE",
            BlockKind::Procedure => "PROCEDURE",
            BlockKind::NetReceive => "NET_RECEIVE",
            BlockKind::Before(_) => "BEFORE",
            BlockKind::After(_) => "AFTER",
            BlockKind::Constructor => "CONSTRUCTOR",
            BlockKind::Destructor => "DESTRUCTOR",
        }
    }
}

/// The part of a step or of initialization that a `BEFORE` or `AFTER` block goes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// `INITIAL`
    Initial,
    /// `BREAKPOINT`
    Breakpoint,
    /// `SOLVE`
    Solve,
    /// `STEP`
    Step,
}

impl Phase {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Phase::Initial => "INITIAL",
            Phase::Breakpoint => "BREAKPOINT",
            Phase::Solve => "SOLVE",
            Phase::Step => "STEP",
        }
    }
}

/// `weight (uS)` in a list of arguments.
#[derive(Clone, Debug)]
pub struct Argument {
    /// The name.
    pub name: Name,
    /// Its unit.
    pub unit: Option<Unit>,
}

/// C text between `VERBATIM` and `ENDVERBATIM`, not interpreted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verbatim {
    /// The text between the two words.
    pub text: Arc<str>,
    /// Where that text stands.
    pub span: Span,
    /// Whether its braces, parentheses and `#if`s are complete. If not, or if it ends in the middle of a
    /// statement, it encloses or guards the NMODL statements around it.
    pub complete: bool,
}
