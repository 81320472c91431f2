//! Even memory: metypes by falling cost in small batches, each to the place with the least.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

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
        let count: usize = metypes.iter().map(|(_, node_ids)| node_ids.len()).sum();
        let batch_size = count.div_ceil(ranks * rounds).div_ceil(BATCHES).max(1);
        let mut by_cost: Vec<(f64, &Vec<u32>)> =
            metypes.iter().map(|(metype, node_ids)| (usage.cost(metype), node_ids)).collect();
        by_cost.sort_by(|one, other| other.0.total_cmp(&one.0));
        let places = (0..ranks as u32).flat_map(|rank| (0..rounds as u32).map(move |round| (rank, round)));
        let mut lightest: BinaryHeap<Reverse<(Kilobytes, Place)>> =
            places.map(|place| Reverse((Kilobytes(0.0), place))).collect();
        let (mut batch, mut batch_cost) = (Vec::new(), 0.0);
        let mut put = |batch: &mut Vec<u32>, cost: f64| {
            let Some(Reverse((Kilobytes(load), place))) = lightest.pop() else { return };
            assignment.populations[index].entry(place).or_default().append(batch);
            memory[place.0 as usize] += cost;
            lightest.push(Reverse((Kilobytes(load + cost), place)));
        };
        for (cost, node_ids) in by_cost {
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
        for node_ids in assignment.populations[index].values_mut() {
            node_ids.sort_unstable();
        }
    }
    (assignment, memory)
}

/// The populations that leave places without a cell.
pub fn with_empty_places<'a>(assignment: &Assignment, plan: &'a Plan) -> Vec<&'a str> {
    let populations = plan.populations.iter().zip(&assignment.populations);
    let is_sparse = |shares: &std::collections::BTreeMap<Place, Vec<u32>>| {
        !shares.is_empty() && shares.len() < assignment.ranks * assignment.rounds
    };
    populations.filter(|(_, shares)| is_sparse(shares)).map(|(population, _)| &*population.name).collect()
}
