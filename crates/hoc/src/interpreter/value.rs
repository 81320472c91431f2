//! Values, and the places they are kept in.

use std::sync::Arc;

use cell::{GlobalVariable, RangeVariable, SectionId};

use super::object::ObjectRef;
use crate::syntax::Symbol;

/// A value of HOC.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// What a `proc` returns.
    #[default]
    Nothing,
    /// A number.
    Number(f64),
    /// A string.
    Text(Arc<str>),
    /// An object, or nil.
    Object(Option<ObjectRef>),
}

impl Value {
    /// What it is, for messages.
    pub(crate) fn describe(&self) -> &'static str {
        match self {
            Value::Nothing => "nothing",
            Value::Number(_) => "a number",
            Value::Text(_) => "a string",
            Value::Object(_) => "an object",
        }
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Value::Number(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::Text(Arc::from(value))
    }
}

/// Variables that belong to a section as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Property {
    Length,
    Nseg,
    AxialResistance,
    RallBranch,
}

/// Where a value is kept; objects by their index in the heap.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    LocalNumber {
        frame: usize,
        slot: u16,
    },
    LocalObject {
        frame: usize,
        slot: u16,
    },
    Member {
        object: u32,
        slot: u32,
        element: u32,
    },
    Text(u32),
    VectorElement(u32, u32),
    Range(SectionId, RangeVariable, Option<f64>),
    Property(SectionId, Property),
    PointVariable(u32, Symbol),
    NetCon(u32, NetConField),
    Builtin(u16),
    Global(GlobalVariable),
    /// A variable of an import reader that has no effect here, such as `quiet`.
    Switch,
}

/// Variables of a NetCon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NetConField {
    Threshold,
    Delay,
    Active,
    Weight(u32),
}

/// What an expression stands for before it is read or written.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Value(Value),
    Place(Place),
    Section(SectionId),
    /// `section(x)`
    Location(SectionId, f64),
}

/// An argument as the callee sees it.
#[derive(Clone, Debug)]
pub(crate) enum Argument {
    Value(Value),
    /// A string or object variable, by reference.
    Variable(Place),
    /// `&x`: a number by reference.
    Address(Place),
}

/// Arguments of a native function.
pub(crate) struct Arguments {
    /// Its name, for messages.
    pub function: Arc<str>,
    pub values: Vec<Argument>,
}
