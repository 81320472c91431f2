//! Small dense systems, solved with NEURON's operations in NEURON's order: Newton's method with a numerical Jacobian
//! (`derivimplicit`, `NONLINEAR`) and elimination with row pivoting (`LINEAR`).
//!
//! Both choose rows by magnitude, so that every instance takes its own way through them: they are functions over the
//! numbers of one instance, not rewritten to statements.

use thiserror::Error;

/// A pivot smaller than this makes a matrix singular.
const ROUNDOFF: f64 = 1e-20;
/// Newton: unknowns below it do not count in the relative change, and residuals below it are 0.
const ZERO: f64 = 1e-8;
/// Newton: smallest increment of the numerical Jacobian.
const STEP: f64 = 1e-6;
/// Newton: relative change at which it has converged.
const CONVERGED: f64 = 1e-6;
/// Newton: relative change above which the Jacobian is computed anew.
const MAXIMUM_CHANGE: f64 = 0.05;
/// Newton: iterations after which it gives up.
const MAXIMUM_ITERATIONS: u32 = 50;

/// Why a system has no solution that could be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DenseError {
    /// The matrix is singular.
    #[error("the matrix is singular")]
    Singular,
    /// Newton's method did not converge.
    #[error("no convergence in {MAXIMUM_ITERATIONS} iterations")]
    NoConvergence,
}

/// Newton's method for one number of unknowns; it keeps its memory between calls.
///
/// The Jacobian is that of central differences: each unknown `x` is moved by ±`max(|0.02 x|, 1e-6)`, by
/// adding and subtracting, so that the rounding of that stays in `x` as it does in NEURON. It is computed anew only
/// while the unknowns change by more than 5 %.
#[derive(Clone, Debug, Default)]
pub struct Newton {
    residuals: Vec<f64>,
    high: Vec<f64>,
    change: Vec<f64>,
    jacobian: Vec<f64>,
    row_maxima: Vec<f64>,
    permutation: Vec<usize>,
}

impl Newton {
    /// For `count` unknowns.
    pub fn new(count: usize) -> Newton {
        Newton {
            residuals: vec![0.0; count],
            high: vec![0.0; count],
            change: vec![0.0; count],
            jacobian: vec![0.0; count * count],
            row_maxima: vec![0.0; count],
            permutation: vec![0; count],
        }
    }

    /// Changes `unknowns` until the residuals that `evaluate(unknowns, residuals)` computes from them are 0 (all
    /// below 1e-8 after a step of less than 1e-6 of the unknowns). There are as many of both as [`Newton::new`] said.
    ///
    /// # Errors
    /// If the Jacobian is singular, or after 50 iterations; `unknowns` are left as they are then.
    pub fn solve(
        &mut self,
        unknowns: &mut [f64],
        evaluate: &mut dyn FnMut(&mut [f64], &mut [f64]),
    ) -> Result<(), DenseError> {
        let mut change = 1.0;
        for iteration in 1..=MAXIMUM_ITERATIONS {
            if change > MAXIMUM_CHANGE {
                self.differentiate(unknowns, evaluate);
                self.residuals.iter_mut().for_each(|residual| *residual = -*residual);
                self.factorise()?;
            }
            self.substitute();
            change = 0.0;
            for (unknown, &delta) in unknowns.iter_mut().zip(&self.change) {
                let relative = (delta / *unknown).abs();
                if unknown.abs() > ZERO && relative > change {
                    change = relative;
                }
                *unknown += delta;
            }
            evaluate(unknowns, &mut self.residuals);
            let mut deviation = 0.0;
            for residual in &mut self.residuals {
                *residual = -*residual;
                if residual.abs() > deviation {
                    deviation = residual.abs();
                }
            }
            if change <= CONVERGED && deviation <= ZERO {
                return Ok(());
            }
            if iteration == MAXIMUM_ITERATIONS {
                return Err(DenseError::NoConvergence);
            }
        }
        Ok(())
    }

    /// Fills the Jacobian, and leaves the residuals at `unknowns` in `self.residuals`.
    fn differentiate(&mut self, unknowns: &mut [f64], evaluate: &mut dyn FnMut(&mut [f64], &mut [f64])) {
        let count = unknowns.len();
        for column in 0..count {
            let increment = (0.02 * unknowns[column]).abs().max(STEP);
            unknowns[column] += increment;
            evaluate(unknowns, &mut self.residuals);
            self.high.copy_from_slice(&self.residuals);
            unknowns[column] -= 2.0 * increment;
            evaluate(unknowns, &mut self.residuals);
            for row in 0..count {
                self.jacobian[row * count + column] =
                    (self.high[row] - self.residuals[row]) / (2.0 * increment);
            }
            unknowns[column] += increment;
            evaluate(unknowns, &mut self.residuals);
        }
    }

    /// Crout's factorisation of the Jacobian: the lower triangle holds its diagonal, that of the upper one is 1.
    /// Pivots are compared relative to the largest element of their row.
    fn factorise(&mut self) -> Result<(), DenseError> {
        let count = self.residuals.len();
        let (a, order) = (&mut self.jacobian, &mut self.permutation);
        for row in 0..count {
            order[row] = row;
            let elements = &a[row * count..(row + 1) * count];
            let mut largest = elements[0];
            for &element in elements {
                if element.abs() > largest.abs() {
                    largest = element;
                }
            }
            self.row_maxima[row] = largest;
        }
        for step in 0..count {
            for &row in &order[step..] {
                let mut sum = 0.0;
                for (column, &above) in order[..step].iter().enumerate() {
                    sum += a[row * count + column] * a[above * count + step];
                }
                a[row * count + step] -= sum;
            }
            let size = |row: usize| (a[row * count + step] / self.row_maxima[row]).abs();
            let mut best = step;
            let mut largest = size(order[step]);
            for (place, &row) in order.iter().enumerate().skip(step + 1) {
                if size(row) > largest {
                    best = place;
                    largest = size(row);
                }
            }
            order.swap(step, best);
            let pivot = order[step];
            if a[pivot * count + step].abs() < ROUNDOFF {
                return Err(DenseError::Singular);
            }
            for column in step + 1..count {
                let mut sum = 0.0;
                for (inner, &above) in order[..step].iter().enumerate() {
                    sum += a[pivot * count + inner] * a[above * count + column];
                }
                a[pivot * count + column] = (a[pivot * count + column] - sum) / a[pivot * count + step];
            }
        }
        Ok(())
    }

    /// Solves the factorised system for `self.residuals` into `self.change`.
    fn substitute(&mut self) {
        let count = self.residuals.len();
        let (a, x) = (&self.jacobian, &mut self.change);
        for (place, &row) in self.permutation.iter().enumerate() {
            let mut sum = 0.0;
            for column in 0..place {
                sum += a[row * count + column] * x[column];
            }
            x[place] = (self.residuals[row] - sum) / a[row * count + place];
        }
        for (place, &row) in self.permutation.iter().enumerate().rev() {
            let mut sum = 0.0;
            for column in place + 1..count {
                sum += a[row * count + column] * x[column];
            }
            x[place] -= sum;
        }
    }
}

/// Solves `matrix · unknowns = right` by Gaussian elimination; in each column the row with the largest element is the
/// pivot. `matrix` holds the rows one after the other and is destroyed, as is `right`.
///
/// # Errors
/// If a pivot is below 1e-20; `unknowns` are not changed then.
pub fn solve_linear(matrix: &mut [f64], right: &mut [f64], unknowns: &mut [f64]) -> Result<(), DenseError> {
    let count = unknowns.len();
    let mut order: Vec<usize> = (0..count).collect();
    for step in 0..count {
        let mut best = step;
        for place in step + 1..count {
            if matrix[order[best] * count + step].abs() < matrix[order[place] * count + step].abs() {
                best = place;
            }
        }
        let pivot = order[best];
        let divisor = matrix[pivot * count + step];
        if divisor.abs() < ROUNDOFF {
            return Err(DenseError::Singular);
        }
        order.swap(step, best);
        for column in step + 1..count {
            matrix[pivot * count + column] /= divisor;
        }
        right[pivot] /= divisor;
        for &row in &order[step + 1..] {
            let factor = matrix[row * count + step];
            for column in step + 1..count {
                matrix[row * count + column] -= matrix[pivot * count + column] * factor;
            }
            right[row] -= right[pivot] * factor;
        }
    }
    for place in (0..count).rev() {
        let row = order[place];
        unknowns[place] = right[row];
        for column in place + 1..count {
            unknowns[place] -= matrix[row * count + column] * unknowns[column];
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    // x' = 1 - 2x², q' = x - q from (1, 0) by steps of 0.1 ms; the numbers are those of NEURON 9.0.2.
    #[test]
    fn newton_takes_the_steps_of_derivimplicit() {
        let mut newton = Newton::new(2);
        let mut state = [1.0, 0.0];
        let mut calls = 0;
        let mut step = |state: &mut [f64; 2]| {
            let saved = *state;
            newton.solve(state, &mut |x, residuals| {
                calls += 1;
                residuals[0] = (1.0 - 2.0 * x[0] * x[0]) - (x[0] - saved[0]) / 0.1;
                residuals[1] = (x[0] - x[1]) - (x[1] - saved[1]) / 0.1;
            })
        };
        assert_eq!(step(&mut state), Ok(()));
        assert_eq!(state, [0.9278273002180473, 0.08434793638345885]);
        assert_eq!(step(&mut state), Ok(()));
        assert_eq!(state, [0.8747794744413633, 0.15620534893417745]);
        assert!(calls > 20, "two Jacobians in the first step");
    }

    #[test]
    fn what_has_no_solution_is_told() {
        let mut newton = Newton::new(1);
        let nothing = newton.solve(&mut [1.0], &mut |_, residuals| residuals[0] = 1.0);
        assert_eq!(nothing, Err(DenseError::Singular));
        let circle = newton.solve(&mut [0.5], &mut |x, residuals| residuals[0] = x[0] * x[0] + 1.0);
        assert_eq!(circle, Err(DenseError::NoConvergence));
        let mut unknowns = [7.0, 8.0];
        let singular = solve_linear(&mut [1.0, 2.0, 2.0, 4.0], &mut [1.0, 1.0], &mut unknowns);
        assert_eq!((singular, unknowns), (Err(DenseError::Singular), [7.0, 8.0]));
    }

    #[test]
    fn rows_are_exchanged() {
        let mut unknowns = [0.0; 2];
        assert_eq!(solve_linear(&mut [0.0, 2.0, 4.0, 0.0], &mut [6.0, 8.0], &mut unknowns), Ok(()));
        assert_eq!(unknowns, [2.0, 3.0]);
    }
}
