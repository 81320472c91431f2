//! Solution of the tree matrix (Hines, Int. J. Biomed. Comput. 15, 1984): elimination from the leaves to the
//! root, then back-substitution; the right-hand side becomes the voltage step.
//!
//! Within a tree every node waits for the division of the one before it, so several trees are solved side by side,
//! whatever their shapes; the operations on each tree and their order are those of solving it alone.

use bevy_ecs::system::{Local, Query};
use components::{Diagonal, FromParent, NodeRange, Parent, RightHandSide, ToParent, Trees};

/// The compartment columns of the matrix.
type Compartments<'a> =
    (&'a Trees, &'a Parent, &'a ToParent, &'a FromParent, &'a mut RightHandSide, &'a mut Diagonal);

/// Solves the matrix of every tree of the group.
pub fn hines(mut compartments: Query<Compartments>, mut order: Local<Vec<NodeRange>>) {
    for (trees, parent, a, b, mut rhs, mut diagonal) in &mut compartments {
        if order.len() != trees.0.len() {
            *order = by_size(&trees.0);
        }
        let mut matrix = Matrix::new(&parent.0, [&a.0, &b.0], &mut rhs.0, &mut diagonal.0);
        matrix.solve(&order);
    }
}

/// Trees of similar size next to each other, so that those side by side end at about the same time.
fn by_size(trees: &[NodeRange]) -> Vec<NodeRange> {
    let mut order = trees.to_vec();
    order.sort_by_key(|tree| (tree.end - tree.branches, tree.start));
    order
}

/// The columns of the matrix, all of the same length.
struct Matrix<'a> {
    parent: &'a [u32],
    a: &'a [f64],
    b: &'a [f64],
    rhs: &'a mut [f64],
    diagonal: &'a mut [f64],
}

impl<'a> Matrix<'a> {
    fn new(parent: &'a [u32], [a, b]: [&'a [f64]; 2], rhs: &'a mut [f64], diagonal: &'a mut [f64]) -> Self {
        // one bounds check for each node rather than one for each column
        let count = parent.len();
        Self {
            parent,
            a: &a[..count],
            b: &b[..count],
            rhs: &mut rhs[..count],
            diagonal: &mut diagonal[..count],
        }
    }

    fn solve(&mut self, trees: &[NodeRange]) {
        let rest = self.solve_batches::<8>(trees);
        let rest = self.solve_batches::<4>(rest);
        let rest = self.solve_batches::<2>(rest);
        self.solve_batches::<1>(rest);
    }

    /// Solves trees by `COUNT` as far as they go; the rest of them.
    fn solve_batches<'t, const COUNT: usize>(&mut self, trees: &'t [NodeRange]) -> &'t [NodeRange] {
        let (batches, rest) = trees.as_chunks::<COUNT>();
        for batch in batches {
            self.solve_together(batch);
        }
        rest
    }

    /// Solves some trees: the nodes that all have an equal number of side by side, others tree by tree.
    #[inline(always)]
    fn solve_together<const COUNT: usize>(&mut self, trees: &[NodeRange; COUNT]) {
        let first = trees.map(|tree| tree.branches as usize);
        let common = trees.iter().map(|tree| (tree.end - tree.branches) as usize).min().unwrap_or(0);
        for tree in trees {
            for node in (tree.branches as usize + common..tree.end as usize).rev() {
                self.eliminate(node);
            }
        }
        for step in (0..common).rev() {
            for first in first {
                self.eliminate(first + step);
            }
        }
        for tree in trees {
            for root in tree.start as usize..tree.branches as usize {
                self.rhs[root] /= self.diagonal[root];
            }
        }
        for step in 0..common {
            for first in first {
                self.substitute(first + step);
            }
        }
        for tree in trees {
            for node in tree.branches as usize + common..tree.end as usize {
                self.substitute(node);
            }
        }
    }

    #[inline(always)]
    fn eliminate(&mut self, node: usize) {
        let above = self.parent[node] as usize;
        let factor = self.a[node] / self.diagonal[node];
        self.diagonal[above] -= factor * self.b[node];
        self.rhs[above] -= factor * self.rhs[node];
    }

    #[inline(always)]
    fn substitute(&mut self, node: usize) {
        let above = self.parent[node] as usize;
        self.rhs[node] = (self.rhs[node] - self.b[node] * self.rhs[above]) / self.diagonal[node];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use random::Stream;

    /// A group of trees with its matrix.
    #[derive(Clone)]
    struct Group {
        trees: Vec<NodeRange>,
        parent: Vec<u32>,
        a: Vec<f64>,
        b: Vec<f64>,
        rhs: Vec<f64>,
        diagonal: Vec<f64>,
    }

    /// Trees of random shapes, of up to `largest` nodes.
    fn group(seed: u32, count: usize, largest: u32) -> Group {
        let mut stream = Stream::new(seed, 0, 0, 0);
        let mut draw = |low: f64, high: f64| low + (high - low) * stream.uniform();
        let (mut trees, mut parent) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let start = parent.len() as u32;
            let size = draw(1.0, f64::from(largest) + 1.0) as u32;
            let roots = (draw(1.0, 3.0) as u32).min(size);
            parent.extend(start..start + roots);
            for node in roots..size {
                let before = draw(0.0, f64::from(node.min(4))) as u32;
                parent.push(start + node - 1 - before);
            }
            trees.push(NodeRange { start, branches: start + roots, end: start + size });
        }
        let mut column = |low: f64, high: f64| parent.iter().map(|_| draw(low, high)).collect::<Vec<_>>();
        let (a, b) = (column(-2.0, -0.01), column(-2.0, -0.01));
        let (rhs, diagonal) = (column(-1.0, 1.0), column(10.0, 40.0));
        Group { trees, parent, a, b, rhs, diagonal }
    }

    fn solved(mut group: Group) -> Vec<f64> {
        let order = by_size(&group.trees);
        Matrix::new(&group.parent, [&group.a, &group.b], &mut group.rhs, &mut group.diagonal).solve(&order);
        group.rhs
    }

    /// The method as written down by Hines, tree by tree and node by node.
    fn solved_plainly(group: Group) -> Vec<f64> {
        let Group { trees, parent, a, b, mut rhs, diagonal: mut d } = group;
        for tree in trees {
            let (roots, nodes) = (tree.start..tree.branches, tree.branches..tree.end);
            for node in nodes.clone().rev().map(|node| node as usize) {
                let (above, factor) = (parent[node] as usize, a[node] / d[node]);
                d[above] -= factor * b[node];
                rhs[above] -= factor * rhs[node];
            }
            for root in roots.map(|root| root as usize) {
                rhs[root] /= d[root];
            }
            for node in nodes.map(|node| node as usize) {
                rhs[node] -= b[node] * rhs[parent[node] as usize];
                rhs[node] /= d[node];
            }
        }
        rhs
    }

    /// A tree with two branches: the solution must satisfy the equations it came from.
    #[test]
    fn solution_satisfies_the_equations() {
        let parent = [0, 0, 1, 1, 3, 5, 5];
        let range = |start, end| NodeRange { start, branches: start + 1, end };
        let trees = [range(0, 5), range(5, 7)];
        let a = [0.0, -1.0, -2.0, -0.5, -3.0, 0.0, -0.25];
        let b = [0.0, -1.5, -0.5, -0.75, -2.0, 0.0, -0.125];
        let diagonal = [4.0, 9.0, 3.0, 8.0, 5.0, 2.0, 1.0];
        let right = [1.0, -2.0, 3.0, 0.5, -0.25, 4.0, 2.0];
        let (mut x, mut d) = (right, diagonal);
        Matrix::new(&parent, [&a, &b], &mut x, &mut d).solve(&trees);
        let mut residual: Vec<f64> = (0..7).map(|node| diagonal[node] * x[node] - right[node]).collect();
        for node in [1, 2, 3, 4, 6] {
            let above = parent[node] as usize;
            residual[node] += b[node] * x[above];
            residual[above] += a[node] * x[node];
        }
        assert!(residual.iter().all(|value| value.abs() < 1e-14), "{residual:?}");
    }

    /// How many trees there are, and of which sizes, changes no bit of the solution of any.
    #[test]
    fn trees_side_by_side_have_the_bits_of_trees_alone() {
        for (seed, count) in [1, 2, LANES - 1, LANES, LANES + 1, 5 * LANES + 3].into_iter().enumerate() {
            for largest in [1, 2, 17, 200] {
                let group = group(seed as u32, count, largest);
                let bits = |values: Vec<f64>| values.into_iter().map(f64::to_bits).collect::<Vec<_>>();
                let (fast, plain) = (solved(group.clone()), solved_plainly(group));
                assert!(plain.iter().all(|value| value.is_finite()));
                assert_eq!(bits(fast), bits(plain), "{count} trees of up to {largest} nodes");
            }
        }
    }
}
