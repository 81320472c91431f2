//! The generator behind `scop_random`, `exprand`, `normrand` and `poisrand`.

use super::arithmetic::{exp, log};
use crate::math::Level;

/// NEURON's generator for the random functions of NMODL: a linear congruential generator of 32 bits, seeded with 1.
///
/// NEURON has one for the whole process; each group of instances has its own here, so that results do not depend on
/// which group runs first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedGenerator(u32);

impl Default for SharedGenerator {
    fn default() -> Self {
        Self(1)
    }
}

impl SharedGenerator {
    /// `set_seed`
    pub fn seed(&mut self, seed: f64) {
        self.0 = seed as u32;
    }

    /// `scop_random`: between 0 and 1.
    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(2_147_437_301).wrapping_add(453_816_981);
        f64::from(self.0) / f64::from(u32::MAX)
    }

    /// 32 random bits.
    pub fn word(&mut self) -> f64 {
        self.uniform();
        f64::from(self.0)
    }

    /// `exprand`
    pub fn exponential(&mut self, level: Level, mean: f64) -> f64 {
        -mean * log(level, self.uniform())
    }

    /// `normrand`
    pub fn normal(&mut self, level: Level, mean: f64, deviation: f64) -> f64 {
        loop {
            let v1 = 2. * self.uniform() - 1.;
            let v2 = 2. * self.uniform() - 1.;
            let s = v1 * v1 + v2 * v2;
            if s < 1. {
                return v1 * (-2. * log(level, s) / s).sqrt() * deviation + mean;
            }
        }
    }

    /// `poisrand`
    pub fn poisson(&mut self, level: Level, mean: f64) -> f64 {
        let (mut count, mut product) = (0_u32, 1.);
        let bound = exp(level, -mean);
        while product >= bound && count < POISSON_LIMIT {
            product *= self.uniform();
            count += 1;
        }
        f64::from(count) - 1.
    }
}

/// The product of so many numbers below 1 is 0, and the bound may be 0: NEURON would not end.
pub(super) const POISSON_LIMIT: u32 = 100_000;
