//! All groups advance by the steps of the epoch, in parallel.

use bevy_ecs::system::{Res, ResMut};
use rayon::iter::{IntoParallelRefMutIterator, ParallelIterator};

use super::{EpochClock, Failure, Groups, Threads};
use crate::group::Group;

/// Advances every group to the end of the epoch; of kernels that fail the earliest counts.
pub fn groups(
    clock: Res<EpochClock>,
    threads: Res<Threads>,
    mut groups: ResMut<Groups>,
    mut failure: ResMut<Failure>,
) {
    let steps = clock.steps;
    let groups = &mut groups.0;
    if threads.0.current_num_threads() == 1 || groups.len() == 1 {
        for group in groups.iter_mut() {
            group.advance(steps);
        }
    } else {
        threads.0.install(|| groups.par_iter_mut().for_each(|group| group.advance(steps)));
    }
    note_failures(groups, &mut failure);
}

/// Remembers the earliest failure of a kernel.
pub fn note_failures(groups: &mut [Group], failure: &mut Failure) {
    let failures = groups.iter_mut().filter_map(Group::failure);
    if let Some((_, error)) = failures.min_by(|one, other| one.0.total_cmp(&other.0)) {
        failure.0.get_or_insert(error);
    }
}
