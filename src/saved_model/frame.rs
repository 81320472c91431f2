//! The frame of an index: what it is, in which form, by which version of the program, and checksums of its parts.
//!
//! ```text
//! 0   8 bytes  what it is: NRDMODEL or NRDSTATE
//! 8   u32      0x01020304
//! 12  u32      format
//! 16  u64      length of the header (bytes)
//! 24  u64      length of the table (bytes)
//! 32  u32      CRC-32 of the header
//! 36  u32      CRC-32 of the table
//! 40           the header, JSON; then the table, columns
//! ```

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::blocks::checksum;
use super::problem::Unusable;

/// Tells the order of bytes.
const BYTE_ORDER: u32 = 0x0102_0304;

/// Number of the form that is written; a change of any column or field makes a new one.
const FORMAT: u32 = 2;

/// Length of what comes before the header (bytes).
pub const START: usize = 40;

/// The version of the program, which says how cells are built; headers have it in a field `version`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// An index as bytes.
pub fn to_bytes(magic: &[u8; 8], header: &impl Serialize, table: &[u8]) -> Vec<u8> {
    // Texts and numbers in lists and maps with text keys always make JSON
    let header = serde_json::to_vec(header).unwrap_or_default();
    let mut bytes = magic.to_vec();
    bytes.extend_from_slice(&BYTE_ORDER.to_le_bytes());
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    bytes.extend_from_slice(&(header.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&(table.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&checksum(&header).to_le_bytes());
    bytes.extend_from_slice(&checksum(table).to_le_bytes());
    bytes.extend_from_slice(&header);
    bytes.extend_from_slice(table);
    bytes
}

/// Reads the bytes of an index.
///
/// # Errors
///
/// A file that is missing or cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>, Unusable> {
    std::fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Unusable::Missing,
        _ => Unusable::unreadable(path, &error),
    })
}

/// The header and the bytes of the table of an index from `path`.
///
/// # Errors
///
/// No index of this kind, one of another format or version, a damaged one.
pub fn from_bytes<'b, H: DeserializeOwned>(
    magic: &[u8; 8],
    bytes: &'b [u8],
    path: &Path,
) -> Result<(H, &'b [u8]), Unusable> {
    let foreign = || Unusable::Foreign(path.to_owned());
    let mut start = Start(bytes.get(..START).ok_or_else(foreign)?);
    if start.take() != *magic {
        return Err(foreign());
    }
    match start.number() {
        BYTE_ORDER => {}
        order if order.swap_bytes() == BYTE_ORDER => return Err(Unusable::ByteOrder(path.to_owned())),
        _ => return Err(foreign()),
    }
    match start.number() {
        FORMAT => {}
        found => return Err(Unusable::Format { found, known: FORMAT }),
    }
    let lengths = [u64::from_le_bytes(start.take()), u64::from_le_bytes(start.take())];
    let checksums = [start.number(), start.number()];
    let expected = lengths.iter().fold(START as u64, |sum, length| sum.saturating_add(*length));
    let found = bytes.len() as u64;
    if found != expected {
        return Err(Unusable::Length { path: path.to_owned(), found, expected });
    }
    let (header, table) = bytes[START..].split_at(lengths[0] as usize);
    for ((part, expected), name) in [header, table].into_iter().zip(checksums).zip(["header", "table"]) {
        if checksum(part) != expected {
            let what = format!("its {name} has other contents than were written");
            return Err(Unusable::damaged(path, what));
        }
    }
    // The version first: with another one the rest may have another form
    let version: OnlyVersion = serde_json::from_slice(header).map_err(|_| unfit(path, "header"))?;
    if version.version != VERSION {
        return Err(Unusable::Version { found: version.version, known: VERSION });
    }
    Ok((serde_json::from_slice(header).map_err(|_| unfit(path, "header"))?, table))
}

/// A part of an index that is as it was written, and yet has another form.
pub fn unfit(path: &Path, part: &str) -> Unusable {
    Unusable::damaged(path, format!("its {part} does not fit this program"))
}

/// Paths and lengths (bytes) of files that an index in `folder` names.
pub fn files(files: &[(String, u64)], folder: &Path) -> Vec<(PathBuf, u64)> {
    let path = |name: &str| folder.join(Path::new(name).file_name().unwrap_or_default());
    files.iter().map(|(name, length)| (path(name), *length)).collect()
}

#[derive(Deserialize)]
struct OnlyVersion {
    version: String,
}

/// The bytes before the header; there are as many as are taken.
struct Start<'a>(&'a [u8]);

impl Start<'_> {
    fn take(&mut self) -> [u8; 8] {
        let mut taken = [0; 8];
        self.fill(&mut taken);
        taken
    }

    fn number(&mut self) -> u32 {
        let mut taken = [0; 4];
        self.fill(&mut taken);
        u32::from_le_bytes(taken)
    }

    fn fill(&mut self, taken: &mut [u8]) {
        if let Some((bytes, rest)) = self.0.split_at_checked(taken.len()) {
            taken.copy_from_slice(bytes);
            self.0 = rest;
        }
    }
}
