//! The application: from the options of a command line to finished outputs.

use crate::command_line::Options;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Does what the options ask for.
///
/// # Errors
///
/// Every problem of the input files in one go, before anything runs; or what stopped the run.
pub fn run(_options: &Options, _terminal: &Terminal) -> Result<(), Failure> {
    Ok(())
}
