//! The connections that end in a group, and the voltages that start them.

use bevy_ecs::component::Component;

use crate::{SourceId, Target};

/// Index for "no connections leave this source within the group".
pub const NO_CONNECTIONS: u32 = u32::MAX;

/// NetCons whose target is in the group, grouped by their source (compressed rows).
#[derive(Component, Clone, Debug, Default)]
pub struct Connections {
    /// The sources, ascending.
    pub sources: Vec<SourceId>,
    /// Row `k` holds the connections of source `k`: `starts[k]..starts[k + 1]`.
    pub starts: Vec<u32>,
    /// Target instance of each connection.
    pub target: Vec<Target>,
    /// Delay (ms) of each connection.
    pub delay: Vec<f64>,
    /// Position of each connection among those of its target cell, in creation order.
    pub order: Vec<u32>,
    /// Whether the connection passes spikes on.
    pub active: Vec<bool>,
    /// Whether spikes take effect within the group at once rather than with the next exchange: for sources
    /// inside the target's cell, and delays below a time step.
    pub direct: Vec<bool>,
    /// First entry of each connection in `weights`; one more entry marks the end.
    pub weight_start: Vec<u32>,
    /// Weight vectors of all connections, one after another; an event may change them.
    pub weights: Vec<f64>,
}

impl Connections {
    /// Row of a source, if any of its connections ends here.
    pub fn row(&self, source: SourceId) -> Option<usize> {
        self.sources.binary_search(&source).ok()
    }

    /// The connections in a row.
    pub fn in_row(&self, row: usize) -> std::ops::Range<usize> {
        self.starts[row] as usize..self.starts[row + 1] as usize
    }

    /// How many entries the weight vector of a connection has.
    pub fn weight_count(&self, connection: u32) -> usize {
        let connection = connection as usize;
        (self.weight_start[connection + 1] - self.weight_start[connection]) as usize
    }

    /// The weight vector of a connection.
    pub fn weights_of(&mut self, connection: u32) -> &mut [f64] {
        let connection = connection as usize;
        let range = self.weight_start[connection] as usize..self.weight_start[connection + 1] as usize;
        &mut self.weights[range]
    }
}

/// Voltages watched for the upward crossing of a threshold, one entry per spiking cell.
#[derive(Component, Clone, Debug, Default)]
pub struct SpikeSources {
    /// Node whose voltage is watched.
    pub node: Vec<u32>,
    /// Threshold (mV).
    pub threshold: Vec<f64>,
    /// Whether the voltage was above the threshold at the last look.
    pub above: Vec<bool>,
    /// Who fires.
    pub source: Vec<SourceId>,
    /// Row of the source among the group's connections, or [`NO_CONNECTIONS`].
    pub row: Vec<u32>,
}
