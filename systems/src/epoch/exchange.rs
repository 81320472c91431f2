//! Spikes travel between ranks and become events in the groups of their targets.

use std::time::Instant;

use bevy_ecs::system::{Res, ResMut};
use components::Spike;

use super::{Exchanged, Failure, Groups, Means, Outgoing, Routes, SpikeLog, Waiting};

/// Collects the spikes of this rank's groups and gives them to all ranks: now, or during the next epoch if there is one.
///
/// Spikes are sorted by time and source, so that neither groups nor ranks leave a trace in their order.
pub fn exchange(
    means: Means,
    mut groups: ResMut<Groups>,
    mut log: ResMut<SpikeLog>,
    mut outgoing: ResMut<Outgoing>,
    mut exchanged: ResMut<Exchanged>,
    mut waiting: ResMut<Waiting>,
    mut failure: ResMut<Failure>,
) {
    let mut own: Vec<Spike> = groups.0.iter_mut().flat_map(|group| group.take_spikes()).collect();
    own.sort_by(|one, other| one.time.total_cmp(&other.time).then(one.source.cmp(&other.source)));
    log.0.extend_from_slice(&own);
    let Means { clock, ranks, stop, .. } = means;
    if outgoing.travels && clock.step < clock.last_step && !exchanged.stop {
        outgoing.spikes = own;
        return;
    }
    let start = Instant::now();
    let all = failure.note(ranks.0.exchange_spikes(&own, stop.is_made(), &mut || ()));
    waiting.0 += start.elapsed();
    let (spikes, stops) = all.unwrap_or_default();
    exchanged.spikes.extend(spikes);
    exchanged.stop |= stops;
}

/// Puts the spikes of the epoch into the queues of the groups that they concern.
pub fn route(routes: Res<Routes>, exchanged: Res<Exchanged>, mut groups: ResMut<Groups>) {
    for spike in &exchanged.spikes {
        if let Ok(place) = routes.sources.binary_search(&spike.source) {
            for &group in &routes.groups[place] {
                groups.0[group as usize].receive(*spike);
            }
        }
    }
}
