//! Which cells each rank builds, and in which round.

use std::collections::BTreeMap;

use crate::plan::{Plan, Target};

/// A rank and one of its rounds, which neurodamus calls cycles.
pub type Place = (u32, u32);

/// The cells of every rank and round. Results never depend on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// Number of ranks.
    pub ranks: usize,
    /// Number of rounds in which each builds its cells.
    pub rounds: usize,
    /// For each population of the plan the node ids of each place, ascending. Places without cells may be missing.
    pub populations: Vec<BTreeMap<Place, Vec<u32>>>,
}

impl Assignment {
    /// Nobody has a cell yet.
    pub fn new(plan: &Plan, ranks: usize, rounds: usize) -> Self {
        Self { ranks, rounds, populations: vec![BTreeMap::new(); plan.populations.len()] }
    }

    /// The cells of each population dealt one by one to the rounds, and those of a round to the ranks.
    pub fn in_turn(plan: &Plan, ranks: usize, rounds: usize) -> Self {
        let mut assignment = Self::new(plan, ranks, rounds);
        for index in 0..plan.populations.len() {
            assignment.deal(plan, index);
        }
        assignment
    }

    /// Deals the cells of one population in turn.
    pub fn deal(&mut self, plan: &Plan, population: usize) {
        let (ranks, rounds) = (self.ranks, self.rounds);
        self.assign(plan, population, |number| {
            let (round, rest) = (number % rounds, number / rounds);
            ((rest % ranks) as u32, round as u32)
        });
    }

    /// Gives the cells of one population the places that are told of their numbers in the plan.
    pub fn assign(&mut self, plan: &Plan, population: usize, place: impl Fn(usize) -> Place) {
        let cells = &plan.populations[population];
        let shares = &mut self.populations[population];
        shares.clear();
        if cells.is_virtual {
            return;
        }
        for (number, &node_id) in cells.node_ids.iter().enumerate() {
            shares.entry(place(number)).or_default().push(node_id as u32);
        }
    }

    /// The cells of one round of a rank.
    pub fn of(&self, rank: usize, round: usize) -> Target {
        let place = (rank as u32, round as u32);
        let of_population = |(index, shares): (usize, &BTreeMap<Place, Vec<u32>>)| {
            let node_ids = shares.get(&place)?.iter().map(|&id| u64::from(id)).collect();
            Some((index, node_ids))
        };
        Target { nodes: self.populations.iter().enumerate().filter_map(of_population).collect() }
    }

    /// Number of cells of each rank.
    pub fn cell_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.ranks];
        for (&(rank, _), node_ids) in self.populations.iter().flatten() {
            counts[rank as usize] += node_ids.len();
        }
        counts
    }
}

/// The number of rounds that are worth while for the cells of a plan: fewer than `wanted` where ranks would have nothing to
/// build in some, as in neurodamus.
pub fn useful_rounds(wanted: usize, plan: &Plan, ranks: usize, tell: bool) -> usize {
    let real = plan.populations.iter().filter(|population| !population.is_virtual);
    let most = real.map(|population| population.node_ids.len()).max().unwrap_or(0);
    if most / wanted >= ranks {
        return wanted;
    }
    let useful = (most / ranks).max(1).min(wanted);
    if useful < wanted && tell {
        tracing::warn!(
            "the model is built in {useful} steps rather than {wanted}: {ranks} ranks have too few cells for more; use \
             fewer ranks, or a smaller `--modelbuilding-steps`"
        );
    }
    useful
}
