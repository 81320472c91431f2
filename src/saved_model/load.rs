//! Loading: each rank reads the blocks of its own cells, however many ranks have saved them.
//!
//! First all that the model follows from is compared with what there is now, and each rank looks at a share of the files;
//! then blocks are read. After each all ranks agree on whether the model can be used.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use cell::CellModel;
use systems::Registry;
use systems::communicator::Communicator;
use systems::group::CellPlan;

use super::attached::read_attached;
use super::blocks::BlockFiles;
use super::cells::{read_built, read_model};
use super::facts::{Facts, differences, of_mechanism};
use super::index::{Header, Index, SavedGlobal};
use super::problem::Unusable;
use super::save::INDEX;
use crate::build::{BuiltCell, CellsOfRank, Clamp, Globals, Instance, is_synapse};
use crate::failure::Failure;
use crate::plan::{CellSpec, Plan};

/// What became of a saved model.
pub enum Loaded {
    /// It is here, without stimuli and reports.
    Cells(Box<CellsOfRank>),
    /// There is none.
    Missing,
    /// It cannot be used, for a reason that is the same on all ranks.
    Unusable(String),
}

/// Differences that are told at most.
const DIFFERENCES_TOLD: usize = 3;

/// Reads the cells of this rank from the model in `folder`; all ranks together.
///
/// # Errors
///
/// That another rank has failed.
pub fn load(
    folder: &Path,
    specs: &[CellSpec],
    plan: &Plan,
    facts: &Facts,
    registry: &Registry,
    ranks: &dyn Communicator,
) -> Result<Loaded, Failure> {
    let opened = open(folder, facts, registry, (ranks.rank(), ranks.size()));
    let (index, files) = match agreed(opened, ranks)? {
        Ok(opened) => opened,
        Err(loaded) => return Ok(loaded),
    };
    let cells = read_cells(&index, &files, specs, plan, registry).map(|cells| {
        // Any rank may look at any file
        let share = index.header.stamps.iter().skip(ranks.rank()).step_by(ranks.size());
        CellsOfRank { files: share.map(|stamp| stamp.path.clone()).collect(), ..cells }
    });
    Ok(agreed(cells, ranks)?.map_or_else(|loaded| loaded, |cells| Loaded::Cells(Box::new(cells))))
}

/// What was done, if it was on all ranks; else the reason of the first rank where it was not.
fn agreed<T>(done: Result<T, Unusable>, ranks: &dyn Communicator) -> Result<Result<T, Loaded>, Failure> {
    let reason = done.as_ref().err().map(Unusable::to_string).unwrap_or_default();
    let reasons = ranks.all_gather(reason.as_bytes())?;
    let first = reasons.into_iter().find(|reason| !reason.is_empty());
    Ok(match (done, first) {
        (Ok(done), None) => Ok(done),
        (Err(Unusable::Missing), _) => Err(Loaded::Missing),
        (_, reason) => {
            Err(Loaded::Unusable(String::from_utf8_lossy(&reason.unwrap_or_default()).into_owned()))
        }
    })
}

/// Opens a model that can be used, as far as this rank sees.
fn open(
    folder: &Path,
    facts: &Facts,
    registry: &Registry,
    (rank, size): (usize, usize),
) -> Result<(Index, BlockFiles), Unusable> {
    let index = Index::read(&folder.join(INDEX))?;
    let Header { facts: built, mechanisms, stamps, .. } = &index.header;
    let mut found = differences(built, facts, "the model was built");
    for (name, hash) in mechanisms {
        match registry.get(name).map(|mechanism| of_mechanism(mechanism.as_ref())) {
            Some(now) if now == *hash => {}
            Some(_) => found.push(format!("mechanism `{name}` differs from what the model was built with")),
            None => {
                found.push(format!("the model was built with mechanism `{name}`, which is no longer there"))
            }
        }
    }
    found.extend(stamps.iter().skip(rank).step_by(size).filter_map(|stamp| stamp.change()));
    if !found.is_empty() {
        let more = found.len().saturating_sub(DIFFERENCES_TOLD);
        found.truncate(DIFFERENCES_TOLD);
        let and_more = if more > 0 { format!("; and {more} more") } else { String::new() };
        return Err(Unusable::Differs(found.join("; ") + &and_more));
    }
    let files = BlockFiles::open(index.files(folder))?;
    Ok((index, files))
}

/// Reads the cells of this rank.
fn read_cells(
    index: &Index,
    files: &BlockFiles,
    specs: &[CellSpec],
    plan: &Plan,
    registry: &Registry,
) -> Result<CellsOfRank, Unusable> {
    let table = &index.table;
    let mut specs: Vec<&CellSpec> = specs.iter().collect();
    specs.sort_by_key(|spec| spec.gid);
    let mut places = Vec::with_capacity(specs.len());
    for spec in &specs {
        let row = table.gids.binary_search(&spec.gid).map_err(|_| {
            let what = format!(
                "it has no cell {} of population `{}`",
                spec.node_id, plan.populations[spec.population].name
            );
            Unusable::damaged(Path::new(INDEX), what)
        })?;
        places.push(table.cells[row]);
    }
    let built_numbers = numbered(places.iter().map(|(number, _)| *number));
    let wanted: Vec<_> = built_numbers.keys().map(|&number| table.built[number as usize]).collect();
    let model_numbers = numbered(wanted.iter().map(|(number, _)| *number));
    let of_models: Vec<_> = model_numbers.keys().map(|&number| table.models[number as usize]).collect();
    let models: Vec<Arc<CellModel>> =
        files.read(&of_models, |_, bytes| read_model(bytes, registry).map(Arc::new))?;
    let of_built: Vec<_> = wanted.iter().map(|(_, place)| *place).collect();
    let built: Vec<Arc<BuiltCell>> = files.read(&of_built, |index, bytes| {
        let model = &models[model_numbers[&wanted[index].0]];
        read_built(bytes, Arc::clone(model)).map(Arc::new)
    })?;
    let of_cells: Vec<_> = places.iter().map(|(_, place)| *place).collect();
    let cell = |index: usize| &built[built_numbers[&places[index].0]];
    let plans: Vec<CellPlan> = files.read(&of_cells, |index, bytes| {
        let spec = specs[index];
        let population = Arc::clone(&plan.populations[spec.population].name);
        let bare = CellPlan::new(population, spec.node_id, spec.gid, Arc::clone(&cell(index).model));
        read_attached(bytes, bare, cell(index), registry)
    })?;
    let instances = specs.iter().enumerate();
    let instances = instances
        .map(|(index, &spec)| Instance { spec: spec.clone(), built: Arc::clone(cell(index)) })
        .collect();
    let points = plans.iter().flat_map(|plan| &plan.point_processes);
    let synapse_count = points.filter(|point| is_synapse(point)).count();
    let Header { globals: of_templates, configured_globals, clamps, .. } = &index.header;
    let own = |gid: &u64| specs.binary_search_by_key(gid, |spec| spec.gid).is_ok();
    let clamps = clamps.iter().filter(|(gid, _)| own(gid));
    Ok(CellsOfRank {
        has_synapses: true,
        synapse_count,
        configured_globals: globals(configured_globals),
        clamps: clamps.map(|&(gid, process)| Clamp { gid, process }).collect(),
        ..CellsOfRank::new(instances, plans, globals(of_templates))
    })
}

/// Distinct numbers, and the place of each among them.
fn numbered(numbers: impl Iterator<Item = u32>) -> BTreeMap<u32, usize> {
    let distinct: std::collections::BTreeSet<u32> = numbers.collect();
    distinct.into_iter().zip(0..).collect()
}

fn globals(saved: &[SavedGlobal]) -> Globals {
    let global = |(mechanism, variable, bits): &SavedGlobal| {
        ((mechanism.clone(), variable.clone()), f64::from_bits(*bits))
    };
    saved.iter().map(global).collect()
}
