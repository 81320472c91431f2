//! The spike file, which grows while the simulation runs, so that a run that is killed leaves what it has found.
//!
//! All ranks know all spikes at the end of an epoch; rank 0 writes them.

use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use bevy_ecs::resource::Resource;
use bevy_ecs::system::{Res, ResMut};
use sonata::Hdf5Error;
use sonata::spikes::{SpikeWriter, by_time};
use systems::epoch::{EpochClock, Exchanged, Failure as RankFailure};

use super::LONGEST_BUFFERED;
use crate::failure::Failure;
use crate::input::Input;
use crate::plan::Plan;

/// Longest real time between two flushes.
const PATIENCE: Duration = Duration::from_secs(5);

/// The spike file, on rank 0.
#[derive(Resource)]
pub struct SpikeOutput {
    writer: SpikeWriter,
    populations: Vec<Population>,
    /// Time (ms) of the last flush, simulated and real.
    flushed: (f64, Instant),
    /// Why the file could not be written.
    failure: Option<Hdf5Error>,
}

struct Population {
    /// The gids of its nodes.
    gids: Range<u64>,
    /// Spikes that are not written yet: time (ms), node id.
    spikes: Vec<(f64, u64)>,
}

impl SpikeOutput {
    /// Creates the file, without spikes yet.
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    pub fn create(input: &Input, plan: &Plan) -> Result<Self, Failure> {
        let (mut names, mut populations) = (Vec::new(), Vec::new());
        for population in plan.populations.iter().filter(|population| !population.is_virtual) {
            let Some(offset) = population.offset else { continue };
            let end = offset + population.node_ids.last().map_or(0, |last| last + 1);
            names.push(&*population.name);
            populations.push(Population { gids: offset..end, spikes: Vec::new() });
        }
        let file = Path::new(&input.config.output.spikes_file).file_name().unwrap_or("out.h5".as_ref());
        let writer = SpikeWriter::create(&input.output_dir.join(file), names).map_err(Failure::run_failed)?;
        Ok(Self { writer, populations, flushed: (0.0, Instant::now()), failure: None })
    }

    fn add(&mut self, exchanged: &Exchanged, clock: &EpochClock) -> Result<(), Hdf5Error> {
        for population in &mut self.populations {
            let of_population = |gid: &u64| population.gids.contains(gid);
            let new = population.spikes.len();
            population.spikes.extend(exchanged.spikes.iter().filter_map(|spike| {
                let gid = Some(spike.source.gid()).filter(of_population)?;
                Some((spike.time, gid - population.gids.start))
            }));
            population.spikes[new..].sort_by(by_time);
        }
        let is_due = clock.t - self.flushed.0 >= LONGEST_BUFFERED || self.flushed.1.elapsed() >= PATIENCE;
        if is_due || exchanged.stop {
            self.flush(clock.t)?;
        }
        Ok(())
    }

    fn flush(&mut self, t: f64) -> Result<(), Hdf5Error> {
        for (number, population) in self.populations.iter_mut().enumerate() {
            self.writer.append(number, &population.spikes)?;
            population.spikes.clear();
        }
        self.flushed = (t, Instant::now());
        self.writer.flush()
    }

    /// Why the file could not be written, if that is what stopped the run.
    pub fn take_failure(&mut self) -> Option<Failure> {
        self.failure.take().map(Failure::run_failed)
    }

    /// Writes what is left and closes the file.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn close(mut self) -> Result<(), Failure> {
        let t = self.flushed.0;
        self.flush(t).and_then(|()| self.writer.close()).map_err(Failure::run_failed)
    }
}

/// The system that takes the spikes of an epoch, and writes them when it is time.
pub fn write_spikes(
    clock: Res<EpochClock>,
    exchanged: Res<Exchanged>,
    mut output: ResMut<SpikeOutput>,
    mut failure: ResMut<RankFailure>,
) {
    if let Err(error) = output.add(&exchanged, &clock) {
        failure.0.get_or_insert(systems::Error::Other(error.to_string()));
        output.failure = Some(error);
    }
}
