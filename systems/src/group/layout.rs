//! Compartment columns of a group from the models of its cells: a pure function from cells to arrays.

use cell::model::NO_PARENT;
use components::{
    Area, Capacitance, Column, Diagonal, Diameter, FromParent, NodeRange, Parent, RightHandSide, ToParent,
    Trees, Voltage,
};

use super::CellPlan;

/// The compartment columns of a group.
pub struct Compartments {
    /// First node of every cell, and the number of nodes as the last entry.
    pub starts: Vec<u32>,
    /// The columns, ready to be spawned.
    pub columns:
        (Trees, Parent, ToParent, FromParent, Area, Diameter, Capacitance, Voltage, RightHandSide, Diagonal),
}

/// Lays the nodes of the cells one after another.
pub fn lay_out(cells: &[CellPlan]) -> Compartments {
    let mut starts = vec![0];
    let mut total = 0;
    for cell in cells {
        total += cell.model.nodes.parent.len() as u32;
        starts.push(total);
    }
    let mut parent = Vec::with_capacity(total as usize);
    let mut trees = Vec::new();
    for (cell, range) in cells.iter().zip(starts.windows(2)) {
        let (start, end) = (range[0], range[1]);
        let parents = &cell.model.nodes.parent;
        let roots = parents.iter().take_while(|&&above| above == NO_PARENT).count() as u32;
        trees.push(NodeRange { start, branches: start + roots, end });
        let own = |node: usize| start + node as u32;
        parent.extend(
            parents
                .iter()
                .enumerate()
                .map(|(node, &above)| if above == NO_PARENT { own(node) } else { start + above }),
        );
    }
    let gather = |column: fn(&CellPlan) -> &[f64]| -> Column {
        cells.iter().flat_map(|cell| column(cell).iter().copied()).collect()
    };
    let zeros = || Column::filled(total as usize, 0.0);
    Compartments {
        starts,
        columns: (
            Trees(trees),
            Parent(parent),
            ToParent(gather(|cell| &cell.model.nodes.a)),
            FromParent(gather(|cell| &cell.model.nodes.b)),
            Area(gather(|cell| &cell.model.nodes.area)),
            Diameter(gather(|cell| &cell.model.nodes.diameter)),
            Capacitance(gather(|cell| &cell.model.nodes.capacitance)),
            Voltage(zeros()),
            RightHandSide(zeros()),
            Diagonal(zeros()),
        ),
    }
}
