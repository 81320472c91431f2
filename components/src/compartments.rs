//! Columns over the nodes of a group: the unknowns and coefficients of the cable equation.
//!
//! Each cell of the group owns a contiguous range of nodes, its root nodes first, each node after its parent.
//! A node is a segment with membrane or one of the zero-area nodes at the ends of sections.

use bevy_ecs::component::Component;

use crate::Column;

macro_rules! columns {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Component, Clone, Debug, Default)]
        pub struct $name(pub Column);
    )*};
}

columns! {
    /// Membrane potential (mV).
    Voltage;
    /// Right-hand side of the tree matrix: current density (mA/cm2), after the solve the voltage step (mV).
    RightHandSide;
    /// Diagonal of the tree matrix (S/cm2, in units of mS/cm2 · 1e-3 as NEURON scales it).
    Diagonal;
    /// Effect of the node on its parent's equation, negative.
    ToParent;
    /// Effect of the parent on the node's equation, negative.
    FromParent;
    /// Specific membrane capacitance (uF/cm2); 0 where there is no membrane.
    Capacitance;
    /// Membrane area (um2); 100 for zero-area nodes, so that point currents there are in nA.
    Area;
    /// Diameter (um).
    Diameter;
    /// Membrane current (nA), kept only where a report or extracellular signal needs it.
    MembraneCurrent;
    /// Right-hand side from electrode currents alone, needed for the membrane current.
    SavedRightHandSide;
    /// Diagonal without electrode and axial terms, needed for the membrane current.
    SavedDiagonal;
}

/// Parent node of every node; a root is its own parent.
#[derive(Component, Clone, Debug, Default)]
pub struct Parent(pub Vec<u32>);

/// The nodes of one cell: its root nodes come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeRange {
    /// The first root.
    pub start: u32,
    /// One past the last root; all nodes from here on have a parent among the nodes before them.
    pub branches: u32,
    /// One past the last node.
    pub end: u32,
}

/// The nodes of every cell of the group.
#[derive(Component, Clone, Debug, Default)]
pub struct Trees(pub Vec<NodeRange>);
