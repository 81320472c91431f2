//! Arithmetic with numbers as HOC does it: numbers that are nearly equal are equal, and what has no value is an error.

use crate::error::Failure;
use crate::syntax::ast::{AssignOperator, BinaryOperator};

/// Numbers that differ by no more are equal, and indices are cut to integers after a step of it (`hoc_epsilon`).
pub(crate) const EPSILON: f64 = 1e-11;

/// A function of one number.
pub type OfNumber = fn(f64) -> Result<f64, Failure>;

/// `a operator b`
///
/// # Errors
///
/// Division by zero, a remainder of what is not positive, a power that is no number.
pub fn binary(operator: BinaryOperator, a: f64, b: f64) -> Result<f64, Failure> {
    let truth = |condition: bool| f64::from(u8::from(condition));
    Ok(match operator {
        BinaryOperator::Or => truth(a != 0.0 || b != 0.0),
        BinaryOperator::And => truth(a != 0.0 && b != 0.0),
        BinaryOperator::Equal => truth(are_equal(a, b)),
        BinaryOperator::NotEqual => truth(!are_equal(a, b)),
        BinaryOperator::Greater => truth(a > b + EPSILON),
        BinaryOperator::GreaterEqual => truth(a >= b - EPSILON),
        BinaryOperator::Less => truth(a < b - EPSILON),
        BinaryOperator::LessEqual => truth(a <= b + EPSILON),
        BinaryOperator::Add => a + b,
        BinaryOperator::Subtract => a - b,
        BinaryOperator::Multiply => a * b,
        BinaryOperator::Divide if b == 0.0 => return Err(Failure::DivisionByZero),
        BinaryOperator::Divide => a / b,
        BinaryOperator::Remainder => remainder(a, b)?,
        BinaryOperator::Power => {
            let power = a.powf(b);
            if power.is_nan() && !a.is_nan() && !b.is_nan() {
                return Err(Failure::Domain { function: "^", value: a });
            }
            power
        }
    })
}

/// What a variable is after an assignment of `value`, if it was `old`.
///
/// # Errors
///
/// Division by zero.
pub fn assigned(operator: AssignOperator, old: f64, value: f64) -> Result<f64, Failure> {
    match operator {
        AssignOperator::Set => Ok(value),
        AssignOperator::Add => Ok(old + value),
        AssignOperator::Subtract => Ok(old - value),
        AssignOperator::Multiply => Ok(old * value),
        AssignOperator::Divide => binary(BinaryOperator::Divide, old, value),
    }
}

/// The built-in function of one number that is called `name`.
pub fn function(name: &str) -> Option<OfNumber> {
    Some(match name {
        "sin" => sin,
        "cos" => cos,
        "tan" => tan,
        "tanh" => tanh,
        "abs" => abs,
        "exp" => exp,
        "log" => log,
        "log10" => log10,
        "sqrt" => sqrt,
        "int" => int,
        _ => return None,
    })
}

/// Whether two numbers are the same to HOC.
pub(crate) fn are_equal(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() <= EPSILON
}

/// `a % b`, which lies in `0..b`.
fn remainder(a: f64, b: f64) -> Result<f64, Failure> {
    if b.is_nan() || b <= 0.0 {
        return Err(Failure::Modulus(b));
    }
    let mut rest = if a >= b {
        a - (a / b).floor() * b
    } else if a <= -b {
        a + (-a / b).floor() * b
    } else {
        a
    };
    if rest > b {
        rest -= b;
    }
    if rest < 0.0 {
        rest += b;
    }
    Ok(rest)
}

macro_rules! plain {
    ($($name:ident),*) => {
        $(pub(crate) fn $name(x: f64) -> Result<f64, Failure> {
            Ok(f64::$name(x))
        })*
    };
}

plain!(sin, cos, tan, tanh, abs);

/// Without underflow below -700 and without overflow above 700.
pub(crate) fn exp(x: f64) -> Result<f64, Failure> {
    Ok(match x {
        ..-700.0 => 0.0,
        700.0.. => 700f64.exp(),
        _ => x.exp(),
    })
}

fn of_positive(
    name: &'static str,
    value: f64,
    function: impl Fn(f64) -> f64,
    least: f64,
) -> Result<f64, Failure> {
    if value < least {
        return Err(Failure::Domain { function: name, value });
    }
    Ok(function(value))
}

pub(crate) fn log(x: f64) -> Result<f64, Failure> {
    of_positive("log", x, f64::ln, f64::MIN_POSITIVE)
}

pub(crate) fn log10(x: f64) -> Result<f64, Failure> {
    of_positive("log10", x, f64::log10, f64::MIN_POSITIVE)
}

pub(crate) fn sqrt(x: f64) -> Result<f64, Failure> {
    of_positive("sqrt", x, f64::sqrt, 0.0)
}

/// Cuts to an integer, after a step away from 0.
pub(crate) fn int(x: f64) -> Result<f64, Failure> {
    Ok(if x < 0.0 { (x - EPSILON).trunc() + 0.0 } else { (x + EPSILON).trunc() })
}

#[cfg(test)]
mod tests {
    use super::exp;

    #[test]
    fn exponentials_are_bounded_and_keep_what_is_no_number() {
        let value = |x: f64| exp(x).expect("it has a value");
        assert_eq!([-700.1, -1.0, 700.0, 1e9].map(value), [0.0, (-1f64).exp(), 700f64.exp(), 700f64.exp()]);
        assert!(value(f64::NAN).is_nan());
    }
}
