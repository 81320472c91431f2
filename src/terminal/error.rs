//! What can go wrong in telling the user anything.

use std::io;
use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

/// An answer or the log cannot be written.
#[derive(Debug, Error, Diagnostic)]
pub enum TerminalError {
    /// The log file cannot be made.
    #[error("cannot write the log file `{}`", path.display())]
    #[diagnostic(help("`output.log_file` in the config or `--output-path` puts it elsewhere"))]
    LogFile {
        /// Where it should be.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Standard output cannot be written to, as on a full disk.
    #[error("cannot write to standard output")]
    StandardOutput(#[from] io::Error),
}
