//! Gaussian elimination of a sparse matrix, written out as statements.
//!
//! NEURON's `sparse` method chooses the order of pivots by structure alone: always the row with the fewest elements
//! left, among equals the one that got its number last; elements that elimination fills count from then on. There is
//! no pivoting by magnitude, so that the same operations serve every instance at every step.

use super::make::Make;
use crate::syntax::ast::*;

/// Which elements of a square matrix are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Structure {
    size: usize,
    present: Vec<bool>,
}

impl Structure {
    /// Only the diagonal.
    pub fn new(size: usize) -> Structure {
        let present = (0..size * size).map(|place| place / size == place % size).collect();
        Structure { size, present }
    }

    pub fn insert(&mut self, row: usize, column: usize) {
        self.present[row * self.size + column] = true;
    }

    pub fn contains(&self, row: usize, column: usize) -> bool {
        self.present[row * self.size + column]
    }

    /// All elements, row by row.
    pub fn elements(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.size * self.size)
            .filter(|&place| self.present[place])
            .map(|place| (place / self.size, place % self.size))
    }
}

/// Rows by the number of their elements, as NEURON keeps them: a row that gets a new number goes before its equals.
struct Queue {
    counts: Vec<usize>,
    rows: Vec<usize>,
}

impl Queue {
    fn insert(&mut self, row: usize) {
        let count = self.counts[row];
        let place = self.rows.iter().position(|&other| self.counts[other] >= count);
        self.rows.insert(place.unwrap_or(self.rows.len()), row);
    }

    fn remove(&mut self, row: usize) {
        self.rows.retain(|&other| other != row);
    }
}

/// The order in which rows (and columns) are pivots; adds the elements that elimination fills to `structure`.
pub(super) fn pivot_order(structure: &mut Structure) -> Vec<usize> {
    let size = structure.size;
    let counts = (0..size).map(|row| (0..size).filter(|&column| structure.contains(row, column)).count());
    let mut queue = Queue { counts: counts.collect(), rows: Vec::new() };
    for row in 0..size {
        queue.insert(row);
    }
    let mut order: Vec<usize> = (0..size).collect();
    for step in 0..size {
        let pivot = queue.rows[0];
        order.retain(|&row| row != pivot);
        order.insert(step, pivot);
        let rest = &order[step + 1..];
        for &row in rest.iter().filter(|&&row| structure.contains(row, pivot)).collect::<Vec<_>>() {
            for &column in rest {
                if structure.contains(pivot, column) && !structure.contains(row, column) {
                    structure.insert(row, column);
                    queue.remove(row);
                    queue.counts[row] += 1;
                    queue.insert(row);
                }
            }
            queue.remove(row);
            queue.counts[row] -= 1;
            queue.insert(row);
        }
        queue.remove(pivot);
    }
    order
}

/// How many elements [`eliminate`] changes.
pub(super) fn work(structure: &Structure, order: &[usize]) -> usize {
    let steps = order.iter().enumerate().map(|(step, &pivot)| {
        let rest = &order[step + 1..];
        let below = rest.iter().filter(|&&row| structure.contains(row, pivot)).count();
        below * rest.iter().filter(|&&column| structure.contains(pivot, column)).count()
    });
    steps.sum()
}

/// Name of the element of the matrix.
pub(super) fn element(row: usize, column: usize) -> String {
    format!("matrix@{row}@{column}")
}

/// Name of the right side, and of the solution.
pub(super) fn right(row: usize) -> String {
    format!("right@{row}")
}

/// Statements that solve the system of [`element`]s and [`right`]s into the latter. `singular@` counts pivots below
/// 1e-20, where NEURON gives up.
pub(super) fn eliminate(make: Make, structure: &Structure, order: &[usize]) -> Vec<Statement> {
    let value = |name: String| make.value(&name);
    let less = |name: String, amount: Expression| {
        let difference = make.subtract(make.value(&name), amount);
        make.set(&name, difference)
    };
    let mut statements = vec![make.set("singular@", make.number(0.0))];
    for (step, &pivot) in order.iter().enumerate() {
        let size = make.call("fabs", value(element(pivot, pivot)));
        let small = make.binary(BinaryOperator::LessOrEqual, size, make.number(1e-20));
        statements.push(make.set("singular@", make.add(make.value("singular@"), small)));
        let rest = &order[step + 1..];
        for &row in rest.iter().filter(|&&row| structure.contains(row, pivot)) {
            let ratio = make.divide(value(element(row, pivot)), value(element(pivot, pivot)));
            statements.push(make.set("ratio@", ratio));
            let part = make.multiply(value(right(pivot)), make.value("ratio@"));
            statements.push(less(right(row), part));
            for &column in rest.iter().filter(|&&column| structure.contains(pivot, column)) {
                let part = make.multiply(value(element(pivot, column)), make.value("ratio@"));
                statements.push(less(element(row, column), part));
            }
        }
    }
    for (step, &row) in order.iter().enumerate().rev() {
        for &column in order[step + 1..].iter().filter(|&&column| structure.contains(row, column)) {
            let part = make.multiply(value(element(row, column)), value(right(column)));
            statements.push(less(right(row), part));
        }
        let quotient = make.divide(value(right(row)), value(element(row, row)));
        statements.push(make.set(&right(row), quotient));
    }
    statements
}

#[cfg(test)]
mod tests {
    use super::*;

    // A chain 0 - 1 - 2 - 3: ends first, of equals the later one.
    #[test]
    fn the_row_with_fewest_elements_comes_first() {
        let mut structure = Structure::new(4);
        for row in 0..3 {
            structure.insert(row, row + 1);
            structure.insert(row + 1, row);
        }
        let before = structure.clone();
        assert_eq!(pivot_order(&mut structure), [3, 2, 1, 0]);
        assert_eq!(structure, before, "nothing is filled");
    }

    #[test]
    fn filled_elements_are_there() {
        let mut structure = Structure::new(3);
        for (row, column) in [(2, 0), (2, 1), (0, 2), (1, 2), (0, 1)] {
            structure.insert(row, column);
        }
        assert_eq!(pivot_order(&mut structure), [1, 2, 0]);
        assert!(structure.contains(2, 1) && !structure.contains(1, 0));
    }
}
