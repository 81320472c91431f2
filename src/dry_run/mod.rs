//! The dry run: how much memory and time a simulation takes, and how its cells are best dealt out, without simulating it.
//!
//! Cells are taken together by [`metypes`]. Of each a few are built as they would be built for a run ([`sample`]); what
//! they take ([`usage`]) makes tables ([`table`]), advice, and an assignment ([`distribute`]) that is kept in a file
//! ([`allocation`], [`pickle`]).

pub mod allocation;
mod distribute;
mod metypes;
mod pickle;
mod sample;
mod usage;

use crate::balance::{Assignment, Folder};
use crate::command_line::Options;
use crate::failure::Failure;
use crate::input::Input;
use crate::plan::Plan;

pub use distribute::distribute;
pub use usage::{Estimate, Metypes, Usage};

/// Finds out what cells take, and keeps it in files: metypes that these know are not measured again.
///
/// # Errors
///
/// A file that is damaged, cells that cannot be built.
pub fn find_out(plan: &Plan, input: &Input, options: &Options, folder: &Folder) -> Result<Usage, Failure> {
    let mut usage = Usage { populations: metypes::metypes(plan)?, ..Usage::default() };
    if let Some(known) = Usage::read(folder)? {
        usage.learn(known);
    }
    sample::measure(&mut usage, plan, input, options)?;
    usage.write(folder)?;
    Ok(usage)
}

/// Memory (KB) of each rank.
pub fn memory_of_ranks(assignment: &Assignment, usage: &Usage, plan: &Plan) -> Vec<f64> {
    let mut memory = vec![0.0; assignment.ranks];
    for (population, shares) in plan.populations.iter().zip(&assignment.populations) {
        let Some(metypes) = usage.of_population(&population.name) else { continue };
        let mut costs: Vec<(u32, f64)> = metypes
            .iter()
            .flat_map(|(metype, node_ids)| {
                let cost = usage.cost(metype);
                node_ids.iter().map(move |&node_id| (node_id, cost))
            })
            .collect();
        costs.sort_unstable_by_key(|(node_id, _)| *node_id);
        for (&(rank, _), node_ids) in shares {
            let known = node_ids.iter().filter_map(|node_id| {
                costs.binary_search_by_key(node_id, |(node_id, _)| *node_id).ok().map(|place| costs[place].1)
            });
            memory[rank as usize] += known.sum::<f64>();
        }
    }
    memory
}
