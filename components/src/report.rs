//! What reports sample, and when.

use bevy_ecs::component::Component;
use bevy_ecs::entity::Entity;

use crate::IonQuantity;

/// The column that sampled values come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProbeSource {
    /// Voltage of nodes (mV).
    Voltage,
    /// Membrane current of nodes (nA).
    MembraneCurrent,
    /// Diameter of nodes (um).
    Diameter,
    /// Specific capacitance of nodes (uF/cm2).
    Capacitance,
    /// A variable of a mechanism's instances.
    Variable {
        /// The mechanism.
        mechanism: Entity,
        /// Column of the variable.
        column: usize,
    },
    /// A quantity of an ion's instances.
    Ion {
        /// The ion.
        ion: Entity,
        /// Which of its quantities.
        quantity: IonQuantity,
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

/// Values of one column that a probe reads.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbePart {
    /// The column.
    pub source: ProbeSource,
    /// Nodes or instances that are read.
    pub indices: Vec<u32>,
    /// Place of each of them among the probe's values.
    pub places: Vec<u32>,
}

/// A part of a report: which values of a group go into it.
#[derive(Component, Clone, Debug, PartialEq)]
pub struct Probe {
    /// Number of the report.
    pub report: usize,
    /// When it samples.
    pub times: SampleTimes,
    /// Number of values that it reads.
    pub count: usize,
    /// Where they come from.
    pub parts: Vec<ProbePart>,
}

/// For a probe whose elements are sums: the terms, and the sums as they were last computed.
///
/// Sums can have a clock of their own, which is slightly faster than that of the report: where NEURON simulates,
/// neurodamus refreshes them every `interval` less 1e-5 ms, so that a late row holds the sum of a step before its own.
#[derive(Component, Clone, Debug, PartialEq)]
pub struct Sums {
    /// Weight of each of the probe's values.
    pub weights: Vec<f64>,
    /// For each element, one past its last value.
    pub ends: Vec<u32>,
    /// Interval of the report (ms), if sums have a clock of their own; else they are computed for each row.
    pub interval: Option<f64>,
    /// When the clock lets the sums be computed next (ms).
    pub next: f64,
    /// Each element's sum when it was last computed.
    pub latest: Vec<f64>,
}

/// How much earlier than its report a sum is refreshed (ms).
const SUM_LEAD: f64 = 1e-5;

impl Sums {
    /// Whether the clock lets the sums be computed at some time up to `t` (ms); sets the next time after it.
    pub fn are_due(&mut self, t: f64) -> bool {
        let Some(interval) = self.interval else { return false };
        let mut are_due = false;
        while self.next <= t {
            // In this order, as a mechanism's `net_send(Dt - 1e-5, 1)` computes it
            self.next = self.next + interval - SUM_LEAD;
            are_due = true;
        }
        are_due
    }

    /// Computes all sums from the probe's values.
    pub fn compute(&mut self, values: &[f64]) {
        let mut start = 0;
        for (sum, &end) in self.latest.iter_mut().zip(&self.ends) {
            let range = start..end as usize;
            let terms = values[range.clone()].iter().zip(&self.weights[range]);
            *sum = terms.fold(0.0, |sum, (value, weight)| sum + value * weight);
            start = end as usize;
        }
    }
}

/// What a probe has read and not handed on yet.
#[derive(Component, Clone, Debug, Default, PartialEq)]
pub struct SampleBuffer {
    /// Rows of elements, one row for each sample since the last flush.
    pub rows: Vec<f32>,
    /// The values of one sample.
    pub values: Vec<f64>,
}

#[cfg(test)]
mod tests {
    use super::Sums;

    fn sums(interval: f64) -> Sums {
        let (weights, ends, latest) = (vec![1.0, -2.0, 0.5], vec![2, 2, 3], vec![0.0; 3]);
        Sums { weights, ends, interval: Some(interval), next: 0.0, latest }
    }

    #[test]
    fn elements_are_sums_of_weighted_values_in_order() {
        let mut sums = sums(1.0);
        sums.compute(&[3.0, 4.0, 5.0]);
        assert_eq!(sums.latest, [-5.0, 0.0, 2.5]);
    }

    /// With rows every 1 ms and steps of 0.025 ms those of NEURON 9.0.2 lag one step from row 1250 and two from row 3751 on.
    #[test]
    fn clock_of_sums_drifts() {
        let (mut sums, dt) = (sums(1.0), 0.025);
        let (mut t, mut computed, mut lags) = (0.0, 0, Vec::new());
        for step in 0..=200_000 {
            if sums.are_due(t) {
                computed = step;
            }
            if step % 40 == 0 {
                lags.push(step - computed);
            }
            if sums.are_due(t + 0.5 * dt) {
                computed = step;
            }
            t += 0.5 * dt;
            t += 0.5 * dt;
        }
        let first = |lag| lags.iter().position(|found| *found == lag);
        assert_eq!((first(0), first(1), first(2)), (Some(0), Some(1250), Some(3751)));
    }
}
