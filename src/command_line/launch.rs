//! How many processes a launcher (`mpiexec`, `srun`) started together with this one.
//!
//! A program without MPI that is launched on several ranks is several independent runs that write the same
//! files. That must be seen before it happens.

use miette::Diagnostic;
use thiserror::Error;

/// What launchers set in each process to the number of processes: Open MPI, MPICH and Intel MPI (Hydra),
/// Slurm's job steps.
const VARIABLES: [&str; 3] = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"];

/// The program was started as several processes, which this build cannot join into one run.
#[derive(Debug, Error, Diagnostic)]
#[error("started as {processes} processes, but this build runs as one (`{variable}` is {processes})")]
#[diagnostic(help("start it without `mpiexec` or as one task, and use `--threads` for more cores"))]
pub struct ManyProcesses {
    /// How many processes the launcher started.
    pub processes: usize,
    /// The environment variable that says so.
    pub variable: &'static str,
}

/// The number of processes that were launched together, and the variable that says so.
///
/// `variable` looks up the environment. `None` where no launcher is seen.
pub fn launched_processes(variable: impl Fn(&str) -> Option<String>) -> Option<(usize, &'static str)> {
    VARIABLES.iter().find_map(|name| Some((variable(name)?.trim().parse().ok()?, *name)))
}
