//! `AlphaSynapse`: a conductance that follows one alpha function of time (Rall 1967).

use std::sync::Arc;

use components::Instances;
use nmodl::Kind;

use super::describe::{assigned, description, parameter};
use super::{BuiltIn, exp};
use crate::mechanism::{Kernels, Outbox, Phases, Surroundings};

const ONSET: usize = 0;
const TAU: usize = 1;
const MAXIMUM: usize = 2;
const REVERSAL: usize = 3;
const CURRENT: usize = 4;
const CONDUCTANCE: usize = 5;

/// The mechanism with NEURON's defaults.
pub fn mechanism() -> BuiltIn {
    let variables = vec![
        parameter("onset", 0.0, "ms"),
        parameter("tau", 0.1, "ms"),
        parameter("gmax", 0.0, "uS"),
        parameter("e", 0.0, "mV"),
        assigned("i", "nA"),
        assigned("g", "uS"),
    ];
    BuiltIn::new(description("AlphaSynapse", Kind::PointProcess, variables), |_| Arc::new(AlphaSynapse))
}

struct AlphaSynapse;

impl Kernels for AlphaSynapse {
    fn phases(&self) -> Phases {
        Phases { current: true, ..Phases::default() }
    }

    fn initialize(&self, _instances: &mut Instances, _surroundings: &Surroundings, _outbox: &mut Outbox) {}

    fn current(&self, instances: &mut Instances, surroundings: &Surroundings, _outbox: &mut Outbox) {
        let t = surroundings.clock.t;
        for k in 0..instances.count {
            let value = |column: usize| instances.columns[column][k];
            let g = value(MAXIMUM) * alpha((t - value(ONSET)) / value(TAU));
            let (v, e) = (instances.voltage[k], value(REVERSAL));
            let shifted = g * (v + 0.001 - e);
            let current = g * (v - e);
            instances.columns[CONDUCTANCE][k] = g;
            instances.columns[CURRENT][k] = current;
            instances.current[k] = current;
            instances.conductance[k] = (shifted - current) / 0.001;
        }
    }
}

/// The alpha function of a time in time constants; 1 at most, and cut off at 10.
fn alpha(x: f64) -> f64 {
    if !(0.0..=10.0).contains(&x) && !x.is_nan() { 0.0 } else { x * exp(1.0 - x) }
}
