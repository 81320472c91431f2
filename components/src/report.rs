//! What reports sample, and when.

use bevy_ecs::component::Component;

/// Where the values of a probe come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeSource {
    /// Voltage of nodes (mV).
    Voltage,
    /// Membrane current of nodes (nA).
    MembraneCurrent,
    /// A variable of a mechanism: its index in the group and the column.
    Variable {
        /// Index of the mechanism in the group.
        mechanism: usize,
        /// Column of the variable.
        column: usize,
    },
}

/// The steps at which a report samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleTimes {
    /// First step sampled; step 0 is the initialised state.
    pub first: u64,
    /// Last step that may be sampled.
    pub last: u64,
    /// Steps between samples.
    pub period: u64,
}

impl SampleTimes {
    /// Whether the state after `step` steps is sampled.
    pub fn is_due(&self, step: u64) -> bool {
        step >= self.first && step <= self.last && (step - self.first).is_multiple_of(self.period)
    }
}

/// A part of a report: which values of this group go into it.
#[derive(Component, Clone, Debug)]
pub struct Probe {
    /// Number of the report.
    pub report: usize,
    /// Where the values come from.
    pub source: ProbeSource,
    /// Nodes or instances sampled, in the order of the report's elements.
    pub indices: Vec<u32>,
    /// When.
    pub times: SampleTimes,
}

/// Samples since the last flush, one row of `indices.len()` values after another.
#[derive(Component, Clone, Debug, Default)]
pub struct SampleBuffer(pub Vec<f32>);
