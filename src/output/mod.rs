//! What a simulation leaves behind: spikes, reports, population offsets, states of chosen cells, and the mark of success.
//!
//! Only rank 0 writes; the others send it what is theirs. The states of chosen cells are files of their own, which the
//! cells' ranks write.

mod cell_state;
mod clamps;
mod reports;
mod spikes;

use std::path::{Path, PathBuf};

use sonata::offsets::{PopulationOffset, write_offsets};

use crate::failure::Failure;
use crate::input::Input;
use crate::plan::Plan;

pub use cell_state::CellStates;
pub use clamps::{RECORDED as CLAMP_CURRENT, record_clamps, write_clamps};
pub use reports::{ReportOutput, flush_reports};
pub use spikes::{SpikeOutput, write_spikes};

/// Longest simulated time (ms) between two flushes of spikes and reports, as in neurodamus.
pub const LONGEST_BUFFERED: f64 = 25.0;

/// A folder or file of the outputs that cannot be made.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("cannot {action} `{}`: {reason}", path.display())]
#[diagnostic(help("check `output.output_dir` of the config, or give `--output-path`"))]
pub struct OutputError {
    action: &'static str,
    path: PathBuf,
    reason: std::io::Error,
}

impl OutputError {
    fn new(action: &'static str, path: &Path, reason: std::io::Error) -> Self {
        Self { action, path: path.to_owned(), reason }
    }
}

/// Makes the output folder and removes the mark of an earlier success.
///
/// # Errors
///
/// If the folder cannot be made or the mark cannot be removed.
pub fn prepare(input: &Input) -> Result<(), OutputError> {
    let folder = &input.output_dir;
    std::fs::create_dir_all(folder)
        .map_err(|error| OutputError::new("make the output folder", folder, error))?;
    let mark = success_mark(&input.path);
    match std::fs::remove_file(&mark) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(OutputError::new("remove the mark of an earlier run", &mark, error))
        }
        _ => Ok(()),
    }
}

/// Marks the run as complete.
///
/// # Errors
///
/// If the mark cannot be written.
pub fn mark_success(input: &Input) -> Result<(), OutputError> {
    let mark = success_mark(&input.path);
    std::fs::write(&mark, "").map_err(|error| OutputError::new("write", &mark, error))
}

/// The empty file beside the config that says that its run is complete.
fn success_mark(config: &Path) -> PathBuf {
    let mut name = config.as_os_str().to_owned();
    name.push(".SUCCESS");
    PathBuf::from(name)
}

/// Writes where the gids of each population start.
///
/// # Errors
///
/// If the file cannot be written.
pub fn write_population_offsets(input: &Input, plan: &Plan) -> Result<(), Failure> {
    write_offsets(&input.output_dir.join("populations_offset.dat"), &offsets(plan))
        .map_err(Failure::run_failed)
}

fn offsets(plan: &Plan) -> Vec<PopulationOffset> {
    let mut offsets: Vec<PopulationOffset> = plan
        .populations
        .iter()
        .filter_map(|population| {
            let name = population.name.to_string();
            let alias = if population.is_virtual { "virtual".to_owned() } else { name.clone() };
            Some(PopulationOffset { population: name, offset: population.offset?, alias })
        })
        .collect();
    offsets.sort_by_key(|entry| (entry.alias == "virtual", entry.offset));
    offsets
}
