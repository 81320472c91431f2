//! Balance of the time that ranks take: cells by what they cost, longest first.
//!
//! What cells cost and where they went is kept in the files of neurodamus, in `sim_conf/_loadbal_<hash>.<population>/` in
//! the working directory, and found there by later runs: for the same target, or for a part of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use md5::{Digest, Md5};
use systems::communicator::Communicator;
use systems::group::GroupOptions;

use super::assignment::Assignment;
use super::calibrate::calibrate;
use super::costs::Costs;
use super::error::PlanningFileProblem;
use super::files::{self, format_assignment, format_complexities, parse_assignment, parse_complexities};
use super::longest_first::longest_first;
use super::{Folder, from_first};
use crate::build::{self, Manner, count_edges};
use crate::failure::Failure;
use crate::input::Input;
use crate::plan::{CellSpec, Plan, Population, Target};

/// Kinds of cells that are built at a time to see what they cost.
const KINDS_AT_ONCE: usize = 100;

/// Balances all populations; those that come later fill up what the first ones left uneven.
///
/// # Errors
///
/// Files of an earlier run that are damaged; cells whose cost has to be found out and that cannot be built.
pub fn balance(
    plan: &Plan,
    input: &Input,
    folder: &Folder,
    (ranks, rounds): (&dyn Communicator, usize),
) -> Result<(Assignment, Vec<f64>), Failure> {
    let mut assignment = Assignment::new(plan, ranks.size(), rounds);
    let mut loads = vec![0.0; ranks.size()];
    let mut costs = None;
    for (index, population) in plan.populations.iter().enumerate() {
        if population.is_virtual || population.node_ids.is_empty() {
            continue;
        }
        let files = Files::new(folder, input, population)?;
        let known = from_first(ranks, || files.known_complexities(input.config.node_set.is_some()))?;
        let complexities = match known {
            Some(known) => known,
            None => {
                let costs = match &mut costs {
                    Some(costs) => costs,
                    none => none.insert(costs_of_mechanisms(input, folder, ranks)?),
                };
                let complexities = measure(index, plan, input, costs, ranks)?;
                from_first(ranks, || files.write_complexities(&complexities))?;
                complexities
            }
        };
        let chosen = from_first(ranks, || files.assign(&complexities, &mut loads))?;
        for (&rank, complexity) in chosen.iter().zip(&complexities) {
            if ranks.rank() != 0 {
                loads[rank as usize] += complexity;
            }
        }
        // The cells of each rank are dealt to its rounds one by one
        let mut dealt = vec![0; ranks.size()];
        let places: Vec<(u32, u32)> = chosen
            .iter()
            .map(|&rank| {
                let number = &mut dealt[rank as usize];
                *number += 1;
                (rank, ((*number - 1) % rounds) as u32)
            })
            .collect();
        assignment.assign(plan, index, |number| places[number]);
    }
    Ok((assignment, loads))
}

/// What instances of mechanisms cost: as `mcomplex.dat` says, or measured on rank 0.
fn costs_of_mechanisms(input: &Input, folder: &Folder, ranks: &dyn Communicator) -> Result<Costs, Failure> {
    let file = folder.path("mcomplex.dat");
    let text: String = from_first(ranks, || {
        if let Some(text) = folder.read(&file)? {
            tracing::info!("mechanisms cost what `{}` says; delete it to measure them", file.display());
            return Ok(text);
        }
        let run = &input.config.run;
        let options = GroupOptions {
            dt: run.dt,
            celsius: input.config.conditions.celsius,
            v_init: input.config.conditions.v_init,
            ..GroupOptions::default()
        };
        let costs = calibrate(&input.registry, &options).map_err(Failure::bad_input)?;
        let text = costs.format(&input.registry);
        folder.write(&file, text.as_bytes())?;
        Ok(text)
    })?;
    Costs::parse(&text, &file).map_err(Failure::bad_input)
}

/// What each cell of a population costs, in the order of the plan; every rank finds out some.
fn measure(
    population: usize,
    plan: &Plan,
    input: &Input,
    costs: &Costs,
    ranks: &dyn Communicator,
) -> Result<Vec<f64>, Failure> {
    let node_ids = &plan.populations[population].node_ids;
    let own: Vec<u64> = node_ids.iter().copied().skip(ranks.rank()).step_by(ranks.size()).collect();
    let own = Target { nodes: vec![(population, own)] };
    let specs = plan.cells(&own)?;
    let of_kinds = costs_of_kinds(&specs, plan, input, costs)?;
    let synapses = count_edges(&own, input, plan, &[])?;
    let complexities = specs.iter().map(|spec| {
        let kinds = synapses.get(&(population, spec.node_id)).map(Vec::as_slice).unwrap_or_default();
        let synapses = kinds.iter().map(|&(kind, count)| count as f64 * costs.of_synapse(kind));
        let cell = of_kinds.get(&kind_of(spec)).copied().unwrap_or(0.0);
        cell + synapses.sum::<f64>()
    });
    let bytes: Vec<u8> = complexities.flat_map(f64::to_le_bytes).collect();
    let parts = ranks.all_gather(&bytes)?;
    let value = |number: usize| {
        let part = &parts[number % ranks.size()];
        let bytes = part.as_chunks::<8>().0.get(number / ranks.size());
        bytes.map_or(0.0, |bytes| f64::from_le_bytes(*bytes))
    };
    Ok((0..node_ids.len()).map(value).collect())
}

/// What makes cells cost the same, synapses aside.
fn kind_of(spec: &CellSpec) -> (&str, &str) {
    (&spec.template, &spec.morphology)
}

/// Builds a cell of each kind to see what it costs.
fn costs_of_kinds<'a>(
    specs: &'a [CellSpec],
    plan: &Plan,
    input: &Input,
    costs: &Costs,
) -> Result<BTreeMap<(&'a str, &'a str), f64>, Failure> {
    let first_of_kinds: BTreeMap<_, &CellSpec> =
        specs.iter().rev().map(|spec| (kind_of(spec), spec)).collect();
    let first_of_kinds: Vec<_> = first_of_kinds.into_iter().collect();
    let mut found = BTreeMap::new();
    for some in first_of_kinds.chunks(KINDS_AT_ONCE) {
        let chosen = some.iter().map(|(_, spec)| CellSpec::clone(spec)).collect();
        let mut cells = build::create_cells(chosen, input, plan, Manner::Modified)?;
        let of_node: BTreeMap<u64, f64> =
            cells.take_plans().iter().map(|cell| (cell.node_id, costs.of_cell(cell))).collect();
        found.extend(some.iter().filter_map(|(kind, spec)| Some((*kind, *of_node.get(&spec.node_id)?))));
    }
    Ok(found)
}

/// The files about one population and the target of a simulation.
struct Files<'a> {
    folder: &'a Folder,
    population: &'a Population,
    /// Where they are.
    path: PathBuf,
    /// The target, as their names say it.
    target: String,
}

impl<'a> Files<'a> {
    fn new(folder: &'a Folder, input: &Input, population: &'a Population) -> Result<Self, Failure> {
        let nodes = population.nodes.file();
        let nodes = std::path::absolute(nodes).map_err(|error| {
            let help = "start the program in a folder that exists";
            Failure::bad_input(PlanningFileProblem::new(nodes, error.to_string(), help))
        })?;
        let hash = Md5::digest(nodes.to_string_lossy().as_bytes());
        let hash: String = hash.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
        let node_set = input.config.node_set.as_ref().map_or("", |name| name.value.as_str());
        Ok(Self {
            folder,
            population,
            path: folder.path("sim_conf").join(format!("_loadbal_{hash}.{}", population.name)),
            target: format!("{}_{}", population.name, node_set.replace(':', "_")),
        })
    }

    /// What the cells cost, if files know of all: those of this target, or of one that holds it.
    fn known_complexities(&self, may_be_part: bool) -> Result<Option<Vec<f64>>, Failure> {
        let own = self.complexity_file();
        if let Some(known) = self.read_complexities(&own)? {
            match self.in_order(&known) {
                Some(complexities) => {
                    tracing::info!("cells cost what `{}` says; delete it to measure them", own.display());
                    return Ok(Some(complexities));
                }
                None => tracing::warn!("`{}` is about other cells: they are measured again", own.display()),
            }
        }
        for other in if may_be_part { self.other_complexity_files() } else { BTreeSet::new() } {
            let complexities = self.read_complexities(&other)?.and_then(|known| self.in_order(&known));
            if let Some(complexities) = complexities {
                tracing::info!("cells cost what `{}` says, which is about more", other.display());
                self.write_complexities(&complexities)?;
                return Ok(Some(complexities));
            }
        }
        Ok(None)
    }

    fn complexity_file(&self) -> PathBuf {
        self.path.join(format!("cx_{}#.dat", self.target))
    }

    fn other_complexity_files(&self) -> BTreeSet<PathBuf> {
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten().map(|entry| entry.path());
        let is_complexity_file = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("cx_") && name.ends_with("#.dat")
        };
        entries.filter(is_complexity_file).collect()
    }

    fn read_complexities(&self, file: &Path) -> Result<Option<BTreeMap<u64, f64>>, Failure> {
        let Some(text) = self.folder.read(file)? else { return Ok(None) };
        parse_complexities(&text, file).map(Some).map_err(Failure::bad_input)
    }

    /// The costs of the cells in the order of the plan, if all are known.
    fn in_order(&self, known: &BTreeMap<u64, f64>) -> Option<Vec<f64>> {
        self.population.node_ids.iter().map(|node_id| known.get(node_id).copied()).collect()
    }

    fn write_complexities(&self, complexities: &[f64]) -> Result<(), Failure> {
        let cells = self.population.node_ids.iter().copied().zip(complexities.iter().copied());
        self.folder.write(&self.complexity_file(), format_complexities(cells).as_bytes())
    }

    /// The rank of each cell, as the file for as many ranks has it, or longest first; adds what they cost to `loads`.
    fn assign(&self, complexities: &[f64], loads: &mut [f64]) -> Result<Vec<u32>, Failure> {
        let file = self.path.join(format!("cx_{}#.{}.dat", self.target, loads.len()));
        let node_ids = &self.population.node_ids;
        let mut is_kept = false;
        if let Some(text) = self.folder.read(&file)? {
            match parse_assignment(&text, &file, loads.len()).map_err(Failure::bad_input)? {
                Some(known) if files::missing(node_ids, &known).is_empty() => {
                    tracing::info!("cells go where `{}` says", file.display());
                    let ranks: Vec<u32> = node_ids.iter().map(|node_id| known[node_id]).collect();
                    for (&rank, complexity) in ranks.iter().zip(complexities) {
                        loads[rank as usize] += complexity;
                    }
                    return Ok(ranks);
                }
                Some(_) => tracing::warn!("`{}` is about other cells: it is made again", file.display()),
                None => {
                    is_kept = true;
                    tracing::warn!("`{}` has split cells: whole ones are dealt out anew", file.display());
                }
            }
        }
        let ranks = longest_first(complexities, loads);
        if !is_kept {
            let cells: Vec<(u64, u32)> = node_ids.iter().copied().zip(ranks.iter().copied()).collect();
            self.folder.write(&file, format_assignment(&cells, loads.len()).as_bytes())?;
        }
        Ok(ranks)
    }
}
