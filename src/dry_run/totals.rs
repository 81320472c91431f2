//! What a whole simulation takes, from what is known of its metypes.

use std::collections::BTreeMap;

use systems::partition::GROUP_BYTES;

use super::usage::{Estimate, Part, Usage};
use crate::machine;

/// Bytes of a cell and its synapses that are needed for a simulation, for each byte of them that is known: where only
/// neurodamus's file says what they take.
const USUAL_FACTOR: f64 = 3.5;

/// Part of its memory by which a node should be larger than what is needed of it.
const MARGIN: f64 = 0.3;

/// Times that the number of nodes is made to fit the overhead of its own ranks.
const ITERATIONS: usize = 5;

/// What all ranks together take (bytes), unless it says otherwise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Totals {
    /// Each rank by itself: the program, its libraries, and what it reads.
    pub overhead: f64,
    /// Cells without synapses.
    pub cells: f64,
    /// Synapses with their connections.
    pub synapses: f64,
    /// Number of synapses.
    pub synapse_count: f64,
    /// Groups of cells beyond what is in them.
    pub groups: f64,
    /// What reports keep.
    pub reports: f64,
    /// What is only needed while the cells are built, if they are built in one round.
    pub building: f64,
    /// Nanoseconds of a time step, on one core.
    pub step: f64,
    /// The parts of the model, by kind and name.
    pub parts: BTreeMap<String, Part>,
}

impl Totals {
    /// The sums over all cells, but for the overhead of ranks; the rows that reports keep take at most `most_rows` bytes.
    pub fn new(usage: &Usage, most_rows: f64) -> Self {
        let mut totals = Self::default();
        let mut rows = 0.0;
        for (metype, node_ids) in usage.populations.iter().flat_map(|(_, metypes)| metypes) {
            let count = node_ids.len() as f64;
            let synapses = count * usage.synapses.get(metype).copied().unwrap_or(0.0);
            totals.synapse_count += synapses;
            match usage.estimates.get(metype) {
                Some(estimate) => {
                    totals.add(estimate, count, synapses);
                    rows += count * estimate.report_rows;
                }
                None => {
                    let cells = 1024.0 * count * usage.memory.get(metype).copied().unwrap_or(0.0);
                    totals.cells += cells;
                    totals.synapses += 1024.0 * count * usage.cost(metype) - cells;
                    totals.building += (USUAL_FACTOR - 1.0) * 1024.0 * count * usage.cost(metype);
                }
            }
        }
        totals.reports += rows.min(most_rows);
        totals
    }

    fn add(&mut self, estimate: &Estimate, count: f64, synapses: f64) {
        self.cells += count * estimate.cell;
        self.synapses += synapses * estimate.synapse;
        self.reports += count * estimate.reports;
        self.building += count * estimate.building_cell + synapses * estimate.building_synapse;
        self.step += count * estimate.step;
        let cells_of_group = (GROUP_BYTES as f64 / estimate.grouping.max(1.0)).floor().max(1.0);
        self.groups += (count / cells_of_group).ceil() * estimate.group();
        for (name, part) in &estimate.parts {
            // More cells were looked at for their synapses than were built
            let cells = if estimate.is_of_synapses(name) && estimate.sampled_synapses > 0.0 {
                synapses / estimate.sampled_synapses
            } else {
                count
            };
            let sum = self.parts.entry(name.clone()).or_default();
            sum.count += cells * part.count;
            sum.bytes += cells * part.bytes;
        }
    }

    /// While it is simulated, on `ranks` ranks.
    pub fn simulated(&self, ranks: usize) -> f64 {
        self.overhead * ranks as f64 + self.cells + self.synapses + self.groups + self.reports
    }

    /// The most at any time, on `ranks` ranks that build their cells in `rounds`.
    pub fn peak(&self, ranks: usize, rounds: usize) -> f64 {
        self.simulated(ranks) + self.building / rounds as f64
    }

    /// Nodes like this one that are needed, with a rank for each of its `cores`; `None` if its memory is not known.
    pub fn nodes(&self, cores: usize, rounds: usize) -> Option<usize> {
        let memory = machine::memory()? as f64;
        let mut nodes = 1;
        for _ in 0..ITERATIONS {
            let needed =
                (self.peak(cores * nodes, rounds) * (1.0 + MARGIN) / memory).ceil().max(1.0) as usize;
            if needed == nodes {
                break;
            }
            nodes = needed;
        }
        Some(nodes)
    }
}
