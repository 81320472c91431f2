//! A few cells of each metype, built as for a run, to see what they take.

use std::time::Instant;

use systems::group::{CellPlan, GroupOptions, build as build_group};

use super::usage::{Estimate, Usage};
use crate::build::{self, CellsOfRank};
use crate::command_line::Options;
use crate::failure::Failure;
use crate::input::Input;
use crate::plan::{Plan, Target};
use crate::statistics::Statistics;

/// Cells of a metype that are built at first.
const FEW: usize = 5;

/// Measures the metypes that are not known yet.
///
/// # Errors
///
/// Cells that cannot be built.
pub fn measure(usage: &mut Usage, plan: &Plan, input: &Input, options: &Options) -> Result<(), Failure> {
    for (name, metypes) in usage.populations.clone() {
        let Some((population, _)) = plan.population(&name) else { continue };
        for (metype, node_ids) in metypes {
            if usage.memory.contains_key(&metype) && usage.synapses.contains_key(&metype) {
                continue;
            }
            let chosen = spread(&node_ids, FEW);
            let cells = build_all(population, chosen, plan, input, options)?;
            usage.insert(&metype, estimate(cells, input)?);
        }
    }
    Ok(())
}

/// At most `count` of the nodes, evenly spread over them.
fn spread(node_ids: &[u32], count: usize) -> Vec<u64> {
    let count = count.min(node_ids.len());
    (0..count).map(|number| u64::from(node_ids[(2 * number + 1) * node_ids.len() / (2 * count)])).collect()
}

/// Builds some cells with all that is attached to them.
fn build_all(
    population: usize,
    node_ids: Vec<u64>,
    plan: &Plan,
    input: &Input,
    options: &Options,
) -> Result<CellsOfRank, Failure> {
    let chosen = Target { nodes: vec![(population, node_ids)] };
    let mut cells = build::create_cells(plan.cells(&chosen)?, input, plan, true)?;
    build::create_synapses(&mut cells, input, plan, &[], options.crash_test)?;
    build::enable_stimuli(&mut cells, input, plan)?;
    if !options.disable_reports {
        build::enable_reports(&mut cells, input, plan)?;
    }
    Ok(cells)
}

/// What cells of a metype take.
fn estimate(mut cells: CellsOfRank, input: &Input) -> Result<Estimate, Failure> {
    let plans: Vec<CellPlan> = cells.take_plans();
    let count = plans.len().max(1) as f64;
    let points = plans.iter().flat_map(|plan| &plan.point_processes);
    let synapses = points.filter(|point| point.synapse_id.is_some()).count() as f64;
    let options = GroupOptions { dt: input.config.run.dt, ..GroupOptions::default() };
    let mut group = build_group(&plans, &input.registry, &options, &[])?;
    let mut statistics = Statistics::default();
    statistics.add_cells(&plans);
    statistics.add_groups(std::slice::from_mut(&mut group));
    group.initialize();
    let start = Instant::now();
    group.advance(40);
    let step = start.elapsed().as_nanos() as f64 / 40.0 / count;
    let of_synapses = statistics.bytes_of_synapses() as f64;
    Ok(Estimate {
        synapses: synapses / count,
        cell: (statistics.bytes() as f64 - of_synapses) / count,
        synapse: if synapses > 0.0 { of_synapses / synapses } else { 0.0 },
        building: 0.0,
        report_row: 0.0,
        step,
    })
}
