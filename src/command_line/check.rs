//! `neurodamus check`: what is wrong with a simulation, without running it.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// The word that starts such a question.
pub const WORD: &str = "check";

/// Reads a simulation config and all files that it names, and tells everything that is wrong
///
/// Nothing is built or run. The exit code is 2 if anything is wrong.
#[derive(Clone, Debug, Parser, PartialEq, Eq)]
#[command(name = "neurodamus check", infer_long_args = true, max_term_width = 100)]
pub struct CheckOptions {
    /// SONATA simulation config
    pub config: PathBuf,

    /// Mechanisms of this folder or `.mod` file, beside the circuit's; may be repeated
    #[arg(long, value_name = "PATH")]
    pub mechanisms: Vec<PathBuf>,

    /// How problems are written
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub format: CheckFormat,
}

/// How problems are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// As for a run, to standard error
    Text,
    /// As a list of objects, to standard output
    Json,
}

/// Reads the words after `neurodamus check`.
pub fn parse(words: impl Iterator<Item = OsString>) -> Result<CheckOptions, clap::Error> {
    let name = OsString::from("neurodamus check");
    CheckOptions::try_parse_from(std::iter::once(name).chain(words))
}
