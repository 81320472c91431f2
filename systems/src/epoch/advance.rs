//! All groups advance by the steps of the epoch, in parallel.

use std::time::Instant;

use bevy_ecs::system::ResMut;

use super::{Exchanged, Failure, Groups, Means, Outgoing, VoltageExchange, Waiting};
use crate::group::Group;

/// Advances every group to the end of the epoch, while spikes of the epoch before travel; of kernels that fail the
/// earliest counts.
pub fn groups(
    means: Means,
    mut groups: ResMut<Groups>,
    mut voltages: ResMut<VoltageExchange>,
    mut outgoing: ResMut<Outgoing>,
    mut exchanged: ResMut<Exchanged>,
    mut waiting: ResMut<Waiting>,
    mut failure: ResMut<Failure>,
) {
    let Means { clock, threads, ranks, stop } = means;
    let groups = &mut groups.0;
    let (mut advanced, mut end) = (Ok(()), Instant::now());
    let mut advance = || {
        advanced = voltages.advance(groups, clock.steps, ranks.0.as_ref(), &threads.0, &mut waiting);
        end = Instant::now();
    };
    let arrived = if outgoing.travels {
        let spikes = std::mem::take(&mut outgoing.spikes);
        ranks.0.exchange_spikes(&spikes, stop.is_made(), &mut advance)
    } else {
        advance();
        Ok(Default::default())
    };
    waiting.0 += end.elapsed();
    note_failures(groups, &mut failure);
    failure.note(advanced);
    (exchanged.spikes, exchanged.stop) = failure.note(arrived).unwrap_or_default();
}

/// Remembers the earliest failure of a kernel.
pub fn note_failures(groups: &mut [Group], failure: &mut Failure) {
    let failures = groups.iter_mut().filter_map(Group::failure);
    if let Some((_, error)) = failures.min_by(|one, other| one.0.total_cmp(&other.0)) {
        failure.0.get_or_insert(error);
    }
}
