//! What a rank does between two exchanges of spikes.
//!
//! An epoch is as long as the shortest connection between groups, so that no spike of an epoch can matter
//! before its end: groups run a whole epoch without talking to each other. Only groups whose cells are coupled by gap
//! junctions meet in every step.

pub mod advance;
mod directory;
pub mod exchange;
pub mod guard;
mod voltages;

pub use voltages::VoltageExchange;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bevy_ecs::resource::Resource;
use components::{SourceId, Spike};

use crate::Error;
use crate::communicator::Communicator;
use crate::group::Group;

/// The cell groups of this rank.
#[derive(Resource)]
pub struct Groups(pub Vec<Group>);

/// The connection of this rank to the others.
#[derive(Resource, Clone)]
pub struct Ranks(pub Arc<dyn Communicator>);

/// The threads that groups run on.
#[derive(Resource, Clone)]
pub struct Threads(pub Arc<rayon::ThreadPool>);

/// Where this rank is in time, and how far the present epoch goes.
#[derive(Resource, Clone, Copy, Debug, Default, PartialEq)]
pub struct EpochClock {
    /// Time at the end of the epoch (ms).
    pub t: f64,
    /// Steps completed at the end of the epoch.
    pub step: u64,
    /// Steps of the epoch.
    pub steps: u64,
    /// Last step of the whole run, as far as it is known.
    pub last_step: u64,
}

/// What ranks told each other at the end of the epoch.
#[derive(Resource, Clone, Debug, Default)]
pub struct Exchanged {
    /// Spikes of all ranks in the epoch.
    pub spikes: Vec<Spike>,
    /// Whether the run stops here, since a rank was asked to.
    pub stop: bool,
}

/// The wish, of whoever runs the simulation, that it stops after the present epoch; on any rank.
#[derive(Resource, Clone, Debug, Default)]
pub struct StopRequest(pub Arc<AtomicBool>);

impl StopRequest {
    /// Whether somebody wishes it.
    pub fn is_made(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Spikes of this rank's cells since the start of the simulation.
#[derive(Resource, Clone, Debug, Default)]
pub struct SpikeLog(pub Vec<Spike>);

/// Which groups a source's spikes concern.
#[derive(Resource, Clone, Debug, Default)]
pub struct Routes {
    /// The sources, ascending.
    pub sources: Vec<SourceId>,
    /// The groups of each source.
    pub groups: Vec<Vec<u32>>,
}

/// The first thing that went wrong on this rank; the run stops after the epoch.
#[derive(Resource, Clone, Debug, Default)]
pub struct Failure(pub Option<Error>);

impl Failure {
    /// Remembers `result`'s error unless another came first, and returns its value.
    pub fn note<T>(&mut self, result: Result<T, Error>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.0.get_or_insert(error);
                None
            }
        }
    }
}
