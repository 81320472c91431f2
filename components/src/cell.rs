//! What identifies a cell, and where it lies in the columns of its group.

use std::sync::Arc;

use bevy_ecs::component::Component;

/// Number of a cell, unique over all populations of a simulation.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gid(pub u64);

/// Name of the SONATA population a cell belongs to.
#[derive(Component, Clone, Debug, PartialEq, Eq)]
pub struct Population(pub Arc<str>);

/// SONATA node id of a cell within its population.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeId(pub u64);

/// The nodes of a cell in the columns of its group.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompartmentRange {
    /// First node (the root).
    pub start: u32,
    /// One past the last node.
    pub end: u32,
}

/// Names of the sections of a cell, for messages.
#[derive(Component, Clone, Debug)]
pub struct SectionTable {
    /// Section names, such as `dend[3]`.
    pub names: Arc<[String]>,
    /// Section of each node of the cell.
    pub section: Arc<[u32]>,
}
