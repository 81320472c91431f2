//! Recordings of single variables at every step, in full precision.

use bevy_ecs::schedule::{IntoScheduleConfigs, Schedule};
use bevy_ecs::system::{IntoSystem, Query, RunSystemOnce};
use bevy_ecs::world::World;
use components::{
    CompartmentRange, Connections, Gid, Instances, IonColumns, IonName, IonQuantity, MembraneCurrent,
    RecordedValue, Recording, SourceId, SpikeSources, Voltage,
};

use super::pointers::quantity_of;
use super::{GroupEntities, MechanismTable};
use crate::schedule::StepSet;

/// Appends the present value of every recorded variable.
pub fn record(
    voltage: Query<&Voltage>,
    membrane_current: Query<&MembraneCurrent>,
    instances: Query<&Instances>,
    ions: Query<&IonColumns>,
    mut recordings: Query<&mut Recording>,
) {
    for mut recording in &mut recordings {
        let value = match recording.from {
            RecordedValue::Voltage(node) => voltage.single().ok().map(|column| column.0[node as usize]),
            RecordedValue::MembraneCurrent(node) => {
                membrane_current.single().ok().map(|column| column.0[node as usize])
            }
            RecordedValue::Variable { mechanism, column, instance } => {
                instances.get(mechanism).ok().map(|instances| instances.value(column, instance as usize))
            }
            RecordedValue::Ion { ion, quantity, instance } => {
                ions.get(ion).ok().map(|ion| quantity_of(ion, quantity)[instance as usize])
            }
        };
        recording.values.extend(value);
    }
}

/// Adds the system `record:variables` to a `Step` schedule.
pub fn add_to(step: &mut Schedule) {
    step.add_systems(IntoSystem::into_system(record).with_name("record:variables").in_set(StepSet::Record));
}

/// Appends the initial value of every recorded variable, once a group is initialised.
pub fn record_now(world: &mut World) {
    // It fails only if the world lacks a parameter of the system, and queries ask for none.
    let _ = world.run_system_once(record);
}

/// Looks up what can be recorded in the world of a group; `None` for what the group lacks.
pub struct Lookup<'a>(pub &'a mut World);

impl Lookup<'_> {
    /// The nodes of the cell `gid`; none if it is an artificial cell.
    pub fn cell(&mut self, gid: u64) -> Option<CompartmentRange> {
        let mut cells = self.0.query::<(&Gid, &CompartmentRange)>();
        cells.iter(self.0).find(|(known, _)| known.0 == gid).map(|(_, range)| *range)
    }

    /// Index in the group of node `node` of the cell `gid`.
    pub fn node(&mut self, gid: u64, node: u32) -> Option<u32> {
        let range = self.cell(gid)?;
        let node = range.start.checked_add(node)?;
        (node < range.end).then_some(node)
    }

    /// A variable, by its column, of the density mechanism `name` at a node of the group.
    pub fn density(&self, name: &str, column: usize, node: u32) -> Option<RecordedValue> {
        let table = self.0.get_resource::<MechanismTable>()?;
        let mechanism = table.entities[table.names.iter().position(|known| known == name)?];
        let instance = self.0.get::<Instances>(mechanism)?.nodes.binary_search(&node).ok()? as u32;
        Some(RecordedValue::Variable { mechanism, column, instance })
    }

    /// A variable, by its column, of point process number `index` of the cell `gid`, of the mechanism `name`.
    pub fn point_process(&self, name: &str, column: usize, gid: u64, index: u32) -> Option<RecordedValue> {
        let table = self.0.get_resource::<MechanismTable>()?;
        let mechanism = table.entities[table.names.iter().position(|known| known == name)?];
        let own = SourceId::point_process(gid, index);
        let sources = &self.0.get::<Instances>(mechanism)?.sources;
        let is_own = |source: SourceId| source == own || source == SourceId::cell(gid);
        let instance = sources.iter().position(|source| is_own(source.source))? as u32;
        Some(RecordedValue::Variable { mechanism, column, instance })
    }

    /// A quantity of the ion `name` at a node of the group.
    pub fn ion(&mut self, name: &str, quantity: IonQuantity, node: u32) -> Option<RecordedValue> {
        let mut ions = self.0.query::<(bevy_ecs::entity::Entity, &IonName, &IonColumns)>();
        let (ion, _, columns) = ions.iter(self.0).find(|(_, known, _)| known.0 == name)?;
        let instance = columns.nodes.binary_search(&node).ok()? as u32;
        Some(RecordedValue::Ion { ion, quantity, instance })
    }

    /// The present voltage (mV) whose rise above a threshold makes the cell `gid` spike; `None` for another group's cell and
    /// an artificial one.
    pub fn spike_voltage(&mut self, gid: u64) -> Option<f64> {
        let mut watched = self.0.query::<&SpikeSources>();
        let find = |known: &SpikeSources| {
            let place = known.source.iter().position(|source| *source == SourceId::cell(gid))?;
            Some(known.node[place])
        };
        let node = watched.iter(self.0).find_map(find)?;
        self.value(RecordedValue::Voltage(node))
    }

    /// The present value of what was found; `None` if it is not kept.
    pub fn value(&mut self, from: RecordedValue) -> Option<f64> {
        match from {
            RecordedValue::Voltage(node) => {
                let mut voltage = self.0.query::<&Voltage>();
                voltage.single(self.0).ok().map(|column| column.0[node as usize])
            }
            RecordedValue::MembraneCurrent(node) => {
                let mut current = self.0.query::<&MembraneCurrent>();
                current.single(self.0).ok().map(|column| column.0[node as usize])
            }
            RecordedValue::Variable { mechanism, column, instance } => {
                self.0.get::<Instances>(mechanism).map(|known| known.value(column, instance as usize))
            }
            RecordedValue::Ion { ion, quantity, instance } => {
                self.0.get::<IonColumns>(ion).map(|ion| quantity_of(ion, quantity)[instance as usize])
            }
        }
    }

    /// The present weights of connection number `order` of a cell, given its source and a variable of its target.
    pub fn weights(&mut self, source: SourceId, order: u32, target: RecordedValue) -> Option<Vec<f64>> {
        let RecordedValue::Variable { mechanism, instance, .. } = target else { return None };
        let table = self.0.get_resource::<MechanismTable>()?;
        let mechanism = table.entities.iter().position(|entity| *entity == mechanism)? as u32;
        let network = self.0.get_resource::<GroupEntities>()?.network;
        let connections = self.0.get::<Connections>(network)?;
        let mut row = connections.in_row(connections.row(source)?);
        let is_it = |&connection: &usize| {
            let target = connections.target[connection];
            connections.order[connection] == order
                && (target.mechanism, target.instance) == (mechanism, instance)
        };
        let found = row.find(is_it)?;
        let weights = connections.weight_start[found] as usize..connections.weight_start[found + 1] as usize;
        Some(connections.weights[weights].to_vec())
    }

    /// Whether the group computes membrane currents.
    pub fn has_membrane_current(&self) -> bool {
        let compartments = self.0.get_resource::<GroupEntities>().map(|entities| entities.compartments);
        compartments.is_some_and(|entity| self.0.get::<MembraneCurrent>(entity).is_some())
    }
}
