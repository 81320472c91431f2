//! What expressions give while they are lowered: numbers with a type of C, and pointers that are known.

use std::sync::Arc;

use crate::ir::{Place, Register};
use crate::syntax::ast::CType;

/// A type of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `bool`
    Bool,
    /// `char`
    Char,
    /// `int`
    Int,
    /// `unsigned`
    Unsigned,
    /// `long`
    Long,
    /// `unsigned long`
    UnsignedLong,
    /// `float`
    Float,
    /// `double`, the type of all numbers of NMODL.
    Double,
}

impl Kind {
    /// The type of numbers that `kind` is, if it is one.
    pub fn of(kind: &CType) -> Option<Kind> {
        Some(match kind {
            CType::Bool => Kind::Bool,
            CType::Char => Kind::Char,
            CType::Int => Kind::Int,
            CType::Unsigned => Kind::Unsigned,
            CType::Long => Kind::Long,
            CType::UnsignedLong => Kind::UnsignedLong,
            CType::Float => Kind::Float,
            CType::Double => Kind::Double,
            _ => return None,
        })
    }

    /// Whether values are whole numbers.
    pub fn is_integer(self) -> bool {
        self < Kind::Float
    }

    /// The type of an operation on both.
    pub fn joined(self, other: Kind) -> Kind {
        self.max(other).max(Kind::Int)
    }
}

/// What an expression gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number.
    Number(Register, Kind),
    /// A pointer.
    Pointer(Pointer),
    /// A text.
    Text(Arc<str>),
    /// The value of a function without result.
    Nothing,
}

/// What a pointer of C points to, as far as it is known where it is used.
#[derive(Clone, Debug, PartialEq)]
pub enum Pointer {
    /// Nothing yet.
    Unset,
    /// `NULL`
    Null,
    /// One of several things.
    Unclear,
    /// What the pointer with this number in `Model::slots` holds.
    Slot(usize),
    /// That pointer itself: `&_p_rng`.
    SlotAddress(usize),
    /// A stream of the instance: a variable of `RANDOM`.
    Stream(u32),
    /// Numbers of a vector of the instance, from an element on.
    Elements {
        /// Number in `Model::vectors`.
        vector: u32,
        /// The first; none is 0.
        offset: Option<Register>,
    },
    /// The argument of HOC with this number, from 0.
    Argument(u32),
    /// A vector that HOC gave as argument.
    ArgumentVector(u32),
    /// Its numbers, from an element on.
    ArgumentElements {
        /// Number of the argument, from 0.
        argument: u32,
        /// The first; none is 0.
        offset: Option<Register>,
    },
    /// A new vector of that length.
    NewVector(Register),
    /// A random stream that HOC gave as argument.
    ArgumentStream(u32),
    /// A new stream with its three ids.
    NewStream([Register; 3]),
    /// A number of the instance, or a shared one.
    Place(Place),
    /// Consecutive ones.
    Places {
        /// The first.
        first: Place,
        /// How many.
        length: u32,
        /// Where the pointer points; none is 0.
        offset: Option<Register>,
    },
    /// A variable.
    Variable(Register, Kind),
    /// Consecutive variables.
    Variables {
        /// The first.
        first: Register,
        /// How many.
        length: u32,
        /// Their type.
        kind: Kind,
        /// Where the pointer points; none is 0.
        offset: Option<Register>,
    },
    /// Something of NEURON that is handed on, such as `_tqitem`.
    Opaque,
}

/// A local name.
#[derive(Clone, Debug, PartialEq)]
pub enum Local {
    /// A variable, or a value that is not assigned to.
    Register(Register, Kind),
    /// An array of variables.
    Registers {
        /// The first.
        first: Register,
        /// How many.
        length: u32,
        /// Their type.
        kind: Kind,
    },
    /// An argument that is stored elsewhere, or a `static`.
    Place(Place, Kind),
    /// An array stored elsewhere.
    Places {
        /// The first.
        first: Place,
        /// How many.
        length: u32,
        /// Their type.
        kind: Kind,
    },
    /// A pointer: its number in the kernel's list.
    Pointer(usize),
    /// A text argument.
    Text(Arc<str>),
}

/// What can get a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// A variable.
    Variable(Register, Kind),
    /// An element of variables.
    VariableElement {
        /// The first.
        first: Register,
        /// How many.
        length: u32,
        /// Which one.
        index: Register,
        /// Their type.
        kind: Kind,
    },
    /// A number outside registers.
    Place(Place, Kind),
    /// An element of consecutive numbers outside registers.
    PlaceElement {
        /// The first.
        first: Place,
        /// How many.
        length: u32,
        /// Which one.
        index: Register,
        /// Their type.
        kind: Kind,
    },
    /// An element of a vector.
    VectorElement {
        /// Number in `Model::vectors`.
        vector: u32,
        /// Which one.
        index: Register,
    },
    /// An element of a vector that is an argument.
    ArgumentElement {
        /// Number of the argument, from 0.
        argument: u32,
        /// Which one.
        index: Register,
    },
    /// A local pointer.
    Pointer(usize),
    /// A pointer of the instance.
    Slot(usize),
    /// Something that was refused.
    Refused,
}
