//! Declarations: variables, units and the `NEURON` block.

use std::sync::Arc;

use super::super::source::Span;
use super::{Name, Unit};
use crate::description::Kind;

/// A number with its sign.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Literal {
    /// The value.
    pub value: f64,
    /// Where it is written.
    pub span: Span,
}

/// One line of `UNITS { … }`.
#[derive(Clone, Debug)]
pub enum UnitDefinition {
    /// `(mV) = (millivolt)`
    Alias {
        /// The new unit.
        unit: Unit,
        /// What it is.
        definition: Unit,
    },
    /// `FARADAY = 96485 (coulomb)`
    Constant {
        /// The name.
        name: Name,
        /// Its value.
        value: Literal,
        /// Its unit.
        unit: Unit,
    },
    /// `R = (k-mole) (joule/degC)` or `foot2inch = (foot) -> (inch)`: the value of the first unit in the second.
    Factor {
        /// The name.
        name: Name,
        /// The unit that is converted.
        from: Unit,
        /// The unit that its value is in.
        to: Unit,
    },
}

/// One line of `PARAMETER { … }` or `CONSTANT { … }`: `g[2] = 1 (uS) <0, 1e9>`.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The name.
    pub name: Name,
    /// The number of elements, of an array.
    pub length: Option<Length>,
    /// The value of a new instance, if given.
    pub value: Option<Literal>,
    /// The unit.
    pub unit: Option<Unit>,
    /// Smallest and largest value that NEURON's graphical interface accepts; it limits nothing else.
    pub limits: Option<(Literal, Literal)>,
}

/// The number of elements of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Length {
    /// A number.
    Number(i64, Span),
    /// A name that `DEFINE` gave.
    Name(Name),
}

/// One line of `ASSIGNED { … }` or `STATE { … }`: `m[3] FROM 0 TO 1 START 0.5 (1) <1e-3>`.
#[derive(Clone, Debug)]
pub struct Dependent {
    /// The name, without primes.
    pub name: Name,
    /// The number of primes.
    pub primes: u8,
    /// The number of elements, of an array.
    pub length: Option<Length>,
    /// `FROM … TO …`; it limits nothing.
    pub range: Option<(Literal, Literal)>,
    /// `START …`: the value before `INITIAL`.
    pub start: Option<Literal>,
    /// The unit.
    pub unit: Option<Unit>,
    /// `<…>`: absolute tolerance of the variable time step.
    pub tolerance: Option<Literal>,
}

/// `t FROM 0 TO 1 WITH 1 (ms)`
#[derive(Clone, Debug)]
pub struct Independent {
    /// The name, always `t` in models that NEURON runs.
    pub name: Name,
    /// From where.
    pub from: Literal,
    /// To where.
    pub to: Literal,
    /// In how many steps.
    pub steps: Literal,
    /// `START …`
    pub start: Option<Literal>,
    /// The unit.
    pub unit: Option<Unit>,
}

/// A variable of `LOCAL`.
#[derive(Clone, Debug)]
pub struct LocalVariable {
    /// The name.
    pub name: Name,
    /// The number of elements, of an array.
    pub length: Option<Length>,
}

/// One statement of `NEURON { … }`.
#[derive(Clone, Debug)]
pub struct NeuronStatement {
    /// What it is.
    pub kind: NeuronStatementKind,
    /// Where it is written.
    pub span: Span,
}

/// Kinds of statements of `NEURON { … }`.
#[derive(Clone, Debug)]
pub enum NeuronStatementKind {
    /// `SUFFIX`, `POINT_PROCESS` or `ARTIFICIAL_CELL` with the name.
    Mechanism {
        /// Which of the three.
        kind: Kind,
        /// The name.
        name: Name,
    },
    /// `USEION …`
    UseIon(UseIon),
    /// A list of names.
    Names(NeuronList, Vec<Name>),
    /// `THREADSAFE`
    ThreadSafe,
    /// `REPRESENTS NCIT:C17145`
    Represents(Arc<str>),
}

/// What the names of a list in `NEURON { … }` are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeuronList {
    /// `RANGE`
    Range,
    /// `GLOBAL`
    Global,
    /// `POINTER`
    Pointer,
    /// `BBCOREPOINTER`
    BbCorePointer,
    /// `EXTERNAL`
    External,
    /// `RANDOM`
    Random,
    /// `NONSPECIFIC_CURRENT`
    NonspecificCurrent,
    /// `ELECTRODE_CURRENT`
    ElectrodeCurrent,
}

impl NeuronList {
    /// All of them.
    pub const ALL: [NeuronList; 8] = [
        NeuronList::Range,
        NeuronList::Global,
        NeuronList::Pointer,
        NeuronList::BbCorePointer,
        NeuronList::External,
        NeuronList::Random,
        NeuronList::NonspecificCurrent,
        NeuronList::ElectrodeCurrent,
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            NeuronList::Range => "RANGE",
            NeuronList::Global => "GLOBAL",
            NeuronList::Pointer => "POINTER",
            NeuronList::BbCorePointer => "BBCOREPOINTER",
            NeuronList::External => "EXTERNAL",
            NeuronList::Random => "RANDOM",
            NeuronList::NonspecificCurrent => "NONSPECIFIC_CURRENT",
            NeuronList::ElectrodeCurrent => "ELECTRODE_CURRENT",
        }
    }
}

/// `USEION na READ ena WRITE ina VALENCE 1 REPRESENTS CHEBI:29101`
#[derive(Clone, Debug)]
pub struct UseIon {
    /// The ion.
    pub ion: Name,
    /// Variables after `READ`.
    pub reads: Vec<Name>,
    /// Variables after `WRITE`.
    pub writes: Vec<Name>,
    /// The number after `VALENCE` (or `CHARGE`).
    pub valence: Option<Literal>,
    /// The identifier after `REPRESENTS`.
    pub represents: Option<Arc<str>>,
}
