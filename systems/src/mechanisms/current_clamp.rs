//! `IClamp`: an electrode that injects a constant current between two times.

use std::sync::Arc;

use components::Instances;
use nmodl::Kind;

use super::BuiltIn;
use super::describe::{assigned, description, parameter};
use crate::mechanism::{Kernels, Outbox, Phases, Surroundings};

const DELAY: usize = 0;
const DURATION: usize = 1;
const AMPLITUDE: usize = 2;
const CURRENT: usize = 3;

/// The mechanism with NEURON's defaults.
pub fn mechanism() -> BuiltIn {
    let variables = vec![
        parameter("del", 0.0, "ms"),
        parameter("dur", 0.0, "ms"),
        parameter("amp", 0.0, "nA"),
        assigned("i", "nA"),
    ];
    BuiltIn::new(description("IClamp", Kind::PointProcess, variables), |_| Arc::new(CurrentClamp))
}

struct CurrentClamp;

impl Kernels for CurrentClamp {
    fn phases(&self) -> Phases {
        Phases { current: true, electrode: true, ..Phases::default() }
    }

    fn initialize(&self, instances: &mut Instances, _surroundings: &Surroundings, _outbox: &mut Outbox) {
        instances.columns[CURRENT].fill(0.0);
    }

    fn current(&self, instances: &mut Instances, surroundings: &Surroundings, _outbox: &mut Outbox) {
        let t = surroundings.clock.t;
        for k in 0..instances.count {
            let value = |column: usize| instances.columns[column][k];
            let is_on = t < value(DELAY) + value(DURATION) && t >= value(DELAY);
            let current = if is_on { value(AMPLITUDE) } else { 0.0 };
            instances.columns[CURRENT][k] = current;
            instances.current[k] = current;
            instances.conductance[k] = 0.0;
        }
    }
}
