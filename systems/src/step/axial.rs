//! Axial currents between neighbouring nodes, into the matrix.

use bevy_ecs::system::Query;
use components::{Diagonal, FromParent, NodeRange, Parent, RightHandSide, ToParent, Trees, Voltage};

/// The compartment columns that axial currents touch.
type Columns<'a> = (
    &'a Trees,
    &'a Parent,
    &'a ToParent,
    &'a FromParent,
    &'a Voltage,
    &'a mut RightHandSide,
    &'a mut Diagonal,
);

/// `rhs_i -= b_i (v_p - v_i)`, `rhs_p += a_i (v_p - v_i)`, `d_i -= b_i`, `d_p -= a_i`, nodes ascending.
pub fn axial(mut compartments: Query<Columns>) {
    for (trees, parent, a, b, voltage, mut rhs, mut diagonal) in &mut compartments {
        add_axial_currents(&trees.0, &parent.0, &a.0, &b.0, &voltage.0, &mut rhs.0, &mut diagonal.0);
    }
}

fn add_axial_currents(
    trees: &[NodeRange],
    parent: &[u32],
    a: &[f64],
    b: &[f64],
    voltage: &[f64],
    rhs: &mut [f64],
    diagonal: &mut [f64],
) {
    let count = parent.len();
    let (a, b, voltage) = (&a[..count], &b[..count], &voltage[..count]);
    let (rhs, diagonal) = (&mut rhs[..count], &mut diagonal[..count]);
    for tree in trees {
        for node in tree.branches as usize..tree.end as usize {
            let above = parent[node] as usize;
            let difference = voltage[above] - voltage[node];
            rhs[node] -= b[node] * difference;
            rhs[above] += a[node] * difference;
            diagonal[node] -= b[node];
            diagonal[above] -= a[node];
        }
    }
}
