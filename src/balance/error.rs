//! What can be wrong with files that say what cells cost and where they go.

use std::path::{Path, PathBuf};

/// A file that cannot be used.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("`{}`{}: {what}", file.display(), line.map(|line| format!(", line {line}")).unwrap_or_default())]
pub struct PlanningFileProblem {
    file: PathBuf,
    line: Option<usize>,
    what: String,
    #[help]
    help: String,
}

impl PlanningFileProblem {
    /// A problem of the whole file.
    pub fn new(file: &Path, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, what: what.into(), help: help.into() }
    }

    /// A problem of one line, counted from 1.
    pub fn in_line(file: &Path, line: usize, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { line: Some(line), ..Self::new(file, what, help) }
    }

    /// A file that cannot be written.
    pub fn not_written(file: &Path, error: &std::io::Error) -> Self {
        let help =
            "these files go to the working directory: start the program in a folder that can be written to";
        Self::new(file, format!("it cannot be written: {error}"), help)
    }
}
