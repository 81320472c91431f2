//! Arithmetic of the intermediate representation.

/// Operations with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnaryOperation {
    /// `-a`
    Negate,
    /// 1 if `a` is 0, else 0
    Not,
    /// Exponential, 0 below -700 and exp(700) above 700 (NEURON's `hoc_Exp`).
    Exp,
    /// Natural logarithm.
    Log,
    /// Logarithm to base 10.
    Log10,
    /// Square root.
    Sqrt,
    /// Sine.
    Sin,
    /// Cosine.
    Cos,
    /// Tangent.
    Tan,
    /// Inverse sine.
    Asin,
    /// Inverse cosine.
    Acos,
    /// Inverse tangent.
    Atan,
    /// Hyperbolic sine.
    Sinh,
    /// Hyperbolic cosine.
    Cosh,
    /// Hyperbolic tangent.
    Tanh,
    /// Absolute value.
    Abs,
    /// Largest integer not above.
    Floor,
    /// Smallest integer not below.
    Ceil,
    /// The integer next to it towards 0: what C keeps in an integer.
    Truncate,
    /// An integer modulo 2^32, at least 0 (C's `uint32_t`).
    WrapUnsigned,
    /// An integer modulo 2^32 in the range of C's `int`.
    WrapSigned,
    /// `a` as a number of single precision (C's `float`).
    Single,
    /// `~a` of C's `int`
    BitNot,
}

/// Operations with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BinaryOperation {
    /// `a + b`
    Add,
    /// `a - b`
    Subtract,
    /// `a * b`
    Multiply,
    /// `a / b`
    Divide,
    /// `a ^ b` (libm's `pow`)
    Power,
    /// Remainder with the sign of `a` (`fmod`).
    Remainder,
    /// Inverse tangent of `a / b` in the right quadrant (`atan2`).
    Atan2,
    /// `a == b`
    Equal,
    /// `a != b`
    NotEqual,
    /// `a < b`
    Less,
    /// `a <= b`
    LessOrEqual,
    /// `a > b`
    Greater,
    /// `a >= b`
    GreaterOrEqual,
    /// `a && b`, both computed
    And,
    /// `a || b`, both computed
    Or,
    /// The larger, `b` if one is not a number.
    Maximum,
    /// The smaller, `b` if one is not a number.
    Minimum,
    /// Quotient of integers, towards 0; 0 if `b` is 0.
    DivideIntegers,
    /// Remainder of integers, with the sign of `a`; 0 if `b` is 0.
    RemainderOfIntegers,
    /// `a & b` of 64-bit integers
    BitAnd,
    /// `a | b` of 64-bit integers
    BitOr,
    /// `a ^ b` of 64-bit integers
    BitXor,
    /// `a << b` of 64-bit integers
    ShiftLeft,
    /// `a >> b` of 64-bit integers
    ShiftRight,
}
