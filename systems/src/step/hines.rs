//! Solution of the tree matrix (Hines, Int. J. Biomed. Comput. 15, 1984): elimination from the leaves to the
//! root, then back-substitution; the right-hand side becomes the voltage step.

use bevy_ecs::system::Query;
use components::{Diagonal, FromParent, NodeRange, Parent, RightHandSide, ToParent, Trees};

/// The compartment columns of the matrix.
type Matrix<'a> =
    (&'a Trees, &'a Parent, &'a ToParent, &'a FromParent, &'a mut RightHandSide, &'a mut Diagonal);

/// Solves the matrix of every tree of the group.
pub fn hines(mut compartments: Query<Matrix>) {
    for (trees, parent, a, b, mut rhs, mut diagonal) in &mut compartments {
        solve(&trees.0, &parent.0, &a.0, &b.0, &mut rhs.0, &mut diagonal.0);
    }
}

fn solve(trees: &[NodeRange], parent: &[u32], a: &[f64], b: &[f64], rhs: &mut [f64], diagonal: &mut [f64]) {
    let count = parent.len();
    let (a, b) = (&a[..count], &b[..count]);
    let (rhs, diagonal) = (&mut rhs[..count], &mut diagonal[..count]);
    for tree in trees {
        let (roots, branches) =
            (tree.start as usize..tree.branches as usize, tree.branches as usize..tree.end as usize);
        for node in branches.clone().rev() {
            let above = parent[node] as usize;
            let factor = a[node] / diagonal[node];
            diagonal[above] -= factor * b[node];
            rhs[above] -= factor * rhs[node];
        }
        for root in roots {
            rhs[root] /= diagonal[root];
        }
        for node in branches {
            let above = parent[node] as usize;
            rhs[node] -= b[node] * rhs[above];
            rhs[node] /= diagonal[node];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::solve;

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
        solve(&trees, &parent, &a, &b, &mut x, &mut d);
        let mut residual: Vec<f64> = (0..7).map(|node| diagonal[node] * x[node] - right[node]).collect();
        for node in [1, 2, 3, 4, 6] {
            let above = parent[node] as usize;
            residual[node] += b[node] * x[above];
            residual[above] += a[node] * x[node];
        }
        assert!(residual.iter().all(|value| value.abs() < 1e-14), "{residual:?}");
    }
}
