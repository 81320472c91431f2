//! Which rank builds which cells, and in which round: load balancing.
//!
//! `mode` chooses the way: in turn ([`Assignment::in_turn`]), by the time that cells take (`whole_cell`), or by their
//! memory (`memory`). Every rank comes to the same [`Assignment`], and keeps of it what is its own. Nothing that is
//! simulated depends on it.

mod assignment;
mod calibrate;
mod costs;
mod error;
mod files;
mod folder;
mod longest_first;
mod memory;
mod mode;
mod shared;
mod whole_cell;

use std::fmt::Write as _;

use sonata::config::TargetSimulator;
use systems::communicator::Communicator;

use crate::command_line::{LoadBalance, Options};
use crate::failure::Failure;
use crate::input::Input;
use crate::plan::Plan;
use mode::{Situation, choose};

pub use assignment::{Assignment, Place, useful_rounds};
pub use calibrate::{calibrate, of_timings};
pub use costs::Costs;
pub use error::PlanningFileProblem;
pub use folder::Folder;
pub use shared::{Shared, from_first};

/// Ranks whose loads are told one by one.
const RANKS_SHOWN: usize = 16;

/// Finds out which cells every rank builds.
///
/// # Errors
///
/// Files of an earlier run that are damaged or about other cells; cells whose cost has to be found out and that cannot be
/// built.
pub fn assign(
    plan: &Plan,
    input: &Input,
    options: &Options,
    ranks: &dyn Communicator,
) -> Result<Assignment, Failure> {
    let is_first = ranks.rank() == 0;
    let mut rounds = options.modelbuilding_steps;
    if rounds > 1 {
        rounds = useful_rounds(rounds, plan, ranks.size(), is_first);
    }
    let first =
        plan.populations.iter().find(|population| !population.is_virtual && !population.node_ids.is_empty());
    let choice = choose(
        options.lb_mode,
        Situation {
            cells: input.config.node_set.as_ref().and(first.map(|population| population.node_ids.len())),
            ranks: ranks.size(),
            stop: input.config.run.tstop,
            is_core_neuron: input.config.target_simulator == Some(TargetSimulator::CoreNeuron),
        },
    );
    let folder = Folder::new(&options.planning_folder);
    if is_first {
        let reason = choice.reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        let how = match choice.mode {
            LoadBalance::RoundRobin => "in turn",
            LoadBalance::Memory => "by memory",
            _ => "by the time that they take",
        };
        // With one rank there is nothing to deal out, unless it is asked for
        if ranks.size() > 1 || options.lb_mode.is_some() {
            tracing::info!("cells are dealt out {how}{reason}");
        }
        if let Some(advice) = choice.advice {
            tracing::warn!("{advice}");
        }
    }
    let (assignment, loads, unit) = match choice.mode {
        LoadBalance::RoundRobin => {
            let assignment = Assignment::in_turn(plan, ranks.size(), rounds);
            let loads = assignment.cell_counts().into_iter().map(|count| count as f64).collect();
            (assignment, loads, "cells")
        }
        LoadBalance::Memory => {
            let (assignment, loads) = memory::balance(plan, input, options, &folder, (ranks, rounds))?;
            (assignment, loads, "MB")
        }
        LoadBalance::WholeCell | LoadBalance::MultiSplit => {
            let (assignment, loads) = whole_cell::balance(plan, input, &folder, (ranks, rounds))?;
            (assignment, loads, "in fifths of an `hh`")
        }
    };
    if is_first && ranks.size() > 1 {
        tracing::info!("{}", describe(&assignment, &loads, unit));
    }
    Ok(assignment)
}

/// How even an assignment is, and what each rank has; of many ranks those with the most and the least.
fn describe(assignment: &Assignment, loads: &[f64], unit: &str) -> String {
    let mean = loads.iter().sum::<f64>() / loads.len().max(1) as f64;
    let most = loads.iter().copied().fold(0.0, f64::max);
    let imbalance = if mean > 0.0 { 100.0 * (most / mean - 1.0) } else { 0.0 };
    let counts = assignment.cell_counts();
    let mut text = format!(
        "{} cells on {} ranks; the fullest has {imbalance:.1}% more than the mean ({})",
        counts.iter().sum::<usize>(),
        loads.len(),
        hoc::general(mean, 4),
    );
    let mut order: Vec<usize> = (0..loads.len()).collect();
    if loads.len() > RANKS_SHOWN {
        order.sort_by(|&one, &other| loads[other].total_cmp(&loads[one]));
        order.drain(RANKS_SHOWN / 2..loads.len() - RANKS_SHOWN / 2);
    }
    let _ = write!(text, "\n  {:>6}  {:>8}  load ({unit})", "rank", "cells");
    for (row, &rank) in order.iter().enumerate() {
        if loads.len() > RANKS_SHOWN && row == RANKS_SHOWN / 2 {
            let _ = write!(text, "\n  {:>6}", "...");
        }
        let _ = write!(text, "\n  {rank:>6}  {:>8}  {}", counts[rank], hoc::general(loads[rank], 6));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// An assignment of one population with as many cells on each rank as its number says.
    fn assignment(ranks: u32) -> Assignment {
        let shares: BTreeMap<Place, Vec<u32>> =
            (0..ranks).map(|rank| ((rank, 0), (0..rank).collect())).collect();
        Assignment { ranks: ranks as usize, rounds: 1, populations: vec![shares] }
    }

    fn told(ranks: u32) -> String {
        let loads: Vec<f64> = (0..ranks).map(|rank| f64::from(rank) * 1.5).collect();
        describe(&assignment(ranks), &loads, "MB")
    }

    #[test]
    fn few_ranks_are_told_one_by_one() {
        insta::assert_snapshot!(told(3));
    }

    #[test]
    fn of_many_ranks_the_fullest_and_the_emptiest_are_told() {
        let text = told(1000);
        assert_eq!(text.lines().count(), RANKS_SHOWN + 3);
        assert!(text.contains("999") && text.contains("\n     ...\n"), "{text}");
    }
}
