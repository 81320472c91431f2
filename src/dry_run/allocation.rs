//! Allocation files: which rank builds which cells in which round so that memory is even, as neurodamus exchanges it
//! between a dry run and `--lb-mode=Memory`.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::pickle;
use crate::balance::{Assignment, Folder, PlanningFileProblem};
use crate::failure::Failure;
use crate::plan::Plan;

const HELP: &str = "make it again by a dry run with as many ranks and steps, or delete it";

/// The allocation file for a number of ranks and rounds.
pub fn file(folder: &Folder, ranks: usize, rounds: usize) -> PathBuf {
    folder.path(&format!("allocation_r{ranks}_c{rounds}.pkl.gz"))
}

/// Writes the allocation file of an assignment, and returns its path.
///
/// # Errors
///
/// A file that cannot be written.
pub fn write(assignment: &Assignment, plan: &Plan, folder: &Folder) -> Result<PathBuf, Failure> {
    let real = plan.populations.iter().zip(&assignment.populations);
    let real = real.filter(|(population, _)| !population.is_virtual && !population.node_ids.is_empty());
    let shares = real.map(|(population, shares)| (population.name.to_string(), shares.clone())).collect();
    let file = file(folder, assignment.ranks, assignment.rounds);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let compressed = encoder.write_all(&pickle::write(&shares)).and_then(|()| encoder.finish());
    let compressed =
        compressed.map_err(|error| Failure::run_failed(PlanningFileProblem::not_written(&file, &error)))?;
    folder.write(&file, &compressed)?;
    Ok(file)
}

/// Reads the allocation file for a number of ranks and rounds, if there is one. Populations that it does not name are
/// dealt out in turn.
///
/// # Errors
///
/// A file that is no allocation, is about other cells, or is for more ranks or rounds.
pub fn read(
    plan: &Plan,
    folder: &Folder,
    ranks: usize,
    rounds: usize,
) -> Result<Option<Assignment>, Failure> {
    let file = file(folder, ranks, rounds);
    let Some(bytes) = folder.read_bytes(&file)? else { return Ok(None) };
    parse(&bytes, plan, &file, (ranks, rounds)).map(Some).map_err(Failure::bad_input)
}

fn parse(
    bytes: &[u8],
    plan: &Plan,
    file: &Path,
    (ranks, rounds): (usize, usize),
) -> Result<Assignment, PlanningFileProblem> {
    let bad = |what: String| PlanningFileProblem::new(file, what, HELP);
    let names: usize = plan.populations.iter().map(|population| population.name.len()).sum();
    let most = 1000 + names + 64 * plan.populations.len() * (ranks * rounds + 1) + 8 * plan.cell_count();
    let mut text = Vec::new();
    let mut decoder = GzDecoder::new(bytes).take(most as u64);
    decoder
        .read_to_end(&mut text)
        .map_err(|error| bad(format!("it is not compressed as it should be: {error}")))?;
    if text.len() == most {
        return Err(bad("it is much longer than an allocation of these cells".to_owned()));
    }
    let shares = pickle::read(&text).map_err(|problem| bad(problem.to_string()))?;
    let mut assignment = Assignment::in_turn(plan, ranks, rounds);
    for (name, shares) in shares {
        let Some((index, population)) = plan.population(&name).filter(|(_, known)| !known.is_virtual) else {
            return Err(bad(format!("it is about population `{name}`, which the circuit does not have")));
        };
        let mut all: Vec<u32> = Vec::new();
        for (&(rank, round), node_ids) in &shares {
            if rank as usize >= ranks || round as usize >= rounds {
                let place = format!("rank {rank} and step {round} of population `{name}`");
                return Err(bad(format!(
                    "it has cells for {place}, beyond {ranks} ranks and {rounds} steps"
                )));
            }
            all.extend(node_ids);
        }
        all.sort_unstable();
        let wanted = || population.node_ids.iter().copied();
        if let Some(pair) = all.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(bad(format!("node {} of population `{name}` is in two places", pair[0])));
        }
        if let Some(other) =
            all.iter().find(|id| population.node_ids.binary_search(&u64::from(**id)).is_err())
        {
            let what =
                format!("it is about other cells: node {other} of population `{name}` is not simulated");
            return Err(bad(what));
        }
        if let Some(missing) = wanted().find(|id| all.binary_search(&(*id as u32)).is_err()) {
            let what = format!("it is about other cells: node {missing} of population `{name}` is not in it");
            return Err(bad(what));
        }
        assignment.populations[index] = shares;
        for node_ids in assignment.populations[index].values_mut() {
            node_ids.sort_unstable();
        }
    }
    Ok(assignment)
}
