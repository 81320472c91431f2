//! Even memory: metypes by falling cost in small batches, each to the place with the least.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::usage::Usage;
use crate::balance::{Assignment, Place};
use crate::plan::Plan;

/// Batches that a place gets at most, if all are alike.
const BATCHES: usize = 10;

/// Memory of a place (KB), to be ordered.
#[derive(Clone, Copy, PartialEq)]
struct Kilobytes(f64);

impl Eq for Kilobytes {}

impl Ord for Kilobytes {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Kilobytes {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Distributes the cells of all populations over ranks and rounds; also returns the memory (KB) of each rank, that of all
/// its rounds.
///
/// Each population is distributed for itself, as in neurodamus: its batches are a tenth of what a place gets on average,
/// and go to the place with the least memory, of equal ones to the lowest rank and round.
pub fn distribute(usage: &Usage, plan: &Plan, ranks: usize, rounds: usize) -> (Assignment, Vec<f64>) {
    let mut assignment = Assignment::new(plan, ranks, rounds);
    let mut memory = vec![0.0; ranks];
    for (index, population) in plan.populations.iter().enumerate() {
        let Some(metypes) = usage.of_population(&population.name) else { continue };
        let costs = metypes.iter().map(|(metype, node_ids)| (usage.cost(metype), node_ids.as_slice()));
        let shares = distribute_population(costs.collect(), ranks, rounds, &mut memory);
        assignment.populations[index] = shares;
    }
    (assignment, memory)
}

/// Distributes the metypes of one population: what a cell of each takes (KB), and its cells. Adds what ranks get to their
/// `memory`.
fn distribute_population(
    mut metypes: Vec<(f64, &[u32])>,
    ranks: usize,
    rounds: usize,
    memory: &mut [f64],
) -> BTreeMap<Place, Vec<u32>> {
    let count: usize = metypes.iter().map(|(_, node_ids)| node_ids.len()).sum();
    let batch_size = count.div_ceil(ranks * rounds).div_ceil(BATCHES).max(1);
    metypes.sort_by(|one, other| other.0.total_cmp(&one.0));
    let places = (0..ranks as u32).flat_map(|rank| (0..rounds as u32).map(move |round| (rank, round)));
    let mut lightest: BinaryHeap<Reverse<(Kilobytes, Place)>> =
        places.map(|place| Reverse((Kilobytes(0.0), place))).collect();
    let mut shares: BTreeMap<Place, Vec<u32>> = BTreeMap::new();
    let mut put = |batch: &mut Vec<u32>, cost: f64| {
        let Some(Reverse((Kilobytes(load), place))) = lightest.pop() else { return };
        shares.entry(place).or_default().append(batch);
        memory[place.0 as usize] += cost;
        lightest.push(Reverse((Kilobytes(load + cost), place)));
    };
    let (mut batch, mut batch_cost) = (Vec::new(), 0.0);
    for (cost, node_ids) in metypes {
        for &node_id in node_ids {
            batch.push(node_id);
            batch_cost += cost;
            if batch.len() == batch_size {
                put(&mut batch, std::mem::take(&mut batch_cost));
            }
        }
    }
    if !batch.is_empty() {
        put(&mut batch, batch_cost);
    }
    shares.values_mut().for_each(|node_ids| node_ids.sort_unstable());
    shares
}

/// The populations that leave places without a cell.
pub fn with_empty_places<'a>(assignment: &Assignment, plan: &'a Plan) -> Vec<&'a str> {
    let populations = plan.populations.iter().zip(&assignment.populations);
    let is_sparse = |shares: &BTreeMap<Place, Vec<u32>>| {
        !shares.is_empty() && shares.len() < assignment.ranks * assignment.rounds
    };
    populations.filter(|(_, shares)| is_sparse(shares)).map(|(population, _)| &*population.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(metypes: &[(f64, &[u32])], ranks: usize, rounds: usize) -> Vec<(Place, Vec<u32>)> {
        let mut memory = vec![0.0; ranks];
        let shares = distribute_population(metypes.to_vec(), ranks, rounds, &mut memory);
        let cells: usize = shares.values().map(Vec::len).sum();
        assert_eq!(cells, metypes.iter().map(|(_, node_ids)| node_ids.len()).sum::<usize>());
        shares.into_iter().collect()
    }

    /// What neurodamus's tests expect of two populations with the memory and synapses of these cells.
    #[test]
    fn distributes_as_neurodamus_does() {
        let ring_a: [(f64, &[u32]); 3] = [(1001.9, &[0]), (203.8, &[1]), (201.9, &[2])];
        assert_eq!(shares(&ring_a, 2, 1), [((0, 0), vec![0]), ((1, 0), vec![1, 2])]);
        let ring_b: [(f64, &[u32]); 2] = [(103.8, &[0]), (203.8, &[1])];
        assert_eq!(shares(&ring_b, 2, 1), [((0, 0), vec![1]), ((1, 0), vec![0])]);
    }

    #[test]
    fn batches_span_metypes_and_the_last_one_may_be_small() {
        // 41 cells on 2 ranks: batches of 3
        let (dear, cheap): (Vec<u32>, Vec<u32>) = ((0..20).collect(), (20..41).collect());
        let found = shares(&[(1.0, &cheap), (2.0, &dear)], 2, 1);
        assert_eq!(found[0].1[..4], [0, 1, 2, 6]);
        assert_eq!(found[1].1[..4], [3, 4, 5, 9]);
        assert!(found.iter().all(|(_, node_ids)| node_ids.len() >= 18));
    }

    #[test]
    fn more_places_than_cells_leave_some_empty() {
        assert_eq!(shares(&[(1.0, &[4, 7])], 2, 3), [((0, 0), vec![4]), ((0, 1), vec![7])]);
    }
}
