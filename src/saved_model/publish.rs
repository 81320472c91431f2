//! How files of all ranks come to light: all at once, or not at all.
//!
//! Each rank writes a file of blocks under another name first. When all are complete and on the disk they get their names,
//! which depend on what is in them, and last of all the index gets its name: there is what was saved before, or what is
//! saved now, but never a part.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use md5::{Digest, Md5};
use systems::communicator::Communicator;

use super::blocks::BlockFile;
use super::columns::{Malformed, Reading};
use super::facts::hexadecimal;
use super::problem::CannotSave;
use crate::failure::Failure;

/// What the names of unfinished files end with.
const UNFINISHED: &str = ".unfinished";

/// Something that is saved in a folder.
#[derive(Clone, Copy, Debug)]
pub struct Publication<'a> {
    /// The folder.
    pub folder: &'a Path,
    /// What the names of its files start with.
    pub stem: &'static str,
    /// The name of its index.
    pub index: &'static str,
}

/// An index as bytes, with the names and the lengths (bytes) of the files that it names.
pub struct WrittenIndex {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The files.
    pub files: Vec<(String, u64)>,
}

/// Makes an index of what all ranks tell of their files, those of each round in the order of ranks; the second argument gives
/// the name of the file of each.
pub type MakeIndex<'a> = &'a dyn Fn(&[Vec<u8>], &dyn Fn(usize) -> String) -> Reading<WrittenIndex>;

/// The files of blocks of one rank that are written and not yet published: one for each round of cells.
#[derive(Debug, Default)]
pub struct Unpublished {
    files: Vec<PathBuf>,
    /// What others have to know of each.
    told: Vec<Vec<u8>>,
}

impl Drop for Unpublished {
    fn drop(&mut self) {
        self.files.iter().for_each(remove);
    }
}

impl Publication<'_> {
    /// Saves what each rank writes into one file: see [`Publication::write`] and [`Publication::publish`].
    ///
    /// # Errors
    ///
    /// A file that cannot be written, or that another rank has failed. What was there before is then still there.
    pub fn save(
        &self,
        write: impl FnOnce(BlockFile) -> Result<Vec<u8>, CannotSave>,
        make_index: MakeIndex,
        ranks: &dyn Communicator,
    ) -> Result<u64, Failure> {
        let mut unpublished = Unpublished::default();
        self.write(&mut unpublished, write, ranks)?;
        self.publish(unpublished, make_index, ranks)
    }

    /// Writes a file of each rank under a name that is not yet its own: `write` writes it and says what others have to know
    /// of it.
    ///
    /// # Errors
    ///
    /// A file that cannot be written, or that another rank has failed.
    pub fn write(
        &self,
        unpublished: &mut Unpublished,
        write: impl FnOnce(BlockFile) -> Result<Vec<u8>, CannotSave>,
        ranks: &dyn Communicator,
    ) -> Result<(), Failure> {
        let number = unpublished.files.len() * ranks.size() + ranks.rank();
        let path = self.folder.join(format!("{}-{number}{UNFINISHED}", self.stem));
        unpublished.files.push(path.clone());
        let written = fs::create_dir_all(self.folder)
            .map_err(|error| CannotSave::new("making", self.folder, error))
            .and_then(|()| write(BlockFile::create(&path, number as u32)?));
        unpublished.told.push(agreed(written, ranks)?);
        Ok(())
    }

    /// Gives the files of all ranks their names, and makes the index. Returns the bytes of all files.
    ///
    /// # Errors
    ///
    /// A file that cannot be written, or that another rank has failed. What was there before is then still there.
    pub fn publish(
        &self,
        mut unpublished: Unpublished,
        make_index: MakeIndex,
        ranks: &dyn Communicator,
    ) -> Result<u64, Failure> {
        let (rank, size) = (ranks.rank(), ranks.size());
        let digests = ranks.all_gather(&Md5::digest(unpublished.told.concat()))?;
        let token = hexadecimal(&Md5::digest(digests.concat())[..8]);
        let name = |number: usize| format!("{}-{token}-{number}.blocks", self.stem);
        let files = std::mem::take(&mut unpublished.files);
        let own: Vec<PathBuf> =
            (0..files.len()).map(|round| self.folder.join(name(round * size + rank))).collect();
        let named = files.iter().zip(&own).try_for_each(|(unfinished, own)| {
            fs::rename(unfinished, own).map_err(|error| CannotSave::new("naming", own, error))
        });
        agreed(named, ranks).inspect_err(|_| files.iter().for_each(remove))?;
        let mut all = Vec::new();
        for told in &unpublished.told {
            all.extend(ranks.gather(told)?);
        }
        let finished = if rank == 0 { self.finish(make_index(&all, &name)) } else { Ok(0) };
        agreed(finished, ranks).inspect_err(|_| {
            for path in &own {
                // The same may have been saved before
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if !self.is_in_index(&name) {
                    remove(path);
                }
            }
        })
    }

    /// Whether the index that is there names a file.
    fn is_in_index(&self, name: &str) -> bool {
        let index = fs::read(self.folder.join(self.index)).unwrap_or_default();
        index.windows(name.len()).any(|window| window == name.as_bytes())
    }

    /// Writes the index, and removes the files of what was there before.
    fn finish(&self, index: Reading<WrittenIndex>) -> Result<u64, CannotSave> {
        let path = self.folder.join(self.index);
        let failed = |error| CannotSave::new("writing", &path, error);
        let index =
            index.map_err(|Malformed| failed(std::io::Error::other("ranks of different programs")))?;
        let unfinished = self.folder.join(format!("{}{UNFINISHED}", self.index));
        let write = || -> std::io::Result<()> {
            let mut file = File::create(&unfinished)?;
            file.write_all(&index.bytes)?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)?;
            // The names of the files
            File::open(self.folder)?.sync_all()
        };
        write().map_err(failed).inspect_err(|_| remove(&unfinished))?;
        self.remove_others(&index.files);
        Ok(index.files.iter().map(|(_, length)| length).sum::<u64>() + index.bytes.len() as u64)
    }

    /// Removes files of blocks that the index does not name, as far as that can be done.
    fn remove_others(&self, files: &[(String, u64)]) {
        let known: BTreeSet<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        for entry in fs::read_dir(self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let rest = name.strip_prefix(self.stem).and_then(|rest| rest.strip_prefix('-'));
            let is_ours = rest.is_some_and(|rest| rest.ends_with(".blocks") || rest.ends_with(UNFINISHED));
            if is_ours && !known.contains(&*name) {
                // What stays takes room, but does no harm
                remove(&entry.path());
            }
        }
    }
}

/// Removes a file that may not be there.
fn remove(path: &PathBuf) {
    let _ = fs::remove_file(path);
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
