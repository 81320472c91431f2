//! All groups advance by the steps of the epoch, in parallel.

use bevy_ecs::system::{Res, ResMut};
use rayon::iter::{IntoParallelRefMutIterator, ParallelIterator};

use super::{EpochClock, Groups, Threads};

/// Advances every group to the end of the epoch.
pub fn groups(clock: Res<EpochClock>, threads: Res<Threads>, mut groups: ResMut<Groups>) {
    let steps = clock.steps;
    let groups = &mut groups.0;
    if threads.0.current_num_threads() == 1 || groups.len() == 1 {
        for group in groups {
            group.advance(steps);
        }
    } else {
        threads.0.install(|| groups.par_iter_mut().for_each(|group| group.advance(steps)));
    }
}
