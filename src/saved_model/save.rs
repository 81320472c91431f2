//! Saving: each rank writes the cells that it has built, and of models that several ranks have, one rank each.
//!
//! All is written under other names first. When every file is complete and on the disk the files of blocks get their names,
//! and last of all the index, so that there is the old model or the new one, or none, but never a part.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use cell::CellModel;
use md5::{Digest, Md5};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use rayon::slice::ParallelSlice;
use systems::communicator::Communicator;
use systems::group::CellPlan;

use super::attached::write_attached;
use super::blocks::{BlockFile, Stored};
use super::cells::{write_built, write_model};
use super::columns::Malformed;
use super::facts::{Facts, hexadecimal};
use super::index::Index;
use super::parts::{self, Part, RankTable};
use super::problem::CannotSave;
use crate::build::{BuiltCell, CellsOfRank, Instance};
use crate::failure::Failure;
use crate::input::Input;

/// The name of the index in the folder of a saved model.
pub const INDEX: &str = "model.index";

/// What the names of unfinished files end with.
const UNFINISHED: &str = ".unfinished";

/// Cells that are written at once.
const CELLS_AT_ONCE: usize = 256;

/// MD5 of a block.
type Hash = [u8; 16];

/// The distinct models and built cells of a rank.
struct Distinct<'a> {
    models: Vec<(&'a Arc<CellModel>, Hash)>,
    /// With the hash of the model of each.
    built: Vec<(&'a Arc<BuiltCell>, Hash, Hash)>,
    /// For each cell the number of its built cell.
    of_cell: Vec<usize>,
}

/// Saves what was built in `folder`; all ranks together. Returns the bytes that all of it takes.
///
/// # Errors
///
/// A file that cannot be written, or that another rank has failed.
pub fn save(
    folder: &Path,
    cells: &CellsOfRank,
    facts: Facts,
    input: &Input,
    ranks: &dyn Communicator,
) -> Result<u64, Failure> {
    let distinct = Distinct::of(&cells.instances);
    let (models, built) = owned(&distinct, ranks)?;
    let unfinished = folder.join(format!("model-{}{UNFINISHED}", ranks.rank()));
    let written = fs::create_dir_all(folder)
        .map_err(|error| CannotSave::new("making", folder, error))
        .and_then(|()| write_blocks(&unfinished, cells, &distinct, (&models, &built), ranks.rank()));
    let written = written.and_then(|written| Ok((written, Part::of(cells, input)?)));
    let written = agreed(written, ranks).inspect_err(|_| {
        // It may not be there
        let _ = fs::remove_file(&unfinished);
    });
    let ((table, length), mut part) = written?;
    (part.table, part.length) = (table, length);
    let parts = ranks.all_gather(&part.to_bytes())?;
    let token = hexadecimal(&Md5::digest(parts.concat())[..8]);
    let name = |rank: usize| format!("model-{token}-{rank}.blocks");
    let own = folder.join(name(ranks.rank()));
    let named = fs::rename(&unfinished, &own).map_err(|error| CannotSave::new("naming", &own, error));
    agreed(named, ranks)?;
    let finished = if ranks.rank() == 0 { finish(folder, &parts, facts, name) } else { Ok(0) };
    agreed(finished, ranks)
}

/// Writes the index of all ranks' parts, and removes the files of an older model. Returns the bytes of all files.
fn finish(
    folder: &Path,
    parts: &[Vec<u8>],
    facts: Facts,
    name: impl Fn(usize) -> String,
) -> Result<u64, CannotSave> {
    let path = folder.join(INDEX);
    let index = parts::merged(parts, facts, name).map_err(|Malformed| {
        let error = std::io::Error::other("ranks of different versions of the program");
        CannotSave::new("writing", &path, error)
    })?;
    let bytes = index.to_bytes();
    let unfinished = folder.join(format!("{INDEX}{UNFINISHED}"));
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&unfinished)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)?;
        // The names of the files
        File::open(folder)?.sync_all()
    };
    write().map_err(|error| {
        // It may not be there
        let _ = fs::remove_file(&unfinished);
        CannotSave::new("writing", &path, error)
    })?;
    remove_others(folder, &index);
    Ok(index.header.files.iter().map(|(_, length)| length).sum::<u64>() + bytes.len() as u64)
}

/// Removes files of blocks that the index does not name, as far as that can be done.
fn remove_others(folder: &Path, index: &Index) {
    let known: BTreeSet<&str> = index.header.files.iter().map(|(name, _)| name.as_str()).collect();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_ours = name.starts_with("model-") && (name.ends_with(".blocks") || name.ends_with(UNFINISHED));
        if is_ours && !known.contains(&*name) {
            // What stays takes room, but does no harm
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// What was done, if all ranks have done it.
fn agreed<T>(done: Result<T, CannotSave>, ranks: &dyn Communicator) -> Result<T, Failure> {
    let all = ranks.all_gather(&[u8::from(done.is_ok())])?;
    let done = done.map_err(Failure::run_failed)?;
    match all.iter().all(|flag| flag == &[1]) {
        true => Ok(done),
        false => Err(systems::Error::OtherRankFailed.into()),
    }
}

impl<'a> Distinct<'a> {
    fn of(instances: &'a [Instance]) -> Self {
        let mut models: Vec<&Arc<CellModel>> = Vec::new();
        let mut built: Vec<(&Arc<BuiltCell>, usize)> = Vec::new();
        // By address: equal cells share what was built
        let (mut model_numbers, mut built_numbers) = (BTreeMap::new(), BTreeMap::new());
        let mut of_cell = Vec::with_capacity(instances.len());
        for instance in instances {
            let cell = &instance.built;
            let number = *built_numbers.entry(Arc::as_ptr(cell) as usize).or_insert_with(|| {
                let model = *model_numbers.entry(Arc::as_ptr(&cell.model) as usize).or_insert_with(|| {
                    models.push(&cell.model);
                    models.len() - 1
                });
                built.push((cell, model));
                built.len() - 1
            });
            of_cell.push(number);
        }
        let hash = |bytes: &[u8], more: &[u8]| -> Hash {
            Md5::new().chain_update(bytes).chain_update(more).finalize().into()
        };
        let models: Vec<(&Arc<CellModel>, Hash)> =
            models.par_iter().map(|model| (*model, hash(&write_model(model), &[]))).collect();
        let hashed = |&(cell, model): &(&'a Arc<BuiltCell>, usize)| {
            let of_model = models[model].1;
            (cell, hash(&write_built(cell), &of_model), of_model)
        };
        let built = built.par_iter().map(hashed).collect();
        Self { models, built, of_cell }
    }
}

/// Numbers of all models and of all built cells by their hashes, and which of them this rank writes: the first rank that
/// has one.
struct Numbers {
    numbers: BTreeMap<Hash, u32>,
    own: BTreeSet<Hash>,
}

fn owned(distinct: &Distinct, ranks: &dyn Communicator) -> Result<(Numbers, Numbers), Failure> {
    let models: Vec<Hash> = distinct.models.iter().map(|(_, hash)| *hash).collect();
    let built: Vec<Hash> = distinct.built.iter().map(|(_, hash, _)| *hash).collect();
    let gather = |hashes: &[Hash]| -> Result<Numbers, Failure> {
        let mut owners: BTreeMap<Hash, usize> = BTreeMap::new();
        for (rank, hashes) in ranks.all_gather(hashes.as_flattened())?.iter().enumerate() {
            for hash in hashes.as_chunks().0 {
                owners.entry(*hash).or_insert(rank);
            }
        }
        let own = owners.iter().filter(|(_, owner)| **owner == ranks.rank()).map(|(hash, _)| *hash).collect();
        Ok(Numbers { numbers: owners.into_keys().zip(0..).collect(), own })
    };
    Ok((gather(&models)?, gather(&built)?))
}

/// Writes what this rank has; says where, with the numbers that models and built cells have over all ranks.
fn write_blocks(
    path: &Path,
    cells: &CellsOfRank,
    distinct: &Distinct,
    (models, built): (&Numbers, &Numbers),
    rank: usize,
) -> Result<(RankTable, u64), CannotSave> {
    let mut file = BlockFile::create(path, rank as u32)?;
    let mut table = RankTable::default();
    let own: Vec<_> = distinct.models.iter().filter(|(_, hash)| models.own.contains(hash)).collect();
    let mut written = BTreeSet::new();
    for (model, hash) in own {
        if written.insert(*hash) {
            let place = file.add(&Stored::new(write_model(model)))?;
            table.models.push((models.numbers[hash], place));
        }
    }
    for (cell, hash, model) in distinct.built.iter().filter(|(_, hash, _)| built.own.contains(hash)) {
        if written.insert(*hash) {
            let place = file.add(&Stored::new(write_built(cell)))?;
            table.built.push((built.numbers[hash], models.numbers[model], place));
        }
    }
    let planned: Vec<(&CellPlan, usize)> = cells.plans.iter().zip(distinct.of_cell.iter().copied()).collect();
    for some in planned.chunks(CELLS_AT_ONCE) {
        let encode = |&(plan, number): &(&CellPlan, usize)| {
            Stored::new(write_attached(plan, distinct.built[number].0))
        };
        let blocks: Vec<Stored> = some.par_chunks(1).flat_map_iter(|one| one.iter().map(encode)).collect();
        for ((plan, number), block) in some.iter().zip(&blocks) {
            let place = file.add(block)?;
            table.cells.push((plan.gid, built.numbers[&distinct.built[*number].1], place));
        }
    }
    Ok((table, file.finish()?))
}
