//! The index of a saved model: what it was built from, and where the blocks of each cell are.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::blocks::{Place, read_places, write_places};
use super::columns::{Malformed, Reader, Reading, Writer};
use super::facts::Facts;
use super::frame;
use super::problem::Unusable;
use super::stamps::Stamp;

/// What an index starts with.
const MAGIC: &[u8; 8] = b"NRDMODEL";

/// A global of a mechanism: the mechanism, the variable, and the bits of its value.
pub type SavedGlobal = (String, String, u64);

/// What a saved model was built from, and what all its cells have in common.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Version of the program that saved it.
    pub version: String,
    /// The files of blocks by their numbers, beside the index, and their lengths (bytes).
    pub files: Vec<(String, u64)>,
    /// What it was built from.
    pub facts: Facts,
    /// The mechanisms that its cells have, each with its hash.
    pub mechanisms: Facts,
    /// The files that it was built from.
    pub stamps: Vec<Stamp>,
    /// Globals that templates set.
    pub globals: Vec<SavedGlobal>,
    /// Globals that `synapse_configure` sets.
    pub configured_globals: Vec<SavedGlobal>,
    /// Clamps whose current is recorded: gid, and index among the cell's point processes.
    pub clamps: Vec<(u64, u32)>,
}

/// Where blocks are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Models of cells.
    pub models: Vec<Place>,
    /// Built cells, and the number of the model of each.
    pub built: Vec<(u32, Place)>,
    /// Gid of each cell, ascending.
    pub gids: Vec<u64>,
    /// For each cell the number of its built cell, and where its attachments are.
    pub cells: Vec<(u32, Place)>,
}

/// An index.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Index {
    /// What is known of the whole.
    pub header: Header,
    /// Where blocks are.
    pub table: Table,
}

impl Index {
    /// The index as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        frame::to_bytes(MAGIC, &self.header, &self.table.to_bytes())
    }

    /// Reads the index of a file.
    ///
    /// # Errors
    ///
    /// A file that is missing, no index, of another format or version, or damaged.
    pub fn read(path: &Path) -> Result<Self, Unusable> {
        Self::from_bytes(&frame::read(path)?, path)
    }

    /// The index that bytes from `path` stand for.
    fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, Unusable> {
        let (header, table) = frame::from_bytes(MAGIC, bytes, path)?;
        let table = Table::from_bytes(table).map_err(|Malformed| frame::unfit(path, "table"))?;
        Ok(Self { header, table })
    }

    /// Paths and lengths (bytes) of the files of blocks, of an index in `folder`.
    pub fn files(&self, folder: &Path) -> Vec<(PathBuf, u64)> {
        frame::files(&self.header.files, folder)
    }
}

impl Table {
    /// The table as columns.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        write_places(&self.models, &mut writer);
        write_numbered(&self.built, &mut writer);
        writer.whole(self.gids.iter().copied());
        write_numbered(&self.cells, &mut writer);
        writer.finish()
    }

    fn from_bytes(bytes: &[u8]) -> Reading<Self> {
        let mut reader = Reader::new(bytes);
        let models = read_places(&mut reader)?;
        let built = read_numbered(&mut reader, models.len())?;
        let gids: Vec<u64> = reader.whole()?;
        let cells = read_numbered(&mut reader, built.len())?;
        reader.finish()?;
        let is_sound = cells.len() == gids.len() && gids.is_sorted_by(|one, other| one < other);
        if is_sound { Ok(Self { models, built, gids, cells }) } else { Err(Malformed) }
    }
}

fn write_numbered(numbered: &[(u32, Place)], writer: &mut Writer) {
    let (numbers, places): (Vec<u32>, Vec<Place>) = numbered.iter().copied().unzip();
    writer.whole32(&numbers);
    write_places(&places, writer);
}

/// Places with numbers of something of which there are `count`.
fn read_numbered(reader: &mut Reader, count: usize) -> Reading<Vec<(u32, Place)>> {
    let numbers: Vec<u32> = reader.whole()?;
    let places = read_places(reader)?;
    let is_sound = numbers.len() == places.len() && numbers.iter().all(|&number| (number as usize) < count);
    if is_sound { Ok(numbers.into_iter().zip(places).collect()) } else { Err(Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saved_model::frame::{START, VERSION};
    use proptest::prelude::*;

    fn index() -> Index {
        let place = |offset| Place { file: 0, offset, stored: 100, size: 300, checksum: 7 };
        let header = Header {
            version: VERSION.to_owned(),
            files: vec![("model-0.blocks".to_owned(), 1000)],
            facts: [("run.dt".to_owned(), "0.025".to_owned())].into(),
            globals: vec![("m".to_owned(), "g".to_owned(), f64::NAN.to_bits())],
            ..Header::default()
        };
        let table = Table {
            models: vec![place(64)],
            built: vec![(0, place(192)), (0, place(320))],
            gids: vec![3, 7],
            cells: vec![(1, place(448)), (0, place(576))],
        };
        Index { header, table }
    }

    fn read(bytes: &[u8]) -> Result<Index, Unusable> {
        Index::from_bytes(bytes, Path::new("model.index"))
    }

    fn refusal(change: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut bytes = index().to_bytes();
        change(&mut bytes);
        read(&bytes).expect_err("it was changed").to_string()
    }

    #[test]
    fn an_index_comes_back() {
        assert_eq!(read(&index().to_bytes()), Ok(index()));
    }

    #[test]
    fn foreign_files_are_refused_with_the_reason() {
        let refusals = [
            refusal(|bytes| bytes[0] = b'X'),
            refusal(Vec::clear),
            refusal(|bytes| bytes[8..12].reverse()),
            refusal(|bytes| bytes[12] = 9),
            refusal(|bytes| bytes[START] ^= 1),
            refusal(|bytes| *bytes.last_mut().expect("a byte") ^= 1),
        ];
        insta::assert_snapshot!(refusals.join("\n"), @"
        `model.index` is no file that this program saved
        `model.index` is no file that this program saved
        `model.index` was written with the bytes of its numbers in another order
        it has format 9, and this program reads format 2
        `model.index` is damaged: its header has other contents than were written
        `model.index` is damaged: its table has other contents than were written
        ");
        let length = index().to_bytes().len();
        let longer = refusal(|bytes| bytes.push(0));
        assert_eq!(longer, format!("`model.index` has {} bytes, and must have {length}", length + 1));
        let mut other = index();
        other.header.version = "0.0.1".to_owned();
        let refusal = read(&other.to_bytes()).expect_err("another version").to_string();
        assert!(refusal.starts_with("it was saved by version 0.0.1 of this program"), "{refusal}");
    }

    #[test]
    fn every_shorter_index_is_refused() {
        let bytes = index().to_bytes();
        for length in 0..bytes.len() {
            assert!(read(&bytes[..length]).is_err(), "{length} bytes");
        }
    }

    proptest! {
        #[test]
        fn a_flipped_bit_is_found(place in any::<proptest::sample::Index>(), bit in 0..8_u32) {
            let mut bytes = index().to_bytes();
            let place = place.index(bytes.len());
            bytes[place] ^= 1 << bit;
            prop_assert!(read(&bytes).is_err());
        }
    }
}
