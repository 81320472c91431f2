//! The one place that opens HDF5: files, groups and datasets that know where they are.
//!
//! Every failure names `file:/path/in/file`, what was expected, what was found and a remedy. The HDF5 library's own
//! error stack is never printed; its innermost message becomes the reason. Sizes claimed by a file are checked
//! against its length before memory is reserved for them. What the groups mean is for the modules that use this one.

pub(crate) mod column;
pub(crate) mod create;
pub(crate) mod dataset;
mod error;
pub(crate) mod rows;
pub(crate) mod table;

use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use column::Column;
pub use dataset::ElementType;
#[cfg(feature = "parallel-hdf5")]
pub(crate) use error::write_error;
pub use error::{Hdf5Error, Place, Result};

use dataset::Dataset;
use error::{describe_missing, innermost, read_error};
use hdf5::types::{FixedAscii, FixedUnicode, TypeDescriptor, VarLenAscii, VarLenUnicode};

/// The first bytes of every HDF5 file (or of its 512, 1024, 2048, ... th byte, after a user block).
const SIGNATURE: [u8; 8] = *b"\x89HDF\r\n\x1a\n";

/// An HDF5 file open for reading.
#[derive(Debug)]
pub(crate) struct OpenFile {
    path: PathBuf,
    length: u64,
    // Objects of the file stay valid only as long as it is open
    inner: hdf5::File,
}

/// A group of an open file.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    file: Arc<OpenFile>,
    path: String,
    inner: hdf5::Group,
}

/// Opens `path` for reading and returns its root group.
///
/// # Errors
/// When the file is absent, a directory, unreadable, not HDF5, truncated or damaged.
pub(crate) fn open(path: &Path) -> Result<Group> {
    let length = check_signature(path)?;
    let inner = hdf5::File::open(path).map_err(|error| open_error(path, &error))?;
    let file = Arc::new(OpenFile { path: path.to_path_buf(), length, inner });
    let root = file.inner.group("/").map_err(|e| read_error(Place::new(path, "/"), &e))?;
    Ok(Group { file, path: String::new(), inner: root })
}

/// The length of the file in bytes, once its first bytes are seen to be HDF5's.
fn check_signature(path: &Path) -> Result<u64> {
    let failure = |error: std::io::Error| Hdf5Error::Open {
        file: path.to_path_buf(),
        reason: io_reason(&error),
        help: match error.kind() {
            std::io::ErrorKind::NotFound => {
                "check the path: relative paths count from the file that names them"
            }
            std::io::ErrorKind::PermissionDenied => "check the permissions of the file and its directories",
            _ => "check the file and the file system it is on",
        }
        .into(),
    };
    let metadata = std::fs::metadata(path).map_err(failure)?;
    if metadata.is_dir() {
        return Err(Hdf5Error::Open {
            file: path.to_path_buf(),
            reason: "it is a directory".into(),
            help: "name the `.h5` file itself".into(),
        });
    }
    let mut head = [0u8; 64];
    let mut file = std::fs::File::open(path).map_err(failure)?;
    let mut filled = 0;
    while filled < head.len() {
        match file.read(&mut head[filled..]).map_err(failure)? {
            0 => break,
            n => filled += n,
        }
    }
    let head = &head[..filled];
    if head.starts_with(&SIGNATURE) || follows_user_block(&mut file) {
        return Ok(metadata.len());
    }
    let (found, help) = foreign(head, metadata.len());
    Err(Hdf5Error::NotHdf5 { file: path.to_path_buf(), found, help: help.into() })
}

/// Whether the signature stands at byte 512, 1024, 2048, ... as HDF5 allows.
fn follows_user_block(file: &mut std::fs::File) -> bool {
    let mut signature = |power: u32| -> std::io::Result<bool> {
        let mut bytes = [0u8; SIGNATURE.len()];
        file.seek(SeekFrom::Start(1 << power))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes == SIGNATURE)
    };
    // The first read past the end of the file ends the search
    (9..40).map_while(|power| signature(power).ok()).any(|found| found)
}

/// What a file that is not HDF5 looks like, and how to mend it.
fn foreign(head: &[u8], length: u64) -> (String, &'static str) {
    if length == 0 {
        return ("an empty file".into(), "generate or copy the file again");
    }
    if head.starts_with(b"version https://git-lfs") {
        return ("a Git LFS pointer".into(), "fetch the data with `git lfs pull`");
    }
    if head.starts_with(b"CDF") {
        return ("a NetCDF classic file".into(), "convert it to SONATA HDF5");
    }
    let text = String::from_utf8_lossy(head);
    let first: String = text.lines().next().unwrap_or_default().chars().take(24).collect();
    if !first.is_empty() && first.chars().all(|c| !c.is_control() && c != '\u{fffd}') {
        return (format!("text beginning `{first}`"), "name a SONATA `.h5` file here");
    }
    let bytes: Vec<String> = head.iter().take(8).map(|b| format!("{b:02x}")).collect();
    (format!("bytes {}", bytes.join(" ")), "name a SONATA `.h5` file here")
}

fn io_reason(error: &std::io::Error) -> String {
    // The number that the standard library appends helps nobody
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// Tells truncation and file locking apart from other damage.
fn open_error(path: &Path, error: &hdf5::Error) -> Hdf5Error {
    let reason = innermost(error);
    let number = |key: &str| -> Option<u64> {
        let rest = &reason[reason.find(key)? + key.len()..];
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    if let (Some(expected), Some(found)) = (number("stored_eof = "), number("eof = "))
        && expected > found
    {
        return Hdf5Error::Truncated { file: path.to_path_buf(), expected, found };
    }
    let help = if reason.contains("lock") {
        "another program is writing it, or the file system has no locks: wait, or set HDF5_USE_FILE_LOCKING=FALSE"
    } else {
        "the file is damaged: copy or generate it again"
    };
    Hdf5Error::Open { file: path.to_path_buf(), reason, help: help.into() }
}

impl Group {
    /// Where a child (or `""`, the group itself) is.
    pub(crate) fn at(&self, child: &str) -> Box<Place> {
        Place::new(&self.file.path, self.child_path(child))
    }

    /// The file that the group is in.
    pub(crate) fn file_path(&self) -> &Path {
        &self.file.path
    }

    fn child_path(&self, child: &str) -> String {
        match (self.path.is_empty(), child.is_empty()) {
            (true, true) => "/".into(),
            (false, true) => self.path.clone(),
            _ => format!("{}/{child}", self.path),
        }
    }

    /// The names of the children, in alphabetical order.
    pub(crate) fn names(&self) -> Result<Vec<String>> {
        let mut names = self.inner.member_names().map_err(|e| read_error(self.at(""), &e))?;
        names.sort();
        Ok(names)
    }

    /// Whether a child of that name exists.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.inner.link_exists(name)
    }

    fn missing(&self, name: &str, expected: &str, remedy: &str) -> Hdf5Error {
        let available = self.names().unwrap_or_default();
        let (found, help) = describe_missing(name, &available, remedy);
        Hdf5Error::Missing { at: self.at(name), expected: expected.into(), found, help }
    }

    /// The child group `name`; `remedy` tells what to do when it is absent.
    pub(crate) fn group(&self, name: &str, remedy: &str) -> Result<Self> {
        if !self.has(name) {
            return Err(self.missing(name, "a group", remedy));
        }
        match self.inner.group(name) {
            Ok(inner) => Ok(Self { file: self.file.clone(), path: self.child_path(name), inner }),
            Err(_) if self.inner.dataset(name).is_ok() => Err(Hdf5Error::WrongType {
                at: self.at(name),
                expected: "a group".into(),
                found: "a dataset".into(),
                help: "see the SONATA format for the layout of this file".into(),
            }),
            Err(error) => Err(read_error(self.at(name), &error)),
        }
    }

    /// The child group `name`, if there is one.
    pub(crate) fn optional_group(&self, name: &str) -> Result<Option<Self>> {
        if self.has(name) { self.group(name, "").map(Some) } else { Ok(None) }
    }

    /// The child dataset `name`; `remedy` tells what to do when it is absent.
    pub(crate) fn dataset(&self, name: &str, remedy: &str) -> Result<Dataset> {
        if !self.has(name) {
            return Err(self.missing(name, "a dataset", remedy));
        }
        match self.inner.dataset(name) {
            Ok(inner) => Dataset::new(self.at(name), inner, self.file.clone()),
            Err(_) if self.inner.group(name).is_ok() => Err(Hdf5Error::WrongType {
                at: self.at(name),
                expected: "a dataset".into(),
                found: "a group".into(),
                help: "see the SONATA format for the layout of this file".into(),
            }),
            Err(error) => Err(read_error(self.at(name), &error)),
        }
    }

    /// The children that are groups (`true`) or datasets (`false`).
    pub(crate) fn children(&self, groups: bool) -> Result<Vec<String>> {
        let mut names = self.names()?;
        names.retain(|name| match self.inner.loc_type_by_name(name) {
            Ok(kind) => (kind == hdf5::LocationType::Group) == groups,
            // A damaged child counts as a dataset, so that reading it tells why
            Err(_) => !groups,
        });
        Ok(names)
    }

    /// The group itself, for attributes.
    pub(crate) fn location(&self) -> &hdf5::Location {
        &self.inner
    }
}

/// Whether `location` has the attribute `name`.
pub(crate) fn has_attribute(location: &hdf5::Location, name: &str) -> bool {
    location.attr(name).is_ok()
}

/// The text of the attribute `name`, of any kind of HDF5 string (or array of one string).
pub(crate) fn text_attribute(location: &hdf5::Location, at: &Place, name: &str) -> Result<String> {
    let place = Place::new(&at.file, format!("{}@{name}", at.object));
    let attribute = match location.attr(name) {
        Ok(attribute) => attribute,
        Err(_) => {
            let available = location.attr_names().unwrap_or_default();
            let (found, help) = describe_missing(
                name,
                &available,
                "SONATA requires this attribute: add it, or generate the file again",
            );
            return Err(Hdf5Error::Missing {
                at: place,
                expected: "an attribute with text".into(),
                found,
                help,
            });
        }
    };
    let read = |e: hdf5::Error| read_error(place.clone(), &e);
    let descriptor = attribute.dtype().and_then(|t| t.to_descriptor()).map_err(read)?;
    let wrong = |found: String| Hdf5Error::WrongType {
        at: place.clone(),
        expected: "one string".into(),
        found,
        help: "write the attribute as a scalar UTF-8 string".into(),
    };
    if attribute.space().map_err(read)?.size() != 1 {
        return Err(wrong(format!("an array of shape {:?}", attribute.shape())));
    }
    let bytes: Option<Vec<u8>> = match descriptor {
        TypeDescriptor::VarLenUnicode => first(&attribute, |s: &VarLenUnicode| s.as_bytes().to_vec()),
        TypeDescriptor::VarLenAscii => first(&attribute, |s: &VarLenAscii| s.as_bytes().to_vec()),
        TypeDescriptor::FixedAscii(_) => first(&attribute, |s: &FixedAscii<1024>| s.as_bytes().to_vec()),
        TypeDescriptor::FixedUnicode(_) => first(&attribute, |s: &FixedUnicode<1024>| s.as_bytes().to_vec()),
        other => return Err(wrong(other.to_string())),
    }
    .map_err(read)?;
    String::from_utf8(bytes.unwrap_or_default()).map_err(|_| wrong("bytes that are not UTF-8".into()))
}

fn first<T: hdf5::H5Type>(
    attribute: &hdf5::Attribute,
    get: impl Fn(&T) -> Vec<u8>,
) -> hdf5::Result<Option<Vec<u8>>> {
    Ok(attribute.read_raw::<T>()?.first().map(get))
}
