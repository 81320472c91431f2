//! All groups advance by the steps of the epoch, in parallel.

use bevy_ecs::system::{Res, ResMut};
use rayon::iter::{IndexedParallelIterator, IntoParallelRefMutIterator, ParallelIterator};

use super::{EpochClock, Failure, Groups, Ranks, Threads, VoltageExchange};
use crate::group::Group;

/// Advances every group to the end of the epoch; of kernels that fail the earliest counts.
pub fn groups(
    clock: Res<EpochClock>,
    threads: Res<Threads>,
    ranks: Res<Ranks>,
    mut groups: ResMut<Groups>,
    mut voltages: ResMut<VoltageExchange>,
    mut failure: ResMut<Failure>,
) {
    let steps = clock.steps;
    let groups = &mut groups.0;
    let free = |(number, _): &(usize, &mut Group)| !voltages.is_coupled(*number);
    if threads.0.current_num_threads() == 1 || groups.len() == 1 {
        groups.iter_mut().enumerate().filter(free).for_each(|(_, group)| group.advance(steps));
    } else {
        let free = groups.par_iter_mut().enumerate().filter(free);
        threads.0.install(|| free.for_each(|(_, group)| group.advance(steps)));
    }
    let coupled = threads.0.install(|| voltages.advance(groups, steps, ranks.0.as_ref()));
    note_failures(groups, &mut failure);
    failure.note(coupled);
}

/// Remembers the earliest failure of a kernel.
pub fn note_failures(groups: &mut [Group], failure: &mut Failure) {
    let failures = groups.iter_mut().filter_map(Group::failure);
    if let Some((_, error)) = failures.min_by(|one, other| one.0.total_cmp(&other.0)) {
        failure.0.get_or_insert(error);
    }
}
