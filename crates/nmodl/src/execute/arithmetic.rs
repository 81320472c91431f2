//! Arithmetic on single numbers: what every operation of the intermediate representation means.
//!
//! The exponential, the logarithm and powers come from [`crate::math`] at a [`Level`], so that one instance has the
//! bits of many; other functions are those of the platform's libm. Not a number stays not a number, but which of its
//! bit patterns is not defined.

use crate::ir::{BinaryOperation, UnaryOperation};
use crate::math::{Level, exp_in_place_at, guarded_exp_in_place_at, log_in_place_at, pow_in_place_at};

/// The constants of NEURON: Faraday's (C/mol) and the gas constant (J/(mol K)), CODATA 2018.
const FARADAY: f64 = 96_485.332_123_310_01;
const GAS: f64 = 8.314_462_618_153_24;

/// 1 or 0.
#[inline(always)]
pub(super) fn truth(condition: bool) -> f64 {
    f64::from(u8::from(condition))
}

/// What all numbers are below that are below a bound, or perhaps at it.
pub(super) fn strict_bound(bound: f64, or_equal: bool) -> f64 {
    if or_equal { bound.next_up() } else { bound }
}

fn on_one(x: f64, in_place: impl Fn(&mut [f64])) -> f64 {
    let mut value = [x];
    in_place(&mut value);
    value[0]
}

/// The exponential, with libm's bits.
pub(crate) fn exp(level: Level, x: f64) -> f64 {
    on_one(x, |values| exp_in_place_at(level, values))
}

/// NEURON's guarded exponential.
pub(crate) fn guarded_exp(level: Level, x: f64) -> f64 {
    on_one(x, |values| guarded_exp_in_place_at(level, values))
}

/// The natural logarithm.
pub(crate) fn log(level: Level, x: f64) -> f64 {
    on_one(x, |values| log_in_place_at(level, values))
}

/// The value of an operation with one operand.
pub(crate) fn unary(level: Level, operation: UnaryOperation, a: f64) -> f64 {
    match operation {
        UnaryOperation::Exp => guarded_exp(level, a),
        UnaryOperation::Log => log(level, a),
        _ => unary_of_libm(operation, a),
    }
}

/// The value of an operation with one operand that has the same bits at every level.
#[inline]
pub(super) fn unary_of_libm(operation: UnaryOperation, a: f64) -> f64 {
    match operation {
        UnaryOperation::Negate => -a,
        UnaryOperation::Not => truth(a == 0.),
        UnaryOperation::Exp | UnaryOperation::Log => f64::NAN,
        UnaryOperation::Log10 => a.log10(),
        UnaryOperation::Sqrt => a.sqrt(),
        UnaryOperation::Sin => a.sin(),
        UnaryOperation::Cos => a.cos(),
        UnaryOperation::Tan => a.tan(),
        UnaryOperation::Asin => a.asin(),
        UnaryOperation::Acos => a.acos(),
        UnaryOperation::Atan => a.atan(),
        UnaryOperation::Sinh => a.sinh(),
        UnaryOperation::Cosh => a.cosh(),
        UnaryOperation::Tanh => a.tanh(),
        UnaryOperation::Abs => a.abs(),
        UnaryOperation::Floor => a.floor(),
        UnaryOperation::Ceil => a.ceil(),
        UnaryOperation::Truncate => a.trunc(),
        UnaryOperation::WrapUnsigned => f64::from(wrapped(a)),
        UnaryOperation::WrapSigned => f64::from(wrapped(a).cast_signed()),
        UnaryOperation::Single => f64::from(a as f32),
        UnaryOperation::BitNot => f64::from(!wrapped(a).cast_signed()),
    }
}

/// An integer modulo 2^32.
fn wrapped(a: f64) -> u32 {
    // through 64 bits as x86-64 does; what does not fit those is undefined in C
    (a as i64) as u32
}

/// The value of an operation with two operands.
pub(crate) fn binary(level: Level, operation: BinaryOperation, a: f64, b: f64) -> f64 {
    match operation {
        BinaryOperation::Power => on_one(a, |bases| pow_in_place_at(level, bases, &[b])),
        _ => binary_of_libm(operation, a, b),
    }
}

/// The value of an operation with two operands that has the same bits at every level.
#[inline]
pub(super) fn binary_of_libm(operation: BinaryOperation, a: f64, b: f64) -> f64 {
    match operation {
        BinaryOperation::Add => a + b,
        BinaryOperation::Subtract => a - b,
        BinaryOperation::Multiply => a * b,
        BinaryOperation::Divide => a / b,
        BinaryOperation::Power => f64::NAN,
        BinaryOperation::Remainder => a % b,
        BinaryOperation::Atan2 => a.atan2(b),
        BinaryOperation::Equal => truth(a == b),
        BinaryOperation::NotEqual => truth(a != b),
        BinaryOperation::Less => truth(a < b),
        BinaryOperation::LessOrEqual => truth(a <= b),
        BinaryOperation::Greater => truth(a > b),
        BinaryOperation::GreaterOrEqual => truth(a >= b),
        BinaryOperation::And => truth((a != 0.) & (b != 0.)),
        BinaryOperation::Or => truth((a != 0.) | (b != 0.)),
        BinaryOperation::Maximum => maximum(a, b),
        BinaryOperation::Minimum => minimum(a, b),
        BinaryOperation::DivideIntegers => (a as i64).checked_div(b as i64).unwrap_or(0) as f64,
        BinaryOperation::RemainderOfIntegers => (a as i64).checked_rem(b as i64).unwrap_or(0) as f64,
        BinaryOperation::BitAnd => (a as i64 & b as i64) as f64,
        BinaryOperation::BitOr => (a as i64 | b as i64) as f64,
        BinaryOperation::BitXor => (a as i64 ^ b as i64) as f64,
        BinaryOperation::ShiftLeft => (a as i64).wrapping_shl(b as i64 as u32) as f64,
        BinaryOperation::ShiftRight => (a as i64).wrapping_shr(b as i64 as u32) as f64,
    }
}

#[inline(always)]
pub(super) fn maximum(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

#[inline(always)]
pub(super) fn minimum(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// RT/F (mV) as NEURON computes it.
fn thermal_voltage(celsius: f64) -> f64 {
    1000. * GAS * (celsius + 273.15) / FARADAY
}

/// Nernst potential (mV) between concentrations (NEURON's `nernst`).
pub(super) fn nernst(level: Level, celsius: f64, inside: f64, outside: f64, valence: f64) -> f64 {
    if valence == 0. {
        0.
    } else if inside <= 0. {
        1e6
    } else if outside <= 0. {
        -1e6
    } else {
        thermal_voltage(celsius) / valence * log(level, outside / inside)
    }
}

/// Goldman-Hodgkin-Katz current (mA/cm2 for a permeability of 1 cm/s; NEURON's `nrn_ghk`).
pub(super) fn ghk(level: Level, celsius: f64, voltage: f64, concentrations: [f64; 2], valence: f64) -> f64 {
    let relative = valence * voltage / thermal_voltage(celsius);
    let [inside, outside] = concentrations;
    let out = outside * linoid(level, relative);
    let into = inside * linoid(level, -relative);
    0.001 * valence * FARADAY * (into - out)
}

/// x / (exp(x) - 1)
fn linoid(level: Level, x: f64) -> f64 {
    if x.abs() < 1e-4 { 1. - x / 2. } else { x / (exp(level, x) - 1.) }
}

#[cfg(test)]
mod tests {
    use super::*;

    // expected numbers: NEURON 9.0.2
    #[test]
    fn nernst_and_ghk_are_neurons() {
        let level = Level::best();
        assert_eq!(nernst(level, 34., 5e-5, 2., 2.), 140.236_601_131_512_66);
        assert_eq!(nernst(level, 6.3, 5e-5, 2., 2.), 127.589_510_617_617_49);
        assert_eq!(nernst(level, 6.3, 1., 2., 0.), 0.);
        assert_eq!(ghk(level, 6.3, -65., [5e-5, 2.], 2.), -2_092.939_529_471_584);
    }

    #[test]
    fn integers_behave_as_in_c() {
        let level = Level::BASELINE;
        assert_eq!(binary(level, BinaryOperation::DivideIntegers, -7., 2.), -3.);
        assert_eq!(binary(level, BinaryOperation::RemainderOfIntegers, -7., 2.), -1.);
        assert_eq!(binary(level, BinaryOperation::DivideIntegers, 7., 0.), 0.);
        assert_eq!(unary(level, UnaryOperation::WrapUnsigned, -1.), 4_294_967_295.);
        assert_eq!(unary(level, UnaryOperation::WrapSigned, 4_294_967_295.), -1.);
        assert_eq!(unary(level, UnaryOperation::BitNot, 5.), -6.);
        assert_eq!(unary(level, UnaryOperation::Single, 0.1), f64::from(0.1_f32));
    }

    #[test]
    fn a_condition_that_is_not_a_number_is_true() {
        assert_eq!(unary(Level::BASELINE, UnaryOperation::Not, f64::NAN), 0.);
        assert_eq!(binary(Level::BASELINE, BinaryOperation::And, f64::NAN, 1.), 1.);
    }

    #[test]
    fn the_exponential_is_guarded() {
        let level = Level::best();
        assert_eq!(unary(level, UnaryOperation::Exp, -700.1), 0.);
        assert_eq!(unary(level, UnaryOperation::Exp, 1e9), unary(level, UnaryOperation::Exp, 700.));
        assert_eq!(unary(level, UnaryOperation::Exp, 1.), 1_f64.exp());
    }
}
