//! A few cells of each metype, built as for a run, to see what they take.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use systems::group::{CellPlan, GroupOptions, build as build_group};
use systems::partition;

use super::bytes;
use super::usage::{Estimate, Metypes, Part, Usage};
use crate::build::{self, CellsOfRank, EdgeCounts, Manner, count_edges};
use crate::command_line::Options;
use crate::failure::Failure;
use crate::input::Input;
use crate::machine;
use crate::output::LONGEST_BUFFERED;
use crate::plan::{Plan, Target};
use crate::statistics::Statistics;

/// Cells of a metype that are built at first; and in all, where those differ much.
const FEW: usize = 4;
const MANY: usize = 20;

/// Standard error of the mean of what cells take, as a part of it, that is small enough.
const SMALL_ERROR: f64 = 0.02;

/// Cells of a metype whose morphologies are looked at, to see how many share one.
const LOOKED_AT: usize = 1000;

/// Synapses are counted of the first cells of blocks: how many, of how many, and by how much blocks grow.
const COUNTED: usize = 100;
const FIRST_BLOCK: usize = 5000;
const GROWTH: f64 = 1.1;

/// Time steps that are measured.
const STEPS: u64 = 40;

/// Measures the metypes that are not known yet.
///
/// # Errors
///
/// Cells that cannot be built, edges that cannot be read.
pub fn measure(usage: &mut Usage, plan: &Plan, input: &Input, options: &Options) -> Result<(), Failure> {
    let mut unknown: Vec<(usize, Metypes)> = Vec::new();
    let mut seen = BTreeSet::new();
    for (name, metypes) in &usage.populations {
        let Some((population, _)) = plan.population(name) else { continue };
        // A metype that several populations have is measured in the first
        let is_new = |(metype, _): &&(String, Vec<u32>)| {
            !usage.memory.contains_key(metype) && seen.insert(metype.clone())
        };
        unknown.push((population, metypes.iter().filter(is_new).cloned().collect()));
    }
    let sampler = Sampler { plan, input, options };
    let synapses = sampler.count_synapses(&unknown)?;
    machine::reset_peak();
    let mut largest: f64 = 0.0;
    for (population, metypes) in &unknown {
        for (metype, node_ids) in metypes {
            let (estimate, bytes) = sampler.estimate(*population, node_ids)?;
            largest = largest.max(bytes);
            let mean = if node_ids.len() <= FEW {
                estimate.sampled_synapses
            } else {
                mean_synapses(&synapses, *population, node_ids)
            };
            usage.insert(metype, mean, estimate);
        }
    }
    if let Some(peak) = machine::peak()
        && largest > 0.0
    {
        // What was held beyond the cells themselves
        usage.overhead = Some((peak as f64 - largest).max(0.0));
    }
    Ok(())
}

/// At most `count` of the nodes, evenly spread over them.
fn spread(node_ids: &[u32], count: usize) -> Vec<u64> {
    let count = count.min(node_ids.len());
    (0..count).map(|number| u64::from(node_ids[(2 * number + 1) * node_ids.len() / (2 * count)])).collect()
}

/// The blocks of a metype's cells: each with the part whose synapses are counted.
fn blocks(node_ids: &[u32]) -> Vec<(&[u32], usize)> {
    let (mut blocks, mut rest, mut length) = (Vec::new(), node_ids, FIRST_BLOCK);
    while !rest.is_empty() {
        let (block, others) = rest.split_at(length.min(rest.len()));
        blocks.push((&block[..COUNTED.min(block.len())], block.len()));
        (rest, length) = (others, (length as f64 * GROWTH) as usize);
    }
    blocks
}

/// Mean number of synapses of a metype's cells.
fn mean_synapses(counts: &EdgeCounts, population: usize, node_ids: &[u32]) -> f64 {
    let of = |node_id: &u32| {
        let kinds = counts.get(&(population, u64::from(*node_id)));
        kinds.into_iter().flatten().map(|(_, count)| count).sum::<u64>() as f64
    };
    let of_blocks = blocks(node_ids)
        .into_iter()
        .map(|(counted, length)| counted.iter().map(of).sum::<f64>() / counted.len() as f64 * length as f64);
    of_blocks.sum::<f64>() / node_ids.len().max(1) as f64
}

/// Builds cells.
struct Sampler<'a> {
    plan: &'a Plan,
    input: &'a Input,
    options: &'a Options,
}

impl Sampler<'_> {
    /// Counts the synapses of some cells of each metype.
    fn count_synapses(&self, unknown: &[(usize, Metypes)]) -> Result<EdgeCounts, Failure> {
        let nodes = unknown.iter().map(|(population, metypes)| {
            let counted = metypes.iter().flat_map(|(_, node_ids)| blocks(node_ids));
            let mut nodes: Vec<u64> =
                counted.flat_map(|(counted, _)| counted.iter().map(|id| u64::from(*id))).collect();
            nodes.sort_unstable();
            (*population, nodes)
        });
        count_edges(&Target { nodes: nodes.collect() }, self.input, self.plan, &[])
    }

    /// What cells of a metype take, and what those take that were built to find it out (bytes).
    fn estimate(&self, population: usize, node_ids: &[u32]) -> Result<(Estimate, f64), Failure> {
        let few = self.build(population, spread(node_ids, FEW))?;
        let sizes: Vec<f64> = few.plans.iter().map(|plan| partition::bytes_of(plan) as f64).collect();
        let sample = if error_of_mean(&sizes) > SMALL_ERROR && node_ids.len() > FEW {
            self.build(population, spread(node_ids, MANY))?
        } else {
            few
        };
        sample.estimate(self.models_per_cell(population, node_ids)?, self.input)
    }

    /// Builds some cells with all that is attached to them.
    fn build(&self, population: usize, node_ids: Vec<u64>) -> Result<Sample, Failure> {
        let Self { plan, input, options } = *self;
        let chosen = Target { nodes: vec![(population, node_ids)] };
        let manner = Manner::new(true, options.crash_test);
        let mut cells = build::create_cells(plan.cells(&chosen)?, input, plan, manner)?;
        build::create_synapses(&mut cells, input, plan, &[], options.crash_test, false)?;
        build::enable_stimuli(&mut cells, input, plan)?;
        if !options.disable_reports {
            build::enable_reports(&mut cells, input, plan)?;
        }
        let shared: BTreeSet<usize> = cells.built().map(|built| Arc::as_ptr(built) as usize).collect();
        let is_shared = shared.len() == 1 && cells.built().count() > 1;
        Ok(Sample { is_shared, plans: cells.take_plans(), cells })
    }

    /// How many morphologies there are for each cell of a metype: 1 where each has its own.
    fn models_per_cell(&self, population: usize, node_ids: &[u32]) -> Result<f64, Failure> {
        let looked_at = spread(node_ids, LOOKED_AT);
        let count = looked_at.len();
        let specs = self.plan.cells(&Target { nodes: vec![(population, looked_at)] })?;
        let kinds: BTreeSet<_> = specs.iter().map(|spec| (&spec.template, &spec.morphology)).collect();
        // Few kinds among many cells are all there are
        let all = if 2 * kinds.len() <= count { node_ids.len() } else { count };
        Ok(kinds.len() as f64 / all.max(1) as f64)
    }
}

/// Standard error of the mean of some numbers, as a part of it.
fn error_of_mean(numbers: &[f64]) -> f64 {
    let count = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / count.max(1.0);
    if numbers.len() < 2 || mean <= 0.0 {
        return 0.0;
    }
    let variance = numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (variance / count).sqrt() / mean
}

/// Some cells of a metype.
struct Sample {
    plans: Vec<CellPlan>,
    /// What else is known of them.
    cells: CellsOfRank,
    /// Whether cells that are equal but for their node ids come out the same.
    is_shared: bool,
}

impl Sample {
    fn estimate(self, models_per_cell: f64, input: &Input) -> Result<(Estimate, f64), Failure> {
        let count = self.plans.len().max(1) as f64;
        let points = self.plans.iter().flat_map(|plan| &plan.point_processes);
        let synapses = points.filter(|point| point.synapse_id.is_some()).count() as f64;
        let per_synapse = |bytes: f64| if synapses > 0.0 { bytes / synapses } else { 0.0 };
        let (mut building_cell, mut building_synapse) = (0.0, 0.0);
        for plan in &self.plans {
            let (of_cell, of_synapses) = bytes::of_plan(plan);
            building_cell += of_cell as f64;
            building_synapse += of_synapses as f64;
        }
        let models: BTreeMap<usize, usize> = self
            .plans
            .iter()
            .map(|plan| (Arc::as_ptr(&plan.model) as usize, bytes::of_model(&plan.model)))
            .collect();
        let model = models.values().sum::<usize>() as f64 / models.len().max(1) as f64;
        let models_per_cell =
            if self.is_shared || models.len() < self.plans.len() { models_per_cell } else { 1.0 };
        let (reports, report_rows) = self.bytes_of_reports(input);
        let (statistics, step) = self.group(input)?;
        let of_synapses = statistics.bytes_of_synapses() as f64;
        let parts = statistics.amounts().map(|(kind, name, amount)| {
            let part = Part { count: amount.count as f64 / count, bytes: amount.bytes as f64 / count };
            (format!("{kind} {name}"), part)
        });
        let grouping = self.plans.iter().map(|plan| partition::bytes_of(plan) as f64).sum::<f64>() / count;
        let models_of_all = models.values().sum::<usize>() as f64;
        let plans = building_cell + building_synapse + models_of_all;
        let estimate = Estimate {
            cell: (statistics.bytes() as f64 - of_synapses) / count,
            synapse: per_synapse(of_synapses),
            sampled_synapses: synapses / count,
            building_cell: building_cell / count + model * models_per_cell,
            building_synapse: per_synapse(building_synapse),
            reports: reports / count,
            report_rows: report_rows / count,
            grouping,
            step: step / count,
            parts: parts.collect(),
        };
        let bytes = plans + statistics.bytes() as f64 + estimate.group();
        Ok((estimate, bytes))
    }

    /// Puts the cells into a group: what it holds, and how many nanoseconds a time step takes.
    fn group(&self, input: &Input) -> Result<(Statistics, f64), Failure> {
        let conditions = &input.config.conditions;
        let globals = conditions.mechanisms.iter();
        let options = GroupOptions {
            dt: input.config.run.dt,
            celsius: conditions.celsius,
            v_init: conditions.v_init,
            globals: globals
                .map(|global| ((global.mechanism.clone(), global.variable.clone()), global.value))
                .collect(),
            ..GroupOptions::default()
        };
        let mut group = build_group(&self.plans, &input.registry, &options, &[])?;
        let mut statistics = Statistics::default();
        statistics.add_cells(&self.plans);
        statistics.add_groups(std::slice::from_mut(&mut group));
        group.initialize();
        let start = Instant::now();
        group.advance(STEPS);
        Ok((statistics, start.elapsed().as_nanos() as f64 / STEPS as f64))
    }

    /// Bytes of what reports know of the elements of these cells, and of the rows that they keep of them.
    fn bytes_of_reports(&self, input: &Input) -> (f64, f64) {
        let (mut known, mut kept) = (0.0, 0.0);
        for report in &self.cells.reports {
            let elements: usize = report.cells.iter().map(|cell| cell.element_ids.len()).sum();
            let interval = report.sampling.period() as f64 * input.config.run.dt;
            let rows = (LONGEST_BUFFERED / interval).max(1.0);
            // The id of each element; and for each cell, whose it is
            known += (4 * elements + size_of::<build::CellElements>() * report.cells.len()) as f64;
            kept += 4.0 * rows * elements as f64;
        }
        (known, kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_spread_evenly() {
        let ids: Vec<u32> = (0..100).collect();
        assert_eq!(spread(&ids, 4), [12, 37, 62, 87]);
        assert_eq!(spread(&ids[..3], 4), [0, 1, 2]);
        assert_eq!(spread(&[], 4), [] as [u64; 0]);
    }

    #[test]
    fn synapses_are_counted_in_blocks_that_grow() {
        let ids: Vec<u32> = (0..12_000).collect();
        let lengths: Vec<usize> = blocks(&ids).iter().map(|(_, length)| *length).collect();
        assert_eq!(lengths, [5000, 5500, 1500]);
        assert!(blocks(&ids).iter().all(|(counted, _)| counted.len() == 100));
        assert_eq!(blocks(&ids)[1].0[0], 5000);
        assert_eq!(blocks(&[7, 8])[0], (&[7, 8][..], 2));
    }

    #[test]
    fn the_mean_of_a_block_counts_for_all_its_cells() {
        let ids: Vec<u32> = (0..6000).collect();
        let kind = sonata::circuit::ConnectionKind::Synaptic;
        // The first block has 2 synapses per cell, the second 8
        let counts = ids.iter().map(|&id| ((0, u64::from(id)), vec![(kind, if id < 5000 { 2 } else { 8 })]));
        assert_eq!(mean_synapses(&counts.collect(), 0, &ids), 3.0);
        assert_eq!(mean_synapses(&EdgeCounts::new(), 0, &ids), 0.0);
    }

    #[test]
    fn equal_cells_have_no_error() {
        assert_eq!(error_of_mean(&[3.0; 4]), 0.0);
        assert_eq!(error_of_mean(&[3.0]), 0.0);
        assert!((error_of_mean(&[1.0, 3.0]) - 0.5).abs() < 1e-12);
    }
}
