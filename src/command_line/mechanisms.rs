//! `neurodamus mechanisms`: questions about mechanisms, which need no simulation.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// The word that starts such a question.
pub const WORD: &str = "mechanisms";

/// A question about mechanisms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Which there are.
    List(Where),
    /// What one of them holds and does.
    Show(String, Where),
    /// What is wrong with files and folders.
    Check(Vec<PathBuf>),
}

/// Where mechanisms are looked for, beside those that are built in.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct Where {
    /// Mechanisms of the circuit of this SONATA simulation config
    #[arg(long, value_name = "CONFIG")]
    pub config: Option<PathBuf>,

    /// Mechanisms of this folder or `.mod` file; may be repeated
    #[arg(long, value_name = "PATH")]
    pub mechanisms: Vec<PathBuf>,
}

/// Lists, shows and checks mechanisms (NMODL)
///
/// Files are read as they are, and compiled at once.
#[derive(Debug, Parser)]
#[command(name = "neurodamus mechanisms", infer_long_args = true, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    question: Word,
}

#[derive(Debug, Subcommand)]
enum Word {
    /// Which mechanisms there are, and where each comes from
    List {
        #[command(flatten)]
        place: Where,
    },
    /// Parameters, states, ions, functions and kernels of one mechanism
    Show {
        /// Its `SUFFIX`, or the name of the point process
        name: String,
        #[command(flatten)]
        place: Where,
    },
    /// All that is wrong with `.mod` files; the exit code is 2 if anything is
    Check {
        /// Folders and `.mod` files
        #[arg(value_name = "PATH", required = true)]
        paths: Vec<PathBuf>,
    },
}

/// Reads the words after `neurodamus mechanisms`.
pub fn parse(words: impl Iterator<Item = OsString>) -> Result<Question, clap::Error> {
    let name = OsString::from("neurodamus mechanisms");
    let arguments = Arguments::try_parse_from(std::iter::once(name).chain(words))?;
    Ok(match arguments.question {
        Word::List { place } => Question::List(place),
        Word::Show { name, place } => Question::Show(name, place),
        Word::Check { paths } => Question::Check(paths),
    })
}
