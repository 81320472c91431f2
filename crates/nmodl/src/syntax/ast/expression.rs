//! Expressions.

use std::sync::Arc;

use super::super::source::Span;
use super::{CType, Name, Unit};

/// An expression and where it is written.
#[derive(Clone, Debug)]
pub struct Expression {
    /// What it is.
    pub kind: ExpressionKind,
    /// Where it is written.
    pub span: Span,
}

/// Kinds of expressions.
#[derive(Clone, Debug)]
pub enum ExpressionKind {
    /// A number, with its unit.
    Number(Number),
    /// A variable.
    Variable(Variable),
    /// A string: an argument of `printf`, without its quotes.
    Text(Arc<str>),
    /// A call.
    Call(Call),
    /// `(…)`, kept because NEURON's `cnexp` and flux texts depend on it.
    Parenthesis(Box<Expression>),
    /// `-a` or `!a`
    Unary(UnaryOperator, Box<Expression>),
    /// `a + b`
    Binary(BinaryOperator, Box<Expression>, Box<Expression>),
    /// An integer or character of C.
    Integer(i64),
    /// What the `POINTER` or `BBCOREPOINTER` of the name holds (`_p_name` of C): a stream of random numbers, a vector
    /// or an object, not a number. Variables that C uses so (`*(void**)(&name)`) are slots, too. A slot is a place
    /// that gets values, and true unless it holds nothing.
    Slot(Name),
    /// `NULL`, `nullptr` or `(void*)0` of C: nothing that a pointer could point to.
    Null,
    /// `f(a)[i]` of C. An element of what has a name is a [`Variable`](Self::Variable) with its subscript.
    Index(Box<Expression>, Box<Expression>),
    /// `a ? b : c` of C
    Conditional(Box<Expression>, Box<Expression>, Box<Expression>),
    /// `(int)a` of C, to a type of numbers.
    Cast(CType, Box<Expression>),
    /// `*a` of C: what the pointer points to.
    Dereference(Box<Expression>),
    /// `&a` of C
    AddressOf(Box<Expression>),
    /// `a = b` or `a += b` of C
    Assign {
        /// What gets the value: a variable, an element or what a pointer points to.
        target: Box<Expression>,
        /// The operator before `=`.
        operator: Option<BinaryOperator>,
        /// The right side.
        value: Box<Expression>,
    },
    /// `++a`, `a++`, `--a` or `a--` of C
    Step {
        /// What is changed.
        target: Box<Expression>,
        /// Whether it is `++`, not `--`.
        increment: bool,
        /// Whether the value is that after the change: the operator stands before its operand.
        prefix: bool,
    },
}

/// A number.
#[derive(Clone, Debug)]
pub struct Number {
    /// Its value.
    pub value: f64,
    /// Whether it is written without point and exponent; where NEURON computes with integers (subscripts, bounds
    /// of `FROM`), such numbers divide as integers.
    pub integer: bool,
    /// The unit after it, which changes nothing of the value.
    pub unit: Option<Unit>,
}

/// A variable, an element of an array or a derivative: `a`, `a[i]`, `a'`, `a'[i]`.
#[derive(Clone, Debug)]
pub struct Variable {
    /// The name, without primes.
    pub name: Name,
    /// The number of primes.
    pub primes: u8,
    /// The subscript; NEURON computes it with integers.
    pub index: Option<Box<Expression>>,
    /// Where it is written.
    pub span: Span,
}

/// `f(a, b)`: a function or procedure of the file, or one that every model has, such as `exp` or `net_send`.
#[derive(Clone, Debug)]
pub struct Call {
    /// The function.
    pub name: Name,
    /// Its arguments.
    pub arguments: Vec<Expression>,
    /// Where it is written.
    pub span: Span,
}

/// Operators with one operand. Both bind tighter than `*` and looser than `^`: `-a^b` is `-(a^b)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOperator {
    /// `-`
    Negate,
    /// `!`
    Not,
    /// `~` of C: all bits of an integer the other way
    BitNot,
}

impl UnaryOperator {
    /// The operator as written.
    pub fn text(self) -> &'static str {
        match self {
            UnaryOperator::Negate => "-",
            UnaryOperator::Not => "!",
            UnaryOperator::BitNot => "~",
        }
    }
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOperator {
    /// `||`
    Or,
    /// `&&`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `^` of NMODL, right associative
    Power,
    /// `%` of C
    Remainder,
    /// `&` of C
    BitAnd,
    /// `|` of C
    BitOr,
    /// `^` of C
    BitXor,
    /// `<<` of C
    ShiftLeft,
    /// `>>` of C
    ShiftRight,
}

impl BinaryOperator {
    /// The result for integers, of sums, differences, products and quotients; `None` where there is none.
    pub fn of_integers(self, left: i64, right: i64) -> Option<i64> {
        match self {
            BinaryOperator::Add => left.checked_add(right),
            BinaryOperator::Subtract => left.checked_sub(right),
            BinaryOperator::Multiply => left.checked_mul(right),
            BinaryOperator::Divide => left.checked_div(right),
            _ => None,
        }
    }

    /// The operator as written, `xor` for `^` of C.
    pub fn text(self) -> &'static str {
        match self {
            BinaryOperator::Or => "||",
            BinaryOperator::And => "&&",
            BinaryOperator::Equal => "==",
            BinaryOperator::NotEqual => "!=",
            BinaryOperator::Less => "<",
            BinaryOperator::LessOrEqual => "<=",
            BinaryOperator::Greater => ">",
            BinaryOperator::GreaterOrEqual => ">=",
            BinaryOperator::Add => "+",
            BinaryOperator::Subtract => "-",
            BinaryOperator::Multiply => "*",
            BinaryOperator::Divide => "/",
            BinaryOperator::Power => "^",
            BinaryOperator::Remainder => "%",
            BinaryOperator::BitAnd => "&",
            BinaryOperator::BitOr => "|",
            BinaryOperator::BitXor => "xor",
            BinaryOperator::ShiftLeft => "<<",
            BinaryOperator::ShiftRight => ">>",
        }
    }
}
