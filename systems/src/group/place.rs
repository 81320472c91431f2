//! Where something is: from nodes and instances of a group to cells, sections and segments, for messages.

use bevy_ecs::entity::Entity;
use bevy_ecs::world::World;
use components::{CompartmentRange, Gid, Instances, MechanismName, NodeId, Population, SectionTable};
use nmodl::execute::Failure;

use crate::error::Error;
use crate::step::MechanismTable;

/// A node of a group, as the user knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The cell.
    pub gid: u64,
    /// Its population.
    pub population: String,
    /// Its node id.
    pub node_id: u64,
    /// The section.
    pub section: String,
    /// The segment within the section.
    pub segment: usize,
}

/// Finds the cell, section and segment of a node of the group.
pub fn locate(world: &mut World, node: u32) -> Option<Located> {
    let mut cells = world.query::<(&Gid, &Population, &NodeId, &CompartmentRange, &SectionTable)>();
    let is_there = |range: &CompartmentRange| (range.start..range.end).contains(&node);
    let (gid, population, node_id, range, table) = cells.iter(world).find(|cell| is_there(cell.3))?;
    let local = (node - range.start) as usize;
    let number = table.section.get(local).copied().unwrap_or(0);
    let first = table.section.iter().position(|section| *section == number).unwrap_or(local);
    // The root of a cell is the beginning of its first section, before the segments
    let first = if first == 0 { 1 } else { first };
    Some(Located {
        gid: gid.0,
        population: population.0.to_string(),
        node_id: node_id.0,
        section: table.names.get(number as usize).cloned().unwrap_or_default(),
        segment: local - first.min(local),
    })
}

/// The cell that an instance of a mechanism belongs to.
pub fn gid_of(world: &mut World, mechanism: Entity, instance: u32) -> Option<u64> {
    let instances = world.get::<Instances>(mechanism)?;
    if let Some(source) = instances.sources.get(instance as usize) {
        return Some(source.source.gid());
    }
    let node = *instances.nodes.get(instance as usize)?;
    locate(world, node).map(|place| place.gid)
}

/// The error that a failure of a kernel at `t` (ms) is.
pub fn explain(world: &mut World, t: f64, mechanism: Entity, failure: &Failure) -> Error {
    let name = world.get::<MechanismName>(mechanism).map(|name| name.0.clone()).unwrap_or_default();
    let table = world.resource::<MechanismTable>();
    let index = table.entities.iter().position(|entity| *entity == mechanism);
    let place = index.map(|index| table.kernels[index].place(failure.span)).unwrap_or_default();
    let instances = world.get::<Instances>(mechanism);
    let node = instances.and_then(|instances| instances.nodes.get(failure.instance as usize).copied());
    let gid = gid_of(world, mechanism, failure.instance).unwrap_or_default();
    let located = match node.and_then(|node| locate(world, node)) {
        Some(place) => {
            format!(
                " ({} node {}), section `{}`, segment {}",
                place.population, place.node_id, place.section, place.segment
            )
        }
        None => String::new(),
    };
    Error::KernelFailed { t, gid, located, mechanism: name, place, message: failure.message.clone() }
}
