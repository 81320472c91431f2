//! Why a saved model cannot be used, and why one cannot be saved.

use std::io;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use thiserror::Error;

/// Why a saved model cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unusable {
    /// There is none.
    #[error("there is none")]
    Missing,
    /// The index is not one.
    #[error("`{}` is no file that this program saved", .0.display())]
    Foreign(PathBuf),
    /// It was written in another order of bytes than this program writes.
    #[error("`{}` was written with the bytes of its numbers in another order", .0.display())]
    ByteOrder(PathBuf),
    /// It has another form.
    #[error("it has format {found}, and this program reads format {known}")]
    Format {
        /// Its format.
        found: u32,
        /// That of this program.
        known: u32,
    },
    /// Another version of the program wrote it.
    #[error("it was saved by version {found} of this program, and this is version {known}")]
    Version {
        /// The version that wrote it.
        found: String,
        /// This version.
        known: &'static str,
    },
    /// A file is shorter or longer than it was.
    #[error("`{}` has {found} bytes, and must have {expected}", path.display())]
    Length {
        /// The file.
        path: PathBuf,
        /// Its length now.
        found: u64,
        /// Its length when it was written.
        expected: u64,
    },
    /// A file is not what was written.
    #[error("`{}` is damaged: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A file cannot be read.
    #[error("cannot read `{}`: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// It was built from something else than there is now.
    #[error("{0}")]
    Differs(String),
}

impl Unusable {
    /// A file that cannot be read, or that is missing.
    pub fn unreadable(path: &Path, error: &io::Error) -> Self {
        Self::Unreadable { path: path.to_owned(), reason: error.to_string() }
    }

    /// A file with something wrong in it.
    pub fn damaged(path: &Path, what: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), what: what.into() }
    }
}

/// A saved model or state that is needed and cannot be used.
#[derive(Debug, Error, Diagnostic)]
#[error("the saved {what} in `{}` cannot be used: {reason}", folder.display())]
#[diagnostic(help("{help}"))]
pub struct CannotUse {
    what: &'static str,
    folder: PathBuf,
    reason: String,
    help: &'static str,
}

impl CannotUse {
    /// A model; whether a state is to be gone on from with it.
    pub fn model(folder: &Path, reason: String, is_restored: bool) -> Self {
        let help = match is_restored {
            false => "build it anew: `--build-model=ON`",
            true => RUN_AGAIN,
        };
        Self { what: "model", folder: folder.to_owned(), reason, help }
    }

    /// A state.
    pub fn state(folder: &Path, reason: String) -> Self {
        Self { what: "state", folder: folder.to_owned(), reason, help: RUN_AGAIN }
    }
}

/// What to do about a state that cannot be used.
const RUN_AGAIN: &str = "undo the change, or run from the start without `--restore`";

/// A saved model that is needed and that there is not.
#[derive(Debug, Error, Diagnostic)]
#[error("there is no saved model in `{}`", folder.display())]
#[diagnostic(help("save one by `--simulate-model=OFF` or `--keep-build`, or leave out `--build-model=OFF`"))]
pub struct NoModel {
    /// Where it should be.
    pub folder: PathBuf,
}

/// A model that cannot be saved.
#[derive(Debug, Error, Diagnostic)]
#[error("cannot save: {action} `{}` failed: {error}", path.display())]
#[diagnostic(help("make room or choose another folder; what was written is removed"))]
pub struct CannotSave {
    action: &'static str,
    path: PathBuf,
    error: io::Error,
}

impl CannotSave {
    /// What failed with which file.
    pub fn new(action: &'static str, path: &Path, error: io::Error) -> Self {
        Self { action, path: path.to_owned(), error }
    }
}
