//! What only the C text of `VERBATIM` blocks says: types, declarations and functions.
//!
//! C and NMODL share one tree, and the same kinds mean the same in both: what differs is told by types alone.
//! An [`Integer`](super::ExpressionKind::Integer) comes from C alone and has type `int` (or `long`, where it does not
//! fit); a [`Number`](super::Number) is a `double`. Variables of C have the type of their [`Declaration`], all others
//! are `double`s. As in C, an operation on two integers gives an integer (`7 / 2` is 3), one with a `double` in it a
//! `double`; comparisons, `&&`, `||` and `!` give an `int`, and the right side of `&&` and `||` is computed only where
//! it counts.

use super::super::source::Span;
use super::{Body, Expression, Name};
use std::sync::Arc;

/// A type of C.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CType {
    /// `void`
    Void,
    /// `bool`
    Bool,
    /// `char`, with sign
    Char,
    /// `int`, 32 bits with sign
    Int,
    /// `unsigned`, `uint32_t`: 32 bits without sign
    Unsigned,
    /// `long`, `int64_t`: 64 bits with sign
    Long,
    /// `unsigned long`, `size_t`, `uint64_t`: 64 bits without sign
    UnsignedLong,
    /// `float`
    Float,
    /// `double`
    Double,
    /// `auto`: the type of the initial value
    Auto,
    /// A type that is used through pointers alone, such as `IvocVect`, `nrnran123_State`, `Rand` or `Object`.
    Opaque(Arc<str>),
    /// `… *`
    Pointer(Box<CType>),
}

impl CType {
    /// A pointer to `self`.
    pub fn pointer(self) -> CType {
        CType::Pointer(Box::new(self))
    }

    /// Whether values are whole numbers.
    pub fn is_integer(&self) -> bool {
        use CType::{Bool, Char, Int, Long, Unsigned, UnsignedLong};
        matches!(self, Bool | Char | Int | Unsigned | Long | UnsignedLong)
    }

    /// The type in one customary spelling.
    pub fn text(&self) -> String {
        let word = match self {
            CType::Void => "void",
            CType::Bool => "bool",
            CType::Char => "char",
            CType::Int => "int",
            CType::Unsigned => "uint32_t",
            CType::Long => "long",
            CType::UnsignedLong => "uint64_t",
            CType::Float => "float",
            CType::Double => "double",
            CType::Auto => "auto",
            CType::Opaque(name) => name,
            CType::Pointer(target) => return format!("{}*", target.text()),
        };
        word.to_string()
    }
}

/// `static double cof[2] = {1, 2}`: one variable of C.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// The type, of an array that of its elements.
    pub kind: CType,
    /// The name.
    pub name: Name,
    /// The number of elements, of an array.
    pub length: Option<u32>,
    /// The value it begins with; without one the value is undefined inside a body, and 0 where it is `shared`.
    pub initial: Option<Initializer>,
    /// Whether all instances share one variable that outlives the body: `static`, and all of the file.
    pub shared: bool,
    /// Whether it is `const`.
    pub constant: bool,
}

/// What a variable of C begins with.
#[derive(Clone, Debug)]
pub enum Initializer {
    /// A value.
    Value(Expression),
    /// `{a, b}`, of an array; further elements are 0.
    List(Vec<Expression>),
}

/// A function of C at the top level of a file.
#[derive(Clone, Debug)]
pub struct CFunction {
    /// Type of the result.
    pub result: CType,
    /// The name.
    pub name: Name,
    /// The arguments.
    pub parameters: Vec<CParameter>,
    /// The statements.
    pub body: Body,
}

/// An argument of a function of C.
#[derive(Clone, Debug)]
pub struct CParameter {
    /// The type.
    pub kind: CType,
    /// The name, empty where it has none.
    pub name: Name,
    /// Where it is written.
    pub span: Span,
}
