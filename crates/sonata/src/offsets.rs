//! `populations_offset.dat`: where the global ids of each population start.
//!
//! One line `<population>::<offset>::<alias>` per population; a virtual population has the alias `virtual`. An empty
//! name is written as one blank.

use std::path::{Path, PathBuf};

use miette::Diagnostic;
use thiserror::Error;

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PopulationOffset {
    /// The name of the node population.
    pub population: String,
    /// The global id of its node 0.
    pub offset: u64,
    /// The name it has in the circuit, the same in SONATA; `virtual` for a virtual population.
    pub alias: String,
}

/// What can go wrong with an offsets file.
#[derive(Debug, Error, Diagnostic)]
pub enum OffsetsError {
    /// The file cannot be read.
    #[error("cannot read `{}`", file.display())]
    #[diagnostic(help("the run to restore writes it: check the restore directory"))]
    Read {
        /// The file.
        file: PathBuf,
        /// What the operating system says.
        #[source]
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write `{}`", file.display())]
    #[diagnostic(help("check that the directory exists, is writable, and has space left"))]
    Write {
        /// The file.
        file: PathBuf,
        /// What the operating system says.
        #[source]
        source: std::io::Error,
    },
    /// A line has another form.
    #[error("`{}`, line {line}: expected `<population>::<offset>::<alias>`, found `{found}`", file.display())]
    #[diagnostic(help("restore the file that the run wrote"))]
    Line {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// Its text.
        found: String,
    },
}

/// Writes `offsets`, one line each in their order, replacing what was there.
///
/// # Errors
/// When the file cannot be written.
pub fn write_offsets(path: &Path, offsets: &[PopulationOffset]) -> Result<(), OffsetsError> {
    let blank = |name: &str| if name.is_empty() { " ".to_owned() } else { name.to_owned() };
    let text: String = offsets
        .iter()
        .map(|o| format!("{}::{}::{}\n", blank(&o.population), o.offset, blank(&o.alias)))
        .collect();
    std::fs::write(path, text).map_err(|source| OffsetsError::Write { file: path.into(), source })
}

/// Reads the lines of an offsets file.
///
/// # Errors
/// When the file cannot be read or a line has another form.
pub fn read_offsets(path: &Path) -> Result<Vec<PopulationOffset>, OffsetsError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| OffsetsError::Read { file: path.into(), source })?;
    let parse = |(k, line): (usize, &str)| {
        // A blank stands for an empty name
        let fields: Vec<&str> = line.split("::").map(str::trim).collect();
        match fields[..] {
            [population, offset, alias] if let Ok(offset) = offset.parse() => {
                Ok(PopulationOffset { population: population.to_owned(), offset, alias: alias.to_owned() })
            }
            _ => Err(OffsetsError::Line {
                file: path.into(),
                line: k + 1,
                found: line.chars().take(60).collect(),
            }),
        }
    };
    text.lines().enumerate().map(parse).collect()
}
