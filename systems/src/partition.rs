//! Which cells of a rank form a group. Results do not depend on it.

use std::collections::BTreeMap;

use crate::group::CellPlan;
use crate::simulation::short_connections;

/// Bytes of a group's data before specialisation, which leaves about a quarter of them: enough instances to hide what a
/// system costs by itself, and few enough for the caches of a core and its share of the last one.
pub const GROUP_BYTES: usize = 4 * 1024 * 1024;

/// Rough bytes that a cell's data takes in the columns of its group.
pub fn bytes_of(cell: &CellPlan) -> usize {
    let nodes = cell.model.nodes.parent.len();
    let density: usize = cell.model.mechanisms.iter().map(|m| m.nodes.len() * (m.columns.len() + 4)).sum();
    let points: usize = cell.point_processes.iter().map(|point| point.description.variables.len() + 8).sum();
    8 * (10 * nodes + density + points)
}

/// Cells that a cell must share a group with: sources of connections too short for an exchange, and those that its
/// pointers reach into.
fn close_cells(cell: &CellPlan, dt: f64) -> impl Iterator<Item = u64> {
    let sources = short_connections(cell, dt).map(|connection| connection.source.gid());
    sources.chain(cell.pointers.iter().filter_map(|pointer| pointer.cell))
}

/// Sets of cells that share a group, each led by its first cell.
struct Clusters {
    leader: Vec<usize>,
    /// Bytes and number of cells of each leader's cluster.
    size: Vec<(usize, usize)>,
}

impl Clusters {
    fn leader(&mut self, mut cell: usize) -> usize {
        while self.leader[cell] != cell {
            self.leader[cell] = self.leader[self.leader[cell]];
            cell = self.leader[cell];
        }
        cell
    }

    /// Joins the clusters of two cells, if what they are together is `allowed`.
    fn join(&mut self, one: usize, other: usize, allowed: impl Fn((usize, usize)) -> bool) {
        let (one, other) = (self.leader(one), self.leader(other));
        let together = (self.size[one].0 + self.size[other].0, self.size[one].1 + self.size[other].1);
        if one != other && allowed(together) {
            self.leader[one.max(other)] = one.min(other);
            self.size[one.min(other)] = together;
        }
    }
}

/// Splits cells into groups, in their order: of `size` cells, or, if that is 0, so that the data of a group stays in cache
/// and every thread has work. Cells connected by delays too short for an exchange share a group; cells coupled by gap
/// junctions do where that does not make it larger than others, so that few voltages have to travel.
pub fn partition(cells: Vec<CellPlan>, size: usize, threads: usize, dt: f64) -> Vec<Vec<CellPlan>> {
    let total: usize = cells.iter().map(bytes_of).sum();
    // As many for each thread, and all of about the same size
    let count = total.div_ceil(GROUP_BYTES).max(1).next_multiple_of(threads.max(1));
    let limit = total.div_ceil(count);
    let fits = |(bytes, count): (usize, usize)| if size > 0 { count <= size } else { bytes <= limit };
    let mut clusters = Clusters {
        leader: (0..cells.len()).collect(),
        size: cells.iter().map(|cell| (bytes_of(cell), 1)).collect(),
    };
    let place: BTreeMap<u64, usize> = cells.iter().map(|cell| cell.gid).zip(0..).collect();
    for (index, cell) in cells.iter().enumerate() {
        for &other in close_cells(cell, dt).filter_map(|gid| place.get(&gid)) {
            clusters.join(index, other, |_| true);
        }
    }
    let published = |(index, cell): (usize, &CellPlan)| {
        let ids: Vec<(u64, usize)> = cell.published_voltages.iter().map(|&(id, _)| (id, index)).collect();
        ids
    };
    let publisher: BTreeMap<u64, usize> = cells.iter().enumerate().flat_map(published).collect();
    for (index, cell) in cells.iter().enumerate() {
        for &other in cell.received_voltages.iter().filter_map(|received| publisher.get(&received.id)) {
            clusters.join(index, other, fits);
        }
    }
    let mut members: BTreeMap<usize, Vec<CellPlan>> = BTreeMap::new();
    for (index, cell) in cells.into_iter().enumerate() {
        members.entry(clusters.leader(index)).or_default().push(cell);
    }
    let mut groups: BTreeMap<usize, Vec<CellPlan>> = BTreeMap::new();
    let mut before = (0, 0);
    for (leader, cluster) in members {
        let (bytes, cells) = clusters.size[leader];
        // The group in which the middle of the cluster lies
        let group = match size {
            0 => (before.0 + bytes / 2) * count / total.max(1),
            _ => (before.1 + cells / 2) / size,
        };
        before = (before.0 + bytes, before.1 + cells);
        groups.entry(group).or_default().extend(cluster);
    }
    groups.into_values().collect()
}
