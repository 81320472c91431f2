//! Blocks in files: each rank that saves writes one file of them, and whoever loads reads those that it needs.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::columns::{Malformed, Reader, Reading, Writer};
use super::problem::{CannotSave, Unusable};

/// What a file of blocks starts with.
const MAGIC: &[u8; 8] = b"NRDBLOCK";

/// Blocks start at multiples of this.
const ALIGNMENT: u64 = 64;

/// Blocks that are smaller are not compressed.
const SMALLEST_TO_COMPRESS: usize = 1 << 12;

/// Bytes that are read at once.
const READ_AT_ONCE: u64 = 8 << 20;

/// Bytes between two blocks that are rather read than left out.
const GAP: u64 = 1 << 16;

/// Where a block is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Number of the file.
    pub file: u32,
    /// First byte in it.
    pub offset: u64,
    /// Number of bytes in it.
    pub stored: u64,
    /// Number of bytes once they are decompressed; the same number if they are not compressed.
    pub size: u64,
    /// CRC-32 of the bytes in the file.
    pub checksum: u32,
}

/// The CRC-32 of bytes.
pub fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// Writes where blocks are.
pub fn write_places(places: &[Place], writer: &mut Writer) {
    writer.whole(places.iter().map(|place| u64::from(place.file)));
    writer.whole(places.iter().map(|place| place.offset));
    writer.whole(places.iter().map(|place| place.stored));
    writer.whole(places.iter().map(|place| place.size));
    writer.whole(places.iter().map(|place| u64::from(place.checksum)));
}

/// Reads where blocks are.
pub fn read_places(reader: &mut Reader) -> Reading<Vec<Place>> {
    let files: Vec<u32> = reader.whole()?;
    let count = files.len();
    let offsets: Vec<u64> = reader.whole_of(count)?;
    let stored: Vec<u64> = reader.whole_of(count)?;
    let sizes: Vec<u64> = reader.whole_of(count)?;
    let checksums: Vec<u32> = reader.whole_of(count)?;
    let place = |index: usize| Place {
        file: files[index],
        offset: offsets[index],
        stored: stored[index],
        size: sizes[index],
        checksum: checksums[index],
    };
    Ok((0..count).map(place).collect())
}

/// A block as it is stored.
///
/// Cells of real circuits shrink to 58 % and synapses to 60 % at a tenth of the speed of a disk, so that only cells that
/// shrink to less than half are compressed, and synapses and states never are.
pub struct Stored {
    bytes: Vec<u8>,
    size: u64,
    checksum: u32,
}

impl Stored {
    /// A block as it is.
    pub fn plain(block: Vec<u8>) -> Self {
        Self { size: block.len() as u64, checksum: checksum(&block), bytes: block }
    }

    /// A block that is compressed if that makes it less than half as large.
    pub fn small(block: Vec<u8>) -> Self {
        match compressed(&block) {
            Some(bytes) => Self { size: block.len() as u64, checksum: checksum(&bytes), bytes },
            None => Self::plain(block),
        }
    }
}

fn compressed(block: &[u8]) -> Option<Vec<u8>> {
    if block.len() < SMALLEST_TO_COMPRESS {
        return None;
    }
    let mut encoder = DeflateEncoder::new(Vec::with_capacity(block.len() / 2), Compression::fast());
    encoder.write_all(block).ok()?;
    let smaller = encoder.finish().ok()?;
    (smaller.len() < block.len() / 2).then_some(smaller)
}

/// A file of blocks that is being written.
pub struct BlockFile {
    path: PathBuf,
    number: u32,
    file: BufWriter<File>,
    length: u64,
}

impl BlockFile {
    /// Starts file number `number`.
    ///
    /// # Errors
    ///
    /// A file that cannot be made.
    pub fn create(path: &Path, number: u32) -> Result<Self, CannotSave> {
        let file = File::create(path).map_err(|error| CannotSave::new("making", path, error))?;
        let file = BufWriter::with_capacity(1 << 20, file);
        let mut made = Self { path: path.to_owned(), number, file, length: 0 };
        made.write(MAGIC)?;
        Ok(made)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), CannotSave> {
        let written = self.file.write_all(bytes);
        written.map_err(|error| CannotSave::new("writing", &self.path, error))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Adds a block; returns where it is.
    ///
    /// # Errors
    ///
    /// If it cannot be written, such as on a full disk.
    pub fn add(&mut self, block: &Stored) -> Result<Place, CannotSave> {
        let padding = self.length.next_multiple_of(ALIGNMENT) - self.length;
        self.write(&[0; ALIGNMENT as usize][..padding as usize])?;
        let offset = self.length;
        self.write(&block.bytes)?;
        let stored = block.bytes.len() as u64;
        Ok(Place { file: self.number, offset, stored, size: block.size, checksum: block.checksum })
    }

    /// Makes sure that all is on the disk; returns the length of the file.
    ///
    /// # Errors
    ///
    /// If it cannot be written, such as on a full disk.
    pub fn finish(self) -> Result<u64, CannotSave> {
        let failed = |error| CannotSave::new("writing", &self.path, error);
        let file = self.file.into_inner().map_err(|error| failed(error.into_error()))?;
        file.sync_all().map_err(failed)?;
        Ok(self.length)
    }
}

/// Files of blocks that are read.
pub struct BlockFiles {
    paths: Vec<PathBuf>,
}

impl BlockFiles {
    /// The files, by number, which must have these lengths (bytes).
    ///
    /// # Errors
    ///
    /// A file that is missing, or has another length.
    pub fn open(files: Vec<(PathBuf, u64)>) -> Result<Self, Unusable> {
        for (path, expected) in &files {
            let metadata = std::fs::metadata(path).map_err(|error| Unusable::unreadable(path, &error))?;
            let (found, expected) = (metadata.len(), *expected);
            if found != expected {
                return Err(Unusable::Length { path: path.clone(), found, expected });
            }
            let start = read_part(path, 0, MAGIC.len() as u64);
            if start.map_err(|error| Unusable::unreadable(path, &error))? != MAGIC {
                return Err(Unusable::Foreign(path.clone()));
            }
        }
        Ok(Self { paths: files.into_iter().map(|(path, _)| path).collect() })
    }

    /// Reads blocks, those that lie together at once, and makes something of each on the threads of the present pool;
    /// returns what was made, in the order of the places.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, a block that is damaged.
    pub fn read<T: Send>(
        &self,
        places: &[Place],
        make: impl Fn(usize, &[u8]) -> Reading<T> + Sync,
    ) -> Result<Vec<T>, Unusable> {
        let mut order: Vec<usize> = (0..places.len()).collect();
        order.sort_by_key(|&index| (places[index].file, places[index].offset));
        let mut runs: Vec<Vec<usize>> = Vec::new();
        for index in order {
            match runs.last_mut() {
                Some(run) if lies_close(&places[run[0]], &places[run[run.len() - 1]], &places[index]) => {
                    run.push(index);
                }
                _ => runs.push(vec![index]),
            }
        }
        let read = |run: Vec<usize>| self.read_run(places, &run, &make);
        let made: Vec<Vec<(usize, T)>> = runs.into_par_iter().map(read).collect::<Result<_, Unusable>>()?;
        let made: BTreeMap<usize, T> = made.into_iter().flatten().collect();
        Ok(made.into_values().collect())
    }

    /// Reads blocks of one file from the first to the last.
    fn read_run<T>(
        &self,
        places: &[Place],
        run: &[usize],
        make: &impl Fn(usize, &[u8]) -> Reading<T>,
    ) -> Result<Vec<(usize, T)>, Unusable> {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { return Ok(Vec::new()) };
        let (first, last) = (places[*first], places[*last]);
        let Some(path) = self.paths.get(first.file as usize) else {
            return Err(Unusable::damaged(Path::new(""), "a block is in no file"));
        };
        let length = last.offset.saturating_add(last.stored).saturating_sub(first.offset);
        let bytes =
            read_part(path, first.offset, length).map_err(|error| Unusable::unreadable(path, &error))?;
        let mut made = Vec::with_capacity(run.len());
        for &index in run {
            let place = places[index];
            let start = (place.offset - first.offset) as usize;
            let stored = bytes.get(start..start.saturating_add(place.stored as usize));
            let stored = stored.ok_or_else(|| Unusable::damaged(path, "a block lies behind its end"))?;
            if checksum(stored) != place.checksum {
                let what = format!(
                    "the block of {} bytes at byte {} has other contents than were written",
                    place.stored, place.offset
                );
                return Err(Unusable::damaged(path, what));
            }
            let done = match place.size == place.stored {
                true => make(index, stored),
                false => decompressed(stored, place.size).and_then(|block| make(index, &block)),
            };
            let malformed = |Malformed| {
                Unusable::damaged(
                    path,
                    format!("the block at byte {} does not fit this program", place.offset),
                )
            };
            made.push((index, done.map_err(malformed)?));
        }
        Ok(made)
    }
}

/// Whether a block is rather read with those from `first` to `last` than by itself.
fn lies_close(first: &Place, last: &Place, next: &Place) -> bool {
    let end = last.offset.saturating_add(last.stored);
    first.file == next.file
        && next.offset.saturating_sub(end) <= GAP
        && next.offset.saturating_add(next.stored).saturating_sub(first.offset) <= READ_AT_ONCE
}

fn read_part(path: &Path, offset: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn decompressed(stored: &[u8], size: u64) -> Reading<Vec<u8>> {
    let mut block = Vec::new();
    DeflateDecoder::new(stored).take(size + 1).read_to_end(&mut block).map_err(|_| Malformed)?;
    if block.len() as u64 == size { Ok(block) } else { Err(Malformed) }
}
