//! Balance of the memory of ranks: as the allocation file of a dry run says, or found out now.

use systems::communicator::Communicator;

use super::{Assignment, Folder, from_first};
use crate::command_line::Options;
use crate::dry_run::{self, Usage, allocation, distribute};
use crate::failure::Failure;
use crate::input::Input;
use crate::plan::Plan;

/// Balances all populations, and returns the memory (MB) of each rank.
///
/// # Errors
///
/// A file that is damaged or about other cells; cells that cannot be built where there is no file.
pub fn balance(
    plan: &Plan,
    input: &Input,
    options: &Options,
    folder: &Folder,
    (ranks, rounds): (&dyn Communicator, usize),
) -> Result<(Assignment, Vec<f64>), Failure> {
    let size = ranks.size();
    let mut loads = Vec::new();
    let chosen: Vec<u32> = from_first(ranks, || {
        let known = allocation::read(plan, folder, size, rounds)?;
        let file = allocation::file(folder, size, rounds);
        let assignment = match known {
            Some(assignment) => {
                tracing::info!("cells go where `{}` says", file.display());
                if let Some(usage) = Usage::read(folder)? {
                    loads = dry_run::memory_of_ranks(&assignment, &usage, plan);
                }
                assignment
            }
            None => {
                tracing::info!("there is no `{}`: memory is estimated now", file.display());
                let usage = dry_run::find_out(plan, input, options, folder)?;
                let (assignment, memory) = distribute(&usage, plan, size, rounds);
                loads = memory;
                allocation::write(&assignment, plan, folder)?;
                assignment
            }
        };
        Ok(places_in_order(&assignment, plan))
    })?;
    let mut assignment = Assignment::new(plan, size, rounds);
    let mut first = 0;
    for index in 0..plan.populations.len() {
        let own = &chosen[first.min(chosen.len())..];
        assignment.assign(plan, index, |number| {
            let place = own.get(number).copied().unwrap_or(0);
            (place / rounds as u32, place % rounds as u32)
        });
        first += assignment.populations[index].values().map(Vec::len).sum::<usize>();
    }
    if loads.is_empty() {
        loads = vec![0.0; size];
    }
    Ok((assignment, loads.into_iter().map(|kilobytes| kilobytes / 1024.0).collect()))
}

/// The place of every cell of the plan, as one number.
fn places_in_order(assignment: &Assignment, plan: &Plan) -> Vec<u32> {
    let mut places = Vec::with_capacity(plan.cell_count());
    for (population, shares) in plan.populations.iter().zip(&assignment.populations) {
        if population.is_virtual {
            continue;
        }
        let first = places.len();
        places.resize(first + population.node_ids.len(), 0);
        for (&(rank, round), node_ids) in shares {
            for &node_id in node_ids {
                if let Ok(number) = population.node_ids.binary_search(&u64::from(node_id)) {
                    places[first + number] = rank * assignment.rounds as u32 + round;
                }
            }
        }
    }
    places
}
