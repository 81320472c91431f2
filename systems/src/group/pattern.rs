//! Spikes that are given rather than simulated: NEURON's `PatternStim`.

use components::{Gid, Spike};

use super::Group;
use crate::step::deliver::enqueue_spike;

/// Sends the spikes of cells that are in none of `groups`, which are all groups of a rank, over their
/// connections; spikes of cells that are simulated here are skipped, as NEURON does. To be called after the
/// groups are initialised.
pub fn inject_spikes(groups: &mut [Group], spikes: &[Spike]) {
    let mut own: Vec<u64> = groups.iter_mut().flat_map(Group::gids).collect();
    own.sort_unstable();
    let foreign: Vec<Spike> =
        spikes.iter().filter(|spike| own.binary_search(&spike.source.gid()).is_err()).copied().collect();
    for group in groups {
        group.inject_spikes(&foreign);
    }
}

impl Group {
    /// Puts the events that given spikes cause in the group into its queue, whoever their sources are.
    pub fn inject_spikes(&mut self, spikes: &[Spike]) {
        self.with_network(|connections, queue, _| {
            for spike in spikes {
                if let Some(row) = connections.row(spike.source) {
                    enqueue_spike(*spike, row, true, connections, queue);
                    enqueue_spike(*spike, row, false, connections, queue);
                }
            }
        });
    }

    /// The gids of the group's cells.
    fn gids(&mut self) -> Vec<u64> {
        self.world.query::<&Gid>().iter(&self.world).map(|gid| gid.0).collect()
    }
}
