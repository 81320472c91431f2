//! What can be wrong with an HDF5 file, told by file, object in the file, what was expected and what was found.

use std::fmt;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use thiserror::Error;

/// Result of reading or writing a SONATA HDF5 file.
pub type Result<T, E = Hdf5Error> = std::result::Result<T, E>;

/// An object (group, dataset or attribute) inside an HDF5 file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was named by the caller.
    pub file: PathBuf,
    /// The absolute path inside the file; an attribute is named after an `@`.
    pub object: String,
}

impl Place {
    pub(crate) fn new(file: &Path, object: impl Into<String>) -> Box<Self> {
        Box::new(Self { file: file.to_path_buf(), object: object.into() })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.object)
    }
}

/// Everything that can go wrong with a SONATA HDF5 file.
#[derive(Debug, Error, Diagnostic)]
pub enum Hdf5Error {
    /// The file cannot be opened or created.
    #[error("cannot open `{}`: {reason}", file.display())]
    #[diagnostic(help("{help}"))]
    Open {
        /// The file.
        file: PathBuf,
        /// What the operating system or the HDF5 library says.
        reason: String,
        /// The remedy.
        help: String,
    },
    /// The file is not HDF5.
    #[error("cannot read `{}`: expected an HDF5 file, found {found}", file.display())]
    #[diagnostic(help("{help}"))]
    NotHdf5 {
        /// The file.
        file: PathBuf,
        /// What its first bytes look like.
        found: String,
        /// The remedy.
        help: String,
    },
    /// The file is shorter than its own header says.
    #[error("`{}` is truncated: expected at least {expected} bytes, found {found}", file.display())]
    #[diagnostic(help(
        "the copy or the program that wrote it was interrupted: copy or generate the file again"
    ))]
    Truncated {
        /// The file.
        file: PathBuf,
        /// Bytes that the file should have.
        expected: u64,
        /// Bytes that it has.
        found: u64,
    },
    /// A group, dataset or attribute is absent.
    #[error("`{at}` is missing: expected {expected}, found {found}")]
    #[diagnostic(help("{help}"))]
    Missing {
        /// The absent object.
        at: Box<Place>,
        /// What should be there.
        expected: String,
        /// What is there instead.
        found: String,
        /// The remedy.
        help: String,
    },
    /// An object is of the wrong kind, or its elements are of the wrong type.
    #[error("`{at}` has the wrong type: expected {expected}, found {found}")]
    #[diagnostic(help("{help}"))]
    WrongType {
        /// The object.
        at: Box<Place>,
        /// The type that is needed.
        expected: String,
        /// The type in the file.
        found: String,
        /// The remedy.
        help: String,
    },
    /// A dataset has the wrong number of dimensions or of rows.
    #[error("`{at}` has the wrong shape: expected {expected}, found {found}")]
    #[diagnostic(help("{help}"))]
    WrongShape {
        /// The dataset.
        at: Box<Place>,
        /// The shape that is needed.
        expected: String,
        /// The shape in the file.
        found: String,
        /// The remedy.
        help: String,
    },
    /// Values in the file contradict each other, or cannot be what they should be.
    #[error("`{at}` is inconsistent: expected {expected}, found {found}")]
    #[diagnostic(help("{help}"))]
    Inconsistent {
        /// The dataset or attribute.
        at: Box<Place>,
        /// What the values should fulfil.
        expected: String,
        /// The value that does not.
        found: String,
        /// The remedy.
        help: String,
    },
    /// A node or edge id that the population does not have was asked for.
    #[error("`{at}` has no {what} {id}: expected ids below {len}")]
    #[diagnostic(help("ids count from 0; check the node set or the file that names this id"))]
    OutOfRange {
        /// The population.
        at: Box<Place>,
        /// `node` or `edge`.
        what: &'static str,
        /// The id asked for.
        id: u64,
        /// Number of nodes or edges in the population.
        len: u64,
    },
    /// The HDF5 library cannot read an object.
    #[error("cannot read `{at}`: {reason}")]
    #[diagnostic(help("{help}"))]
    Read {
        /// The object.
        at: Box<Place>,
        /// The library's innermost message.
        reason: String,
        /// The remedy.
        help: String,
    },
    /// The HDF5 library or the operating system cannot write.
    #[error("cannot write `{at}`: {reason}")]
    #[diagnostic(help("{help}"))]
    Write {
        /// The object.
        at: Box<Place>,
        /// The library's innermost message.
        reason: String,
        /// The remedy.
        help: String,
    },
    /// What the program was about to write is not a valid SONATA file.
    #[error("refused to write `{at}`: expected {expected}, found {found}")]
    #[diagnostic(help("{help}"))]
    Refused {
        /// The object.
        at: Box<Place>,
        /// What the data should fulfil.
        expected: String,
        /// The data given.
        found: String,
        /// The remedy.
        help: String,
    },
}

/// The innermost message of the HDF5 library, which tells the cause; the outer ones only tell who asked.
pub(crate) fn innermost(error: &hdf5::Error) -> String {
    let text = match error.stack() {
        Some(stack) => stack.last().map_or("unknown error in the HDF5 library", |f| f.desc()).to_owned(),
        None => error.to_string(),
    };
    // Failed system calls bury the reason among descriptor numbers and addresses
    match text.split_once("error message = '").and_then(|(_, rest)| rest.split_once('\'')) {
        Some((reason, _)) => {
            let action = text.split([',', ':']).next().unwrap_or_default();
            format!("{}: {}", lower_first(action), lower_first(reason))
        }
        None => lower_first(text.trim_end_matches('.')),
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.clone().next()) {
        // `H5D...` and other acronyms keep their case
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}

/// The failure to write `at`, with a remedy that fits the reason.
pub(crate) fn write_error(at: Box<Place>, error: &hdf5::Error) -> Hdf5Error {
    let reason = innermost(error);
    let help = if reason.contains("space left") || reason.contains("quota") || reason.contains("too large") {
        "free space (or raise the quota) where the file is, or choose another output directory, and run again"
    } else {
        "check that the output directory exists, is writable, and that no other program has the file open"
    };
    Hdf5Error::Write { at, reason, help: help.into() }
}

/// The failure to read `at`.
pub(crate) fn read_error(at: Box<Place>, error: &hdf5::Error) -> Hdf5Error {
    Hdf5Error::Read {
        at,
        reason: innermost(error),
        help: "the file is damaged, or uses an HDF5 filter that this build lacks: check it with `h5dump`, or copy it again"
            .into(),
    }
}

/// What `available` offers in place of the missing `name`, as text for `found` and `help`.
pub(crate) fn describe_missing(name: &str, available: &[String], remedy: &str) -> (String, String) {
    let found = if available.is_empty() {
        "nothing there".to_owned()
    } else {
        let shown: Vec<String> = available.iter().take(12).map(|n| format!("`{n}`")).collect();
        let more = available.len().saturating_sub(12);
        let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{tail}", shown.join(", "))
    };
    let close = available
        .iter()
        .map(|n| (strsim::damerau_levenshtein(name, n), n))
        .filter(|(d, n)| *d <= 1 + n.len().min(name.len()) / 4)
        .min();
    let help = match close {
        Some((_, candidate)) => format!("did you mean `{candidate}`?"),
        None => remedy.to_owned(),
    };
    (found, help)
}
