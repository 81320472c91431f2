//! `SEClamp`: a single electrode that holds up to three voltages one after the other through a resistance.

use std::sync::Arc;

use components::Instances;
use nmodl::Kind;

use super::BuiltIn;
use super::describe::{assigned, description, parameter};
use crate::mechanism::{Kernels, Outbox, Phases, Surroundings};

const RESISTANCE: usize = 0;
const DURATIONS: [usize; 3] = [1, 3, 5];
const AMPLITUDES: [usize; 3] = [2, 4, 6];
const CURRENT: usize = 7;
const COMMAND: usize = 8;
const SECOND_END: usize = 9;
const THIRD_END: usize = 10;
const ON: usize = 11;

/// The mechanism with NEURON's defaults.
pub fn mechanism() -> BuiltIn {
    let variables = vec![
        parameter("rs", 1.0, "megohm"),
        parameter("dur1", 0.0, "ms"),
        parameter("amp1", 0.0, "mV"),
        parameter("dur2", 0.0, "ms"),
        parameter("amp2", 0.0, "mV"),
        parameter("dur3", 0.0, "ms"),
        parameter("amp3", 0.0, "mV"),
        assigned("i", "nA"),
        assigned("vc", "mV"),
        assigned("tc2", "ms"),
        assigned("tc3", "ms"),
        assigned("on", ""),
    ];
    BuiltIn::new(description("SEClamp", Kind::PointProcess, variables), |_| Arc::new(VoltageClamp))
}

struct VoltageClamp;

impl VoltageClamp {
    /// Current of an instance at the voltage `v` (mV).
    fn current_at(instances: &Instances, k: usize, v: f64) -> f64 {
        let value = |column: usize| instances.columns[column][k];
        if value(ON) != 0.0 { (value(COMMAND) - v) / value(RESISTANCE) } else { 0.0 }
    }
}

impl Kernels for VoltageClamp {
    fn phases(&self) -> Phases {
        Phases { current: true, electrode: true, state: true, ..Phases::default() }
    }

    fn initialize(&self, instances: &mut Instances, _surroundings: &Surroundings, _outbox: &mut Outbox) {
        for k in 0..instances.count {
            let [first, second, third] = DURATIONS.map(|column| instances.columns[column][k]);
            instances.columns[SECOND_END][k] = first + second;
            instances.columns[THIRD_END][k] = first + second + third;
            instances.columns[ON][k] = 0.0;
        }
    }

    fn current(&self, instances: &mut Instances, surroundings: &Surroundings, _outbox: &mut Outbox) {
        let t = surroundings.clock.t;
        for k in 0..instances.count {
            let value = |column: usize| instances.columns[column][k];
            let ends = [value(DURATIONS[0]), value(SECOND_END), value(THIRD_END)];
            let level = ends.iter().position(|end| t < *end);
            let command = level.map_or(0.0, |level| value(AMPLITUDES[level]));
            instances.columns[COMMAND][k] = command;
            instances.columns[ON][k] = if level.is_some() { 1.0 } else { 0.0 };
            let v = instances.voltage[k];
            let shifted = Self::current_at(instances, k, v + 0.001);
            let current = Self::current_at(instances, k, v);
            instances.columns[CURRENT][k] = current;
            instances.current[k] = current;
            instances.conductance[k] = (shifted - current) / 0.001;
        }
    }

    /// The current that is seen between steps belongs to the new voltage.
    fn state(&self, instances: &mut Instances, _surroundings: &Surroundings, _outbox: &mut Outbox) {
        for k in 0..instances.count {
            instances.columns[CURRENT][k] = Self::current_at(instances, k, instances.voltage[k]);
        }
    }
}
