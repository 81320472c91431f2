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

/// Makes an index of what all ranks tell of their files; the second argument gives the name of the file of each.
pub type MakeIndex<'a> = &'a dyn Fn(&[Vec<u8>], &dyn Fn(usize) -> String) -> Reading<WrittenIndex>;

impl Publication<'_> {
    /// Saves: `write` writes the file of this rank and says what others have to know of it. Returns the bytes of all
    /// files.
    ///
    /// # Errors
    ///
    /// A file that cannot be written, or that another rank has failed. What was there before is then still there.
    pub fn publish(
        &self,
        write: impl FnOnce(BlockFile) -> Result<Vec<u8>, CannotSave>,
        make_index: MakeIndex,
        ranks: &dyn Communicator,
    ) -> Result<u64, Failure> {
        let (folder, stem, rank) = (self.folder, self.stem, ranks.rank());
        let unfinished = folder.join(format!("{stem}-{rank}{UNFINISHED}"));
        let written = fs::create_dir_all(folder)
            .map_err(|error| CannotSave::new("making", folder, error))
            .and_then(|()| write(BlockFile::create(&unfinished, rank as u32)?));
        let told = agreed(written, ranks).inspect_err(|_| remove(&unfinished))?;
        let digests = ranks.all_gather(&Md5::digest(&told))?;
        let token = hexadecimal(&Md5::digest(digests.concat())[..8]);
        let name = |rank: usize| format!("{stem}-{token}-{rank}.blocks");
        let own = folder.join(name(rank));
        let named = fs::rename(&unfinished, &own).map_err(|error| CannotSave::new("naming", &own, error));
        agreed(named, ranks)?;
        let all = ranks.gather(&told)?;
        let finished = if rank == 0 { self.finish(make_index(&all, &name)) } else { Ok(0) };
        agreed(finished, ranks).inspect_err(|_| {
            // The same may have been saved before
            if !self.is_in_index(&name(rank)) {
                remove(&own);
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
