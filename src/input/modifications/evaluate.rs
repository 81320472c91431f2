//! The arithmetic of snippets: Python's, with floating-point numbers.

use super::parser::{Expression, Operator};

/// A computation that Python refuses, or whose result cannot be assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Arithmetic {
    /// Division by zero.
    #[error("division by zero")]
    ZeroDivision,
    /// A power that is a complex number.
    #[error("a power of a negative number is not real")]
    Complex,
    /// A number beyond all bounds.
    #[error("the result is not a finite number")]
    NotFinite,
}

impl Expression {
    /// Its value, with those of the attributes it reads.
    ///
    /// # Errors
    ///
    /// What `read` fails with, or what cannot be computed.
    pub fn evaluate<E: From<Arithmetic>>(
        &self,
        read: &mut impl FnMut(&str) -> Result<f64, E>,
    ) -> Result<f64, E> {
        Ok(match self {
            Self::Number(value) => *value,
            Self::Attribute(name) => read(name)?,
            Self::Positive(inner) => inner.evaluate(read)?,
            Self::Negative(inner) => -inner.evaluate(read)?,
            Self::Binary(operator, left, right) => {
                let left = left.evaluate(read)?;
                binary(*operator, left, right.evaluate(read)?)?
            }
        })
    }
}

/// Two numbers combined.
///
/// # Errors
///
/// What cannot be computed.
pub fn binary(operator: Operator, left: f64, right: f64) -> Result<f64, Arithmetic> {
    let by_zero = right == 0.0;
    let value = match operator {
        Operator::Set => right,
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide | Operator::FloorDivide | Operator::Remainder if by_zero => {
            return Err(Arithmetic::ZeroDivision);
        }
        Operator::Divide => left / right,
        Operator::FloorDivide => floor_and_remainder(left, right).0,
        Operator::Remainder => floor_and_remainder(left, right).1,
        Operator::Power if left == 0.0 && right < 0.0 => return Err(Arithmetic::ZeroDivision),
        Operator::Power if left < 0.0 && right.fract() != 0.0 => return Err(Arithmetic::Complex),
        Operator::Power => left.powf(right),
    };
    if value.is_finite() { Ok(value) } else { Err(Arithmetic::NotFinite) }
}

/// The quotient rounded down, and the remainder, which has the divisor's sign.
fn floor_and_remainder(left: f64, right: f64) -> (f64, f64) {
    let mut remainder = left % right;
    let mut quotient = (left - remainder) / right;
    if remainder == 0.0 {
        remainder = remainder.copysign(right);
    } else if (right < 0.0) != (remainder < 0.0) {
        remainder += right;
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return (quotient.copysign(left / right), remainder);
    }
    let floor = quotient.floor();
    (if quotient - floor > 0.5 { floor + 1.0 } else { floor }, remainder)
}

#[cfg(test)]
mod tests {
    use super::super::parser::parse;
    use super::Arithmetic;

    fn value(text: &str) -> Result<f64, Arithmetic> {
        let statements = parse(&format!("%s.a = {text}")).expect("it is right");
        statements[0].1.value.evaluate(&mut |name| Ok(name.len() as f64))
    }

    /// Values that Python 3.11 gives.
    #[test]
    fn precedence_and_values_are_pythons() {
        for (text, expected) in [
            ("1 + 2*3", 7.0),
            ("2 - 3 - 4", -5.0),
            ("-2**2", -4.0),
            ("2**-1", 0.5),
            ("2**3**2", 512.0),
            ("-7 // 2", -4.0),
            ("-7 % 3", 2.0),
            ("7 % -3", -2.0),
            ("7.5 // 2", 3.0),
            ("(1 + 2)*3/4", 2.25),
            ("--3", 3.0),
            ("%s.abc * 1.5", 4.5),
            ("8/4/2", 1.0),
        ] {
            assert_eq!(value(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_python_refuses() {
        assert_eq!(value("1/0"), Err(Arithmetic::ZeroDivision));
        assert_eq!(value("1 // (2 - 2)"), Err(Arithmetic::ZeroDivision));
        assert_eq!(value("0**-1"), Err(Arithmetic::ZeroDivision));
        assert_eq!(value("(-8)**0.5"), Err(Arithmetic::Complex));
        assert_eq!(value("1e300*1e300"), Err(Arithmetic::NotFinite));
    }
}
