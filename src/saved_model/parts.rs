//! What each rank has written in each round, and the index that all of it makes together.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use systems::Registry;

use super::blocks::{Place, read_places, write_places};
use super::columns::{Malformed, Reader, Reading, Writer};
use super::facts::{Facts, files, of_mechanism};
use super::frame::VERSION;
use super::index::{Header, Index, SavedGlobal, Table};
use super::problem::CannotSave;
use super::stamps::Stamp;
use crate::build::{CellsOfRank, Globals};
use crate::input::Input;

/// Where a rank has written its blocks, with numbers over all ranks.
#[derive(Default)]
pub struct RankTable {
    /// Number of each model.
    pub models: Vec<(u32, Place)>,
    /// Number of each built cell, and of its model.
    pub built: Vec<(u32, u32, Place)>,
    /// Gid of each cell, and number of its built cell.
    pub cells: Vec<(u64, u32, Place)>,
}

/// What a rank contributes to the index.
#[derive(Default)]
pub struct Part {
    /// Length of its file (bytes).
    pub length: u64,
    /// Where its blocks are.
    pub table: RankTable,
    /// What is known of its cells beside that.
    pub common: Common,
}

/// What is known of a rank's cells beside their blocks.
#[derive(Default, Serialize, Deserialize)]
pub struct Common {
    mechanisms: Facts,
    stamps: Vec<Stamp>,
    globals: Vec<SavedGlobal>,
    configured_globals: Vec<SavedGlobal>,
    clamps: Vec<(u64, u32)>,
}

impl Part {
    /// What is known of a rank's cells beside their blocks.
    ///
    /// # Errors
    ///
    /// A file that was read and can be no more.
    pub fn of(cells: &CellsOfRank, input: &Input) -> Result<Self, CannotSave> {
        let stamp = |path| Stamp::of(path).map_err(|error| CannotSave::new("looking at", path, error));
        let common = Common {
            mechanisms: mechanisms(cells, &input.registry),
            stamps: cells.files.union(&files(input)).map(|path| stamp(path)).collect::<Result<_, _>>()?,
            globals: saved(&cells.globals),
            configured_globals: saved(&cells.configured_globals),
            clamps: cells.clamps.iter().map(|clamp| (clamp.gid, clamp.process)).collect(),
        };
        Ok(Self { common, ..Self::default() })
    }

    /// The part as a message to other ranks.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        // Texts and numbers in lists and maps with text keys always make JSON
        writer.text(&serde_json::to_string(&self.common).unwrap_or_default());
        writer.whole([self.length].into_iter());
        let RankTable { models, built, cells } = &self.table;
        writer.whole(models.iter().map(|model| u64::from(model.0)));
        write_places(&models.iter().map(|model| model.1).collect::<Vec<_>>(), &mut writer);
        writer.whole(built.iter().map(|cell| u64::from(cell.0)));
        writer.whole(built.iter().map(|cell| u64::from(cell.1)));
        write_places(&built.iter().map(|cell| cell.2).collect::<Vec<_>>(), &mut writer);
        writer.whole(cells.iter().map(|cell| cell.0));
        writer.whole(cells.iter().map(|cell| u64::from(cell.1)));
        write_places(&cells.iter().map(|cell| cell.2).collect::<Vec<_>>(), &mut writer);
        writer.finish()
    }

    fn from_bytes(bytes: &[u8]) -> Reading<Self> {
        let mut reader = Reader::new(bytes);
        let common = serde_json::from_str(reader.text()?).map_err(|_| Malformed)?;
        let length: Vec<u64> = reader.whole_of(1)?;
        let models: Vec<u32> = reader.whole()?;
        let models = models.into_iter().zip(read_places(&mut reader)?).collect();
        let (built, of_models): (Vec<u32>, Vec<u32>) = (reader.whole()?, reader.whole()?);
        let built = built.into_iter().zip(of_models).zip(read_places(&mut reader)?);
        let built = built.map(|((number, model), place)| (number, model, place)).collect();
        let (gids, of_built): (Vec<u64>, Vec<u32>) = (reader.whole()?, reader.whole()?);
        let cells = gids.into_iter().zip(of_built).zip(read_places(&mut reader)?);
        let cells = cells.map(|((gid, number), place)| (gid, number, place)).collect();
        reader.finish()?;
        Ok(Self { length: length[0], table: RankTable { models, built, cells }, common })
    }
}

/// The index of all parts; `name` gives the name of the file of each.
pub fn merged(parts: &[Vec<u8>], facts: Facts, name: &dyn Fn(usize) -> String) -> Reading<Index> {
    let mut header = Header { version: VERSION.to_owned(), facts, ..Header::default() };
    let (mut models, mut built, mut cells) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let mut stamps = BTreeSet::new();
    let mut globals = BTreeMap::new();
    for (number, bytes) in parts.iter().enumerate() {
        let Part { length, table, common } = Part::from_bytes(bytes)?;
        header.files.push((name(number), length));
        header.mechanisms.extend(common.mechanisms);
        stamps.extend(common.stamps);
        globals.extend(
            common.globals.into_iter().map(|(mechanism, variable, bits)| ((mechanism, variable), bits)),
        );
        // The same on every rank
        header.configured_globals = common.configured_globals;
        header.clamps.extend(common.clamps);
        models.extend(table.models);
        built.extend(table.built.into_iter().map(|(number, model, place)| (number, (model, place))));
        cells.extend(table.cells.into_iter().map(|(gid, number, place)| (gid, (number, place))));
    }
    header.stamps = stamps.into_iter().collect();
    header.globals =
        globals.into_iter().map(|((mechanism, variable), bits)| (mechanism, variable, bits)).collect();
    header.clamps.sort_unstable();
    let (gids, cells) = cells.into_iter().unzip();
    let table =
        Table { models: models.into_values().collect(), built: built.into_values().collect(), gids, cells };
    Ok(Index { header, table })
}

fn saved(globals: &Globals) -> Vec<SavedGlobal> {
    let saved = |((mechanism, variable), value): (&(String, String), &f64)| {
        (mechanism.clone(), variable.clone(), value.to_bits())
    };
    globals.iter().map(saved).collect()
}

/// The mechanisms that cells have, each with its hash.
fn mechanisms(cells: &CellsOfRank, registry: &Registry) -> Facts {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    let mut last = std::ptr::null();
    for (instance, plan) in cells.instances.iter().zip(&cells.plans) {
        names.extend(plan.point_processes.iter().map(|point| point.description.name.as_str()));
        let model = &instance.built.model;
        // Cells that share a model are often neighbours
        if std::ptr::eq(last, &raw const **model) {
            continue;
        }
        last = &raw const **model;
        names.extend(model.mechanisms.iter().map(|mechanism| mechanism.description.name.as_str()));
        names.extend(model.point_processes.iter().map(|point| point.description.name.as_str()));
    }
    let known = names.into_iter().filter_map(|name| registry.get(name));
    known.map(|mechanism| (mechanism.description().name.clone(), of_mechanism(mechanism.as_ref()))).collect()
}
