//! The processes that a launcher (`mpiexec`, `srun`) started together with this one.
//!
//! A program that is launched several times without MPI to join them is several independent runs that write the same
//! files. That must be seen before it happens.

use std::sync::Arc;

use miette::Diagnostic;
use systems::communicator::Communicator;
#[cfg(feature = "mpi")]
use systems::communicator::MpiRanks;
#[cfg(not(feature = "mpi"))]
use systems::communicator::Solo;
use thiserror::Error;

use crate::failure::Failure;

/// What launchers set in each process to the number of processes: Open MPI, MPICH and Intel MPI (Hydra),
/// Slurm's job steps.
const VARIABLES: [&str; 3] = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"];

/// The program was started as several processes, which cannot be joined into one run.
#[derive(Debug, Error, Diagnostic)]
#[error("started as {processes} processes, but {reason} (`{variable}` is {processes})")]
#[diagnostic(help("{help}"))]
pub struct ManyProcesses {
    processes: usize,
    variable: &'static str,
    reason: &'static str,
    help: &'static str,
}

/// The ranks that this process is one of: those that a launcher started together, in a build with MPI.
///
/// # Errors
///
/// Several processes that are not ranks of one run: they would all simulate the same and write the same files.
pub fn join_ranks() -> Result<Arc<dyn Communicator>, Failure> {
    let (ranks, reason, help) = start()?;
    match launched_processes(|name| std::env::var(name).ok()) {
        Some((processes, variable)) if processes > 1 && ranks.size() == 1 => {
            Err(Failure::bad_input(ManyProcesses { processes, variable, reason, help }))
        }
        _ => Ok(ranks),
    }
}

#[cfg(feature = "mpi")]
fn start() -> Result<(Arc<dyn Communicator>, &'static str, &'static str), Failure> {
    #[derive(Debug, Error, Diagnostic)]
    #[error("cannot start MPI: {0}")]
    #[diagnostic(help("start one process without `mpiexec`, or build without the feature `mpi`"))]
    struct CannotStart(systems::communicator::NoMpi);

    let ranks = MpiRanks::start().map_err(|reason| Failure::run_failed(CannotStart(reason)))?;
    let reason = "MPI joins none of them";
    let help = "use the launcher of the MPI library that the program was built with; for `srun`, choose its interface by \
                `--mpi=pmix` or `--mpi=pmi2` (`srun --mpi=list` lists them)";
    Ok((Arc::new(ranks), reason, help))
}

#[cfg(not(feature = "mpi"))]
fn start() -> Result<(Arc<dyn Communicator>, &'static str, &'static str), Failure> {
    let reason = "this build runs as one";
    let help = "build it with `--features mpi`, or start it as one task and use `--threads` for more cores";
    Ok((Arc::new(Solo), reason, help))
}

/// The number of processes that were launched together, and the variable that says so.
///
/// `variable` looks up the environment. `None` where no launcher is seen.
pub fn launched_processes(variable: impl Fn(&str) -> Option<String>) -> Option<(usize, &'static str)> {
    VARIABLES.iter().find_map(|name| Some((variable(name)?.trim().parse().ok()?, *name)))
}
