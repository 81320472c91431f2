//! Spikes travel between ranks and become events in the groups of their targets.

use bevy_ecs::system::{Res, ResMut};
use components::Spike;

use super::{Exchanged, Failure, Groups, Ranks, Routes, SpikeLog, StopRequest};

/// Collects the spikes of this rank's groups and gives them to all ranks.
///
/// Spikes are sorted by time and source, so that neither groups nor ranks leave a trace in their order.
pub fn exchange(
    ranks: Res<Ranks>,
    stop: Res<StopRequest>,
    mut groups: ResMut<Groups>,
    mut log: ResMut<SpikeLog>,
    mut exchanged: ResMut<Exchanged>,
    mut failure: ResMut<Failure>,
) {
    let mut own: Vec<Spike> = groups.0.iter_mut().flat_map(|group| group.take_spikes()).collect();
    own.sort_by(|one, other| one.time.total_cmp(&other.time).then(one.source.cmp(&other.source)));
    log.0.extend_from_slice(&own);
    let all = failure.note(ranks.0.exchange_spikes(&own, stop.is_made()));
    (exchanged.spikes, exchanged.stop) = all.unwrap_or_default();
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
