//! The precision in which parameters of relative signals are computed.

use std::hint::black_box;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A number of the precision in which a nodes file stores the attribute that a signal is relative to.
///
/// neurodamus computes with NumPy scalars of the attribute's type: a product of a single-precision attribute and a
/// number of the config is a single-precision number (NumPy 2, NEP 50).
pub trait Real:
    Copy
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// The nearest number of this precision.
    fn of(value: f64) -> Self;

    /// The number in double precision.
    fn wide(self) -> f64;

    /// Its square by the library's `pow`, whose last bit may differ from a product's.
    fn squared(self) -> Self;
}

impl Real for f64 {
    fn of(value: f64) -> Self {
        value
    }

    fn wide(self) -> f64 {
        self
    }

    fn squared(self) -> Self {
        // Known to the compiler, the exponent would make it a product
        self.powf(black_box(2.0))
    }
}

impl Real for f32 {
    fn of(value: f64) -> Self {
        value as Self
    }

    fn wide(self) -> f64 {
        f64::from(self)
    }

    fn squared(self) -> Self {
        self.powf(black_box(2.0))
    }
}
