//! The full state of chosen cells as JSON files, for comparing cells and finding faults (`--dump-cell-state`).
//!
//! A file is what neurodamus's `dump_cellstate` writes for a cell of a process that simulates all cells, for any number of
//! ranks: [`describe`] makes its text, [`numbers`] names synapses and connections.

mod describe;
mod numbers;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::json;
use systems::communicator::Communicator;
use systems::group::{CellPlan, Group};
use systems::step::record::Lookup;

use super::OutputError;
use crate::build::{self, Manner, PublicValues};
use crate::failure::Failure;
use crate::input::Input;
use crate::plan::{Plan, Target};
use describe::CellState;
use numbers::Numbers;

/// Gids that no simulated cell has.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("no simulated cell has {0}, of which `--dump-cell-state` asks for the state")]
#[diagnostic(help(
    "gids are node ids plus the offset of the population in `populations_offset.dat`; check `node_set`"
))]
struct NoSuchCell(String);

/// The chosen cells of this rank.
pub struct CellStates {
    cells: Vec<Chosen>,
    numbers: Numbers,
    folder: PathBuf,
    threshold: f64,
    /// Whether the cells come from their templates.
    has_templates: bool,
}

/// A chosen cell.
struct Chosen {
    /// What its template says of it.
    public: PublicValues,
    plan: CellPlan,
    /// Its connections in NEURON's order.
    connections: Vec<usize>,
}

impl CellStates {
    /// No cells yet, but they may have these gids; they come from their templates or are points.
    ///
    /// # Errors
    ///
    /// A gid that no simulated cell has.
    pub fn new(gids: &[u64], manner: Manner, input: &Input, plan: &Plan) -> Result<Self, Failure> {
        let unknown = gids.iter().filter(|gid| !plan.simulates(**gid));
        let unknown: Vec<String> = unknown.map(u64::to_string).collect();
        let named = match unknown.len() {
            0 => None,
            1 => Some(format!("the gid {}", unknown[0])),
            2..=8 => Some(format!("the gids {}", unknown.join(", "))),
            more => Some(format!("{more} of the gids, such as {}", unknown[0])),
        };
        if let Some(named) = named {
            return Err(Failure::bad_input(NoSuchCell(named)));
        }
        let (folder, threshold) = (input.output_dir.clone(), input.config.run.spike_threshold);
        let (numbers, has_templates) = (Numbers::new(gids), manner != Manner::Points);
        Ok(Self { cells: Vec::new(), numbers, folder, threshold, has_templates })
    }

    /// Remembers what the chosen ones of these cells are made of, and counts what all of them are made of.
    ///
    /// # Errors
    ///
    /// A node without template, a template that fails.
    pub fn remember(&mut self, cells: &[CellPlan], input: &Input, plan: &Plan) -> Result<(), Failure> {
        for cell in cells {
            self.numbers.count(cell);
            if self.numbers.is_chosen(cell.gid) {
                let public = self.public_values(cell, input, plan)?;
                let connections = in_order_of_sources(cell, plan);
                self.cells.push(Chosen { public, plan: cell.clone(), connections });
            }
        }
        Ok(())
    }

    /// What the template of a cell makes public; `gid` is the cell's over all populations, as neurodamus sets it.
    fn public_values(&self, cell: &CellPlan, input: &Input, plan: &Plan) -> Result<PublicValues, Failure> {
        let population = plan.population(&cell.population).map(|(index, _)| (index, vec![cell.node_id]));
        let specs = plan.cells(&Target { nodes: population.into_iter().collect() })?;
        let Some(spec) = specs.first() else { return Ok(PublicValues::default()) };
        if !self.has_templates {
            return Ok(PublicValues { template: spec.template.clone(), values: Vec::new() });
        }
        let mut public = build::public_values(spec, input, plan)?;
        for (_, value) in public.values.iter_mut().filter(|(name, _)| name == "gid") {
            *value = hoc::Value::from(cell.gid as f64);
        }
        Ok(public)
    }

    /// Takes account of the cells of all ranks, once each of them has remembered its own.
    ///
    /// # Errors
    ///
    /// If another rank failed.
    pub fn gather(&mut self, ranks: &dyn Communicator) -> Result<(), Failure> {
        self.numbers.gather(ranks)
    }

    /// Writes `cellstate_GID_tT.json` for every chosen cell, with its state at `t` (ms). All ranks do so at once.
    ///
    /// # Errors
    ///
    /// A file that cannot be written; if another rank failed.
    pub fn write(&self, t: f64, groups: &mut [Group], ranks: &dyn Communicator) -> Result<(), Failure> {
        let voltages = self.voltages_of_sources(groups, ranks)?;
        for chosen in &self.cells {
            let cell = &chosen.plan;
            for group in groups.iter_mut() {
                let mut lookup = Lookup(&mut group.world);
                let Some(range) = lookup.cell(cell.gid) else { continue };
                let mut state = CellState {
                    cell,
                    names: self.numbers.names(cell),
                    connections: &chosen.connections,
                    first: range.start,
                    lookup,
                    threshold: self.threshold,
                    voltages: &voltages,
                };
                let text =
                    format!("{:#}\n", json!({ &*chosen.public.template: state.describe(&chosen.public) }));
                let path = self.folder.join(format!("cellstate_{}_t{t:?}.json", cell.gid));
                std::fs::write(&path, text)
                    .map_err(|error| Failure::run_failed(OutputError::new("write", &path, error)))?;
                break;
            }
        }
        Ok(())
    }

    /// The voltages (mV) at which the spikes of cells are detected that are sources of a chosen cell, by their gids;
    /// artificial cells have none.
    fn voltages_of_sources(
        &self,
        groups: &mut [Group],
        ranks: &dyn Communicator,
    ) -> Result<BTreeMap<u64, f64>, Failure> {
        let of_cell = |chosen: &Chosen| {
            let connections = chosen.connections.iter().map(|&index| chosen.plan.connections[index].source);
            connections.filter(|source| source.is_cell()).map(|source| source.gid()).collect::<Vec<_>>()
        };
        let own: BTreeSet<u64> = self.cells.iter().flat_map(of_cell).collect();
        let mut wanted = BTreeSet::new();
        for part in ranks.all_gather(&own.into_iter().flat_map(u64::to_le_bytes).collect::<Vec<u8>>())? {
            wanted.extend(numbers_of(&part));
        }
        let mut found = Vec::new();
        for group in groups {
            let mut lookup = Lookup(&mut group.world);
            for &gid in &wanted {
                let voltage = lookup.spike_voltage(gid);
                found.extend(voltage.iter().flat_map(|voltage| [gid, voltage.to_bits()]));
            }
        }
        let mut voltages = BTreeMap::new();
        for part in ranks.all_gather(&found.into_iter().flat_map(u64::to_le_bytes).collect::<Vec<u8>>())? {
            let pairs: Vec<u64> = numbers_of(&part).collect();
            voltages.extend(pairs.chunks_exact(2).map(|pair| (pair[0], f64::from_bits(pair[1]))));
        }
        Ok(voltages)
    }
}

/// Whole numbers that another rank sent.
fn numbers_of(bytes: &[u8]) -> impl Iterator<Item = u64> {
    let (whole, _) = bytes.as_chunks();
    whole.iter().copied().map(u64::from_le_bytes)
}

/// The connections of a cell whose sources are simulated, as NEURON lists them: by their sources in the order in which these
/// are made, cells first.
fn in_order_of_sources(cell: &CellPlan, plan: &Plan) -> Vec<usize> {
    let source = |index: &usize| cell.connections[*index].source;
    let is_there = |index: &usize| !source(index).is_cell() || plan.simulates(source(index).gid());
    let mut listed: Vec<usize> = (0..cell.connections.len()).filter(is_there).collect();
    listed.sort_by_key(|index| {
        let source = source(index);
        if source.is_cell() { (0, source.gid()) } else { (1, *index as u64) }
    });
    listed
}
