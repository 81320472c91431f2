//! Voltages that the cells of a group publish and receive.

use std::collections::BTreeMap;

use bevy_ecs::entity::Entity;
use bevy_ecs::world::World;
use components::{ArrivedVoltages, Column, ReceivedVoltages, VoltageSource};

use super::instances::Gathered;
use super::pointers::Places;
use crate::error::Error;

/// What a group has to do with the voltages that others publish and receive.
#[derive(Clone, Debug, Default)]
pub struct GroupVoltages {
    /// Those of its nodes that are published, in the order of cells.
    pub published: Vec<PublishedVoltage>,
    /// Those that it receives from other groups, by ascending id: their ids, and the first cell that receives each.
    /// Their order is that of [`ArrivedVoltages`].
    pub awaited: Vec<(u64, u64)>,
}

/// A voltage that others may receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishedVoltage {
    /// The id by which it is known, unique over all cells.
    pub id: u64,
    /// The cell.
    pub gid: u64,
    /// The node in the group.
    pub node: u32,
}

impl GroupVoltages {
    /// Whether the group publishes or receives voltages.
    pub fn has_any(&self, world: &mut World) -> bool {
        !self.published.is_empty() || world.query::<&ReceivedVoltages>().iter(world).next().is_some()
    }
}

/// Finds what the group's cells publish and receive, and spawns what receives it.
///
/// # Errors
///
/// A node, instance or variable that does not exist.
pub fn gather(
    places: &Places,
    mechanisms: &[Gathered],
    compartments: Entity,
    world: &mut World,
) -> Result<GroupVoltages, Error> {
    let mut voltages = GroupVoltages { published: published(places)?, awaited: Vec::new() };
    let own: BTreeMap<u64, u32> = voltages.published.iter().map(|known| (known.id, known.node)).collect();
    let mut awaited: BTreeMap<u64, u64> = BTreeMap::new();
    for cell in places.cells {
        for received in cell.received_voltages.iter().filter(|received| !own.contains_key(&received.id)) {
            awaited.entry(received.id).or_insert(cell.gid);
        }
    }
    voltages.awaited = awaited.into_iter().collect();
    let mut variables: BTreeMap<(usize, usize), ReceivedVoltages> = BTreeMap::new();
    for (number, cell) in places.cells.iter().enumerate() {
        for received in &cell.received_voltages {
            let (mechanism, instance) = places.find(number, &received.place, mechanisms)?;
            let description = &mechanisms[mechanism].description;
            let column = description.variable(&received.variable).ok_or_else(|| Error::UnknownVariable {
                mechanism: description.name.clone(),
                variable: received.variable.clone(),
            })?;
            let source = match own.get(&received.id) {
                Some(&node) => VoltageSource::Node(node),
                None => {
                    let place = voltages.awaited.partition_point(|&(id, _)| id < received.id);
                    VoltageSource::Elsewhere(place as u32)
                }
            };
            let variable = variables.entry((mechanism, column)).or_insert_with(|| ReceivedVoltages {
                mechanism: mechanisms[mechanism].entity,
                column,
                instances: Vec::new(),
                sources: Vec::new(),
            });
            variable.instances.push(instance as u32);
            variable.sources.push(source);
        }
    }
    world.spawn_batch(variables.into_values());
    let arrived = ArrivedVoltages(Column::filled(voltages.awaited.len(), 0.0));
    world.entity_mut(compartments).insert(arrived);
    Ok(voltages)
}

fn published(places: &Places) -> Result<Vec<PublishedVoltage>, Error> {
    let mut published = Vec::new();
    for (cell, range) in places.cells.iter().zip(places.starts.windows(2)) {
        for &(id, node) in &cell.published_voltages {
            if node >= range[1] - range[0] {
                return Err(Error::OutOfRange { gid: cell.gid, what: "node", index: node as usize });
            }
            published.push(PublishedVoltage { id, gid: cell.gid, node: range[0] + node });
        }
    }
    Ok(published)
}
