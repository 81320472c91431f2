//! The numbers in names such as `ProbAMPANMDA_EMS[12]` and `NetCon[3]`: NEURON counts the objects of a class in the order in
//! which a process makes them.
//!
//! One that simulates all cells makes what belongs to their templates first, then set of edges by set of edges the synapses
//! and connections of one cell after the other. The numbers here are those of this process, whatever rank has a cell.

use std::collections::BTreeMap;
use std::ops::Range;

use systems::communicator::Communicator;
use systems::group::CellPlan;

use crate::failure::Failure;

/// The class of connections.
const CONNECTION: &str = "NetCon";

/// How many objects are made before those of the chosen cells.
#[derive(Debug, Default)]
pub struct Numbers {
    /// The chosen cells, ascending.
    gids: Vec<u64>,
    /// By stage and class: how many objects the cells before each of the chosen ones have, and at the end how many all have.
    made: BTreeMap<(usize, String), Vec<u64>>,
}

/// The names of a cell's objects.
pub struct Names {
    /// Those of its point processes, the model's and the added ones.
    pub point_processes: Vec<String>,
    /// Those of its connections.
    pub connections: Vec<String>,
}

/// What of a cell is made at once: ranges of its point processes, the model's and the added ones, and of its connections.
type Stage = (Range<usize>, Range<usize>);

impl Numbers {
    /// Nothing is counted yet; cells with these gids are chosen.
    pub fn new(gids: &[u64]) -> Self {
        let mut gids = gids.to_vec();
        gids.sort_unstable();
        gids.dedup();
        Self { gids, made: BTreeMap::new() }
    }

    /// Whether a cell is among the chosen ones.
    pub fn is_chosen(&self, gid: u64) -> bool {
        self.gids.binary_search(&gid).is_ok()
    }

    /// Counts what a cell has.
    pub fn count(&mut self, cell: &CellPlan) {
        let first_after = self.gids.partition_point(|&chosen| chosen <= cell.gid);
        for (stage, (point_processes, connections)) in stages(cell).into_iter().enumerate() {
            let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
            for class in classes(cell, point_processes) {
                *counts.entry(class).or_default() += 1;
            }
            if !connections.is_empty() {
                counts.insert(CONNECTION, connections.len() as u64);
            }
            for (class, count) in counts {
                let made = self.made.entry((stage, class.to_owned()));
                let made = made.or_insert_with(|| vec![0; self.gids.len() + 1]);
                made[first_after..].iter_mut().for_each(|sum| *sum += count);
            }
        }
    }

    /// Adds what the cells of all other ranks have.
    ///
    /// # Errors
    ///
    /// If another rank failed.
    pub fn gather(&mut self, ranks: &dyn Communicator) -> Result<(), Failure> {
        let mut text = String::new();
        for ((stage, class), counts) in std::mem::take(&mut self.made) {
            let counts: Vec<String> = counts.iter().map(u64::to_string).collect();
            text += &format!("{stage}\t{class}\t{}\n", counts.join("\t"));
        }
        for part in ranks.all_gather(text.as_bytes())? {
            for line in String::from_utf8_lossy(&part).lines() {
                let mut fields = line.split('\t');
                let (stage, class) = (fields.next(), fields.next());
                let Some(stage) = stage.and_then(|stage| stage.parse().ok()) else { continue };
                let made = self.made.entry((stage, class.unwrap_or_default().to_owned()));
                let made = made.or_insert_with(|| vec![0; self.gids.len() + 1]);
                let counts = fields.filter_map(|count| count.parse::<u64>().ok());
                made.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
            }
        }
        Ok(())
    }

    /// The names of the objects of a chosen cell.
    pub fn names(&self, cell: &CellPlan) -> Names {
        let mut names = Names { point_processes: Vec::new(), connections: Vec::new() };
        for (stage, (point_processes, connections)) in stages(cell).into_iter().enumerate() {
            let mut next: BTreeMap<&str, u64> = BTreeMap::new();
            let mut name = |class| {
                let number = next.entry(class).or_insert_with(|| self.made_before(stage, class, cell.gid));
                *number += 1;
                format!("{class}[{}]", *number - 1)
            };
            names.point_processes.extend(classes(cell, point_processes).map(&mut name));
            names.connections.extend(connections.map(|_| name(CONNECTION)));
        }
        names
    }

    /// How many objects of a class there are when those of a chosen cell are made.
    fn made_before(&self, stage: usize, class: &str, gid: u64) -> u64 {
        let made = |stage: usize| self.made.get(&(stage, class.to_owned()));
        let earlier = (0..stage).filter_map(|stage| made(stage)?.last());
        let place = self.gids.partition_point(|&chosen| chosen < gid);
        earlier.sum::<u64>() + made(stage).and_then(|counts| counts.get(place)).unwrap_or(&0)
    }
}

/// Classes of point processes of a cell.
fn classes(cell: &CellPlan, range: Range<usize>) -> impl Iterator<Item = &str> {
    let names = cell.point_process_descriptions().map(|description| description.name.as_str());
    names.skip(range.start).take(range.len())
}

/// The stages in which a cell is made: its template, one for each set of edges, and what follows.
fn stages(cell: &CellPlan) -> Vec<Stage> {
    let own = cell.model.point_processes.len();
    let after_edges = cell.after_edges.iter();
    let mut ends = vec![(own, 0)];
    ends.extend(after_edges.map(|&(points, connections)| (own + points as usize, connections as usize)));
    ends.push((cell.point_process_count(), cell.connections.len()));
    let starts = std::iter::once((0, 0)).chain(ends.clone());
    starts.zip(ends).map(|(start, end)| (start.0..end.0, start.1..end.1)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cell::CellModel;
    use components::SourceId;
    use systems::Registry;
    use systems::communicator::Solo;
    use systems::group::{Connection, PointProcess};

    use super::*;

    /// A cell with synapses of these mechanisms from each set of edges, and a connection to each.
    fn cell(gid: u64, edges: &[&[&str]]) -> CellPlan {
        let registry = Registry::with_built_ins();
        let mut cell = CellPlan::new("Cells", gid, gid, Arc::new(CellModel::default()));
        for synapses in edges {
            for name in *synapses {
                let mechanism = registry.get(name).expect("it is built in");
                let target = cell.add_point_process(PointProcess::new(mechanism.description(), None));
                let (source, weights) = (SourceId::cell(0), vec![1.0]);
                cell.connections.push(Connection { source, target, delay: 1.0, weights, active: true });
            }
            cell.after_edges.push((cell.point_processes.len() as u32, cell.connections.len() as u32));
        }
        cell
    }

    #[test]
    fn objects_are_numbered_by_edges_then_by_cells() {
        let first = cell(3, &[&["ExpSyn", "Exp2Syn"], &["ExpSyn"]]);
        let second = cell(7, &[&["ExpSyn"], &["Exp2Syn", "ExpSyn"]]);
        let third = cell(9, &[&["ExpSyn"], &[]]);
        let mut numbers = Numbers::new(&[7, 3]);
        for cell in [&third, &first, &second] {
            numbers.count(cell);
        }
        numbers.gather(&Solo).expect("there is one rank");
        let Names { point_processes, connections } = numbers.names(&second);
        assert_eq!(point_processes, ["ExpSyn[1]", "Exp2Syn[1]", "ExpSyn[4]"]);
        assert_eq!(connections, ["NetCon[2]", "NetCon[5]", "NetCon[6]"]);
        let Names { point_processes, connections } = numbers.names(&first);
        assert_eq!(point_processes, ["ExpSyn[0]", "Exp2Syn[0]", "ExpSyn[3]"]);
        assert_eq!(connections, ["NetCon[0]", "NetCon[1]", "NetCon[4]"]);
    }
}
