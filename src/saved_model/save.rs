//! Saving: each rank writes the cells that it has built, and of models that several ranks have, one rank each. Cells that
//! are built in several rounds are saved in as many files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
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
use super::facts::Facts;
use super::parts::{self, Part, RankTable};
use super::problem::CannotSave;
use super::publish::{Publication, Unpublished, WrittenIndex};
use crate::build::{BuiltCell, CellsOfRank, Instance};
use crate::failure::Failure;
use crate::input::Input;

/// The name of the index in the folder of a saved model.
pub const INDEX: &str = "model.index";

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

/// A model that is being saved, in the rounds in which its cells are built; all ranks together.
pub struct Saving {
    folder: PathBuf,
    unpublished: Unpublished,
    /// Numbers of models and of built cells so far.
    count: (u32, u32),
}

impl Saving {
    /// A model that goes to `folder`, without any cells yet.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), unpublished: Unpublished::default(), count: (0, 0) }
    }

    /// Where it goes.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn publication(folder: &Path) -> Publication<'_> {
        Publication { folder, stem: "model", index: INDEX }
    }

    /// Saves the cells of a round.
    ///
    /// # Errors
    ///
    /// A file that cannot be written, or that another rank has failed.
    pub fn add(
        &mut self,
        cells: &CellsOfRank,
        input: &Input,
        ranks: &dyn Communicator,
    ) -> Result<(), Failure> {
        let distinct = Distinct::of(&cells.instances);
        let (models, built) = owned(&distinct, self.count, ranks)?;
        self.count.0 += models.numbers.len() as u32;
        self.count.1 += built.numbers.len() as u32;
        let write = |file| -> Result<Vec<u8>, CannotSave> {
            let (table, length) = write_blocks(file, cells, &distinct, (&models, &built))?;
            Ok(Part { table, length, ..Part::of(cells, input)? }.to_bytes())
        };
        Self::publication(&self.folder).write(&mut self.unpublished, write, ranks)
    }

    /// Brings the model to light. Returns the bytes that all of it takes.
    ///
    /// # Errors
    ///
    /// A file that cannot be written, or that another rank has failed.
    pub fn finish(self, facts: Facts, ranks: &dyn Communicator) -> Result<u64, Failure> {
        let make_index = |parts: &[Vec<u8>], name: &dyn Fn(usize) -> String| {
            let index = parts::merged(parts, facts.clone(), name)?;
            Ok(WrittenIndex { bytes: index.to_bytes(), files: index.header.files })
        };
        Self::publication(&self.folder).publish(self.unpublished, &make_index, ranks)
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

/// Numbers of the models or built cells of a round by their hashes, and which of them this rank writes: the first rank that
/// has one.
struct Numbers {
    numbers: BTreeMap<Hash, u32>,
    own: BTreeSet<Hash>,
}

fn owned(
    distinct: &Distinct,
    (first_model, first_built): (u32, u32),
    ranks: &dyn Communicator,
) -> Result<(Numbers, Numbers), Failure> {
    let models: Vec<Hash> = distinct.models.iter().map(|(_, hash)| *hash).collect();
    let built: Vec<Hash> = distinct.built.iter().map(|(_, hash, _)| *hash).collect();
    let gather = |hashes: &[Hash], first: u32| -> Result<Numbers, Failure> {
        let mut owners: BTreeMap<Hash, usize> = BTreeMap::new();
        for (rank, hashes) in ranks.all_gather(hashes.as_flattened())?.iter().enumerate() {
            for hash in hashes.as_chunks().0 {
                owners.entry(*hash).or_insert(rank);
            }
        }
        let own = owners.iter().filter(|(_, owner)| **owner == ranks.rank()).map(|(hash, _)| *hash).collect();
        Ok(Numbers { numbers: owners.into_keys().zip(first..).collect(), own })
    };
    Ok((gather(&models, first_model)?, gather(&built, first_built)?))
}

/// Writes what this rank has; says where, with the numbers that models and built cells have over all ranks, and the length
/// of the file (bytes).
fn write_blocks(
    mut file: BlockFile,
    cells: &CellsOfRank,
    distinct: &Distinct,
    (models, built): (&Numbers, &Numbers),
) -> Result<(RankTable, u64), CannotSave> {
    let mut table = RankTable::default();
    let own: Vec<_> = distinct.models.iter().filter(|(_, hash)| models.own.contains(hash)).collect();
    let mut written = BTreeSet::new();
    for (model, hash) in own {
        if written.insert(*hash) {
            let place = file.add(&Stored::small(write_model(model)))?;
            table.models.push((models.numbers[hash], place));
        }
    }
    for (cell, hash, model) in distinct.built.iter().filter(|(_, hash, _)| built.own.contains(hash)) {
        if written.insert(*hash) {
            let place = file.add(&Stored::small(write_built(cell)))?;
            table.built.push((built.numbers[hash], models.numbers[model], place));
        }
    }
    let planned: Vec<(&CellPlan, usize)> = cells.plans.iter().zip(distinct.of_cell.iter().copied()).collect();
    for some in planned.chunks(CELLS_AT_ONCE) {
        let encode = |&(plan, number): &(&CellPlan, usize)| {
            Stored::plain(write_attached(plan, distinct.built[number].0))
        };
        let blocks: Vec<Stored> = some.par_chunks(1).flat_map_iter(|one| one.iter().map(encode)).collect();
        for ((plan, number), block) in some.iter().zip(&blocks) {
            let place = file.add(block)?;
            table.cells.push((plan.gid, built.numbers[&distinct.built[*number].1], place));
        }
    }
    Ok((table, file.finish()?))
}
