//! What a rank does between two exchanges of spikes.
//!
//! An epoch is as long as the shortest connection between groups, so that no spike of an epoch can matter
//! before its end: groups run a whole epoch without talking to each other. Only groups whose cells are coupled by gap
//! junctions meet in every step.
//!
//! Several ranks run epochs of half that length, unless they meet in every step. Spikes of one epoch travel while the
//! next one runs, and nobody has to wait for a rank that is behind by less than an epoch.

pub mod advance;
mod directory;
pub mod exchange;
pub mod guard;
mod voltages;

pub use voltages::VoltageExchange;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bevy_ecs::resource::Resource;
use bevy_ecs::system::{Res, SystemParam};
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

/// What a rank does an epoch by.
#[derive(SystemParam)]
pub struct Means<'w> {
    clock: Res<'w, EpochClock>,
    threads: Res<'w, Threads>,
    ranks: Res<'w, Ranks>,
    stop: Res<'w, StopRequest>,
}

/// Spikes of this rank on their way to the others.
#[derive(Resource, Clone, Debug, Default)]
pub struct Outgoing {
    /// Whether spikes travel during the epoch after the one that they come from: connections are at least two epochs long.
    pub travels: bool,
    /// Those that travel in the next epoch.
    pub spikes: Vec<Spike>,
}

/// What ranks have told each other by the end of the epoch.
#[derive(Resource, Clone, Debug, Default)]
pub struct Exchanged {
    /// Spikes of all ranks in the epoch; where they travel, in the one before, and at the end of a run in both.
    pub spikes: Vec<Spike>,
    /// Whether the run stops here, since a rank was asked to.
    pub stop: bool,
}

/// The time that the run has spent with other ranks: messages, and waiting for those that are late.
#[derive(Resource, Clone, Copy, Debug, Default)]
pub struct Waiting(pub Duration);

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
