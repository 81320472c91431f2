//! What can be wrong with a morphology file, with the place and the remedy.

use miette::{Diagnostic, NamedSource, SourceSpan};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why a morphology could not be imported.
#[derive(Debug, Error, Diagnostic)]
pub enum MorphologyError {
    /// The file cannot be opened or read.
    #[error("cannot read morphology `{}`: {source}", path.display())]
    #[diagnostic(help("check the morphology directory of the circuit and the morphology name of the node"))]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A text file says something else than its format allows.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Syntax(#[from] Box<SyntaxError>),
    /// The file reads well, but no neuron can be made of it.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Shape(#[from] Box<ShapeError>),
    /// An HDF5 file lacks something or holds something else.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Hdf5(#[from] Box<Hdf5Error>),
}

/// A place in an ASC or SWC file that the format does not allow.
#[derive(Debug, Error, Diagnostic)]
#[error("{file}:{line}:{column}: expected {expected}, found {found}")]
pub struct SyntaxError {
    /// Name of the file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in bytes, from 1.
    pub column: usize,
    /// What the format asks for here.
    pub expected: String,
    /// What is there.
    pub found: String,
    /// The file's text, for the rendered excerpt.
    #[source_code]
    pub text: NamedSource<String>,
    /// The place in the text.
    #[label("expected {expected}")]
    pub span: SourceSpan,
    /// How to mend it.
    #[help]
    pub help: String,
}

/// A well-formed file of which no neuron can be made.
#[derive(Debug, Error, Diagnostic)]
#[error("{file}: expected {expected}, found {found}")]
pub struct ShapeError {
    /// Name of the file.
    pub file: String,
    /// What a neuron needs.
    pub expected: String,
    /// What the file has.
    pub found: String,
    /// How to mend it.
    #[help]
    pub help: String,
}

/// An HDF5 object that is missing, damaged or of another kind.
#[derive(Debug, Error, Diagnostic)]
#[error("{place}: expected {expected}, found {found}")]
pub struct Hdf5Error {
    /// File and path in the file, `file:/path`.
    pub place: String,
    /// What the H5 morphology format asks for.
    pub expected: String,
    /// What is there.
    pub found: String,
    /// How to mend it.
    #[help]
    pub help: String,
}

/// Makes a [`SyntaxError`] for the bytes `start..end` of `bytes`.
pub(crate) fn syntax(
    file: &Path,
    bytes: &[u8],
    start: usize,
    end: usize,
    expected: impl Into<String>,
    found: impl Into<String>,
    help: impl Into<String>,
) -> MorphologyError {
    let start = start.min(bytes.len());
    let end = end.clamp(start, bytes.len());
    let before = &bytes[..start];
    let line_start = before.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
    // The excerpt is valid UTF-8, so offsets are those of the repaired text
    let offset = String::from_utf8_lossy(before).len();
    let length = String::from_utf8_lossy(&bytes[start..end]).len();
    let name = file.display().to_string();
    Box::new(SyntaxError {
        line: before.iter().filter(|&&b| b == b'\n').count() + 1,
        column: start - line_start + 1,
        expected: expected.into(),
        found: found.into(),
        text: NamedSource::new(&name, String::from_utf8_lossy(bytes).into_owned()),
        span: (offset, length).into(),
        help: help.into(),
        file: name,
    })
    .into()
}

/// Makes a [`ShapeError`].
pub(crate) fn shape(
    file: &Path,
    expected: impl Into<String>,
    found: impl Into<String>,
    help: impl Into<String>,
) -> MorphologyError {
    let file = file.display().to_string();
    Box::new(ShapeError { file, expected: expected.into(), found: found.into(), help: help.into() }).into()
}

/// Reads a whole file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, MorphologyError> {
    std::fs::read(path).map_err(|source| MorphologyError::Read { path: path.to_path_buf(), source })
}
