//! Connections and spike sources of a group, from the plans of its cells.

use components::{Connections, Instances, NO_CONNECTIONS, SourceId, SpikeSources, Target};

use super::instances::Gathered;
use super::{CellPlan, Group, SpikeSource};
use crate::error::Error;
use crate::step::{Incoming, MechanismTable};

/// Gathers the connections that end in the group, by source.
///
/// # Errors
///
/// If a target does not exist or takes no events.
pub fn connect(
    cells: &[CellPlan],
    mechanisms: &[Gathered],
    places: &[Vec<Target>],
    dt: f64,
) -> Result<Connections, Error> {
    let mut all = Vec::new();
    for (number, cell) in cells.iter().enumerate() {
        for (order, connection) in cell.connections.iter().enumerate() {
            let target = place(places, cells, number, connection.target)?;
            all.push((connection.source, order as u32, number, target, connection));
        }
    }
    all.sort_by_key(|&(source, order, cell, ..)| (source, order, cell));
    let mut connections = Connections::default();
    connections.weight_start.push(0);
    for (source, order, number, target, connection) in all {
        let description = &mechanisms[target.mechanism as usize].description;
        let Some(arguments) = description.event_arguments else {
            return Err(Error::NoEvents { gid: cells[number].gid, mechanism: description.name.clone() });
        };
        if connections.sources.last() != Some(&source) {
            connections.sources.push(source);
            connections.starts.push(connections.target.len() as u32);
        }
        connections.target.push(target);
        connections.delay.push(connection.delay);
        connections.order.push(order);
        connections.active.push(connection.active);
        connections.direct.push(connection.is_direct(dt));
        let weights = (0..arguments).map(|index| connection.weights.get(index).copied().unwrap_or(0.0));
        connections.weights.extend(weights);
        connections.weight_start.push(connections.weights.len() as u32);
    }
    connections.starts.push(connections.target.len() as u32);
    Ok(connections)
}

/// The connections that end at each of `count` instances of a mechanism of the group, in the order of their creation.
pub fn incoming(mechanism: u32, count: usize, connections: &Connections) -> Incoming {
    let mut rows = vec![Vec::new(); count];
    for (number, target) in (0..).zip(&connections.target) {
        if target.mechanism == mechanism {
            rows[target.instance as usize].push(number);
        }
    }
    let mut incoming = Incoming { starts: vec![0], connections: Vec::new() };
    for mut row in rows {
        row.sort_by_key(|&number: &u32| connections.order[number as usize]);
        incoming.connections.extend(row);
        incoming.starts.push(incoming.connections.len() as u32);
    }
    incoming
}

/// Place of a point process that is in no mechanism.
const NOWHERE: Target = Target { mechanism: u32::MAX, instance: u32::MAX };

/// Place of every point process of every cell among the instances of its mechanism.
pub fn places(mechanisms: &[Gathered], cells: &[CellPlan]) -> Vec<Vec<Target>> {
    let mut places: Vec<Vec<Target>> =
        cells.iter().map(|cell| vec![NOWHERE; cell.point_process_count()]).collect();
    for (mechanism, gathered) in mechanisms.iter().enumerate() {
        for (instance, &(cell, index)) in gathered.owners.iter().enumerate() {
            places[cell][index] = Target { mechanism: mechanism as u32, instance: instance as u32 };
        }
    }
    places
}

/// Place of point process number `index` of a cell.
///
/// # Errors
///
/// If the cell does not have it.
pub fn place(places: &[Vec<Target>], cells: &[CellPlan], cell: usize, index: usize) -> Result<Target, Error> {
    let found = places[cell].get(index).copied().filter(|place| *place != NOWHERE);
    found.ok_or(Error::OutOfRange { gid: cells[cell].gid, what: "point process", index })
}

/// Whether a delay (ms) does not leave time for an exchange of spikes, so that both ends of the connection
/// must be in one group.
pub fn is_shorter_than_step(delay: f64, dt: f64) -> bool {
    delay / dt + 1e-9 < 1.0
}

/// Gathers the voltages whose crossing of a threshold is a spike, in the order of cells.
///
/// # Errors
///
/// If a watched node does not exist.
pub fn spike_sources(
    cells: &[CellPlan],
    starts: &[u32],
    connections: &Connections,
) -> Result<SpikeSources, Error> {
    let mut sources = SpikeSources::default();
    for (number, cell) in cells.iter().enumerate() {
        let Some(SpikeSource::Voltage { node, threshold }) = cell.spike_source else { continue };
        if node >= starts[number + 1] - starts[number] {
            return Err(Error::OutOfRange { gid: cell.gid, what: "node", index: node as usize });
        }
        let source = SourceId::cell(cell.gid);
        sources.node.push(starts[number] + node);
        sources.threshold.push(threshold);
        sources.above.push(false);
        sources.source.push(source);
        sources.row.push(connections.row(source).map_or(NO_CONNECTIONS, |row| row as u32));
    }
    Ok(sources)
}

impl Group {
    /// Lets spikes pass, or not, over the connections from one gid to another that `choose` chooses. Only connections of
    /// cells are concerned, not those of sources within a cell. Returns how many there are.
    pub fn switch_connections(&mut self, choose: &dyn Fn(u64, u64) -> bool, active: bool) -> usize {
        let Some(entities) = self.world.get_resource::<MechanismTable>().map(|table| table.entities.clone())
        else {
            return 0;
        };
        let owners: Vec<Vec<u64>> = entities
            .iter()
            .map(|&mechanism| {
                let instances = self.world.get::<Instances>(mechanism);
                instances
                    .map_or_else(Vec::new, |own| own.sources.iter().map(|own| own.source.gid()).collect())
            })
            .collect();
        let switched = self.with_network(|connections, _, _| {
            let mut count = 0;
            for row in 0..connections.sources.len() {
                let source = connections.sources[row];
                for connection in connections.in_row(row).filter(|_| source.is_cell()) {
                    let target = connections.target[connection];
                    let owner = owners[target.mechanism as usize][target.instance as usize];
                    if choose(source.gid(), owner) {
                        connections.active[connection] = active;
                        count += 1;
                    }
                }
            }
            count
        });
        switched.unwrap_or_default()
    }
}
