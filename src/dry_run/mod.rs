//! The dry run: how much memory and time a simulation takes, and how its cells are best dealt out, without simulating it.
//!
//! Cells are taken together by `metypes`. Of each a few are built as they would be built for a run (`sample`); what
//! they take (`usage`) makes totals (`totals`), tables and advice (`table`), and an assignment (`distribute`) that
//! is kept in a file (`allocation`, `pickle`).

pub mod allocation;
mod bytes;
mod distribute;
mod metypes;
mod pickle;
mod sample;
mod table;
mod totals;
mod usage;

use crate::balance::{Assignment, Folder, useful_rounds};
use crate::command_line::{MemoryTracker, Options};
use crate::failure::Failure;
use crate::input::Input;
use crate::machine;
use crate::plan::Plan;
use totals::Totals;

pub use distribute::distribute;
pub use usage::{Estimate, Metypes, Usage};

/// Estimates what a simulation takes, writes what later runs need into the folder of plans, and tells it.
///
/// # Errors
///
/// A file that is damaged or cannot be written, cells that cannot be built.
pub fn run(plan: &Plan, input: &Input, options: &Options) -> Result<String, Failure> {
    let folder = Folder::new(&options.planning_folder);
    let before = machine::resident().unwrap_or(0) as f64;
    let usage = find_out(plan, input, options, &folder)?;
    let reports = input.config.reports.iter().filter(|report| report.enabled).count();
    let buffers = 1e6 * f64::from(options.report_buffer_size) * reports as f64;
    let mut totals = Totals::new(&usage, buffers);
    match options.memory_tracker {
        MemoryTracker::Rss => totals.overhead = usage.overhead.unwrap_or(before),
        MemoryTracker::Heap => {}
    }
    let nodes = totals.nodes(machine::cores(), options.modelbuilding_steps);
    let ranks = options.num_target_ranks.unwrap_or(nodes.unwrap_or(1) * machine::cores());
    let rounds = match options.modelbuilding_steps {
        1 => 1,
        wanted => useful_rounds(wanted, plan, ranks, true),
    };
    let (assignment, memory) = distribute(&usage, plan, ranks, rounds);
    let file = allocation::write(&assignment, plan, &folder)?;
    for population in distribute::with_empty_places(&assignment, plan) {
        tracing::warn!(
            "population `{population}` has too few cells for {ranks} ranks and {rounds} steps: some have none; use fewer"
        );
    }
    Ok([
        table::metypes(&usage),
        table::parts(&totals),
        table::totals(&totals, ranks, rounds),
        table::advice(&totals, nodes, (ranks, rounds), input.config.run.dt),
        table::distribution(&assignment, &memory),
        format!("Written to `{}`, for `--lb-mode=Memory`.\n", file.display()),
    ]
    .concat())
}

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
