//! What is known before a kernel runs, and arithmetic with it.

use crate::execute::Constants;
use crate::execute::arithmetic;
use crate::ir::{BinaryOperation, Place, Program, UnaryOperation};
use crate::math::Level;

/// What is known before a kernel runs.
pub(super) struct Known<'a> {
    /// The program it belongs to.
    pub(super) program: &'a Program,
    /// What is fixed for the run.
    pub(super) constants: &'a Constants,
    /// The vector instructions that will run it.
    pub(super) level: Level,
}

/// What an operation comes down to.
pub(super) enum Simpler {
    /// A number.
    Number(f64),
    /// One of the operands: the first or the second.
    Left,
    Right,
    /// The first operand times a number.
    Times(f64),
}

impl Known<'_> {
    /// The number at a place, if it never changes.
    pub(super) fn place(&self, place: Place) -> Option<f64> {
        match place {
            Place::Step => Some(self.constants.dt),
            Place::Celsius => Some(self.constants.celsius),
            Place::SecondOrder => Some(f64::from(self.constants.second_order)),
            Place::Global(number) => {
                let variable = self.program.globals.get(number as usize)?;
                let initial = self.constants.globals.get(number as usize).copied();
                (!variable.written).then(|| initial.unwrap_or(variable.initial))
            }
            _ => None,
        }
    }

    /// An operation with one operand that is known.
    pub(super) fn unary(&self, operation: UnaryOperation, a: f64) -> f64 {
        arithmetic::unary(self.level, operation, a)
    }

    /// An operation with two operands that are known.
    pub(super) fn number(&self, operation: BinaryOperation, a: f64, b: f64) -> f64 {
        arithmetic::binary(self.level, operation, a, b)
    }

    /// An operation whose operands may be known. Every result has the same bits as the operation would give.
    pub(super) fn binary(
        &self,
        operation: BinaryOperation,
        left: Option<f64>,
        right: Option<f64>,
    ) -> Option<Simpler> {
        match (left, right) {
            (Some(a), Some(b)) => Some(Simpler::Number(self.number(operation, a, b))),
            (_, Some(b)) => match operation {
                BinaryOperation::Multiply | BinaryOperation::Divide if b == 1. => Some(Simpler::Left),
                BinaryOperation::Subtract if b.to_bits() == 0 => Some(Simpler::Left),
                BinaryOperation::Add if b.to_bits() == (-0_f64).to_bits() => Some(Simpler::Left),
                BinaryOperation::Divide if is_power_of_two(b) => Some(Simpler::Times(1. / b)),
                _ => None,
            },
            (Some(a), _) => match operation {
                BinaryOperation::Multiply if a == 1. => Some(Simpler::Right),
                BinaryOperation::Add if a.to_bits() == (-0_f64).to_bits() => Some(Simpler::Right),
                _ => None,
            },
            (None, None) => None,
        }
    }
}

/// Whether a number and its reciprocal are powers of two, so that both rounding and range of a quotient are those of
/// the product.
fn is_power_of_two(number: f64) -> bool {
    let mantissa = number.to_bits() & ((1 << 52) - 1);
    mantissa == 0 && number.is_normal() && (1. / number).is_normal()
}

#[cfg(test)]
mod tests {
    use super::is_power_of_two;

    #[test]
    fn powers_of_two() {
        assert!([1., 2., -0.25, 1e300_f64.log2().floor().exp2()].into_iter().all(is_power_of_two));
        assert!(![0., 3., f64::INFINITY, f64::NAN, 5e-324].into_iter().any(is_power_of_two));
    }
}
